//! What customers do: browse, fill, change, abandon, check out twice, pay, fail, pay late, cancel.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    bank,
    dice::Dice,
    life::Life,
    refunds,
    world::{Answer, SOFT_HOLD, purchase},
};

const MARKET: &str = "/api/v1/public/market";
/// Of a thousand payments that somebody made, how many are given back in part or as a whole, whatever else happens to them.
const REFUNDS: u64 = 120;
/// Of a thousand payments that somebody made, how many the bank takes back.
const DISPUTES: u64 = 18;
/// How many different things people put into a cart.
const BASKET: [u32; 10] = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5];

/// Somebody who looks around, with an account or without.
struct Visitor {
    life: Arc<Life>,
    token: Option<String>,
}

impl Visitor {
    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Option<Answer> {
        self.life.ask(method, path, self.token.as_deref(), body).await
    }

    /// Makes an account, and takes along the cart that was filled without one. Whose answer was lost has one, and logs in.
    async fn register(&mut self, number: u64, cart: Option<&str>) {
        let mut who =
            json!({"email": format!("c{number}@example.org"), "password": "a customer's passphrase"});
        if let Some(cart) = cart.and_then(|cart| cart.rsplit('/').next()) {
            who["cart_id"] = cart.into();
        }
        let mut made = self.ask("POST", &format!("{MARKET}/customers/register"), Some(who.clone())).await;
        if made.as_ref().is_some_and(|made| made.code() == "email_taken") {
            made = self.ask("POST", &format!("{MARKET}/customers/login"), Some(who)).await;
        }
        self.token = made.and_then(|made| Some(made.body["token"].as_str()?.to_owned()));
    }
}

/// One customer's day.
pub(super) async fn live(life: Arc<Life>, number: u64, mut dice: Dice) {
    sleep(dice.up_to(Duration::from_secs(3600))).await;
    let mut who = Visitor { life, token: None };
    // Some have an account, some make one when the cart is full.
    let (known, at_last) = (dice.chance(80), dice.chance(80));
    if known {
        who.register(number, None).await;
    }
    let Some(cart) = fill(&who, &mut dice).await else { return };
    if dice.chance(60) {
        // Left alone until the holds lapse, and for ever.
        return;
    }
    if dice.chance(120) {
        sleep(SOFT_HOLD + dice.up_to(Duration::from_secs(600))).await;
    }
    if at_last && !known {
        who.register(number, Some(&cart)).await;
    }
    // A cart whose order was cancelled can try again.
    for _ in 0..2 {
        let Some(placed) = check_out(&who, &cart, &mut dice).await else { return };
        who.life.placed(&placed);
        if pay(&who.life, &placed, &mut dice).await {
            regret(&who.life, &placed, &mut dice).await;
            return;
        }
        if dice.chance(500) {
            return;
        }
        sleep(dice.up_to(Duration::from_secs(2700))).await;
    }
}

/// Puts goods into a new cart, and changes its mind.
async fn fill(who: &Visitor, dice: &mut Dice) -> Option<String> {
    let made = who.ask("POST", &format!("{MARKET}/cart"), None).await?;
    let cart = format!("{MARKET}/cart/{}", made.body["id"].as_str()?);
    for _ in 0..*dice.pick(&BASKET) {
        let place = who.life.any_good(dice);
        if dice.chance(100) {
            who.ask("GET", &format!("{MARKET}/products/{}", place.product_id), None).await;
        }
        let body = json!({"variant_id": place.variant_id, "quantity": dice.between(1, 3)});
        let key = dice.chance(150).then(|| dice.next().to_string());
        let items = format!("{cart}/items");
        who.life.ask_under(key.as_deref(), ("POST", &items), who.token.as_deref(), Some(body)).await;
        sleep(dice.up_to(Duration::from_secs(40))).await;
    }
    if dice.chance(250) {
        let seen = who.ask("GET", &cart, None).await?;
        let items = seen.body["items"].as_array()?;
        if !items.is_empty() {
            let item = format!("{cart}/items/{}", dice.pick(items)["id"].as_str()?);
            if dice.chance(600) {
                let body = json!({"quantity": dice.between(1, 4)});
                who.ask("PUT", &item, Some(body)).await;
            } else {
                who.ask("DELETE", &item, None).await;
            }
        }
    }
    Some(cart)
}

