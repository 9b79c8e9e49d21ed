use domain::{Currency, Id, Timestamp, feed::RowError, import::Source, text::Text};

use super::*;
use crate::{
    due::{self, Due, What},
    page::encode,
    testing::World,
};

fn vendor() -> VendorId {
    VendorId::from_bits(1)
}

fn pending(world: &World, n: u128) -> ImportJob {
    let source = Source::Url { url: "https://feeds.example.com/a.csv".to_owned() };
    ImportJob::new(ImportId::from_bits(n), vendor(), source, Currency::EUR, None, world.now())
}

fn a_plan(chunks: u32) -> Plan {
    Plan { id: "p".to_owned(), chunks, delimiter: "tab".to_owned(), encoding: "utf-8".to_owned() }
}

async fn planned(world: &World, chunks: u32) -> ImportJob {
    let job = pending(world, 7);
    create(&world.store, &job).await.unwrap();
    let job = begin(&world.store, &job).await.unwrap();
    plan(&world.store, &job, &a_plan(chunks), chunks * 10).await.unwrap()
}

const TALLY: Tally = Tally { failed: 1, created: 2, updated: 3, unchanged: 4 };

#[tokio::test]
async fn a_chunk_counts_once_and_the_last_one_ends_the_job() {
    let world = World::new();
    let job = planned(&world, 2).await;
    assert_eq!(chunks_left(&world.store, &job).await.unwrap(), [1, 2]);
    for _ in 0..3 {
        let now = chunk_done(&world.store, &job, 2, Vec::new(), TALLY).await.unwrap();
        assert_eq!((now.chunks_done, now.rows_done, now.rows_failed), (1, 10, 1));
        assert_eq!(finish(&world.store, &now).await.unwrap().status, ImportStatus::Running);
    }
    assert_eq!(chunks_left(&world.store, &job).await.unwrap(), [1]);
    assert!(is_done(&world.store, vendor(), job.id, 2).await.unwrap().1);
    let now = chunk_done(&world.store, &job, 1, Vec::new(), TALLY).await.unwrap();
    let ended = finish(&world.store, &now).await.unwrap();
    assert_eq!(ended.status, ImportStatus::CompletedWithErrors);
    assert_eq!((ended.rows_done, ended.created, ended.updated, ended.unchanged), (20, 4, 6, 8));
    assert_eq!(finish(&world.store, &now).await.unwrap(), ended);
    let late = chunk_done(&world.store, &job, 1, Vec::new(), TALLY).await.unwrap();
    assert_eq!(late, ended);
}

#[tokio::test]
async fn the_first_plan_holds_and_an_ended_job_takes_none() {
    let world = World::new();
    let job = planned(&world, 2).await;
    let other = Plan { id: "q".to_owned(), ..a_plan(9) };
    let there = plan(&world.store, &job, &other, 90).await.unwrap();
    assert_eq!((there.plan, there.rows_total), (Some(a_plan(2)), 20));
    let strange = ImportJob { plan: Some(other), ..job.clone() };
    let there = chunk_done(&world.store, &strange, 1, Vec::new(), TALLY).await.unwrap();
    assert_eq!(there.rows_done, 0);

    let failure = Failure { code: "c".to_owned(), message: "m".to_owned() };
    let failed = fail(&world.store, &job, &failure).await.unwrap();
    assert_eq!((failed.status, failed.failure.clone()), (ImportStatus::Failed, Some(failure)));
    let late = chunk_done(&world.store, &job, 1, Vec::new(), TALLY).await.unwrap();
    assert_eq!(late, failed);
}

#[tokio::test]
async fn a_job_begins_once() {
    let world = World::new();
    let job = pending(&world, 1);
    create(&world.store, &job).await.unwrap();
    let begun = begin(&world.store, &job).await.unwrap();
    assert_eq!((begun.status, begun.started_at), (ImportStatus::Running, Some(world.now())));
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(begin(&world.store, &job).await.unwrap(), begun);
    assert_eq!(begin(&world.store, &begun).await.unwrap(), begun);
}

