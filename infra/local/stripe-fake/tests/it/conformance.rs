//! One list of scenarios, run against the in-process engine and against the live adapter over HTTP: both must tell the same story.

use std::collections::BTreeMap;

use crate::support::{World, on_both};
use payments::{IntentStatus, NewIntent, NewRefund, RefundStatus, StripeError};

fn order(key: &str, amount: i64) -> NewIntent {
    NewIntent {
        key: key.to_owned(),
        amount,
        currency: "EUR".to_owned(),
        metadata: BTreeMap::from([
            ("order_id".to_owned(), "ord_1".to_owned()),
            ("tenant".to_owned(), "platform & sons".to_owned()),
        ]),
        transfer_group: "ord_1".to_owned(),
        description: Some("Order ord_1".to_owned()),
    }
}

async fn the_same_key_answers_the_first_intent(world: &dyn World) {
    let stripe = world.stripe();
    let first = stripe.create_intent(order("a", 9999)).await.unwrap();
    assert_eq!((first.amount, first.amount_received, first.currency.as_str()), (9999, 0, "EUR"));
    assert_eq!(first.status, IntentStatus::RequiresPaymentMethod);
    assert_eq!(first.metadata, order("a", 1).metadata);
    assert!(first.client_secret.expose().starts_with(first.id.as_str()));
    assert_eq!(stripe.create_intent(order("a", 9999)).await.unwrap(), first);
    assert_ne!(stripe.create_intent(order("b", 9999)).await.unwrap().id, first.id);
}

async fn an_intent_needs_neither_metadata_nor_description(world: &dyn World) {
    let bare =
        NewIntent { metadata: BTreeMap::new(), description: None, currency: "JPY".into(), ..order("a", 70) };
    let made = world.stripe().create_intent(bare).await.unwrap();
    assert_eq!((made.amount, made.currency.as_str(), made.metadata.len()), (70, "JPY", 0));
}

async fn some_currencies_are_not_charged_to_the_last_unit(world: &dyn World) {
    for (n, (currency, amount, taken)) in
        [("KWD", 1_234, false), ("KWD", 1_230, true), ("ISK", 150, false), ("UGX", 200, true)]
            .iter()
            .enumerate()
    {
        let wanted = NewIntent { currency: (*currency).into(), ..order(&n.to_string(), *amount) };
        let made = world.stripe().create_intent(wanted).await;
        assert_eq!(made.as_ref().is_err_and(StripeError::is_final), !taken, "{currency} {amount}: {made:?}");
    }
}

async fn a_key_is_not_taken_for_another_amount(world: &dyn World) {
    let stripe = world.stripe();
    stripe.create_intent(order("a", 100)).await.unwrap();
    assert!(matches!(stripe.create_intent(order("a", 101)).await, Err(StripeError::Idempotency)));
}

async fn a_declined_card_may_be_followed_by_a_good_one(world: &dyn World) {
    let stripe = world.stripe();
    let id = stripe.create_intent(order("a", 500)).await.unwrap().id;
    assert_eq!(world.confirm(&id, "pm_card_chargeDeclined").await, Err("card_declined".to_owned()));
    let declined = stripe.intent(&id).await.unwrap();
    assert_eq!(declined.status, IntentStatus::RequiresPaymentMethod);
    assert!(declined.charge.is_some());
    world.confirm(&id, "pm_card_visa").await.unwrap();
    let paid = stripe.intent(&id).await.unwrap();
    assert_eq!((paid.status, paid.amount_received), (IntentStatus::Succeeded, 500));
    assert_ne!(paid.charge, declined.charge);
    assert_eq!(world.confirm(&id, "pm_card_visa").await, Err("payment_intent_unexpected_state".to_owned()));
}

async fn a_succeeded_intent_cannot_be_cancelled(world: &dyn World) {
    let stripe = world.stripe();
    let id = stripe.create_intent(order("a", 500)).await.unwrap().id;
    world.confirm(&id, "pm_card_visa").await.unwrap();
    let refused = stripe.cancel_intent(&id).await;
    assert!(
        matches!(refused, Err(StripeError::InvalidState { code }) if code == "payment_intent_unexpected_state")
    );
}

async fn cancelling_twice_answers_the_cancelled_intent(world: &dyn World) {
    let stripe = world.stripe();
    let id = stripe.create_intent(order("a", 500)).await.unwrap().id;
    let first = stripe.cancel_intent(&id).await.unwrap();
    assert_eq!(first.status, IntentStatus::Canceled);
    assert_eq!(stripe.cancel_intent(&id).await.unwrap(), first);
    assert_eq!(world.confirm(&id, "pm_card_visa").await, Err("payment_intent_unexpected_state".to_owned()));
}