/// Checks out, perhaps twice at once; what is not to be had is taken out of the cart.
async fn check_out(who: &Visitor, cart: &str, dice: &mut Dice) -> Option<Value> {
    let path = format!("{cart}/checkout");
    let ask = json!({"shipping_address": purchase()["shipping_address"]});
    let quoted = match dice.chance(150) {
        true => who.ask("POST", &format!("{cart}/quote"), Some(ask)).await,
        false => None,
    };
    for turn in 0..4 {
        let answer = if dice.chance(150) {
            let (one, two) = tokio::join!(
                biased;
                who.ask("POST", &path, Some(purchase())),
                who.ask("POST", &path, Some(purchase())),
            );
            if let (Some(one), Some(two)) = (&one, &two) {
                who.life.expect(same_order(one, two), || format!("{path} made two orders"));
            }
            one.or(two)?
        } else {
            who.ask("POST", &path, Some(purchase())).await?
        };
        if answer.status == 201 {
            if let Some(quoted) = quoted.filter(|quoted| quoted.status == 200 && turn == 0) {
                let (quoted, asked) = (&quoted.body["totals"], &answer.body["order"]["totals"]);
                who.life.expect(quoted == asked, || format!("{path} was quoted {quoted} and costs {asked}"));
            }
            return Some(answer.body.into_value());
        }
        make_do(who, cart, answer.code()).await?;
    }
    None
}

/// Does what a refusal asks for: takes out what is not to be had, and takes the price of now.
async fn make_do(who: &Visitor, cart: &str, code: &str) -> Option<()> {
    let seen = who.ask("GET", cart, None).await?;
    let items = seen.body["items"].as_array()?;
    let item = |item: &Value| Some(format!("{cart}/items/{}", item["id"].as_str()?));
    match code {
        "insufficient_stock" | "product_unavailable" => {
            let noticed = items.iter().find(|item| item["notices"][0]["code"] == code);
            let unheld = items.iter().find(|item| item["reserved_until"].is_null());
            let out = noticed.or(unheld).or(items.first())?;
            who.ask("DELETE", &item(out)?, None).await?;
        }
        "price_changed" => {
            for changed in items.iter().filter(|item| item["notices"][0]["code"] == code) {
                let body = json!({"quantity": changed["quantity"]});
                who.ask("PUT", &item(changed)?, Some(body)).await?;
            }
        }
        // Somebody else's goods go on without theirs.
        "vendor_not_ready" => {
            who.ask("DELETE", &item(items.last()?)?, None).await?;
        }
        _ => return None,
    }
    Some(())
}

fn same_order(one: &Answer, two: &Answer) -> bool {
    let both = one.status == 201 && two.status == 201;
    !both || one.body["order"]["id"] == two.body["order"]["id"]
}

/// Now and then somebody thinks better of what was paid.
async fn regret(life: &Arc<Life>, placed: &Value, dice: &mut Dice) {
    if dice.chance(80) {
        sleep(dice.up_to(Duration::from_secs(1200))).await;
        let order = (placed["order"]["id"].as_str().unwrap(), placed["order"]["token"].as_str().unwrap());
        life.cancel(order).await;
    }
    if dice.chance(REFUNDS) {
        refunds::refund(life, placed, dice).await;
    }
    if dice.chance(DISPUTES) {
        bank::dispute(life, placed, dice).await;
    }
}

/// Pays in one of the ways that people have, or does not; answers whether it did.
async fn pay(life: &Arc<Life>, placed: &Value, dice: &mut Dice) -> bool {
    let order = (placed["order"]["id"].as_str().unwrap(), placed["order"]["token"].as_str().unwrap());
    sleep(dice.up_to(Duration::from_secs(120))).await;
    match dice.below(100) {
        // At once.
        0..=50 => life.confirm(placed, "pm_card_visa"),
        // The first card is declined.
        51..=62 => {
            life.confirm(placed, "pm_card_chargeDeclined");
            sleep(dice.up_to(Duration::from_secs(300))).await;
            if dice.chance(700) { life.confirm(placed, "pm_card_visa") } else { false }
        }
        // The bank wants to see who it is.
        63..=68 => {
            life.confirm(placed, "pm_card_authenticationRequired");
            sleep(dice.up_to(Duration::from_secs(900))).await;
            if dice.chance(800) { life.finish(placed, dice.chance(800)) } else { false }
        }
        // By direct debit: hours, or days.
        69..=73 => {
            life.confirm(placed, "pm_usBankAccount_processing");
            let days = if dice.chance(200) { 5 } else { 0 };
            sleep(Duration::from_secs(days * 86_400 + dice.between(600, 7200))).await;
            life.finish(placed, dice.chance(700))
        }
        // When the holds are about to end, or have.
        74..=81 => {
            sleep(Duration::from_secs(dice.between(1700, 2000))).await;
            life.confirm(placed, "pm_card_visa")
        }
        // While cancelling.
        82..=87 => {
            let (cancelled, paid_meanwhile) = tokio::join!(biased; life.cancel(order), async {
                sleep(dice.up_to(Duration::from_millis(60))).await;
                life.confirm(placed, "pm_card_visa")
            });
            if cancelled { false } else { paid_meanwhile }
        }
        88..=90 => {
            life.cancel(order).await;
            false
        }
        // Never; for some the bank pays after all was over.
        _ => {
            if dice.chance(900) {
                sleep(Duration::from_secs(dice.between(2400, 7200))).await;
                life.capture_late(placed);
            }
            false
        }
    }
}
