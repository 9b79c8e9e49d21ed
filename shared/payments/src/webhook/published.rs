//! Bodies in all of the shape in which Stripe publishes its objects (<https://docs.stripe.com/api>), each field there, values of our own: what is handled is read
//! from them, and what is not is no error.

use serde_json::{Value, json};

use super::{tests::NOW, *};
use crate::DisputeStatus;

fn object(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn intent(status: &str) -> Value {
    let mut intent = object(include_str!("published/payment_intent.json"));
    intent["status"] = status.into();
    intent
}

/// An event with all that Stripe puts around an object; those of a connected account name it.
fn told(event_type: &str, object: &Value) -> Kind {
    let mut event = json!({
        "id": "evt_3Published1", "object": "event", "api_version": "2026-09-30.endive", "created": NOW - 3,
        "data": {"object": object, "previous_attributes": {"status": "requires_payment_method"}}, "livemode": false,
        "pending_webhooks": 2, "request": {"id": "req_Published1", "idempotency_key": "ord_1-intent"}, "type": event_type,
    });
    if event_type.starts_with("account.") || event_type.starts_with("payout.") {
        event["account"] = "acct_1Published1".into();
    }
    let body = event.to_string();
    let read = verify(body.as_bytes(), Some(&sign(&body, "whsec_a", NOW)), &["whsec_a"], NOW);
    let delivery = read.unwrap_or_else(|error| panic!("{event_type}: {error:?}"));
    assert_eq!(
        (delivery.event_id.as_str(), delivery.created, delivery.livemode),
        ("evt_3Published1", NOW - 3, false)
    );
    delivery.kind
}

#[test]
fn every_event_of_an_intent_is_read_from_its_published_shape() {
    let read = |event_type: &str, status: &str| match told(event_type, &intent(status)) {
        Kind::IntentSucceeded(read) if event_type.ends_with(".succeeded") => read,
        Kind::IntentFailed(read) if event_type.ends_with(".payment_failed") => read,
        Kind::IntentProcessing(read) if event_type.ends_with(".processing") => read,
        Kind::IntentCanceled(read) if event_type.ends_with(".canceled") => read,
        Kind::IntentRequiresAction(read) if event_type.ends_with(".requires_action") => read,
        other => panic!("{event_type} is {other:?}"),
    };
    for (event_type, status, is) in [
        ("payment_intent.succeeded", "succeeded", IntentStatus::Succeeded),
        ("payment_intent.payment_failed", "requires_payment_method", IntentStatus::RequiresPaymentMethod),
        ("payment_intent.processing", "processing", IntentStatus::Processing),
        ("payment_intent.canceled", "canceled", IntentStatus::Canceled),
        ("payment_intent.requires_action", "requires_action", IntentStatus::RequiresAction),
    ] {
        let intent = read(event_type, status);
        assert_eq!((intent.id.as_str(), intent.status), ("pi_3Published1", is), "{event_type}");
        assert_eq!((intent.amount, intent.amount_received, intent.currency.as_str()), (10_000, 0, "EUR"));
        assert_eq!(intent.metadata["tenant"], "platform");
        assert_eq!(intent.metadata["order_id"], "ord_01M7YHX300V03985350R3KC0SB");
        assert_eq!(intent.charge.as_deref(), Some("ch_3Published1"));
        assert_eq!(intent.error_code.as_deref(), Some("card_declined"));
    }
}

#[test]
fn every_event_of_a_dispute_is_read_from_its_published_shape() {
    for (event_type, status, is) in [
        ("charge.dispute.created", "needs_response", DisputeStatus::Open),
        ("charge.dispute.updated", "under_review", DisputeStatus::Open),
        ("charge.dispute.closed", "won", DisputeStatus::Won),
        ("charge.dispute.closed", "lost", DisputeStatus::Lost),
    ] {
        let mut dispute = object(include_str!("published/dispute.json"));
        dispute["status"] = status.into();
        let Kind::Dispute(read) = told(event_type, &dispute) else { panic!("{event_type}") };
        assert_eq!((read.id.as_str(), read.status), ("du_1Published1", is), "{event_type}");
        assert_eq!((read.amount, read.fee, read.currency.as_str()), (10_000, 2_000, "EUR"));
        assert_eq!(read.intent.as_ref().map(IntentId::as_str), Some("pi_3Published1"));
    }
}

#[test]
fn every_event_of_a_refund_that_stands_otherwise_is_read_from_its_published_shape() {
    for event_type in ["refund.updated", "refund.failed", "charge.refund.updated"] {
        for (status, counts) in
            [("failed", false), ("canceled", false), ("pending", true), ("succeeded", true)]
        {
            let mut refund = object(include_str!("published/refund.json"));
            refund["status"] = status.into();
            let Kind::Refund(read) = told(event_type, &refund) else { panic!("{event_type}") };
            assert_eq!(read.counts(), counts, "{event_type} {status}");
            assert_eq!(read.intent.as_ref().map(IntentId::as_str), Some("pi_3Published1"));
        }
    }
}

#[test]
fn an_account_is_read_from_its_published_shape() {
    let Kind::Account(account) = told("account.updated", &object(include_str!("published/account.json")))
    else {
        panic!("account.updated")
    };
    assert_eq!((account.id.as_str(), account.country.as_deref()), ("acct_1Published1", Some("LU")));
    assert!(account.takes_transfers && account.payouts_enabled && account.details_submitted);
    assert_eq!((account.wanted, account.disabled_reason), (vec!["external_account".to_owned()], None));
    assert_eq!(account.metadata["vendor_id"], "ven_01M7YHX3006ZG42EMSRYHR4DRX");
}

#[test]
fn what_tells_nothing_new_is_no_error_in_its_published_shape() {
    let mut told_of = Vec::new();
    for (object, event_types) in [
        (intent("requires_payment_method"), vec!["payment_intent.created"]),
        (
            object(include_str!("published/charge.json")),
            vec!["charge.succeeded", "charge.failed", "charge.refunded"],
        ),
        (
            object(include_str!("published/dispute.json")),
            vec!["charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"],
        ),
        (object(include_str!("published/refund.json")), vec!["refund.created"]),
        (object(include_str!("published/transfer.json")), vec!["transfer.created", "transfer.reversed"]),
        (object(include_str!("published/payout.json")), vec!["payout.paid"]),
    ] {
        for event_type in event_types {
            assert_eq!(told(event_type, &object), Kind::Redundant, "{event_type}");
            told_of.push(event_type);
        }
    }
    told_of.sort_unstable();
    let mut all = REDUNDANT;
    all.sort_unstable();
    assert_eq!(told_of, all);
}
