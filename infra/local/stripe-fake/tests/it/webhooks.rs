//! Events out of the machine: what they say, and how they misbehave on demand.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use crate::support::{Http, InProcess, START_MS, World};
use ::http::{HeaderMap, StatusCode};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use payments::webhook::{Kind, WebhookError, verify};
use payments::{Dispute, DisputeStatus};
use payments::{IntentId, NewAccount, NewIntent, NewRefund, Secret, Stripe};
use serde_json::json;
use stripe_fake::machine::Target;
use stripe_fake::{Endpoint, Faults, Misbehaviour, Outgoing};

async fn intent(world: &dyn World) -> IntentId {
    world.stripe().create_intent(order("k", 2500)).await.unwrap().id
}

async fn other(world: &dyn World) -> IntentId {
    world.stripe().create_intent(order("other", 100)).await.unwrap().id
}

fn order(key: &str, amount: i64) -> NewIntent {
    NewIntent {
        key: key.into(),
        amount,
        currency: "EUR".into(),
        metadata: BTreeMap::from([("order_id".into(), "ord_1".into())]),
        transfer_group: "ord_1".into(),
        description: None,
    }
}

/// Takes and accepts everything that is due.
fn deliveries(world: &InProcess) -> Vec<Outgoing> {
    let mut taken = Vec::new();
    while let Some(delivery) = world.stripe.next_delivery() {
        world.stripe.settle(delivery.clone(), true);
        taken.push(delivery);
    }
    taken
}

fn types(deliveries: &[Outgoing]) -> Vec<&str> {
    deliveries.iter().map(|d| d.event_type.as_str()).collect()
}

fn read(delivery: &Outgoing) -> Result<Kind, WebhookError> {
    let signature = Some(delivery.signature.as_str());
    verify(delivery.body.as_bytes(), signature, &["whsec_test"], START_MS / 1000).map(|d| d.kind)
}

#[tokio::test]
async fn every_event_of_a_payment_and_its_refund_verifies_and_is_read() {
    let world = InProcess::new();
    let id = intent(&world).await;
    world.confirm(&id, "pm_card_chargeDeclined").await.unwrap_err();
    world.confirm(&id, "pm_card_authenticationRequired").await.unwrap();
    world.finish(&id, true).await;
    let refund = NewRefund { key: "r".into(), intent: id.clone(), amount: None, metadata: BTreeMap::new() };
    world.stripe().refund(refund).await.unwrap();
    let sent = deliveries(&world);
    assert_eq!(
        types(&sent),
        [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
            "payment_intent.requires_action",
            "charge.succeeded",
            "payment_intent.succeeded",
            "refund.created",
            "charge.refunded",
        ]
    );
    let kinds: Vec<Kind> = sent.iter().map(|delivery| read(delivery).unwrap()).collect();
    let Kind::IntentFailed(failed) = &kinds[2] else { panic!("{kinds:?}") };
    assert_eq!(failed.error_code.as_deref(), Some("card_declined"));
    assert!(matches!(&kinds[3], Kind::IntentRequiresAction(_)));
    let Kind::IntentSucceeded(paid) = &kinds[5] else { panic!("{kinds:?}") };
    assert_eq!((&paid.id, paid.amount_received, paid.currency.as_str()), (&id, 2500, "EUR"));
    assert_eq!(paid.metadata["order_id"], "ord_1");
    assert!(paid.charge.is_some());
}

#[tokio::test]
async fn processing_and_cancelled_intents_say_so() {
    let world = InProcess::new();
    let id = intent(&world).await;
    world.confirm(&id, "pm_usBankAccount_processing").await.unwrap();
    world.finish(&id, false).await;
    world.stripe().cancel_intent(&id).await.unwrap();
    let sent = deliveries(&world);
    let kinds: Vec<Kind> = sent.iter().map(|delivery| read(delivery).unwrap()).collect();
    assert!(matches!(kinds[1], Kind::IntentProcessing(_)));
    assert!(matches!(kinds[4], Kind::IntentCanceled(_)), "{:?}", types(&sent));
}

