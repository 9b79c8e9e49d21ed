use serde_json::{Value, json};

use super::*;

pub(super) const NOW: i64 = 1_800_000_000;

fn event(event_type: &str, object: Value) -> String {
    json!({
        "id": "evt_1", "object": "event", "api_version": "2026-09-30.endive", "created": NOW - 3, "livemode": false,
        "pending_webhooks": 1, "request": null, "type": event_type, "data": {"object": object},
    })
    .to_string()
}

fn intent(status: &str) -> Value {
    json!({
        "object": "payment_intent", "id": "pi_1", "amount": 9999, "amount_capturable": 0, "amount_received": 0,
        "capture_method": "automatic", "confirmation_method": "automatic", "created": 1, "currency": "eur",
        "livemode": false, "metadata": {"order_id": "ord_1", "tenant": "platform"}, "payment_method_types": ["card"],
        "status": status, "client_secret": "pi_1_secret_x", "latest_charge": "ch_1",
        "last_payment_error": {"type": "card_error", "code": "card_declined"},
    })
}

fn verified(body: &str) -> Result<Delivery, WebhookError> {
    verify(body.as_bytes(), Some(&sign(body, "whsec_a", NOW)), &["whsec_a"], NOW)
}

#[test]
fn a_failed_payment_is_read_with_what_the_order_needs() {
    let delivery =
        verified(&event("payment_intent.payment_failed", intent("requires_payment_method"))).unwrap();
    assert_eq!((delivery.event_id.as_str(), delivery.created, delivery.livemode), ("evt_1", NOW - 3, false));
    let Kind::IntentFailed(intent) = delivery.kind else { panic!("{delivery:?}") };
    assert_eq!(intent.id.as_str(), "pi_1");
    assert_eq!(intent.status, IntentStatus::RequiresPaymentMethod);
    assert_eq!((intent.amount, intent.amount_received, intent.currency.as_str()), (9999, 0, "EUR"));
    assert_eq!(intent.metadata["order_id"], "ord_1");
    assert_eq!(intent.charge.as_deref(), Some("ch_1"));
    assert_eq!(intent.error_code.as_deref(), Some("card_declined"));
}

#[test]
fn each_intent_event_has_its_kind() {
    let kind =
        |name: &str| verified(&event(&format!("payment_intent.{name}"), intent("processing"))).unwrap().kind;
    assert!(matches!(kind("succeeded"), Kind::IntentSucceeded(_)));
    assert!(matches!(kind("processing"), Kind::IntentProcessing(_)));
    assert!(matches!(kind("canceled"), Kind::IntentCanceled(_)));
    assert!(matches!(kind("requires_action"), Kind::IntentRequiresAction(_)));
    assert_eq!(kind("created"), Kind::Redundant);
}

#[test]
fn a_type_that_nobody_knows_is_unknown_and_no_error() {
    let delivery = verified(&event("moon.landed", json!({"object": "moon"}))).unwrap();
    assert_eq!(delivery.kind, Kind::Unknown { event_type: "moon.landed".into() });
}

#[test]
fn either_secret_verifies_while_they_rotate() {
    let body = event("payment_intent.created", intent("processing"));
    let (old, new) = (sign(&body, "whsec_old", NOW), sign(&body, "whsec_new", NOW));
    for header in [&old, &new] {
        assert!(verify(body.as_bytes(), Some(header), &["whsec_new", "whsec_old"], NOW).is_ok());
        assert!(verify(body.as_bytes(), Some(header), &["whsec_other"], NOW).is_err());
    }
    let both = format!("{old},{}", new.split_once(',').unwrap().1);
    assert!(verify(body.as_bytes(), Some(&both), &["whsec_new"], NOW).is_ok());
}

#[test]
fn a_stale_or_future_signature_is_refused() {
    let body = event("payment_intent.created", intent("processing"));
    let at = |signed: i64| verify(body.as_bytes(), Some(&sign(&body, "whsec_a", signed)), &["whsec_a"], NOW);
    assert!(at(NOW - 300).is_ok());
    assert!(matches!(at(NOW - 301), Err(WebhookError::BadSignature(_))));
    assert!(matches!(at(NOW + 301), Err(WebhookError::BadSignature(_))));
}

#[test]
fn a_changed_body_and_a_malformed_header_are_refused() {
    let body = event("payment_intent.created", intent("processing"));
    let header = sign(&body, "whsec_a", NOW);
    let forged = body.replace("9999", "1");
    assert!(matches!(
        verify(forged.as_bytes(), Some(&header), &["whsec_a"], NOW),
        Err(WebhookError::BadSignature(_))
    ));
    for bad in ["x", "t=1", "v1=00", "t=x,v1=00", "t=1800000000,v1=zz", ",", "t=9223372036854775807,v1=00"] {
        let refused = verify(body.as_bytes(), Some(bad), &["whsec_a"], NOW);
        assert!(matches!(refused, Err(WebhookError::BadSignature(_))), "{bad}");
    }
    assert!(matches!(
        verify(&[0xff, 0xfe], Some(&header), &["whsec_a"], NOW),
        Err(WebhookError::BadSignature(_))
    ));
}

#[test]
fn an_absent_header_is_missing() {
    for absent in [None, Some(""), Some("  ")] {
        assert!(matches!(verify(b"{}", absent, &["whsec_a"], NOW), Err(WebhookError::Missing)));
    }
}

#[test]
fn an_empty_secret_verifies_nothing() {
    let body = event("payment_intent.created", intent("processing"));
    let header = sign(&body, "", NOW);
    assert!(matches!(verify(body.as_bytes(), Some(&header), &[""], NOW), Err(WebhookError::BadSignature(_))));
    assert!(matches!(verify(body.as_bytes(), Some(&header), &[], NOW), Err(WebhookError::BadSignature(_))));
}

#[test]
fn an_authentic_body_that_cannot_be_read_is_told_apart_from_a_forged_one() {
    let short = event("payment_intent.succeeded", json!({"object": "payment_intent", "id": "pi_1"}));
    let odd = event("payment_intent.succeeded", intent("succeeded")).replace("pi_1\"", "pi_1/../x\"");
    for body in ["not json", "{}", &short, &odd] {
        assert!(matches!(verified(body), Err(WebhookError::Unparsable(_))), "{body}");
    }
}

#[test]
fn nothing_printed_of_a_delivery_holds_the_client_secret() {
    let delivery = verified(&event("payment_intent.succeeded", intent("succeeded"))).unwrap();
    assert!(!format!("{delivery:?}").contains("secret"));
}
