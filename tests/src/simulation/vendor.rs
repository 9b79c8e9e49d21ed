//! What vendors do: they ship what was sold, and count their stock.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::time::sleep;

use super::{bank, catalogue, dice::Dice, life::Life, world::Shop};

const SHIPMENTS: &str = "/api/v1/vendor/shipments";
const STOCK: &str = "/api/v1/vendor/inventory/stock";
/// Of a thousand visits to a shop, in how many something is done for its catalogue.
const CURATES: u64 = 250;

/// Looks after a shop now and then.
pub(super) async fn live(life: Arc<Life>, shop: Shop, mut dice: Dice) {
    if shop.vendor.payouts.account_id.is_none() {
        bank::open_account(&life, &shop, &mut dice).await;
    }
    for _ in 0..dice.between(2, 5) {
        sleep(dice.up_to(Duration::from_secs(1800))).await;
        move_shipments(&life, &shop).await;
        if dice.chance(400) {
            count_stock(&life, &shop, &mut dice).await;
        }
        if dice.chance(150) {
            reprice(&life, &shop, &mut dice).await;
        }
        if dice.chance(150) {
            cancel_one(&life, &shop).await;
        }
        if dice.chance(CURATES) {
            catalogue::curate(&life, &shop, &mut dice).await;
        }
    }
}

/// What a look at a shop's shipments came to: how many were not delivered, and how many of them went a step on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    pub(super) seen: usize,
    pub(super) moved: usize,
}

/// Moves each shipment that is not delivered one step on.
pub(super) async fn move_shipments(life: &Arc<Life>, shop: &Shop) -> Moved {
    let token = life.log_in(shop).await;
    let mut all = Moved::default();
    for (status, step, body) in [
        ("SHIPPED", "deliver", None),
        ("PROCESSING", "ship", Some(json!({"carrier": "POST", "tracking_number": "LU1"}))),
        ("PENDING", "process", None),
    ] {
        let path = format!("{SHIPMENTS}?status={status}&limit=100");
        let Some(found) = life.ask("GET", &path, Some(&token), None).await else { continue };
        for shipment in found.body["data"].as_array().into_iter().flatten() {
            let path = format!("{SHIPMENTS}/{}/{step}", shipment["id"].as_str().unwrap());
            let answer = life.ask("PUT", &path, Some(&token), body.clone()).await;
            all.seen += 1;
            all.moved += usize::from(answer.is_some_and(|answer| answer.status == 200));
        }
    }
    all
}

/// One thing costs something else from now on.
async fn reprice(life: &Arc<Life>, shop: &Shop, dice: &mut Dice) {
    let token = life.log_in(shop).await;
    let goods = life.goods_of(shop);
    let path = format!("/api/v1/vendor/products/{}", dice.pick(&goods).product_id);
    let body = json!({"price": {"amount": dice.between(100, 9_000), "currency": "EUR"}});
    life.ask("PATCH", &path, Some(&token), Some(body)).await;
}

/// A parcel can't be sent.
async fn cancel_one(life: &Arc<Life>, shop: &Shop) {
    let token = life.log_in(shop).await;
    for status in ["PENDING", "PROCESSING"] {
        let path = format!("{SHIPMENTS}?status={status}&limit=1");
        let Some(found) = life.ask("GET", &path, Some(&token), None).await else { return };
        if let Some(id) = found.body["data"][0]["id"].as_str() {
            life.ask("PUT", &format!("{SHIPMENTS}/{id}/cancel"), Some(&token), None).await;
            return;
        }
    }
}

/// Sells some things in stripes for a while, and some for longer.
pub(super) async fn sell_in_stripes(life: Arc<Life>, shop: Shop, mut dice: Dice) {
    for _ in 0..dice.between(0, 3) {
        sleep(dice.up_to(Duration::from_secs(1800))).await;
        let token = life.log_in(&shop).await;
        let goods = life.goods_of(&shop);
        let path = format!("{STOCK}/{}/stripes", dice.pick(&goods).variant_id);
        let body = json!({"count": dice.between(2, 5)});
        life.ask("PUT", &path, Some(&token), Some(body)).await;
        if dice.chance(500) {
            sleep(dice.up_to(Duration::from_secs(2400))).await;
            life.ask("DELETE", &path, Some(&token), None).await;
        }
    }
}

/// Nothing is sold in stripes any more.
pub(super) async fn close_stripes(life: &Arc<Life>) {
    for shop in life.shops() {
        let token = life.log_in(shop).await;
        for place in life.goods_of(shop) {
            let path = format!("{STOCK}/{}/stripes", place.variant_id);
            life.ask("DELETE", &path, Some(&token), None).await;
        }
    }
}

/// More of one thing arrives, or less of it is found than was thought.
async fn count_stock(life: &Arc<Life>, shop: &Shop, dice: &mut Dice) {
    let token = life.log_in(shop).await;
    let goods = life.goods_of(shop);
    let place = dice.pick(&goods);
    let path = format!("{STOCK}/{}", place.variant_id);
    if dice.chance(500) {
        let body = json!({"delta": if dice.chance(700) { 3 } else { -1 }, "reason": "correction"});
        life.ask("POST", &format!("{path}/adjust"), Some(&token), Some(body)).await;
        return;
    }
    let Some(seen) = life.ask("GET", &path, Some(&token), None).await else { return };
    let on_hand = seen.body["on_hand"].as_i64().unwrap_or_default();
    let counted = if dice.chance(700) { on_hand + 3 } else { (on_hand - 2).max(0) };
    let body = json!({"variant_id": place.variant_id, "on_hand": counted});
    life.ask("PUT", STOCK, Some(&token), Some(body)).await;
}
