//! What customers do: browse, fill, change, abandon, check out twice, pay, fail, pay late, cancel.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    dice::Dice,
    life::Life,
    world::{Answer, SOFT_HOLD, purchase},
};

const MARKET: &str = "/api/v1/public/market";

/// One customer's day.
pub(super) async fn live(life: Arc<Life>, mut dice: Dice) {
    sleep(dice.up_to(Duration::from_secs(3600))).await;
    let Some(cart) = fill(&life, &mut dice).await else { return };
    if dice.chance(60) {
        // Left alone until the holds lapse, and for ever.
        return;
    }
    if dice.chance(120) {
        sleep(SOFT_HOLD + dice.up_to(Duration::from_secs(600))).await;
    }
    // A cart whose order was cancelled can try again.
    for _ in 0..2 {
        let Some(placed) = check_out(&life, &cart, &mut dice).await else { return };
        life.placed(&placed);
        if pay(&life, &placed, &mut dice).await == Paid::Yes || dice.chance(500) {
            return;
        }
        sleep(dice.up_to(Duration::from_secs(2700))).await;
    }
}

/// Puts goods into a new cart, and changes its mind.
async fn fill(life: &Arc<Life>, dice: &mut Dice) -> Option<String> {
    let made = life.ask("POST", &format!("{MARKET}/cart"), None, None).await?;
    let cart = format!("{MARKET}/cart/{}", made.body["id"].as_str()?);
    for _ in 0..dice.between(1, 5) {
        let place = *dice.pick(life.goods());
        if dice.chance(100) {
            life.ask("GET", &format!("{MARKET}/products/{}", place.product_id), None, None).await;
        }
        let body = json!({"variant_id": place.variant_id, "quantity": dice.between(1, 3)});
        life.ask("POST", &format!("{cart}/items"), None, Some(body)).await;
        sleep(dice.up_to(Duration::from_secs(40))).await;
    }
    if dice.chance(250) {
        let seen = life.ask("GET", &cart, None, None).await?;
        let items = seen.body["items"].as_array()?;
        if !items.is_empty() {
            let item = format!("{cart}/items/{}", dice.pick(items)["id"].as_str()?);
            if dice.chance(600) {
                let body = json!({"quantity": dice.between(1, 4)});
                life.ask("PUT", &item, None, Some(body)).await;
            } else {
                life.ask("DELETE", &item, None, None).await;
            }
        }
    }
    Some(cart)
}

/// Checks out, perhaps twice at once; what is not to be had is taken out of the cart.
async fn check_out(life: &Arc<Life>, cart: &str, dice: &mut Dice) -> Option<Value> {
    let path = format!("{cart}/checkout");
    for _ in 0..4 {
        let answer = if dice.chance(150) {
            let (one, two) = tokio::join!(
                biased;
                life.ask("POST", &path, None, Some(purchase())),
                life.ask("POST", &path, None, Some(purchase())),
            );
            if let (Some(one), Some(two)) = (&one, &two) {
                life.expect(same_order(one, two), || format!("{path} made two orders"));
            }
            one.or(two)?
        } else {
            life.ask("POST", &path, None, Some(purchase())).await?
        };
        if answer.status == 201 {
            return Some(answer.body);
        }
        if answer.code() != "insufficient_stock" {
            return None;
        }
        let seen = life.ask("GET", cart, None, None).await?;
        let items = seen.body["items"].as_array()?;
        let unheld = items.iter().find(|item| item["reserved_until"].is_null()).or(items.first())?;
        life.ask("DELETE", &format!("{cart}/items/{}", unheld["id"].as_str()?), None, None).await?;
    }
    None
}

fn same_order(one: &Answer, two: &Answer) -> bool {
    let both = one.status == 201 && two.status == 201;
    !both || one.body["order"]["id"] == two.body["order"]["id"]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paid {
    Yes,
    No,
}

/// Pays in one of the ways that people have, or does not.
async fn pay(life: &Arc<Life>, placed: &Value, dice: &mut Dice) -> Paid {
    let order = (placed["order"]["id"].as_str().unwrap(), placed["order"]["token"].as_str().unwrap());
    sleep(dice.up_to(Duration::from_secs(120))).await;
    match dice.below(100) {
        // At once.
        0..=50 => paid(life.confirm(placed, "pm_card_visa")),
        // The first card is declined.
        51..=62 => {
            life.confirm(placed, "pm_card_chargeDeclined");
            sleep(dice.up_to(Duration::from_secs(300))).await;
            if dice.chance(700) { paid(life.confirm(placed, "pm_card_visa")) } else { Paid::No }
        }
        // The bank wants to see who it is.
        63..=68 => {
            life.confirm(placed, "pm_card_authenticationRequired");
            sleep(dice.up_to(Duration::from_secs(900))).await;
            if dice.chance(800) { paid(life.finish(placed, dice.chance(800))) } else { Paid::No }
        }
        // By direct debit: hours, or days.
        69..=73 => {
            life.confirm(placed, "pm_usBankAccount_processing");
            let days = if dice.chance(200) { 5 } else { 0 };
            sleep(Duration::from_secs(days * 86_400 + dice.between(600, 7200))).await;
            paid(life.finish(placed, dice.chance(700)))
        }
        // When the holds are about to end, or have.
        74..=81 => {
            sleep(Duration::from_secs(dice.between(1700, 2000))).await;
            paid(life.confirm(placed, "pm_card_visa"))
        }
        // While cancelling.
        82..=87 => {
            let (cancelled, paid_meanwhile) = tokio::join!(biased; life.cancel(order), async {
                sleep(dice.up_to(Duration::from_millis(60))).await;
                paid(life.confirm(placed, "pm_card_visa"))
            });
            if cancelled { Paid::No } else { paid_meanwhile }
        }
        88..=90 => {
            life.cancel(order).await;
            Paid::No
        }
        // Never; for some the bank pays after all was over.
        _ => {
            if dice.chance(900) {
                sleep(Duration::from_secs(dice.between(2400, 7200))).await;
                life.capture_late(placed);
            }
            Paid::No
        }
    }
}

fn paid(went_well: bool) -> Paid {
    if went_well { Paid::Yes } else { Paid::No }
}
