//! Ways that an order goes: delivered, declined and tried again, never paid, paid too late, cancelled.

use std::time::Duration;

use serde_json::{Value, json};

use souk_tests::simulation::{HARD_HOLD, SOFT_HOLD, Shop, World, never_made, purchase, rules};

const MINUTE: Duration = Duration::from_secs(60);

fn statuses(order: &Value) -> Vec<&str> {
    order["timeline"].as_array().unwrap().iter().map(|moment| moment["status"].as_str().unwrap()).collect()
}

/// An order of some of a shop's goods.
async fn placed(world: &World, quantity: u32) -> (Shop, Value) {
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let cart = world.cart().await;
    world.add(&cart, &leaves, quantity).await.expect(200);
    (shop, world.check_out(&cart).await.expect(201))
}

/// One customer buys of two vendors; each vendor ships; it arrives.
async fn from_cart_to_door(world: &World) -> Value {
    let (tea, pots) = (world.shop("tea-house").await, world.shop("pot-house").await);
    let (leaves, pot) =
        (world.product(&tea, "LEAVES", 4000, 5).await, world.product(&pots, "POT", 2000, 1).await);
    let cart = world.cart().await;
    world.add(&cart, &leaves, 2).await.expect(200);
    world.add(&cart, &pot, 1).await.expect(200);
    world.settle().await;
    let placed = world.check_out(&cart).await.expect(201);
    assert_eq!(placed["order"]["status"], "PENDING");
    assert_eq!(placed["order"]["totals"]["total"], json!({"amount": 10_000, "currency": "EUR"}));
    let again = world.check_out(&cart).await.expect(201);
    assert_eq!(again, placed);
    world.settle().await;
    assert_eq!(world.levels(&leaves).await, [5, 3, 0, 2]);
    let intent = world.intent_of(placed["order"]["id"].as_str().unwrap()).await;
    world.pay(&intent, "pm_card_visa");
    world.settle().await;
    let confirmed = world.order(&placed).await;
    assert_eq!(confirmed["status"], "CONFIRMED");
    assert_eq!(world.levels(&leaves).await, [3, 3, 0, 0]);
    assert_eq!(world.levels(&pot).await, [0, 0, 0, 0]);
    for (shop, at) in [(&tea, 0), (&pots, 1)] {
        let id = confirmed["shipments"][at]["id"].as_str().unwrap();
        world.move_shipment(shop, id, "process", None).await.expect(200);
        world.settle().await;
        let parcel = json!({"carrier": "POST", "tracking_number": format!("LU{at}")});
        world.move_shipment(shop, id, "ship", Some(parcel)).await.expect(200);
        world.settle().await;
    }
    assert_eq!(world.order(&placed).await["status"], "SHIPPED");
    for (shop, at) in [(&tea, 0), (&pots, 1)] {
        let id = confirmed["shipments"][at]["id"].as_str().unwrap();
        world.move_shipment(shop, id, "deliver", None).await.expect(200);
        world.settle().await;
    }
    rules::check(world);
    world.order(&placed).await
}

#[tokio::test(start_paused = true)]
async fn an_order_goes_from_cart_to_door_though_every_delivery_comes_twice() {
    let world = World::with(1, 2, None);
    let order = from_cart_to_door(&world).await;
    assert_eq!(order["status"], "DELIVERED");
    assert_eq!(statuses(&order), ["PENDING", "PAID", "CONFIRMED", "PROCESSING", "SHIPPED", "DELIVERED"]);
    assert_eq!(order["timeline"][4]["tracking_number"], "LU0");
}

#[tokio::test(start_paused = true)]
async fn one_seed_makes_one_run() {
    let (one, two, other) = (World::with(7, 2, None), World::with(7, 2, None), World::with(8, 2, None));
    from_cart_to_door(&one).await;
    from_cart_to_door(&two).await;
    from_cart_to_door(&other).await;
    assert_eq!(one.trace(), two.trace());
    assert_eq!(one.table.dump(), two.table.dump());
    assert!(one.trace().len() > 50);
    assert_ne!(one.trace(), other.trace());
}