#[tokio::test]
async fn two_machines_with_one_seed_tell_one_story() {
    let mut stories = Vec::new();
    for _ in 0..2 {
        let world = InProcess::new();
        let id = intent(&world).await;
        world.confirm(&id, "pm_card_visa").await.unwrap();
        stories.push(
            deliveries(&world).iter().map(|d| (d.body.to_string(), d.signature.clone())).collect::<Vec<_>>(),
        );
    }
    assert_eq!(stories[0], stories[1]);
}

#[tokio::test]
async fn duplicated_and_reordered_events_begin_with_success() {
    let world = InProcess::new();
    let wanted: Misbehaviour = serde_json::from_value(json!({"duplicate": 3, "reorder": true})).unwrap();
    world.stripe.machine().set_misbehaviour(wanted);
    let id = intent(&world).await;
    assert!(deliveries(&world).is_empty());
    world.confirm(&id, "pm_card_visa").await.unwrap();
    assert_eq!(types(&deliveries(&world)), ["payment_intent.succeeded"; 3]);
    world.now_ms.fetch_add(1000, Ordering::SeqCst);
    let rest = deliveries(&world);
    assert_eq!(rest.len(), 6);
    assert_eq!(rest.iter().filter(|d| d.event_type == "payment_intent.created").count(), 3);
    assert_eq!(rest[5].event_type, "payment_intent.created");
}

#[tokio::test]
async fn delayed_dropped_and_forged_deliveries_are_what_was_asked_for() {
    let world = InProcess::new();
    let set = |wanted| world.stripe.machine().set_misbehaviour(serde_json::from_value(wanted).unwrap());
    set(json!({"delay_s": 2.5, "drop": 1, "bad_signature": 1}));
    let id = intent(&world).await;
    world.confirm(&id, "pm_card_visa").await.unwrap();
    world.now_ms.fetch_add(2499, Ordering::SeqCst);
    assert!(deliveries(&world).is_empty());
    world.now_ms.fetch_add(1, Ordering::SeqCst);
    let sent = deliveries(&world);
    assert_eq!(types(&sent), ["charge.succeeded", "payment_intent.succeeded"]);
    assert!(matches!(read(&sent[0]), Err(WebhookError::BadSignature(_))));
    assert!(read(&sent[1]).is_ok());
    set(json!({"drop": true}));
    world.confirm(&other(&world).await, "pm_card_visa").await.unwrap();
    assert!(deliveries(&world).is_empty());
    set(json!({}));
    world.now_ms.fetch_add(3_600_000, Ordering::SeqCst);
    assert!(deliveries(&world).is_empty());
}

#[tokio::test]
async fn a_delivery_that_is_not_accepted_comes_again_later_and_not_for_ever() {
    let world = InProcess::new();
    intent(&world).await;
    let mut tries = 0;
    for _ in 0..1000 {
        while let Some(delivery) = world.stripe.next_delivery() {
            tries += 1;
            world.stripe.settle(delivery, false);
            assert!(world.stripe.next_delivery().is_none());
        }
        world.now_ms.fetch_add(1000, Ordering::SeqCst);
    }
    assert_eq!(tries, 12);
}

#[tokio::test]
async fn an_answer_that_was_lost_after_the_commit_is_found_under_the_same_key() {
    let world = InProcess::new();
    let faults = Faults { timeout_after_commit: 1, fail_next: 1, ..Faults::default() };
    world.stripe.machine().set_faults(faults);
    let new = order("k", 1);
    for _ in 0..2 {
        assert!(world.stripe.create_intent(new.clone()).await.unwrap_err().is_unavailable());
    }
    let id = world.stripe.create_intent(new).await.unwrap().id;
    assert_eq!(world.stripe.machine().intents().len(), 1);
    assert!(world.stripe.intent(&id).await.is_ok());
}

