//! What is held, what runs out, and what an open cart tells of it.

use std::{collections::BTreeSet, time::Duration};

use domain::variant::VariantRef;
use platform::Mail;
use serde_json::{Value, json};

use souk_tests::simulation::{HARD_HOLD, SOFT_HOLD, Shop, World, purchase, rules};

async fn notices(world: &World, cart: &str) -> Value {
    let shown = world.get(&format!("/api/v1/public/market/cart/{cart}")).await.expect(200);
    shown["items"][0].get("notices").cloned().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn an_open_cart_tells_what_has_changed_and_a_new_quantity_takes_the_new_price() {
    let world = World::new(40);
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let cart = world.cart().await;
    let added = world.add(&cart, &leaves, 2).await.expect(200);
    assert_eq!(notices(&world, &cart).await, Value::Null);
    world.later(SOFT_HOLD).await;
    // Two others take four of the five.
    for _ in 0..2 {
        let other = world.cart().await;
        world.add(&other, &leaves, 2).await.expect(200);
    }
    assert_eq!(notices(&world, &cart).await, json!([{"code": "insufficient_stock", "available": 1}]));
    let product = format!("/products/{}", leaves.product_id);
    let price = json!({"amount": 4500, "currency": "EUR"});
    world.console(&shop, "PATCH", &product, json!({"price": price})).await.expect(200);
    let was = json!({"amount": 4000, "currency": "EUR"});
    let changed = json!({"code": "price_changed", "was": was, "now": price});
    assert_eq!(
        notices(&world, &cart).await,
        json!([changed, {"code": "insufficient_stock", "available": 1}])
    );
    let item =
        format!("/api/v1/public/market/cart/{cart}/items/{}", added["items"][0]["id"].as_str().unwrap());
    let one = world.call("PUT", &item, None, Some(json!({"quantity": 1}))).await.expect(200);
    assert_eq!((&one["items"][0]["unit_price"], &one["totals"]["items"]), (&price, &price));
    assert_eq!(notices(&world, &cart).await, Value::Null);
    world.console(&shop, "POST", &format!("{product}/archive"), json!({})).await.expect(200);
    assert_eq!(notices(&world, &cart).await, json!([{"code": "product_unavailable"}]));
    let refused = world.call("PUT", &item, None, Some(json!({"quantity": 1}))).await;
    assert_eq!(refused.code(), "product_unavailable");
    assert_eq!(world.check_out(&cart).await.code(), "product_unavailable");
    // What is in the cart can still be taken out, and is given back.
    world.call("DELETE", &item, None, None).await.expect(200);
    assert_eq!(world.levels(&leaves).await, [5, 1, 4, 0]);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn what_has_lapsed_is_the_carts_own_until_the_sweeper_gives_it_up() {
    let world = World::new(45);
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let (cart, other) = (world.cart().await, world.cart().await);
    world.add(&cart, &leaves, 5).await.expect(200);
    world.clock.advance(SOFT_HOLD);
    // Nobody else gets any, and the cart, its quote and its order are of one mind.
    assert_eq!(world.add(&other, &leaves, 1).await.code(), "insufficient_stock");
    let shown = world.get(&format!("/api/v1/public/market/cart/{cart}")).await.expect(200);
    assert_eq!(
        (&shown["items"][0]["reserved_until"], notices(&world, &cart).await),
        (&Value::Null, Value::Null)
    );
    let to = json!({"shipping_address": purchase()["shipping_address"]});
    let quote = format!("/api/v1/public/market/cart/{cart}/quote");
    world.post(&quote, to.clone()).await.expect(200);
    world.check_out(&cart).await.expect(201);
    assert_eq!(world.levels(&leaves).await, [5, 0, 0, 5]);
    rules::check(&world);
    // Once it is given up, none of them has it.
    world.later(HARD_HOLD).await;
    world.add(&other, &leaves, 5).await.expect(200);
    assert_eq!(notices(&world, &cart).await, json!([{"code": "insufficient_stock", "available": 0}]));
    assert_eq!(world.post(&quote, to).await.code(), "insufficient_stock");
    assert_eq!(world.check_out(&cart).await.code(), "insufficient_stock");
}

#[tokio::test(start_paused = true)]
async fn who_adds_nothing_changes_nothing() {
    let world = World::new(46);
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let cart = world.cart().await;
    let added = world.add(&cart, &leaves, 2).await.expect(200);
    world.clock.advance(Duration::from_secs(60));
    let refused = world.add(&cart, &leaves, 0).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid_value"));
    let shown = world.get(&format!("/api/v1/public/market/cart/{cart}")).await.expect(200);
    assert_eq!(shown["items"][0]["reserved_until"], added["items"][0]["reserved_until"]);
}

#[tokio::test(start_paused = true)]
async fn an_order_takes_its_holds_and_what_it_can_get_for_those_that_lapsed() {
    let world = World::new(41);
    let shop = world.shop("tea-house").await;
    let (leaves, pot) =
        (world.product(&shop, "LEAVES", 4000, 5).await, world.product(&shop, "POT", 2000, 2).await);
    let cart = world.cart().await;
    world.add(&cart, &leaves, 2).await.expect(200);
    world.add(&cart, &pot, 2).await.expect(200);
    world.later(SOFT_HOLD).await;
    let other = world.cart().await;
    world.add(&other, &pot, 1).await.expect(200);
    // One line is held anew, the other is not to be had: nothing of the cart is ordered.
    world.add(&cart, &leaves, 1).await.expect(200);
    let refused = world.check_out(&cart).await;
    assert_eq!((refused.code(), &refused.body["error"]["available"]), ("insufficient_stock", &json!(1)));
    assert_eq!(world.levels(&leaves).await, [5, 2, 3, 0]);
    world.call("DELETE", &format!("/api/v1/public/market/cart/{other}"), None, None).await.expect(204);
    world.check_out(&cart).await.expect(201);
    assert_eq!((world.levels(&leaves).await, world.levels(&pot).await), ([5, 2, 0, 3], [2, 0, 0, 2]));
    rules::check(&world);
    world.later(HARD_HOLD).await;
    assert_eq!((world.levels(&leaves).await, world.levels(&pot).await), ([5, 5, 0, 0], [2, 2, 0, 0]));
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn who_runs_out_is_told_once() {
    let world = World::with(42, 2, None);
    let (shop, leaves) = five_and_a_threshold(&world).await;
    let mails = || told_of_few(&world);
    for (units, told) in [(1, 0), (1, 1), (1, 1)] {
        let cart = world.cart().await;
        world.add(&cart, &leaves, units).await.expect(200);
        let placed = world.check_out(&cart).await.expect(201);
        world.pay(&world.intent_of(placed["order"]["id"].as_str().unwrap()).await, "pm_card_visa");
        world.settle().await;
        assert_eq!(mails().len(), told, "{:?}", mails());
    }
    let mail = &mails()[0];
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        ("tea-house@example.org", "Only 3 of \"LEAVES\" left")
    );
    // Told again only after there was enough.
    let adjust = format!("/inventory/stock/{}/adjust", leaves.variant_id);
    for (delta, told) in [(4, 1), (-6, 2), (6, 2)] {
        world
            .console(&shop, "POST", &adjust, json!({"delta": delta, "reason": "correction"}))
            .await
            .expect(200);
        world.settle().await;
        assert_eq!(mails().len(), told, "{delta}");
    }
    // Each was published twice, under one id.
    let events = |kind: &str| {
        let told = world.trace().into_iter().filter(|line| line.starts_with(&format!("event {kind} ")));
        told.collect::<BTreeSet<_>>().len()
    };
    assert_eq!((events("stock.low"), events("stock.back")), (2, 1));
}

/// The mails that tell a vendor that something runs out.
fn told_of_few(world: &World) -> Vec<Mail> {
    world.mailer.sent().into_iter().filter(|mail| mail.kind == "stock-low").collect()
}

/// Five of something, of which its vendor wants to be told when three are left.
async fn five_and_a_threshold(world: &World) -> (Shop, VariantRef) {
    let shop = world.shop("tea-house").await;
    let leaves = world.product(&shop, "LEAVES", 4000, 5).await;
    let threshold = format!("/inventory/stock/{}/threshold", leaves.variant_id);
    world.console(&shop, "PUT", &threshold, json!({"low_stock_threshold": 3})).await.expect(200);
    (shop, leaves)
}

/// Some are bought and paid for, and only the sweeper hears of it; what it did is still on its way. Answers the order.
async fn sold(world: &World, leaves: &VariantRef, units: u32) -> Value {
    let cart = world.cart().await;
    world.add(&cart, leaves, units).await.expect(200);
    let placed = world.check_out(&cart).await.expect(201);
    world.pay(&world.intent_of(placed["order"]["id"].as_str().unwrap()).await, "pm_card_visa");
    world.deliver_webhooks().await;
    world.lose_the_stream();
    world.clock.advance(HARD_HOLD);
    world.sweep().await;
    assert_eq!(world.order(&placed).await["status"], "CONFIRMED");
    placed
}

#[tokio::test(start_paused = true)]
async fn who_runs_out_is_told_once_though_the_stream_lost_it() {
    let world = World::new(43);
    let (_, leaves) = five_and_a_threshold(&world).await;
    for units in [2, 1] {
        sold(&world, &leaves, units).await;
        world.lose_the_stream();
    }
    assert_eq!(told_of_few(&world), []);
    for _ in 0..3 {
        world.later(Duration::from_secs(86_400)).await;
        let told: Vec<String> = told_of_few(&world).into_iter().map(|mail| mail.subject).collect();
        assert_eq!(told, ["Only 2 of \"LEAVES\" left"]);
    }
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn what_came_back_before_anybody_was_told_and_runs_out_again_is_told() {
    let world = World::new(44);
    let (_, leaves) = five_and_a_threshold(&world).await;
    let placed = sold(&world, &leaves, 2).await;
    let [id, token] = ["id", "token"].map(|field| placed["order"][field].as_str().unwrap());
    let cancel = format!("/api/v1/public/market/orders/{id}/cancel?token={token}");
    world.call("POST", &cancel, None, None).await.expect(200);
    world.settle().await;
    assert_eq!((told_of_few(&world), world.levels(&leaves).await), (vec![], [5, 5, 0, 0]));
    sold(&world, &leaves, 2).await;
    world.settle().await;
    assert_eq!(told_of_few(&world).len(), 1);
}