#[tokio::test(start_paused = true)]
async fn a_declined_card_is_not_the_end() {
    let world = World::with(2, 2, None);
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let cart = world.cart().await;
    world.add(&cart, &leaves, 2).await.expect(200);
    let placed = world.check_out(&cart).await.expect(201);
    let intent = world.intent_of(placed["order"]["id"].as_str().unwrap()).await;
    world.pay(&intent, "pm_card_chargeDeclined");
    world.settle().await;
    assert_eq!(world.order(&placed).await["status"], "PAYMENT_FAILED");
    assert_eq!(world.levels(&leaves).await, [5, 3, 0, 2]);
    world.pay(&intent, "pm_card_visa");
    world.settle().await;
    let order = world.order(&placed).await;
    assert_eq!(statuses(&order), ["PENDING", "PAYMENT_FAILED", "PAID", "CONFIRMED"]);
    assert_eq!(world.levels(&leaves).await, [3, 3, 0, 0]);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn what_is_never_paid_comes_back_and_the_cart_can_try_again() {
    let world = World::with(3, 2, None);
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let cart = world.cart().await;
    world.add(&cart, &leaves, 2).await.expect(200);
    let placed = world.check_out(&cart).await.expect(201);
    world.later(HARD_HOLD - MINUTE).await;
    assert_eq!(world.order(&placed).await["status"], "PENDING");
    world.later(MINUTE).await;
    let order = world.order(&placed).await;
    assert_eq!((&order["status"], &order["cancel_reason"]), (&json!("CANCELLED"), &json!("unpaid")));
    assert_eq!(world.levels(&leaves).await, [5, 5, 0, 0]);
    rules::check(&world);
    let second = world.check_out(&cart).await.expect(201);
    assert_ne!(second["order"]["id"], placed["order"]["id"]);
    let intent = world.intent_of(second["order"]["id"].as_str().unwrap()).await;
    world.pay(&intent, "pm_card_visa");
    world.settle().await;
    assert_eq!(world.order(&second).await["status"], "CONFIRMED");
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn soft_holds_lapse_and_the_lines_stay() {
    let world = World::new(4);
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let cart = world.cart().await;
    world.add(&cart, &leaves, 3).await.expect(200);
    world.later(SOFT_HOLD - MINUTE).await;
    // A change slides the hold: the time that was noted first comes, and nothing is due.
    world.add(&cart, &leaves, 1).await.expect(200);
    assert_eq!(world.later(MINUTE).await.carts, 0);
    assert_eq!(world.levels(&leaves).await, [5, 1, 4, 0]);
    assert_eq!(world.later(SOFT_HOLD).await.carts, 1);
    assert_eq!(world.levels(&leaves).await, [5, 5, 0, 0]);
    let shown = world.get(&format!("/api/v1/public/market/cart/{cart}")).await.expect(200);
    assert_eq!(
        (&shown["items"][0]["quantity"], &shown["items"][0]["reserved_until"]),
        (&json!(4), &Value::Null)
    );
    let abandoned = world.trace().iter().filter(|line| line.starts_with("event cart.abandoned")).count();
    assert_eq!(abandoned, 1);
    rules::check(&world);
    // Checkout holds them again.
    world.check_out(&cart).await.expect(201);
    assert_eq!(world.levels(&leaves).await, [5, 1, 0, 4]);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn a_cart_ends_after_seven_days_and_is_swept_once_more_only_then() {
    let world = World::new(5);
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let cart = world.cart().await;
    world.add(&cart, &leaves, 1).await.expect(200);
    assert_eq!(world.later(SOFT_HOLD).await.carts, 1);
    let quiet = world.later(MINUTE).await;
    assert_eq!((quiet.carts, quiet.postponed), (0, 0));
    assert_eq!(world.later(Duration::from_secs(7 * 86_400)).await.carts, 1);
    let shown = world.get(&format!("/api/v1/public/market/cart/{cart}")).await.expect(200);
    assert_eq!(shown["status"], "EXPIRED");
    assert_eq!(world.add(&cart, &leaves, 1).await.code(), "cart_not_active");
    assert_eq!(world.check_out(&cart).await.code(), "cart_not_active");
}

#[tokio::test(start_paused = true)]
async fn what_stripe_said_earlier_is_no_news_when_it_comes_later() {
    let world = World::new(13);
    let (_, placed) = placed(&world, 1).await;
    let intent = world.intent_of(placed["order"]["id"].as_str().unwrap()).await;
    world.pay(&intent, "pm_card_authenticationRequired");
    let action = world.take_webhooks();
    world.clock.advance(MINUTE);
    world.stripe.finish(&intent.parse().unwrap(), false).unwrap();
    let declined = world.take_webhooks();
    world.clock.advance(MINUTE);
    for delivery in declined.into_iter().chain(action) {
        let answer = world.webhook("/", &delivery.body, &delivery.signature).await;
        assert_eq!(answer.status.as_u16(), 200);
    }
    assert_eq!(statuses(&world.order(&placed).await), ["PENDING", "PAYMENT_FAILED"]);
}

#[tokio::test(start_paused = true)]
async fn a_vendors_statement_tells_of_a_sale_though_the_stream_lost_it() {
    let world = World::new(14);
    let (shop, placed) = placed(&world, 1).await;
    world.pay(&world.intent_of(placed["order"]["id"].as_str().unwrap()).await, "pm_card_visa");
    world.deliver_webhooks().await;
    world.lose_the_stream();
    // Paid, and nobody told of it: the sweeper confirms, and that is lost too.
    world.clock.advance(HARD_HOLD);
    world.sweep().await;
    world.lose_the_stream();
    let order = world.order(&placed).await;
    assert_eq!(order["status"], "CONFIRMED");
    let shipment = order["shipments"][0]["id"].as_str().unwrap();
    world.move_shipment(&shop, shipment, "process", None).await.expect(200);
    let parcel = json!({"carrier": "POST", "tracking_number": "LU1"});
    world.move_shipment(&shop, shipment, "ship", Some(parcel)).await.expect(200);
    world.move_shipment(&shop, shipment, "deliver", None).await.expect(200);
    world.settle().await;
    assert_eq!(world.order(&placed).await["status"], "DELIVERED");
    // The sweeper's last look finds what nobody was told of: the statement's line, and the mail.
    assert_eq!(kinds_of_mails(&world), [""; 0]);
    world.later(MINUTE * 60 * 24).await;
    rules::check_at_rest(&world);
    assert_eq!(kinds_of_mails(&world), ["order-confirmed"]);
    // It looks whether the mail has gone, and never again.
    assert_eq!(world.later(MINUTE * 60).await.orders, 1);
    assert_eq!(world.later(MINUTE * 60 * 24).await.orders, 0);
    assert_eq!(world.mailer.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_buyer_hears_of_an_order_that_ended_though_the_stream_lost_it() {
    let world = World::new(16);
    let (_, placed) = placed(&world, 1).await;
    world.later(HARD_HOLD - MINUTE).await;
    world.clock.advance(MINUTE);
    world.sweep().await;
    world.lose_the_stream();
    assert_eq!(world.order(&placed).await["status"], "CANCELLED");
    // Its event has ten minutes to be heard.
    world.later(MINUTE * 9).await;
    assert_eq!(kinds_of_mails(&world), [""; 0]);
    for _ in 0..3 {
        world.later(MINUTE * 2).await;
        assert_eq!(kinds_of_mails(&world), ["order-cancelled"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_buyer_hears_of_an_order_whose_debit_took_days_and_failed_though_the_stream_lost_its_end() {
    let world = World::new(17);
    let (_, placed) = placed(&world, 1).await;
    let (id, token) = (placed["order"]["id"].as_str().unwrap(), placed["order"]["token"].as_str().unwrap());
    let intent = world.intent_of(id).await;
    world.pay(&intent, "pm_usBankAccount_processing");
    world.settle().await;
    // The sweeper puts it off for as long as a debit may take: for two weeks.
    world.later(HARD_HOLD).await;
    world.clock.advance(MINUTE * 60 * 24 * 5);
    world.stripe.finish(&intent.parse().unwrap(), false).unwrap();
    world.settle().await;
    let cancel = format!("/api/v1/public/market/orders/{id}/cancel?token={token}");
    world.call("POST", &cancel, None, None).await.expect(200);
    world.lose_the_stream();
    // It is looked at when the time for another try would have been over.
    world.later(MINUTE * 31).await;
    assert_eq!(kinds_of_mails(&world), ["order-cancelled"]);
}

fn kinds_of_mails(world: &World) -> Vec<&'static str> {
    world.mailer.sent().iter().map(|mail| mail.kind).collect()
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_parcels_are_under_way_is_looked_at_once_a_day() {
    let world = World::new(15);
    let (_, placed) = placed(&world, 1).await;
    world.pay(&world.intent_of(placed["order"]["id"].as_str().unwrap()).await, "pm_card_visa");
    world.settle().await;
    let day = MINUTE * 60 * 24;
    let mut looked = 0;
    for _ in 0..3 * 24 {
        looked += world.later(day / 24).await.orders;
    }
    assert_eq!(looked, 3);
}

#[tokio::test(start_paused = true)]
async fn a_lost_event_is_found_by_the_sweeper() {
    let world = World::new(10);
    let (_, placed) = placed(&world, 2).await;
    world.pay(&world.intent_of(placed["order"]["id"].as_str().unwrap()).await, "pm_card_visa");
    // The webhook comes, the stream does not.
    world.deliver_webhooks().await;
    assert_eq!(world.order(&placed).await["status"], "PAID");
    world.clock.advance(HARD_HOLD);
    world.later(MINUTE).await;
    assert_eq!(world.order(&placed).await["status"], "CONFIRMED");
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn the_example_of_003_with_five_units() {
    let world = World::new(11);
    let shop = world.shop("tea-house").await;
    let units = world.product(&shop, "UNIT", 1000, 5).await;
    let (a, b, c) = (world.cart().await, world.cart().await, world.cart().await);
    world.add(&a, &units, 3).await.expect(200);
    let refused = world.add(&b, &units, 3).await;
    assert_eq!((refused.code(), &refused.body["error"]["available"]), ("insufficient_stock", &json!(2)));
    world.check_out(&a).await.expect(201);
    assert_eq!(world.levels(&units).await, [5, 2, 0, 3]);
    world.add(&c, &units, 2).await.expect(200);
    assert_eq!(world.levels(&units).await, [5, 0, 2, 3]);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn what_was_never_made_and_what_is_not_yours_look_alike() {
    let world = World::new(12);
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let cart = world.cart().await;
    world.add(&cart, &leaves, 1).await.expect(200);
    let placed = world.check_out(&cart).await.expect(201);
    let id = placed["order"]["id"].as_str().unwrap();
    let never: domain::OrderId = never_made();
    let strangers = world.get(&format!("/api/v1/public/market/orders/{id}?token=guess")).await;
    let nobodys = world.get(&format!("/api/v1/public/market/orders/{never}?token=guess")).await;
    let elsewhere = world.get(&format!("/api/v1/public/vendors/tea-house/orders/{id}")).await;
    assert_eq!((strangers.status.as_u16(), &strangers), (404, &nobodys));
    assert_eq!(elsewhere, nobodys);
    let checkout = format!("/api/v1/public/vendors/tea-house/cart/{cart}/checkout");
    assert_eq!(world.post(&checkout, purchase()).await.status.as_u16(), 404);
}
