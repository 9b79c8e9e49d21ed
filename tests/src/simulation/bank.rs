//! What happens at Stripe and at banks, whatever happens here: accounts are paid out, or held back for a while, charges are taken back, and refunds not taken.

use std::{sync::Arc, time::Duration};

use payments::Stripe;
use platform::Clock;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    dice::Dice,
    life::{Life, intent_of},
    world::{CONSOLE, Shop},
};

/// Pays accounts out, and holds one back now and then.
pub(super) async fn stripe(life: Arc<Life>, mut dice: Dice) {
    for _ in 0..dice.between(3, 8) {
        sleep(dice.up_to(Duration::from_secs(2400))).await;
        if dice.chance(400)
            && let Some(charge) = bounce(&life, &mut dice)
            && dice.chance(250)
        {
            take_back(&life, &charge, &mut dice).await;
        }
        let shop = dice.pick(life.shops()).clone();
        let Some(account) = &shop.vendor.payouts.account_id else { continue };
        if dice.chance(200) {
            judge(&life, account, false);
            sleep(dice.up_to(Duration::from_secs(2 * 3600))).await;
            judge(&life, account, true);
        } else {
            life.chaos.tick();
            let now = life.world.clock.now().ms();
            let paid = life.world.stripe.machine().pay_out(account, now).unwrap();
            life.chaos.note(("paid out", account, paid.to_string()), || {
                format!("stripe {account} paid out {paid}")
            });
            life.stripe_moved.notify_one();
        }
    }
}

/// A bank does not take one of the refunds of charges that nobody has disputed, or in vain; answers which charge it is of.
fn bounce(life: &Life, dice: &mut Dice) -> Option<String> {
    let mut machine = life.world.stripe.machine();
    let disputes = machine.disputes();
    let disputed =
        |charge: &Value| disputes.iter().any(|one| one["charge"] == *charge && one["status"] != "won");
    let mut refunds = machine.refunds();
    // Each once: what never gets through is owed for ever.
    let first = |refund: &Value| !refund["metadata"]["part"].as_str().unwrap_or_default().contains('~');
    refunds.retain(|refund| refund["status"] == "succeeded" && !disputed(&refund["charge"]) && first(refund));
    if refunds.is_empty() {
        return None;
    }
    life.chaos.tick();
    let refund = dice.pick(&refunds);
    let (id, charge) = (refund["id"].as_str().unwrap(), refund["charge"].as_str().unwrap());
    machine.bounce_refund(id, life.world.clock.now().ms()).unwrap();
    life.chaos.note((id, "bounced"), || format!("stripe {id} was not taken"));
    life.stripe_moved.notify_one();
    Some(charge.to_owned())
}

/// Stripe pays an account from now on, or does not.
pub(super) fn judge(life: &Life, account: &str, ready: bool) {
    life.chaos.tick();
    let now = life.world.clock.now().ms();
    life.world.stripe.machine().judge_account(account, ready, now).unwrap();
    life.chaos.note((account, ready), || format!("stripe {account} is paid: {ready}"));
    life.stripe_moved.notify_one();
}

/// A vendor that was not paid so far opens its account and tells Stripe all.
pub(super) async fn open_account(life: &Arc<Life>, shop: &Shop, dice: &mut Dice) {
    sleep(dice.up_to(Duration::from_secs(1800))).await;
    let token = life.log_in(shop).await;
    let page = format!("{CONSOLE}/payments");
    let pages = json!({"return_url": page, "refresh_url": page});
    let path = "/api/v1/vendor/payments/setup";
    let Some(form) = life.ask("POST", path, Some(&token), Some(pages)).await else { return };
    let url = form.body["url"].as_str().unwrap_or_default();
    let Some(account) = url.split('/').find(|part| part.starts_with("acct_")) else { return };
    sleep(dice.up_to(Duration::from_secs(600))).await;
    judge(life, account, true);
    if dice.chance(500) {
        life.ask("GET", "/api/v1/vendor/payments/config", Some(&token), None).await;
    }
}

/// A buyer disputes what it has paid.
pub(super) async fn dispute(life: &Arc<Life>, placed: &Value, dice: &mut Dice) {
    sleep(dice.up_to(Duration::from_secs(7200))).await;
    let Ok(intent) = Stripe::intent(&life.world.stripe, &intent_of(placed)).await else { return };
    let Some(charge) = intent.charge else { return };
    take_back(life, &charge, dice).await;
}

/// The buyer's bank takes the money back, and decides days later who keeps it.
async fn take_back(life: &Life, charge: &str, dice: &mut Dice) {
    life.chaos.tick();
    let now = life.world.clock.now().ms();
    let Ok(opened) = life.world.stripe.machine().dispute(charge, now) else { return };
    let id = opened["id"].as_str().unwrap().to_owned();
    life.chaos.note((&id, "opened"), || format!("stripe {id} of {charge} was opened"));
    life.stripe_moved.notify_one();
    sleep(dice.up_to(Duration::from_secs(3 * 86_400))).await;
    life.chaos.tick();
    let (won, now) = (dice.chance(500), life.world.clock.now().ms());
    life.world.stripe.machine().decide_dispute(&id, won, now).unwrap();
    life.chaos.note((&id, won), || format!("stripe {id} was won: {won}"));
    life.stripe_moved.notify_one();
}
