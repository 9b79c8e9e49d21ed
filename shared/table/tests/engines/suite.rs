//! The conformance suite on every engine that there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use table::conformance::{self, Ability, Bench, Report};
use table::dynamodb::{DynamoDb, create_table};
use table::memory::{Call, Failure, Fault, Gate, Memory};
use table::{Patient, Table};

use crate::clock::{Hand, Now, wall};
use crate::dynamodb_local::DynamoDbLocal;
use crate::service::{client, variable};

fn assert_all_passed(engine: &str, report: &Report) {
    println!("{engine}: {} passed, skipped {:?}", report.passed.len(), report.skipped);
    let failed: Vec<_> = report.failed.iter().map(|(name, error)| format!("{name}: {error:?}")).collect();
    assert!(failed.is_empty(), "{engine}:\n{}", failed.join("\n"));
    assert!(report.passed.len() > 40, "{engine} ran {} cases only", report.passed.len());
}

async fn run(table: impl Table + 'static, now: Now, prefix: &str, abilities: &[Ability]) -> Report {
    conformance::run(&Bench::new(Arc::new(table), now, prefix), abilities).await
}

#[tokio::test(start_paused = true)]
async fn memory_passes_the_suite() {
    let hand = Hand::new();
    let report = run(Memory::new(hand.now()), hand.now(), "t", &Ability::ALL).await;
    assert_all_passed("memory", &report);
}

/// Lets one write of five collide, by its number.
#[derive(Default)]
struct Collisions {
    calls: AtomicU64,
    collided: AtomicU64,
}

#[async_trait]
impl Gate for Collisions {
    async fn enter(&self, call: &Call) -> Fault {
        let call_number = self.calls.fetch_add(1, Ordering::SeqCst);
        let mixed = call_number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        if !call.kind.is_write() || !mixed.is_multiple_of(5) {
            return Fault::None;
        }
        self.collided.fetch_add(1, Ordering::SeqCst);
        Fault::Before(if mixed.is_multiple_of(2) { Failure::Conflict } else { Failure::Throttled })
    }
}

#[tokio::test(start_paused = true)]
async fn a_patient_table_passes_the_suite_through_collisions() {
    let (hand, gate) = (Hand::new(), Arc::new(Collisions::default()));
    let memory = Memory::new(hand.now()).with_gate(gate.clone());
    let report = run(Patient::new(Arc::new(memory)), hand.now(), "t", &Ability::ALL).await;
    assert_all_passed("patient memory", &report);
    let (calls, collided) = (gate.calls.load(Ordering::SeqCst), gate.collided.load(Ordering::SeqCst));
    assert!(collided * 10 > calls, "{collided} collisions in {calls} calls prove little");
}

#[tokio::test]
async fn dynamodb_local_passes_the_suite() {
    let Some(local) = DynamoDbLocal::start().await else { return };
    let client = client(&local.endpoint);
    create_table(&client, "conformance").await.unwrap();
    let table = Patient::new(Arc::new(DynamoDb::new(client, "conformance", wall())));
    // It is of early 2020: empty strings, a hundred actions and items of failed single writes came later.
    let report = run(table, wall(), "t", &[Ability::StrictAppends]).await;
    assert_all_passed("DynamoDB Local", &report);
}

#[tokio::test]
async fn the_running_stack_passes_the_suite() {
    let Some(path) = variable("SOUK_STACK") else {
        println!("skipped: SOUK_STACK names no stack");
        return;
    };
    let stack: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let client = client(stack["emulator_url"].as_str().unwrap());
    let name = format!("{}-conformance-{}", stack["table"].as_str().unwrap(), std::process::id());
    create_table(&client, &name).await.unwrap();
    let table = Patient::new(Arc::new(DynamoDb::new(client.clone(), &name, wall())));
    // MiniStack puts a list in the place of what is none.
    let abilities = [Ability::BigTransactions, Ability::EmptyStrings, Ability::FailedItems];
    let report = run(table, wall(), &format!("t{}", wall()()), &abilities).await;
    client.delete_table().table_name(&name).send().await.unwrap();
    assert_all_passed("the running stack", &report);
}
