//! 003's example of two sellers, as tests buy it: 80.00 of one's goods, 20.00 of the other's, 10% for the platform.

use domain::variant::VariantRef;
use payments::Transfers;
use serde_json::{Value, json};

use souk_tests::simulation::{Answer, Shop, World};

/// A cart with two of a tea house's leaves and one of a pot house's pots.
pub(super) async fn filled(world: &World) -> ([Shop; 2], [VariantRef; 2], String) {
    let (tea, pots) = (world.shop("tea-house").await, world.shop("pot-house").await);
    let (leaves, pot) =
        (world.product(&tea, "LEAVES", 4000, 5).await, world.product(&pots, "POT", 2000, 1).await);
    let cart = world.cart().await;
    world.add(&cart, &leaves, 2).await.expect(200);
    world.add(&cart, &pot, 1).await.expect(200);
    ([tea, pots], [leaves, pot], cart)
}

pub(super) async fn pay(world: &World, placed: &Value) {
    world.pay(&world.intent_of(placed["order"]["id"].as_str().unwrap()).await, "pm_card_visa");
}

pub(super) async fn cancel(world: &World, placed: &Value) -> Answer {
    let (id, token) = (placed["order"]["id"].as_str().unwrap(), placed["order"]["token"].as_str().unwrap());
    world.post(&format!("/api/v1/public/market/orders/{id}/cancel?token={token}"), json!({})).await
}

/// Status, and how much went back, as the customer sees it.
pub(super) async fn seen(world: &World, placed: &Value) -> (String, String) {
    let order = world.order(placed).await;
    let text = |field: &str| order[field].as_str().unwrap().to_owned();
    (text("status"), text("refund_status"))
}

pub(super) fn is(status: &str, refund: &str) -> (String, String) {
    (status.to_owned(), refund.to_owned())
}

pub(super) fn refunds(world: &World) -> Vec<i64> {
    world.stripe.machine().refunds().iter().map(|refund| refund["amount"].as_i64().unwrap()).collect()
}

/// What a vendor's statement adds up to.
pub(super) async fn balance(world: &World, shop: &Shop) -> Value {
    let ledger = world.call("GET", "/api/v1/vendor/ledger", Some(&shop.token), None).await.expect(200);
    ledger["balance"]["amount"].clone()
}

/// What a vendor's account at Stripe has in euros, in cents.
pub(super) async fn funds(world: &World, shop: &Shop) -> i64 {
    funds_in(world, shop, "EUR").await
}

/// What a vendor's account at Stripe has in a currency.
pub(super) async fn funds_in(world: &World, shop: &Shop, currency: &str) -> i64 {
    let vendor = store::vendor::get(&world.store, shop.vendor.id).await.unwrap();
    let funds = world.stripe.funds(&vendor.payouts.account_id.unwrap()).await.unwrap();
    funds.get(currency).copied().unwrap_or_default().available
}

/// The cart of [`filled`] bought and paid, and all that follows done: vendors, goods, and what checkout answered.
pub(super) async fn sold(world: &World) -> ([Shop; 2], [VariantRef; 2], Value) {
    let (shops, goods, cart) = filled(world).await;
    let placed = world.check_out(&cart).await.expect(201);
    pay(world, &placed).await;
    world.settle().await;
    (shops, goods, placed)
}