#[tokio::test]
async fn a_five_hundred_is_replayed_under_its_key_and_a_gateways_answer_is_not() {
    let world = InProcess::new();
    for (status, stuck) in [(500, true), (503, false)] {
        world.stripe.machine().set_faults(Faults { fail_next: 1, status: Some(status), ..Faults::default() });
        let key = status.to_string();
        assert!(world.stripe.create_intent(order(&key, 1)).await.is_err());
        assert_eq!(world.stripe.create_intent(order(&key, 1)).await.is_err(), stuck);
    }
    world.now_ms.fetch_add(24 * 3600 * 1000, Ordering::SeqCst);
    assert!(world.stripe.create_intent(order("500", 1)).await.is_ok());
}

type Seen = Arc<Mutex<Vec<(String, String)>>>;

async fn endpoint(State(seen): State<Seen>, headers: HeaderMap, body: String) -> StatusCode {
    let mut seen = seen.lock().unwrap();
    seen.push((body, headers["stripe-signature"].to_str().unwrap().to_owned()));
    if seen.len() == 1 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
}

#[tokio::test]
async fn webhooks_go_out_over_http_and_are_retried() {
    let seen = Seen::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().route("/hook", post(endpoint)).with_state(seen.clone());
    tokio::spawn(async { axum::serve(listener, router).await });

    let world = Http::start_with_webhooks(Endpoint { url, secret: Secret::new("whsec_test") }).await;
    let id = intent(&world).await;
    world.confirm(&id, "pm_card_visa").await.unwrap();
    for _ in 0..100 {
        if seen.lock().unwrap().len() == 4 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 4, "three events, one of them twice");
    for (body, signature) in seen.iter() {
        let signed: i64 = signature.split(['=', ',']).nth(1).unwrap().parse().unwrap();
        verify(body.as_bytes(), Some(signature), &["whsec_test"], signed).unwrap();
    }
}

#[tokio::test]
async fn disputes_and_accounts_say_how_they_stand_each_to_its_endpoint() {
    let world = InProcess::new();
    let id = intent(&world).await;
    world.confirm(&id, "pm_card_visa").await.unwrap();
    let charge = world.stripe().intent(&id).await.unwrap().charge.unwrap();
    let new = NewAccount {
        key: "a".into(),
        country: "LU".into(),
        email: "owner@example.com".into(),
        metadata: BTreeMap::from([("vendor_id".into(), "ven_1".into())]),
    };
    let account = world.connect().create_account(new).await.unwrap().id;
    deliveries(&world);

    let dispute = world.play(&format!("charges/{charge}/dispute"), json!({})).await;
    let dispute = dispute["id"].as_str().unwrap();
    world.play(&format!("accounts/{account}/complete"), json!({})).await;
    world.play(&format!("disputes/{dispute}/close"), json!({"won": true})).await;
    let sent = deliveries(&world);
    assert_eq!(
        types(&sent),
        [
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "account.updated",
            "charge.dispute.closed",
            "charge.dispute.funds_reinstated",
        ]
    );
    let targets: Vec<Target> = sent.iter().map(|delivery| delivery.target).collect();
    let (platform, connect) = (Target::Platform, Target::Connect);
    assert_eq!(targets, [platform, platform, connect, platform, platform]);
    let kinds: Vec<Kind> = sent.iter().map(|delivery| read(delivery).unwrap()).collect();
    let opened = Dispute {
        id: dispute.to_owned(),
        charge,
        intent: Some(id),
        status: DisputeStatus::Open,
        amount: 2500,
        fee: 2000,
        currency: "EUR".into(),
    };
    let won = Dispute { status: DisputeStatus::Won, ..opened.clone() };
    let Kind::Account(told) = &kinds[2] else { panic!("{kinds:?}") };
    assert!(told.takes_transfers && told.metadata["vendor_id"] == "ven_1");
    assert_eq!([&kinds[0], &kinds[3]], [&Kind::Dispute(opened), &Kind::Dispute(won)]);
    assert_eq!([&kinds[1], &kinds[4]], [&Kind::Redundant; 2]);
}