async fn an_intent_that_needs_authentication_waits_for_the_buyer(world: &dyn World) {
    let stripe = world.stripe();
    let id = stripe.create_intent(order("a", 500)).await.unwrap().id;
    world.confirm(&id, "pm_card_authenticationRequired").await.unwrap();
    assert_eq!(stripe.intent(&id).await.unwrap().status, IntentStatus::RequiresAction);
    world.finish(&id, false).await;
    assert_eq!(stripe.intent(&id).await.unwrap().status, IntentStatus::RequiresPaymentMethod);
    world.confirm(&id, "pm_card_authenticationRequired").await.unwrap();
    world.finish(&id, true).await;
    assert_eq!(stripe.intent(&id).await.unwrap().status, IntentStatus::Succeeded);
}

async fn a_processing_intent_cannot_be_cancelled_until_the_bank_says_no(world: &dyn World) {
    let stripe = world.stripe();
    let id = stripe.create_intent(order("a", 500)).await.unwrap().id;
    world.confirm(&id, "pm_usBankAccount_processing").await.unwrap();
    assert_eq!(stripe.intent(&id).await.unwrap().status, IntentStatus::Processing);
    assert!(matches!(stripe.cancel_intent(&id).await, Err(StripeError::InvalidState { .. })));
    world.finish(&id, false).await;
    assert_eq!(stripe.cancel_intent(&id).await.unwrap().status, IntentStatus::Canceled);
}

async fn a_refund_happens_once_per_key_and_never_above_the_charge(world: &dyn World) {
    let stripe = world.stripe();
    let id = stripe.create_intent(order("a", 1000)).await.unwrap().id;
    let refund = |key: &str, amount| NewRefund {
        key: key.to_owned(),
        intent: id.clone(),
        amount,
        metadata: BTreeMap::from([("order_id".to_owned(), "ord_1".to_owned())]),
    };
    assert!(matches!(stripe.refund(refund("r0", None)).await, Err(StripeError::Refused { .. })));
    world.confirm(&id, "pm_card_visa").await.unwrap();
    let first = stripe.refund(refund("r1", Some(400))).await.unwrap();
    assert_eq!(
        (first.amount, first.currency.as_str(), &first.status),
        (400, "EUR", &RefundStatus::Succeeded)
    );
    assert_eq!(first.intent.as_ref(), Some(&id));
    assert_eq!(stripe.refund(refund("r1", Some(400))).await.unwrap(), first);
    let above = stripe.refund(refund("r2", Some(601))).await;
    assert!(matches!(above, Err(StripeError::Refused { param, .. }) if param.as_deref() == Some("amount")));
    assert_eq!(stripe.refund(refund("r3", None)).await.unwrap().amount, 600);
    let spent = stripe.refund(refund("r4", None)).await;
    assert!(matches!(spent, Err(StripeError::InvalidState { code }) if code == "charge_already_refunded"));
    assert!(matches!(stripe.refund(refund("r1", Some(401))).await, Err(StripeError::Idempotency)));
}

async fn what_does_not_exist_is_not_found(world: &dyn World) {
    let id = "pi_nowhere".parse().unwrap();
    assert!(matches!(world.stripe().intent(&id).await, Err(StripeError::NotFound)));
    assert!(matches!(world.stripe().cancel_intent(&id).await, Err(StripeError::NotFound)));
}

async fn a_senseless_intent_is_refused(world: &dyn World) {
    for amount in [0, -5, 100_000_000] {
        let refused = world.stripe().create_intent(order(&format!("k{amount}"), amount)).await;
        assert!(
            matches!(refused, Err(StripeError::Refused { param, .. }) if param.as_deref() == Some("amount"))
        );
    }
    // Nothing was executed, so that the key is free.
    assert!(world.stripe().create_intent(order("k0", 1)).await.is_ok());
}

async fn an_unknown_parameter_is_refused_by_name(world: &dyn World) {
    assert_eq!(
        world.post("/v1/payment_intents", "amount=1&currency=eur&moon=1").await,
        Err("parameter_unknown".to_owned())
    );
    let nested = "amount=1&currency=eur&automatic_payment_methods[moon]=1";
    assert_eq!(world.post("/v1/payment_intents", nested).await, Err("parameter_unknown".to_owned()));
    assert!(world.post("/v1/payment_intents", "amount=1&currency=eur").await.is_ok());
}

on_both! {
    the_same_key_answers_the_first_intent,
    an_intent_needs_neither_metadata_nor_description,
    some_currencies_are_not_charged_to_the_last_unit,
    a_key_is_not_taken_for_another_amount,
    a_declined_card_may_be_followed_by_a_good_one,
    a_succeeded_intent_cannot_be_cancelled,
    cancelling_twice_answers_the_cancelled_intent,
    an_intent_that_needs_authentication_waits_for_the_buyer,
    a_processing_intent_cannot_be_cancelled_until_the_bank_says_no,
    a_refund_happens_once_per_key_and_never_above_the_charge,
    what_does_not_exist_is_not_found,
    a_senseless_intent_is_refused,
    an_unknown_parameter_is_refused_by_name,
}