/// All that is due until a time.
async fn due_until(world: &World, time: Timestamp) -> Vec<Due> {
    let mut all = Vec::new();
    for shard in 0..due::SHARDS {
        all.extend(due::scan(&world.store, shard, time, 10).await.unwrap());
    }
    all
}

const FAR: Duration = Duration::from_secs(9 * 86_400);

#[tokio::test]
async fn a_job_is_due_until_it_ends_however_it_ends_and_then_its_mail_until_that_has_gone() {
    let world = World::new();
    let failure = Failure { code: "c".to_owned(), message: "m".to_owned() };
    for n in 1..=4 {
        let job = pending(&world, n);
        create(&world.store, &job).await.unwrap();
        let due = due_until(&world, world.now() + FAR).await;
        let expected = (What::Import(vendor(), job.id), job.due_at().unwrap());
        assert_eq!(due.iter().map(|due| (due.what.clone(), due.at)).collect::<Vec<_>>(), [expected]);
        let job = begin(&world.store, &job).await.unwrap();
        let job = plan(&world.store, &job, &a_plan(1), 10).await.unwrap();
        // The index is left alone while the job gets on.
        assert_eq!(due_until(&world, world.now() + FAR).await, due);
        match n {
            1 => {
                let job = chunk_done(&world.store, &job, 1, Vec::new(), TALLY).await.unwrap();
                assert_eq!(due_until(&world, world.now() + FAR).await, due);
                finish(&world.store, &job).await.unwrap()
            }
            2 => fail(&world.store, &job, &failure).await.unwrap(),
            3 => give_up(&world.store, &job, &failure).await.unwrap(),
            _ => cancel(&world.store, vendor(), job.id).await.unwrap(),
        };
        // Its vendor, who cancelled it, knows.
        let mail = format!("{}:import.completed", job.id);
        let told = if n == 4 { vec![] } else { vec![What::Mail(mail.clone())] };
        let left = due_until(&world, world.now() + FAR).await;
        assert_eq!(left.into_iter().map(|due| due.what).collect::<Vec<_>>(), told);
        crate::mail::sent(&world.store, &mail).await.unwrap();
        assert_eq!(due_until(&world, world.now() + FAR).await, []);
        // A sweep that had seen it comes too late.
        due::postpone(&world.store, &due[0], Some(world.now()), None).await.unwrap();
        assert_eq!(due_until(&world, world.now() + FAR).await, []);
    }
}

#[tokio::test]
async fn a_push_is_counted_and_looked_after_until_the_job_gets_on() {
    let world = World::new();
    let job = planned(&world, 2).await;
    world.clock.advance(FAR);
    let once = pushed(&world.store, &job).await.unwrap();
    assert_eq!((once.pushes, once.due_at()), (1, Some(world.now() + domain::import::HIDDEN * 5)));
    let due = due_until(&world, world.now() + FAR).await;
    assert_eq!(due.iter().map(|due| due.at).collect::<Vec<_>>(), [once.due_at().unwrap()]);
    // Two looks at once count as one.
    assert_eq!(pushed(&world.store, &job).await.unwrap(), once);
    let moved = chunk_done(&world.store, &job, 2, Vec::new(), TALLY).await.unwrap();
    assert_eq!(moved.pushes, 0);
}

#[tokio::test]
async fn who_saw_a_job_standing_still_does_not_end_one_that_gets_on() {
    let world = World::new();
    let job = planned(&world, 2).await;
    let moved = chunk_done(&world.store, &job, 1, Vec::new(), TALLY).await.unwrap();
    let failure = Failure { code: "stalled".to_owned(), message: "m".to_owned() };
    assert_eq!(give_up(&world.store, &job, &failure).await.unwrap(), moved);
    assert_eq!(pushed(&world.store, &job).await.unwrap(), moved);
    let ended = give_up(&world.store, &moved, &failure).await.unwrap();
    assert_eq!((ended.status, ended.failure.clone()), (ImportStatus::Failed, Some(failure.clone())));
    assert_eq!(pushed(&world.store, &moved).await.unwrap(), ended);
    assert_eq!(give_up(&world.store, &ended, &failure).await.unwrap(), ended);
}

