//! What goes otherwise between an order and its money at Stripe: refused, changed, failed after days, come back, not answered.

use std::time::Duration;

use domain::variant::Stock;
use platform::Clock;
use serde_json::{Value, json};

use souk_tests::simulation::{HARD_HOLD, SOFT_HOLD, World, rules};
use stripe_fake::Faults;

use super::purchase::{cancel, filled, funds, is, pay, refunds, seen, sold};

const MINUTE: Duration = Duration::from_secs(60);

fn stock(on_hand: i64, available: i64, allocated: i64) -> Stock {
    Stock { on_hand, available, reserved: 0, allocated, sold: 0 }
}

/// Stripe answers so many requests with a status, and does nothing.
fn fail(world: &World, next: u32, status: u16) {
    world.stripe.machine().set_faults(Faults { fail_next: next, status: Some(status), ..Faults::default() });
}

#[tokio::test(start_paused = true)]
async fn an_order_that_stripe_takes_no_payment_of_ends_at_once() {
    let world = World::new(90);
    let (_, [leaves, pot], cart) = filled(&world).await;
    // The intent, and the look for one when it ends.
    fail(&world, 2, 400);
    let refused = world.check_out(&cart).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "payment_refused"));
    assert_eq!((world.stock(&leaves).await, world.stock(&pot).await), (stock(5, 5, 0), stock(1, 1, 0)));
    world.settle().await;
    let placed = world.check_out(&cart).await.expect(201);
    pay(&world, &placed).await;
    world.settle().await;
    assert_eq!(seen(&world, &placed).await, is("CONFIRMED", "none"));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_payment_stripe_refuses_later_ends_with_its_holds() {
    let world = World::new(91);
    let (_, [leaves, pot], cart) = filled(&world).await;
    fail(&world, 1, 503);
    assert_eq!(world.check_out(&cart).await.status.as_u16(), 503);
    assert_eq!((world.stock(&leaves).await, world.stock(&pot).await), (stock(5, 3, 2), stock(1, 0, 1)));
    fail(&world, 1, 400);
    let swept = world.later(HARD_HOLD).await;
    assert_eq!((swept.orders, swept.failed), (1, 0));
    assert_eq!((world.stock(&leaves).await, world.stock(&pot).await), (stock(5, 5, 0), stock(1, 1, 0)));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_stripe_does_not_take_ends_nothing() {
    let world = World::new(92);
    let (_, [leaves, _], cart) = filled(&world).await;
    fail(&world, 1, 401);
    assert_eq!(world.check_out(&cart).await.status.as_u16(), 503);
    fail(&world, 1, 401);
    assert_eq!(world.later(HARD_HOLD).await.failed, 1);
    assert_eq!(world.stock(&leaves).await, stock(5, 3, 2));
    // The key is mended.
    assert_eq!(world.later(MINUTE).await.orders, 1);
    assert_eq!(world.stock(&leaves).await, stock(5, 5, 0));
}

#[tokio::test(start_paused = true)]
async fn what_needs_no_stripe_is_swept_though_stripe_does_not_answer() {
    let world = World::new(93);
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    for _ in 0..3 {
        let cart = world.cart().await;
        world.add(&cart, &leaves, 1).await.expect(200);
        world.check_out(&cart).await.expect(201);
    }
    world.clock.advance(HARD_HOLD - SOFT_HOLD);
    let left = world.cart().await;
    world.add(&left, &leaves, 1).await.expect(200);
    fail(&world, 100, 503);
    let swept = world.later(SOFT_HOLD).await;
    assert_eq!((swept.carts, swept.orders, swept.failed), (1, 0, 3));
    assert_eq!(world.stripe.machine().faults().fail_next, 98, "it was asked twice");
    fail(&world, 0, 503);
    let swept = world.later(MINUTE).await;
    assert_eq!((swept.orders, swept.failed), (3, 0));
    assert_eq!(world.stock(&leaves).await, stock(5, 5, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_paid_otherwise_than_it_was_asked_for_pays_nothing_and_the_order_ends() {
    for (amount, currency) in [(9_999, "eur"), (10_000, "usd")] {
        let world = World::new(94);
        let (_, [leaves, _], cart) = filled(&world).await;
        let placed = world.check_out(&cart).await.expect(201);
        let intent = world.intent_of(placed["order"]["id"].as_str().unwrap()).await;
        world.stripe.machine().change_intent(&intent, amount, currency);
        pay(&world, &placed).await;
        world.settle().await;
        assert_eq!(seen(&world, &placed).await, is("PENDING", "none"), "{amount} {currency}");
        assert_eq!(world.later(HARD_HOLD).await.failed, 0);
        assert_eq!(seen(&world, &placed).await, is("CANCELLED", "none"), "{amount} {currency}");
        assert_eq!(world.stock(&leaves).await, stock(5, 5, 0));
        // Nor does its buyer's wish change anything about it.
        assert_eq!(cancel(&world, &placed).await.expect(200)["status"], "CANCELLED");
    }
}

#[tokio::test(start_paused = true)]
async fn a_debit_that_fails_after_days_keeps_the_goods_for_another_try() {
    let world = World::new(95);
    let (_, [leaves, _], cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    let intent = world.intent_of(placed["order"]["id"].as_str().unwrap()).await;
    world.pay(&intent, "pm_usBankAccount_processing");
    world.settle().await;
    world.later(HARD_HOLD).await;
    world.clock.advance(MINUTE * 60 * 24 * 2);
    world.stripe.finish(&intent.parse().unwrap(), false).unwrap();
    world.settle().await;
    assert_eq!(seen(&world, &placed).await.0, "PAYMENT_FAILED");
    world.later(MINUTE * 29).await;
    assert_eq!(world.stock(&leaves).await, stock(5, 3, 2));
    world.later(MINUTE * 2).await;
    assert_eq!(seen(&world, &placed).await.0, "CANCELLED");
    assert_eq!(world.stock(&leaves).await, stock(5, 5, 0));
    rules::check(&world);
}

fn statuses(world: &World) -> Vec<String> {
    let refunds = world.stripe.machine().refunds();
    refunds.iter().map(|refund| refund["status"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_refund_that_comes_back_is_owed_and_given_again() {
    let world = World::with(96, 2, None);
    let ([tea, _], _, placed) = sold(&world).await;
    let refund = format!("/orders/{}/refunds", placed["order"]["id"].as_str().unwrap());
    world.console(&tea, "POST", &refund, json!({"full": true})).await.expect(201);
    world.settle().await;
    let id = world.stripe.machine().refunds()[0]["id"].as_str().unwrap().to_owned();
    world.stripe.machine().bounce_refund(&id, world.clock.now().ms()).unwrap();
    world.settle().await;
    world.later(MINUTE).await;
    world.settle().await;
    assert_eq!(
        (refunds(&world), statuses(&world)),
        (vec![8_000, 8_000], vec!["failed".into(), "succeeded".into()])
    );
    let shown = world.order(&placed).await;
    let stands: Vec<&Value> =
        shown["refunds"].as_array().unwrap().iter().map(|refund| &refund["status"]).collect();
    assert_eq!(
        (stands, &shown["refund_status"]),
        (vec![&json!("failed"), &json!("succeeded")], &json!("partial"))
    );
    // The vendor gave its share back once.
    assert_eq!(funds(&world, &tea).await, 0);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_refund_that_comes_back_three_times_is_owed_and_asked_for_no_more() {
    let world = World::new(98);
    let ([tea, _], _, placed) = sold(&world).await;
    let refund = format!("/orders/{}/refunds", placed["order"]["id"].as_str().unwrap());
    world.console(&tea, "POST", &refund, json!({"full": true})).await.expect(201);
    world.settle().await;
    for _ in 0..3 {
        let id = world.stripe.machine().refunds().last().unwrap()["id"].as_str().unwrap().to_owned();
        world.stripe.machine().bounce_refund(&id, world.clock.now().ms()).unwrap();
        world.settle().await;
        world.later(MINUTE).await;
        world.settle().await;
    }
    world.later(MINUTE * 60).await;
    assert_eq!(statuses(&world), ["failed"; 3]);
    let shown = world.order(&placed).await;
    let stands = shown["refunds"].as_array().unwrap().iter().map(|refund| &refund["status"]);
    assert_eq!(stands.collect::<Vec<_>>(), [&json!("failed"); 4]);
    assert_eq!(shown["refund_status"], "none");
}

#[tokio::test(start_paused = true)]
async fn a_dispute_is_heard_of_by_the_refund_that_it_forbids_though_its_news_are_lost() {
    let world = World::new(97);
    let ([tea, _], _, placed) = sold(&world).await;
    let id = placed["order"]["id"].as_str().unwrap();
    let charge = world.stripe.machine().intents()[0]["latest_charge"].as_str().unwrap().to_owned();
    world.stripe.machine().dispute(&charge, world.clock.now().ms()).unwrap();
    assert!(!world.take_webhooks().is_empty());
    let order = world.order(&placed).await;
    let shipments = order["shipments"].as_array().unwrap();
    let of_tea = shipments.iter().find(|one| one["vendor"] == json!(tea.vendor.id)).unwrap();
    world.move_shipment(&tea, of_tea["id"].as_str().unwrap(), "cancel", None).await.expect(200);
    world.settle().await;
    let asked = world.console(&tea, "POST", &format!("/orders/{id}/refunds"), json!({"full": true})).await;
    assert_eq!((asked.status.as_u16(), asked.code()), (409, "payment_disputed"));
}
