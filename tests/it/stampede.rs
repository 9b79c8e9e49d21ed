//! Everybody at once for the last units.

use std::sync::Arc;

use domain::{
    Currency, Id, Money, ProductId, Tenant, VariantId, VendorId,
    cart::Cart,
    product::{Product, ProductStatus},
    variant::{Stock, Variant},
};
use platform::{Clock, SystemClock};
use serde_json::json;
use store::{Error, Store, product::Listing, stock::stripes};
use table::dynamodb::create_table;
use tokio::task::JoinSet;

use super::{
    dynamodb::aws,
    shop::{Goods, Shop},
    stack::Stack,
};
use crate::dynamodb_local::DynamoDbLocal;

const BUYERS: usize = 64;
const UNITS: i64 = 10;

/// Lets everybody at once put one of the units into a cart, and checks that as many as there are have one.
async fn all_at_once(shop: &Shop, unit: &Goods) {
    let stack = &shop.stack;
    let mut carts = Vec::new();
    for _ in 0..BUYERS {
        carts.push(stack.market().cart().await);
    }
    let mut buyers = JoinSet::new();
    for cart in carts {
        let unit = unit.clone();
        buyers.spawn(async move { cart.add(&unit, 1).await });
    }
    let answers = buyers.join_all().await;
    let held = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status != 200).map(|answer| answer.error());
    let refused: Vec<_> = refused.filter(|error| *error != (409, "insufficient_stock".to_owned())).collect();
    assert_eq!((held, refused), (10, Vec::new()));
    assert_eq!(shop.levels(unit).await, [UNITS, 0, UNITS, 0]);
}

#[tokio::test]
async fn of_64_buyers_for_the_last_10_units_exactly_10_get_one() {
    let shop = Stack::find().shop("units").await;
    let unit = shop.goods("UNIT", 1000, UNITS).await;
    all_at_once(&shop, &unit).await;
}

#[tokio::test]
async fn of_64_buyers_for_the_last_10_units_on_8_stripes_exactly_10_get_one() {
    let shop = Stack::find().shop("units").await;
    let unit = shop.goods("UNIT", 1000, UNITS).await;
    let stripes = format!("/inventory/stock/{}/stripes", unit.variant);
    let spread = shop.call("PUT", &stripes).json(&json!({"count": 8})).send().await.expect(200);
    assert_eq!((&spread["stripes"]["count"], &spread["available"]), (&json!(8), &json!(UNITS)));
    all_at_once(&shop, &unit).await;
    let ended = shop.call("DELETE", &stripes).send().await.expect(200);
    assert_eq!((&ended["reserved"], &ended["available"]), (&json!(UNITS), &json!(0)));
}

/// A product of one variant, so many of it on the shelf.
async fn shelved(store: &Store, on_hand: i64) -> Variant {
    let now = SystemClock.now();
    let (id, variant_id, vendor_id) =
        (ProductId::from_bits(1), VariantId::from_bits(2), VendorId::from_bits(3));
    let price = Money::new(1000, Currency::EUR);
    let product: Product = serde_json::from_value(json!({
        "id": id, "vendor_id": vendor_id, "sku": "UNIT", "title": "Unit", "description": "Good.", "category": "Tea", "tags": [],
        "price": price, "tax_rate": 1700, "status": ProductStatus::Published, "variants": 1, "images": [],
        "created_at": now, "updated_at": now, "published_at": now, "version": 1,
    }))
    .unwrap();
    let variant: Variant = serde_json::from_value(json!({
        "id": variant_id, "product_id": id, "vendor_id": vendor_id, "sku": "UNIT", "title": "Unit", "options": {},
        "price": price, "own_price": false, "tax_rate": 1700, "sellable": true, "on_hand": on_hand, "available": on_hand,
        "reserved": 0, "allocated": 0, "created_at": now, "version": 1, "revision": 1,
    }))
    .unwrap();
    store::product::create(store, &Listing { product, variants: vec![variant.clone()] }).await.unwrap();
    variant
}

/// One buyer's change, decided again as often as another's came first.
async fn buy(store: &Store, number: u128, variant: &Variant) -> Result<(), Error> {
    let cart = Cart::new(Id::from_bits(number), Tenant::Platform, None, store.now());
    store::cart::create(store, &cart).await?;
    let filled = cart
        .add(variant, 1, Id::from_bits(number), store.now(), std::time::Duration::from_secs(900))
        .unwrap();
    store::cart::save(store, &cart, &filled).await
}

/// The same until there is an answer, with another cart where none came: where the machine is busy, the engine keeps some waiting for too long. Answers how
/// often none came, too: that cart may hold a unit.
async fn buy_at_last(store: &Store, number: u128, variant: &Variant) -> (Result<(), Error>, usize) {
    for lost in 0..20_u8 {
        match buy(store, number + 1_000 * u128::from(lost), variant).await {
            Err(error) if error.is_transient() => {}
            answer => return (answer, lost.into()),
        }
    }
    panic!("the engine does not answer");
}

#[tokio::test]
async fn of_64_writers_on_amazons_own_engine_exactly_10_hold_one() {
    on_amazons_own_engine(0).await;
    // This version of it takes ten actions in a transaction: three stripes with their tallies, and the variant's own item.
    on_amazons_own_engine(3).await;
}

async fn on_amazons_own_engine(count: u8) {
    let Some(local) = DynamoDbLocal::start().await else { return };
    let way = aws(&local.endpoint);
    create_table(&aws_sdk_dynamodb::Client::new(way.config()), "stampede").await.unwrap();
    let store = Arc::new(Store::on_aws(&way, "stampede"));
    let mut variant = shelved(&store, UNITS).await;
    let place = variant.place();
    if count > 0 {
        variant = stripes::open(&store, &place, count).await.unwrap();
    }
    let mut all = JoinSet::new();
    for number in 0..BUYERS {
        let (store, variant) = (store.clone(), variant.clone());
        all.spawn(async move { buy_at_last(&store, 100 + number as u128, &variant).await });
    }
    let outcomes = all.join_all().await;
    let held = outcomes.iter().filter(|(outcome, _)| outcome.is_ok()).count();
    let refused = outcomes
        .iter()
        .filter(|(outcome, _)| matches!(outcome, Err(Error::InsufficientStock { available: 0, .. })))
        .count();
    let lost: usize = outcomes.iter().map(|(_, lost)| lost).sum();
    assert_eq!(held + refused, BUYERS, "{outcomes:?}");
    assert!(held <= 10 && held + lost >= 10, "{outcomes:?}");
    let stock = store::stock::get(&store, &place).await.unwrap().stock;
    assert_eq!(stock, Stock { on_hand: UNITS, reserved: UNITS, ..Stock::default() });
    let ended = stripes::close(&store, &place).await.unwrap();
    assert_eq!((ended.stripes.count, ended.stock), (0, stock));
}