#[tokio::test]
async fn a_job_is_cancelled_by_its_vendor_unless_it_has_ended() {
    let world = World::new();
    let job = planned(&world, 1).await;
    let strange = cancel(&world.store, VendorId::from_bits(2), job.id).await;
    assert!(matches!(strange, Err(Error::NotFound)));
    let cancelled = cancel(&world.store, vendor(), job.id).await.unwrap();
    assert_eq!((cancelled.status, cancelled.finished_at), (ImportStatus::Cancelled, Some(world.now())));
    assert_eq!(cancel(&world.store, vendor(), job.id).await.unwrap(), cancelled);
    // What was on its way neither counts nor begins it again.
    assert_eq!(chunk_done(&world.store, &job, 1, Vec::new(), TALLY).await.unwrap(), cancelled);
    assert_eq!(begin(&world.store, &cancelled).await.unwrap(), cancelled);
    assert_eq!(begin(&world.store, &pending(&world, 7)).await.unwrap(), cancelled);
}

#[tokio::test]
async fn errors_come_in_the_order_of_the_rows_in_pages() {
    let world = World::new();
    let job = planned(&world, 1).await;
    let error = |row: u32, code: &str| RowError {
        row,
        column: None,
        value: None,
        code: code.to_owned(),
        message: String::new(),
    };
    let all = [error(2, "a"), error(2, "b"), error(10, "c"), error(100, "d")];
    keep_errors(&world.store, &job, &all[2..]).await.unwrap();
    keep_errors(&world.store, &job, &all[..2]).await.unwrap();
    keep_errors(&world.store, &job, &all).await.unwrap();
    let mut cursor = None;
    let mut seen = Vec::new();
    loop {
        let page = errors(&world.store, vendor(), job.id, &Paging { limit: 3, cursor }).await.unwrap();
        seen.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
    let cursor = Some(encode("JOB"));
    let strange = errors(&world.store, vendor(), job.id, &Paging { limit: 3, cursor }).await;
    assert!(matches!(strange, Err(Error::BadCursor)));
}

#[tokio::test]
async fn a_vendor_lists_its_own_jobs_newest_first() {
    let world = World::new();
    for n in 1..=3 {
        create(&world.store, &pending(&world, n)).await.unwrap();
    }
    let paging = Paging { limit: 2, cursor: None };
    let page = list(&world.store, vendor(), &paging).await.unwrap();
    assert_eq!(page.data.iter().map(|job| job.id).collect::<Vec<_>>(), [3, 2].map(ImportId::from_bits));
    assert!(page.next_cursor.is_some());
    assert!(list(&world.store, VendorId::from_bits(2), &paging).await.unwrap().data.is_empty());
    let foreign = get(&world.store, VendorId::from_bits(2), ImportId::from_bits(1)).await;
    assert!(matches!(foreign, Err(Error::NotFound)));
}

#[tokio::test]
async fn an_upload_is_its_vendors_and_is_kept_for_sixty_days() {
    let world = World::new();
    let made = Upload {
        id: UploadId::from_bits(1),
        vendor_id: vendor(),
        filename: Text::try_from("feed.csv").unwrap(),
        content_length: 10,
        key: "feeds/a".to_owned(),
        created_at: world.now(),
    };
    create_upload(&world.store, &made).await.unwrap();
    assert_eq!(upload(&world.store, vendor(), made.id).await.unwrap(), made);
    assert!(matches!(upload(&world.store, VendorId::from_bits(2), made.id).await, Err(Error::NotFound)));
    world.clock.advance(UPLOAD_KEPT + Duration::from_secs(1));
    assert!(matches!(upload(&world.store, vendor(), made.id).await, Err(Error::NotFound)));
}
