//! Messages that come twice, late, out of order, or for nothing; steps that are stopped.

use super::*;

#[tokio::test]
async fn doubled_and_shuffled_messages_count_the_same() {
    let feed = poisoned(600);
    let mut outcomes = Vec::new();
    for (times, seed) in [(1, 0), (1, 5), (2, 9), (3, 77), (2, 12_345)] {
        let world = World::in_chunks_of(50, None);
        let (id, message) = world.uploaded(1, feed.as_bytes()).await;
        world.deliver(message, times, seed).await;
        let job = world.read(id).await;
        outcomes.push((job.status, counts(&job), world.errors(id).await, world.listed(id).await));
    }
    assert_eq!(
        (outcomes[0].0, outcomes[0].1),
        (ImportStatus::CompletedWithErrors, [600, 600, 60, 540, 0, 0])
    );
    for outcome in &outcomes {
        assert_eq!(outcome, &outcomes[0]);
    }
}

#[tokio::test]
async fn stopped_at_any_call_and_done_again_it_ends_alike() {
    let feed = poisoned(70);
    for from_web in [false, true] {
        let run = async |fault| {
            let world = World::in_chunks_of(25, from_web.then_some(feed.as_str()));
            let (id, message) =
                if from_web { world.fetched(1).await } else { world.uploaded(1, feed.as_bytes()).await };
            world.gate.arm(fault);
            world.deliver(message, 1, 0).await;
            let calls = world.gate.calls.load(Ordering::SeqCst);
            world.gate.arm(None);
            let job = world.read(id).await;
            (calls, (job.status, counts(&job), world.errors(id).await, world.listed(id).await))
        };
        let (calls, whole) = run(None).await;
        assert_eq!(whole.1, [70, 70, 7, 63, 0, 0]);
        assert!(calls > 80, "{calls}");
        for at in 1..=calls {
            for after in [false, true] {
                let (_, outcome) = run(Some((at, after))).await;
                assert_eq!(outcome, whole, "call {at} failed, after it took effect: {after}");
            }
        }
    }
}

#[tokio::test]
async fn a_lost_chunk_ends_the_job_and_does_not_leave_it_running() {
    let world = World::new(None);
    let (id, message) = world.uploaded(1, b"id,title,price\n1,Tea,5\n").await;
    handle(&world.deps, &message).await.unwrap();
    let plan = world.read(id).await.plan.unwrap();
    let key = domain::import::chunk_key(vendor(), id, &plan.id, 1);
    world.deps.objects.delete(&key).await.unwrap();
    let stage = world.queue.take_sent().remove(0);
    world.deliver(stage, 1, 0).await;
    let job = world.read(id).await;
    assert_eq!((job.status, job.failure.unwrap().code.as_str()), (ImportStatus::Failed, "internal_error"));
}

#[tokio::test]
async fn what_can_not_be_read_comes_again_and_what_is_of_no_job_is_given_up() {
    let world = World::new(None);
    let unknown =
        serde_json::to_string(&Work::Plan { vendor_id: vendor(), import_id: ImportId::from_bits(404) })
            .unwrap();
    for message in ["", "{}", "[]", r#"{"step":"stage"}"#] {
        assert!(matches!(handle(&world.deps, message).await, Err(Failure::Retry(_))), "{message}");
    }
    assert!(matches!(handle(&world.deps, &unknown).await, Err(Failure::Permanent(_))));
}
