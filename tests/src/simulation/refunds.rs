//! Refunds that vendors and the platform's support give.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{dice::Dice, life::Life};

/// Somebody gives something of a paid order back, or all of it.
pub(super) async fn refund(life: &Arc<Life>, placed: &Value, dice: &mut Dice) {
    sleep(dice.up_to(Duration::from_secs(4 * 3600))).await;
    let (id, token) = (placed["order"]["id"].as_str().unwrap(), placed["order"]["token"].as_str().unwrap());
    let path = format!("/api/v1/public/market/orders/{id}?token={token}");
    let Some(order) = life.ask("GET", &path, None, None).await else { return };
    let Some(line) = order.body["lines"].as_array().map(|lines| dice.pick(lines).clone()) else { return };
    let shop = life.shops().iter().find(|shop| json!(shop.vendor.id) == line["vendor"]);
    let (area, by) = match shop.filter(|_| dice.chance(600)) {
        Some(shop) => ("vendor", life.log_in(shop).await),
        None => {
            life.chaos.tick();
            ("admin", life.world.support().await)
        }
    };
    let part = order.body["shipments"].as_array().into_iter().flatten();
    let part = part.clone().find(|part| part["vendor"] == line["vendor"]);
    let sending = part.filter(|part| part["shipping_total"]["amount"] != 0 && dice.chance(300));
    let body = match dice.below(3) {
        0 => json!({"full": true}),
        _ => json!({
            "lines": [{"id": line["id"], "quantity": 1}],
            "shipping": sending.map(|part| json!({"shipment_id": part["id"], "amount": {"amount": 1, "currency": "EUR"}})).into_iter().collect::<Vec<_>>(),
        }),
    };
    let path = format!("/api/v1/{area}/orders/{id}/refunds");
    let key = dice.chance(700).then(|| dice.next().to_string());
    life.ask_under(key.as_deref(), ("POST", &path), Some(&by), Some(body)).await;
}
