//! What becomes of feeds, good and bad.

use super::*;

#[tokio::test]
async fn three_thousand_rows_are_staged_and_the_next_feed_changes_what_changed() {
    for style in [Style::Google, Style::Letzshop, Style::Plain] {
        let first = sample::feed(style, 3_000, 0);
        let world = World::new(Some(&first));
        let (id, message) = world.fetched(1).await;
        world.deliver(message, 1, 0).await;
        let job = world.read(id).await;
        assert_eq!(
            (job.status, counts(&job)),
            (ImportStatus::Completed, [3_000, 3_000, 0, 3_000, 0, 0]),
            "{style:?}"
        );
        assert_eq!((job.plan.as_ref().unwrap().chunks, job.chunks_done), (6, 6));
        let listed = world.listed(id).await;
        assert_eq!(listed, (1..=3_000).map(|n| format!("SKU-{n:05}")).collect::<Vec<_>>());
        let staged =
            staged::get(&world.deps.store, vendor(), staged::id_of(vendor(), "SKU-00042")).await.unwrap();
        assert_eq!(staged.row.price.amount, i64::from(sample::price_of(42, 0)));

        let second = sample::feed(style, 3_050, 7);
        let (id, message) = world.uploaded(2, second.as_bytes()).await;
        world.table.meter().take();
        world.deliver(message, 1, 0).await;
        let job = world.read(id).await;
        assert_eq!((job.status, counts(&job)), (ImportStatus::Completed, [3_050, 3_050, 0, 50, 300, 2_700]));
        // Twice for each row that changed (one of them a kilobyte and a bit), and the books of the job and its seven chunks.
        assert!(world.table.meter().take().write_units < 350 * 2 + 8 * 30);
    }
}

#[tokio::test]
async fn each_poisoned_row_is_told_by_its_number_and_none_is_lost() {
    let world = World::new(None);
    let (id, message) = world.uploaded(1, poisoned(100).as_bytes()).await;
    world.deliver(message, 1, 0).await;
    let told: Vec<_> = world.errors(id).await.into_iter().map(|error| (error.row, error.code)).collect();
    let codes = ["invalid_price", "duplicate_id", "unclosed_quote", "wrong_column_count", "missing_title"];
    let expected: Vec<_> =
        (1..=10).map(|n| (n * 10 + 1, codes[(usize::try_from(n).unwrap() - 1) % 5].to_owned())).collect();
    assert_eq!(told, expected);
    let job = world.read(id).await;
    assert_eq!(counts(&job), [100, 100, 10, 90, 0, 0]);
    assert_eq!(world.listed(id).await.len(), 90);
}

#[tokio::test]
async fn a_feed_that_can_not_be_read_fails_with_its_reason() {
    for (feed, code) in [
        (&b""[..], "empty_feed"),
        (b"<html></html>", "not_a_table"),
        (b"id,title\n1,Tea\n", "missing_columns"),
    ] {
        let world = World::new(None);
        let (id, message) = world.uploaded(1, feed).await;
        world.deliver(message, 2, 3).await;
        let job = world.read(id).await;
        assert_eq!((job.status, job.failure.unwrap().code.as_str()), (ImportStatus::Failed, code));
        assert!(job.finished_at.is_some());
    }
    let world = World::new(None);
    let (id, message) = world.fetched(1).await;
    world.deliver(message, 1, 0).await;
    assert_eq!(world.read(id).await.failure.unwrap().code, "feed_unreachable");

    let source = Source::Upload { upload_id: UploadId::from_bits(9), key: "feeds/nothing".to_owned() };
    let (id, message) = world.job(2, source).await;
    world.deliver(message, 1, 0).await;
    assert_eq!(world.read(id).await.failure.unwrap().code, "upload_missing");

    let source = Source::Url { url: "http://169.254.169.254/latest".to_owned() };
    let (id, message) = world.job(3, source).await;
    world.deliver(message, 1, 0).await;
    assert_eq!(world.read(id).await.failure.unwrap().code, "feed_address_refused");
}

#[tokio::test]
async fn a_header_alone_is_a_feed_of_nothing() {
    let world = World::new(None);
    let (id, message) = world.uploaded(1, b"id,title,price\n").await;
    world.deliver(message, 1, 0).await;
    let job = world.read(id).await;
    assert_eq!((job.status, counts(&job)), (ImportStatus::Completed, [0; 6]));
}

#[tokio::test]
async fn windows_1252_is_noted_on_the_job() {
    let world = World::new(None);
    let (id, message) = world.uploaded(1, b"id;title;price\n1;Gr\xf6\xdfe;5,00\n").await;
    world.deliver(message, 1, 0).await;
    let plan = world.read(id).await.plan.unwrap();
    assert_eq!((plan.encoding.as_str(), plan.delimiter.as_str()), ("windows-1252", "semicolon"));
    let staged = staged::get(&world.deps.store, vendor(), staged::id_of(vendor(), "1")).await.unwrap();
    assert_eq!(staged.row.title.as_str(), "Größe");
}
