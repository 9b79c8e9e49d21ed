//! Orders that end after money came, or before: who has the money and the goods then.

use std::time::Duration;

use domain::variant::Stock;
use serde_json::{Value, json};

use souk_tests::simulation::{HARD_HOLD, World, rules};
use stripe_fake::Faults;

use super::purchase::{balance, cancel, filled, funds, is, pay, refunds, seen, sold};

fn stock(on_hand: i64, available: i64, allocated: i64, sold: i64) -> Stock {
    Stock { on_hand, available, reserved: 0, allocated, sold }
}

#[tokio::test(start_paused = true)]
async fn a_buyer_cancels_before_paying_and_the_cart_is_open_again() {
    let world = World::with(60, 2, None);
    let (_, [leaves, pot], cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    for _ in 0..2 {
        let cancelled = cancel(&world, &placed).await.expect(200);
        assert_eq!(
            (&cancelled["status"], &cancelled["cancel_reason"]),
            (&json!("CANCELLED"), &json!("buyer"))
        );
    }
    assert_eq!((world.stock(&leaves).await, world.stock(&pot).await), (stock(5, 5, 0, 0), stock(1, 1, 0, 0)));
    world.settle().await;
    let second = world.check_out(&cart).await.expect(201);
    pay(&world, &second).await;
    world.settle().await;
    assert_eq!(seen(&world, &second).await, is("CONFIRMED", "none"));
    assert!(refunds(&world).is_empty());
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_buyer_thinks_better_of_it_before_the_webhook_has_come() {
    let world = World::with(61, 2, None);
    let (_, [leaves, _], cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    pay(&world, &placed).await;
    // Stripe is asked, and says succeeded: it is paid, and called off.
    assert_eq!(cancel(&world, &placed).await.expect(200)["status"], "CANCELLED");
    assert_eq!(world.stock(&leaves).await, stock(5, 5, 0, 0));
    world.settle().await;
    assert_eq!(seen(&world, &placed).await, is("CANCELLED", "full"));
    assert_eq!(refunds(&world), [10_000]);
    rules::check(&world);
    world.check_out(&cart).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn a_buyer_cancels_what_is_confirmed_until_a_vendor_works_on_it() {
    let world = World::with(62, 2, None);
    let (shops, [leaves, pot], placed) = sold(&world).await;
    assert_eq!(world.stock(&leaves).await, stock(3, 3, 0, 2));
    assert_eq!((balance(&world, &shops[0]).await, funds(&world, &shops[0]).await), (json!(0), 7_200));
    cancel(&world, &placed).await.expect(200);
    cancel(&world, &placed).await.expect(200);
    world.settle().await;
    assert_eq!(seen(&world, &placed).await, is("CANCELLED", "full"));
    assert_eq!((world.stock(&leaves).await, world.stock(&pot).await), (stock(5, 5, 0, 0), stock(1, 1, 0, 0)));
    assert_eq!((refunds(&world), balance(&world, &shops[0]).await), (vec![10_000], json!(0)));
    assert_eq!(funds(&world, &shops[0]).await, 0);
    rules::check(&world);
    let cart = world.cart().await;
    world.add(&cart, &leaves, 1).await.expect(200);
    let other = world.check_out(&cart).await.expect(201);
    pay(&world, &other).await;
    world.settle().await;
    let shipment = world.order(&other).await["shipments"][0]["id"].as_str().unwrap().to_owned();
    world.move_shipment(&shops[0], &shipment, "process", None).await.expect(200);
    let refused = cancel(&world, &other).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "order_in_progress"));
    world.settle().await;
    assert_eq!(refunds(&world).len(), 1);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_part_goes_back_once_though_stripe_keeps_a_failure_of_it() {
    let world = World::with(65, 1, None);
    let ([_, pots], _, cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    pay(&world, &placed).await;
    world.settle().await;
    let order = world.order(&placed).await;
    let parcel = order["shipments"][1]["id"].as_str().unwrap();
    world.move_shipment(&pots, parcel, "cancel", None).await.expect(200);
    world.lose_the_stream();
    // The money goes back, and whoever asks under that key again is told that it failed.
    world.stripe.machine().set_faults(Faults { fail_after_commit: 1, ..Faults::default() });
    assert_eq!(world.later(Duration::from_secs(180)).await.failed, 1);
    assert_eq!((refunds(&world), seen(&world, &placed).await.1), (vec![2000], "none".to_owned()));
    assert_eq!(world.later(Duration::from_secs(60)).await.failed, 0);
    assert_eq!((refunds(&world), seen(&world, &placed).await.1), (vec![2000], "partial".to_owned()));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_part_goes_back_once_though_nobody_came_for_days_and_stripe_has_forgotten_its_key() {
    let world = World::with(68, 1, None);
    let ([_, pots], _, cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    pay(&world, &placed).await;
    world.settle().await;
    let order = world.order(&placed).await;
    let parcel = order["shipments"][1]["id"].as_str().unwrap();
    world.move_shipment(&pots, parcel, "cancel", None).await.expect(200);
    world.lose_the_stream();
    // The money goes back, whoever asked is stopped before the answer, and nobody asks again for two days.
    world.stripe.machine().set_faults(Faults { timeout_after_commit: 1, ..Faults::default() });
    assert_eq!(world.later(Duration::from_secs(180)).await.failed, 1);
    assert_eq!((refunds(&world), seen(&world, &placed).await.1), (vec![2000], "none".to_owned()));
    world.later(Duration::from_secs(2 * 86_400)).await;
    assert_eq!((refunds(&world), seen(&world, &placed).await.1), (vec![2000], "partial".to_owned()));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_takes_its_parcel_back_and_the_other_goes_on() {
    let world = World::with(63, 2, None);
    let ([tea, pots], [leaves, pot], placed) = sold(&world).await;
    let order = world.order(&placed).await;
    let parcel = |at: usize| order["shipments"][at]["id"].as_str().unwrap();
    world.move_shipment(&pots, parcel(1), "process", None).await.expect(200);
    for _ in 0..2 {
        let cancelled = world.move_shipment(&pots, parcel(1), "cancel", None).await.expect(200);
        assert_eq!(cancelled["status"], "CANCELLED");
    }
    world.settle().await;
    assert_eq!(seen(&world, &placed).await.1, "partial");
    assert_eq!((world.stock(&leaves).await, world.stock(&pot).await), (stock(3, 3, 0, 2), stock(1, 1, 0, 0)));
    assert_eq!(refunds(&world), [2000]);
    assert_eq!((funds(&world, &tea).await, funds(&world, &pots).await), (7_200, 0));
    assert_eq!((balance(&world, &tea).await, balance(&world, &pots).await), (json!(0), json!(0)));
    rules::check(&world);
    let tracking = json!({"carrier": "POST", "tracking_number": "LU1"});
    world.move_shipment(&tea, parcel(0), "process", None).await.expect(200);
    world.move_shipment(&tea, parcel(0), "ship", Some(tracking)).await.expect(200);
    let refused = world.move_shipment(&tea, parcel(0), "cancel", None).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "invalid_state"));
    world.move_shipment(&tea, parcel(0), "deliver", None).await.expect(200);
    world.settle().await;
    assert_eq!(seen(&world, &placed).await, is("DELIVERED", "partial"));
    rules::check_at_rest(&world);
}

#[tokio::test(start_paused = true)]
async fn when_all_vendors_take_their_parcels_back_the_order_is_over() {
    let world = World::with(64, 2, None);
    let (shops, _, placed) = sold(&world).await;
    let order = world.order(&placed).await;
    for (shop, part) in shops.iter().zip(order["shipments"].as_array().unwrap()) {
        world.move_shipment(shop, part["id"].as_str().unwrap(), "cancel", None).await.expect(200);
    }
    world.settle().await;
    let over = world.order(&placed).await;
    assert_eq!((&over["status"], &over["cancel_reason"]), (&json!("CANCELLED"), &json!("vendor")));
    let mut back = refunds(&world);
    back.sort_unstable();
    assert_eq!(back, [2000, 8000]);
    rules::check_at_rest(&world);
}

#[tokio::test(start_paused = true)]
async fn a_refund_that_nobody_heard_of_is_found_by_the_sweeper() {
    let world = World::new(65);
    let (_, _, placed) = sold(&world).await;
    cancel(&world, &placed).await.expect(200);
    world.lose_the_stream();
    assert!(refunds(&world).is_empty());
    world.later(Duration::from_secs(180)).await;
    assert_eq!(seen(&world, &placed).await, is("CANCELLED", "full"));
    rules::check_at_rest(&world);
}

/// An order whose holds have lapsed, and its intent.
async fn lapsed(world: &World, cart: &str) -> (Value, String) {
    let placed = world.check_out(cart).await.expect(201);
    let intent = world.intent_of(placed["order"]["id"].as_str().unwrap()).await;
    world.later(HARD_HOLD).await;
    assert_eq!(seen(world, &placed).await, is("CANCELLED", "none"));
    (placed, intent)
}

async fn paid_late(world: &World, intent: &str) {
    assert!(world.stripe.machine().capture_late(intent, world.store.now().ms()));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_paid_after_its_holds_lapsed_is_filled_where_the_goods_are_there() {
    let world = World::with(66, 2, None);
    let (_, [leaves, _], cart) = filled(&world).await;
    let (placed, intent) = lapsed(&world, &cart).await;
    paid_late(&world, &intent).await;
    assert_eq!(seen(&world, &placed).await, is("CONFIRMED", "none"));
    assert_eq!((world.stock(&leaves).await, refunds(&world)), (stock(3, 3, 0, 2), vec![]));
    // The cart that waited for the same goods went with it.
    assert_eq!(world.check_out(&cart).await.expect(201)["order"]["id"], placed["order"]["id"]);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn what_is_paid_late_goes_back_where_the_goods_are_gone() {
    let world = World::with(67, 3, None);
    let (_, [leaves, pot], cart) = filled(&world).await;
    let (placed, intent) = lapsed(&world, &cart).await;
    let other = world.cart().await;
    world.add(&other, &pot, 1).await.expect(200);
    paid_late(&world, &intent).await;
    assert_eq!(seen(&world, &placed).await, is("CANCELLED", "full"));
    assert_eq!((world.stock(&leaves).await, refunds(&world)), (stock(5, 5, 0, 0), vec![10_000]));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn what_its_buyer_called_off_or_bought_again_is_not_filled_though_it_is_paid() {
    let world = World::with(68, 2, None);
    let (_, [leaves, _], cart) = filled(&world).await;
    let placed = world.check_out(&cart).await.expect(201);
    let intent = world.intent_of(placed["order"]["id"].as_str().unwrap()).await;
    cancel(&world, &placed).await.expect(200);
    paid_late(&world, &intent).await;
    assert_eq!(seen(&world, &placed).await, is("CANCELLED", "full"));
    let (first, intent) = lapsed(&world, &cart).await;
    let second = world.check_out(&cart).await.expect(201);
    pay(&world, &second).await;
    world.settle().await;
    paid_late(&world, &intent).await;
    assert_eq!(seen(&world, &first).await, is("CANCELLED", "full"));
    assert_eq!(seen(&world, &second).await, is("CONFIRMED", "none"));
    assert_eq!((world.stock(&leaves).await, refunds(&world)), (stock(3, 3, 0, 2), vec![10_000, 10_000]));
    rules::check(&world);
}
