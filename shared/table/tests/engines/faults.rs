//! What the gate does to memory, and what a patient table makes of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Map;
use table::memory::{Call, Failure, Fault, Gate, Kind, Memory};
use table::{Condition, Error, Item, Key, Patient, Query, Table, Update, Write};

use crate::clock::Hand;

/// Answers the faults in their order, then none; keeps the calls.
#[derive(Default)]
struct Script {
    faults: Mutex<Vec<Fault>>,
    calls: Mutex<Vec<Call>>,
}

#[async_trait]
impl Gate for Script {
    async fn enter(&self, call: &Call) -> Fault {
        self.calls.lock().unwrap().push(call.clone());
        let mut faults = self.faults.lock().unwrap();
        if faults.is_empty() { Fault::None } else { faults.remove(0) }
    }
}

fn table(faults: impl IntoIterator<Item = Fault>) -> (Arc<Memory>, Arc<Script>) {
    let script = Arc::new(Script { faults: Mutex::new(faults.into_iter().collect()), ..Script::default() });
    (Arc::new(Memory::new(Hand::new().now()).with_gate(script.clone())), script)
}

fn key() -> Key {
    Key::new("p", "a")
}

fn count() -> Write {
    Write::update(key(), Update::new().add("n", 1))
}

fn counted(memory: &Memory) -> i64 {
    memory.dump().first().and_then(|item| item.int("n")).unwrap_or(0)
}

const CONFLICT: Fault = Fault::Before(Failure::Conflict);
const THROTTLED: Fault = Fault::Before(Failure::Throttled);
const UNAVAILABLE: Fault = Fault::Before(Failure::Unavailable);

#[tokio::test]
async fn a_call_fails_before_or_after_its_effect() {
    let (memory, script) = table([CONFLICT, THROTTLED, UNAVAILABLE, Fault::After, Fault::After]);
    assert!(matches!(memory.write(count()).await, Err(Error::Conflict)));
    assert!(matches!(memory.write(count()).await, Err(Error::Throttled)));
    assert!(matches!(memory.write(count()).await, Err(Error::Unavailable(_))));
    assert_eq!(counted(&memory), 0);
    assert!(matches!(memory.write(count()).await, Err(Error::Unavailable(_))));
    assert_eq!(counted(&memory), 1);
    assert!(matches!(memory.transact(vec![count()], Some("t")).await, Err(Error::Unavailable(_))));
    assert_eq!(counted(&memory), 2);
    memory.transact(vec![count()], Some("t")).await.unwrap();
    assert_eq!(counted(&memory), 2, "the token was remembered though the answer was lost");
    assert_eq!(memory.meter().usage().round_trips, 6);
    let calls = script.calls.lock().unwrap();
    assert_eq!(calls[0], Call { kind: Kind::Write, keys: vec![key()] });
    assert_eq!(calls[5], Call { kind: Kind::Transact, keys: vec![key()] });
}

#[tokio::test]
async fn a_lost_answer_hides_a_failed_condition_too() {
    let (memory, _) = table([Fault::After]);
    let write = Write::delete_if(key(), Condition::Present);
    assert!(matches!(memory.write(write).await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn reads_do_not_conflict() {
    let (memory, script) = table([CONFLICT, CONFLICT, CONFLICT]);
    assert_eq!(memory.get(&key()).await.unwrap(), None);
    assert_eq!(memory.batch_get(&[key()]).await.unwrap(), [None]);
    assert!(memory.query(&Query::partition("p")).await.unwrap().items.is_empty());
    let kinds: Vec<_> = script.calls.lock().unwrap().iter().map(|call| call.kind).collect();
    assert_eq!(kinds, [Kind::Get, Kind::BatchGet, Kind::Query]);
}

#[tokio::test(start_paused = true)]
async fn patience_repeats_what_wrote_nothing_and_reads() {
    let (memory, _) = table([CONFLICT, THROTTLED, CONFLICT]);
    let patient = Patient::new(memory.clone());
    patient.write(count()).await.unwrap();
    assert_eq!(counted(&memory), 1);

    let (memory, script) = table([UNAVAILABLE, Fault::After, THROTTLED]);
    let patient = Patient::new(memory);
    assert_eq!(patient.get(&key()).await.unwrap(), None);
    assert_eq!(script.calls.lock().unwrap().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn patience_does_not_repeat_a_write_that_may_have_happened() {
    for fault in [UNAVAILABLE, Fault::After] {
        let (memory, script) = table([fault, fault]);
        let patient = Patient::new(memory);
        assert!(matches!(patient.write(count()).await, Err(Error::Unavailable(_))));
        assert!(matches!(patient.transact(vec![count()], None).await, Err(Error::Unavailable(_))));
        assert_eq!(script.calls.lock().unwrap().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn patience_does_not_repeat_what_is_definite() {
    let (memory, script) = table([]);
    let patient = Patient::new(memory);
    let failing = Write::put_if(Item::new(key(), Map::new()), Condition::Present);
    assert!(patient.write(failing).await.unwrap_err().is_condition_failed());
    assert!(matches!(patient.transact(vec![], None).await, Err(Error::Rejected(_))));
    assert_eq!(script.calls.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn patience_ends_after_ten_tries_and_about_three_seconds() {
    let (memory, script) = table([THROTTLED; 20]);
    let begun = tokio::time::Instant::now();
    assert!(matches!(Patient::new(memory).get(&key()).await, Err(Error::Throttled)));
    assert_eq!(script.calls.lock().unwrap().len(), 10);
    let waited = begun.elapsed();
    assert!((Duration::from_millis(1300)..Duration::from_millis(3000)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn pauses_differ_by_key_and_not_by_run() {
    let mut waits = Vec::new();
    for sk in ["a", "a", "b"] {
        let (memory, _) = table([THROTTLED; 20]);
        let begun = tokio::time::Instant::now();
        Patient::new(memory).get(&Key::new("p", sk)).await.unwrap_err();
        waits.push(begun.elapsed());
    }
    assert_eq!(waits[0], waits[1]);
    assert_ne!(waits[1], waits[2]);
}
