//! Jobs that do not get on, and such as were cancelled.

use std::time::Duration;

use domain::import::{HIDDEN, MAX_PUSHES, TRIES};

use super::*;

/// How long a running job may stand still.
const PATIENCE: Duration = HIDDEN.saturating_mul(TRIES);

impl World {
    async fn look(&self, id: ImportId) -> Result<(), Failure> {
        let look = Work::Look { vendor_id: vendor(), import_id: id };
        handle(&self.deps, &serde_json::to_string(&look).unwrap()).await
    }

    /// The steps that a look asks for, after so long.
    async fn looked_after(&self, wait: Duration, id: ImportId) -> Vec<Work> {
        self.clock.advance(wait);
        self.look(id).await.unwrap();
        self.queue.take_sent().iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    async fn deliver_all(&self, steps: Vec<Work>, times: usize) {
        for step in steps {
            self.deliver(serde_json::to_string(&step).unwrap(), times, 0).await;
        }
    }

    /// A job of six chunks whose messages were lost from the number of one on.
    async fn planned_but_lost(&self, from: u32) -> ImportId {
        let (id, plan) = self.uploaded(1, poisoned(300).as_bytes()).await;
        handle(&self.deps, &plan).await.unwrap();
        for body in self.queue.take_sent() {
            match serde_json::from_str(&body).unwrap() {
                Work::Stage { chunk, .. } if chunk >= from => {}
                _ => handle(&self.deps, &body).await.unwrap(),
            }
        }
        id
    }

    fn in_six_chunks() -> Self {
        Self::in_chunks_of(50, None)
    }
}

fn chunks(steps: &[Work]) -> Vec<u32> {
    let chunk = |step: &Work| match step {
        Work::Stage { chunk, .. } => *chunk,
        other => panic!("{other:?}"),
    };
    steps.iter().map(chunk).collect()
}

const ALL: [u64; 6] = [300, 300, 30, 270, 0, 0];

#[tokio::test]
async fn a_job_whose_message_was_lost_is_done_all_the_same() {
    let world = World::in_six_chunks();
    let (id, _lost) = world.uploaded(1, poisoned(300).as_bytes()).await;
    assert_eq!(world.looked_after(HIDDEN - Duration::from_millis(1), id).await, []);
    let steps = world.looked_after(Duration::from_millis(1), id).await;
    assert_eq!(steps, [Work::Plan { vendor_id: vendor(), import_id: id }]);
    assert_eq!(world.read(id).await.pushes, 1);
    // The queue is only slow: the next look finds that there was one, and waits as long again.
    assert_eq!(world.looked_after(Duration::from_secs(60), id).await, []);
    world.deliver_all(steps, 2).await;
    let job = world.read(id).await;
    assert_eq!((job.status, counts(&job), job.pushes), (ImportStatus::CompletedWithErrors, ALL, 0));
}

#[tokio::test]
async fn a_feed_whose_reading_broke_off_is_read_again() {
    let world = World::in_six_chunks();
    let (id, _message) = world.uploaded(1, poisoned(300).as_bytes()).await;
    import::begin(&world.deps.store, &world.read(id).await).await.unwrap();
    assert_eq!(world.looked_after(HIDDEN, id).await, []);
    let steps = world.looked_after(PATIENCE - HIDDEN, id).await;
    assert_eq!(steps, [Work::Plan { vendor_id: vendor(), import_id: id }]);
    world.deliver_all(steps, 1).await;
    assert_eq!(counts(&world.read(id).await), ALL);
}

#[tokio::test]
async fn chunks_that_were_lost_are_sent_again_and_count_once() {
    let world = World::in_six_chunks();
    let id = world.planned_but_lost(5).await;
    assert_eq!(world.read(id).await.chunks_done, 4);
    assert_eq!(world.looked_after(PATIENCE - Duration::from_millis(1), id).await, []);
    let steps = world.looked_after(Duration::from_millis(1), id).await;
    assert_eq!(chunks(&steps), [5, 6]);
    world.deliver_all(steps, 3).await;
    let job = world.read(id).await;
    assert_eq!((job.status, counts(&job)), (ImportStatus::CompletedWithErrors, ALL));
    assert_eq!(world.listed(id).await.len(), 270);
}

#[tokio::test]
async fn a_job_whose_chunks_are_all_done_is_ended_by_its_look() {
    let world = World::in_six_chunks();
    let id = world.planned_but_lost(6).await;
    let job = world.read(id).await;
    // Whoever counted the last chunk was stopped before it ended the job.
    let tally = domain::import::Tally { failed: 5, created: 45, ..Default::default() };
    import::chunk_done(&world.deps.store, &job, 6, Vec::new(), tally).await.unwrap();
    assert_eq!(world.read(id).await.status, ImportStatus::Running);
    assert_eq!(world.looked_after(PATIENCE, id).await, []);
    let job = world.read(id).await;
    assert_eq!((job.status, counts(&job)), (ImportStatus::CompletedWithErrors, ALL));
}

#[tokio::test]
async fn a_chunk_that_is_never_done_ends_the_job_after_so_many_pushes() {
    let world = World::in_six_chunks();
    let id = world.planned_but_lost(4).await;
    for push in 1..=MAX_PUSHES {
        assert_eq!(chunks(&world.looked_after(PATIENCE, id).await), [4, 5, 6]);
        let job = world.read(id).await;
        assert_eq!((job.status, job.pushes), (ImportStatus::Running, push));
    }
    let before = counts(&world.read(id).await);
    let steps = world.looked_after(PATIENCE, id).await;
    assert_eq!(steps, []);
    let job = world.read(id).await;
    let failure = job.failure.as_ref().unwrap();
    assert_eq!((job.status, failure.code.as_str(), counts(&job)), (ImportStatus::Failed, "stalled", before));
}

#[tokio::test]
async fn a_job_that_gets_on_is_pushed_anew() {
    let world = World::in_six_chunks();
    let id = world.planned_but_lost(4).await;
    let mut expected = vec![4, 5, 6];
    // One chunk is done each time, after as many pushes as a job has without.
    while !expected.is_empty() {
        let mut steps = Vec::new();
        for _ in 0..MAX_PUSHES {
            steps = world.looked_after(PATIENCE, id).await;
            assert_eq!(chunks(&steps), expected);
        }
        world.deliver_all(vec![steps.remove(0)], 1).await;
        assert_eq!(world.read(id).await.pushes, 0);
        expected.remove(0);
    }
    let job = world.read(id).await;
    assert_eq!((job.status, counts(&job)), (ImportStatus::CompletedWithErrors, ALL));
}

#[tokio::test]
async fn a_look_that_is_stopped_at_any_call_and_done_again_pushes_the_job() {
    let run = async |fault| {
        let world = World::in_six_chunks();
        let id = world.planned_but_lost(5).await;
        world.clock.advance(PATIENCE);
        world.gate.arm(fault);
        while let Err(error) = world.look(id).await {
            assert!(matches!(error, Failure::Retry(_)), "{error:?}");
        }
        let calls = world.gate.calls.load(Ordering::SeqCst);
        world.gate.arm(None);
        let sent = world.queue.take_sent();
        assert!(sent.len() >= 2, "{sent:?}");
        for body in sent {
            world.deliver(body, 1, 0).await;
        }
        let job = world.read(id).await;
        (calls, (job.status, counts(&job), world.listed(id).await))
    };
    let (calls, whole) = run(None).await;
    assert_eq!((whole.0, whole.1), (ImportStatus::CompletedWithErrors, ALL));
    assert!(calls >= 4, "{calls}");
    for at in 1..=calls {
        for after in [false, true] {
            assert_eq!(run(Some((at, after))).await.1, whole, "call {at}, after it took effect: {after}");
        }
    }
}

#[tokio::test]
async fn a_look_at_what_has_ended_changes_nothing() {
    let world = World::in_six_chunks();
    let (id, message) = world.uploaded(1, poisoned(300).as_bytes()).await;
    world.deliver(message, 1, 0).await;
    let before = world.table.dump();
    assert_eq!(world.looked_after(PATIENCE * 9, id).await, []);
    assert!(world.table.dump() == before, "the table has changed");
}

#[tokio::test]
async fn what_is_cancelled_takes_no_step_more() {
    let world = World::in_six_chunks();
    let id = world.planned_but_lost(4).await;
    let steps = world.looked_after(PATIENCE, id).await;
    import::cancel(&world.deps.store, vendor(), id).await.unwrap();
    let before = world.table.dump();
    world.deliver_all(steps, 2).await;
    world.deliver_all(vec![Work::Plan { vendor_id: vendor(), import_id: id }], 2).await;
    assert_eq!(world.looked_after(PATIENCE * 9, id).await, []);
    assert!(world.table.dump() == before, "the table has changed");
    let job = world.read(id).await;
    assert_eq!((job.status, counts(&job)), (ImportStatus::Cancelled, [300, 150, 15, 135, 0, 0]));
}

#[tokio::test]
async fn what_has_failed_is_not_begun_again_by_a_late_message() {
    let world = World::new(None);
    let (id, message) = world.fetched(1).await;
    handle(&world.deps, &message).await.unwrap();
    let before = world.table.dump();
    assert_eq!(world.read(id).await.status, ImportStatus::Failed);
    world.clock.advance(PATIENCE);
    handle(&world.deps, &message).await.unwrap();
    assert!(world.table.dump() == before, "the table has changed");
}
