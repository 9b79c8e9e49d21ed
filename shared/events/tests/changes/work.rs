use std::collections::BTreeMap;

use domain::{
    Currency, Id, ImportId, MediaId, ProductId,
    import::{ImportJob, ImportStatus, Source},
    media::{Announced, Media, PictureType, RejectReason},
    text::Text,
};
use events::{
    EventType,
    data::{ImportCompleted, MediaChanged},
};

use crate::images::{at, kinds, told, vendor};

fn job(status: ImportStatus, version: u64) -> ImportJob {
    let source = Source::Url { url: "https://feeds.example.com/tea.csv".to_owned() };
    let job = ImportJob::new(ImportId::from_bits(1), vendor(1), source, Currency::EUR, None, at(0));
    ImportJob { status, rows_total: 9, rows_failed: 2, created: 7, updated_at: at(4), version, ..job }
}

fn next(from: ImportStatus, to: ImportStatus) -> Vec<EventType> {
    kinds(&told("import", Some(&job(from, 1)), &job(to, 2)))
}

#[test]
fn an_import_is_over_once_however_it_ends() {
    use ImportStatus::{Cancelled, Completed, CompletedWithErrors, Failed, Pending, Running};
    assert_eq!(told("import", None, &job(Pending, 1)), []);
    assert_eq!(next(Pending, Running), []);
    for end in [Completed, CompletedWithErrors, Failed] {
        assert_eq!(next(Running, end), [EventType::ImportCompleted], "{end:?}");
        assert_eq!(next(end, end), [], "{end:?}");
    }
    assert_eq!(next(Pending, Failed), [EventType::ImportCompleted]);
    // Who cancels it knows.
    assert_eq!(next(Running, Cancelled), []);
    assert_eq!(next(Failed, Running), []);
}

#[test]
fn an_imports_end_tells_its_counts() {
    let events =
        told("import", Some(&job(ImportStatus::Running, 1)), &job(ImportStatus::CompletedWithErrors, 2));
    let data: ImportCompleted = events[0].data().unwrap();
    assert_eq!((data.status.as_str(), data.rows_total, data.rows_failed), ("completed_with_errors", 9, 2));
    assert_eq!((data.created, events[0].occurred_at), (7, at(4)));
}

#[test]
fn a_picture_is_told_once_it_was_looked_at() {
    let announced = Announced {
        product_id: Some(ProductId::from_bits(1)),
        filename: Text::try_from("tea.png").unwrap(),
        content_type: PictureType::Png,
        content_length: 9,
    };
    let made = Media::new(MediaId::from_bits(1), vendor(1), announced, at(0));
    assert_eq!(told("media", None, &made), []);
    let ready = made.made("etag".to_owned(), BTreeMap::new(), at(1)).unwrap().unwrap();
    assert_eq!(kinds(&told("media", Some(&made), &ready)), [EventType::MediaUploaded, EventType::MediaReady]);
    assert_eq!(told("media", Some(&ready), &Media { version: 9, ..ready.clone() }), []);
    let refused = made.refused("etag".to_owned(), RejectReason::Corrupt, at(1)).unwrap().unwrap();
    let events = told("media", Some(&made), &refused);
    assert_eq!(kinds(&events), [EventType::MediaUploaded, EventType::MediaRejected]);
    assert_eq!(events[1].data::<MediaChanged>().unwrap().reason.as_deref(), Some("corrupt"));
}
