//! Connected accounts, transfers to them, and disputes, on both engines: both must tell the same story.

use std::collections::BTreeMap;

use payments::{
    ConnectedAccount, DisputeStatus, Funds, IntentId, NewAccount, NewIntent, NewOnboarding, NewRefund,
    NewReversal, NewTransfer, StripeError, Takings, Transfer,
};
use serde_json::{Value, json};

use crate::support::{World, on_both};

async fn opened(world: &dyn World, key: &str, country: &str) -> ConnectedAccount {
    let new = NewAccount {
        key: key.to_owned(),
        country: country.to_owned(),
        email: "owner@example.com".to_owned(),
        metadata: BTreeMap::from([("vendor_id".to_owned(), "ven_1".to_owned())]),
    };
    world.connect().create_account(new).await.unwrap()
}

async fn ready(world: &dyn World) -> String {
    let account = opened(world, "account", "LU").await.id;
    world.play(&format!("accounts/{account}/complete"), json!({})).await;
    account
}

/// An intent of 100.00 that is paid, and its charge.
async fn paid(world: &dyn World, key: &str, currency: &str) -> (IntentId, String) {
    let new = NewIntent {
        key: key.to_owned(),
        amount: 10_000,
        currency: currency.to_owned(),
        metadata: BTreeMap::new(),
        transfer_group: format!("ord_{key}"),
        description: None,
    };
    let id = world.stripe().create_intent(new).await.unwrap().id;
    world.confirm(&id, "pm_card_visa").await.unwrap();
    let charge = world.stripe().intent(&id).await.unwrap().charge.unwrap();
    (id, charge)
}

fn share(key: &str, amount: i64, (account, charge): (&str, &str)) -> NewTransfer {
    NewTransfer {
        key: key.to_owned(),
        amount,
        currency: "EUR".to_owned(),
        destination: account.to_owned(),
        source: charge.to_owned(),
        group: "ord_a".to_owned(),
        metadata: BTreeMap::from([("shipment_id".to_owned(), "shp_1".to_owned())]),
    }
}

fn back(key: &str, amount: i64, transfer: &Transfer) -> NewReversal {
    let metadata = BTreeMap::from([("part".to_owned(), "1".to_owned())]);
    NewReversal { key: key.to_owned(), transfer: transfer.id.clone(), amount, metadata }
}

async fn an_account_is_paid_once_its_owner_has_told_all(world: &dyn World) {
    let made = opened(world, "a", "LU").await;
    assert!(!made.takes_transfers && !made.payouts_enabled && !made.details_submitted);
    assert!(made.wanted.contains(&"external_account".to_owned()));
    assert_eq!((made.country.as_deref(), made.metadata["vendor_id"].as_str()), (Some("LU"), "ven_1"));
    assert_eq!(opened(world, "a", "LU").await, made);
    world.play(&format!("accounts/{}/complete", made.id), json!({})).await;
    let complete = world.connect().account(&made.id).await.unwrap();
    assert!(complete.takes_transfers && complete.payouts_enabled && complete.details_submitted);
    assert_eq!((complete.wanted.len(), complete.disabled_reason), (0, None));
    world.play(&format!("accounts/{}/restrict", made.id), json!({})).await;
    let restricted = world.connect().account(&made.id).await.unwrap();
    assert!(!restricted.takes_transfers && restricted.details_submitted);
    assert_eq!(restricted.wanted, ["individual.verification.document"]);
    assert_eq!(restricted.disabled_reason.as_deref(), Some("requirements.past_due"));
}

async fn its_owner_is_led_to_stripes_form(world: &dyn World) {
    let account = opened(world, "a", "LU").await.id;
    let new = NewOnboarding {
        account: account.clone(),
        refresh_url: "https://souk.example/refresh".to_owned(),
        return_url: "https://souk.example/return".to_owned(),
    };
    let form = world.connect().onboard(new.clone()).await.unwrap();
    assert!(form.url.contains(&account) && form.expires_at > 0);
    assert_ne!(world.connect().onboard(new.clone()).await.unwrap().url, form.url);
    let nowhere = NewOnboarding { return_url: "nowhere".to_owned(), ..new };
    let refused = world.connect().onboard(nowhere).await;
    assert!(matches!(refused, Err(StripeError::Refused { code, .. }) if code == "url_invalid"));
}

async fn a_share_goes_to_its_account_once_and_comes_back(world: &dyn World) {
    let (account, (_, charge)) = (ready(world).await, paid(world, "a", "EUR").await);
    let to = (account.as_str(), charge.as_str());
    let transfer = world.transfers().transfer(share("t1", 7_200, to)).await.unwrap();
    assert_eq!((transfer.amount, transfer.amount_reversed, transfer.currency.as_str()), (7_200, 0, "EUR"));
    assert_eq!(transfer.destination.as_deref(), Some(account.as_str()));
    assert_eq!((transfer.source.as_deref(), transfer.group.as_deref()), (Some(to.1), Some("ord_a")));
    assert_eq!(world.transfers().transfer(share("t1", 7_200, to)).await.unwrap(), transfer);
    let funds = world.transfers().funds(&account).await.unwrap();
    assert_eq!(funds, BTreeMap::from([("EUR".into(), Funds { available: 7_200, pending: 0 })]));
    let part = world.transfers().reverse(back("r1", 2_000, &transfer)).await.unwrap();
    assert_eq!((part.amount, part.metadata["part"].as_str()), (2_000, "1"));
    assert_eq!(world.transfers().reverse(back("r1", 2_000, &transfer)).await.unwrap(), part);
    let above = world.transfers().reverse(back("r2", 5_201, &transfer)).await;
    assert!(matches!(above, Err(StripeError::Refused { param, .. }) if param.as_deref() == Some("amount")));
    world.transfers().reverse(back("r3", 5_200, &transfer)).await.unwrap();
    let found = world.transfers().transfers("ord_a").await.unwrap();
    assert_eq!(found, [Transfer { amount_reversed: 7_200, ..transfer.clone() }]);
    // What was charged less Stripe's fee, and all that was shared out is back.
    let balance = world.transfers().balance().await.unwrap();
    assert_eq!(balance, BTreeMap::from([("EUR".to_owned(), 10_000 - 175)]));
    let reversals = world.transfers().reversals(&transfer.id).await.unwrap();
    assert_eq!(reversals.iter().map(|one| one.amount).collect::<Vec<_>>(), [5_200, 2_000]);
    assert_eq!(world.transfers().transfers("ord_b").await.unwrap(), []);
}

async fn what_was_paid_out_does_not_come_back(world: &dyn World) {
    let (account, (_, charge)) = (ready(world).await, paid(world, "a", "EUR").await);
    let transfer = world.transfers().transfer(share("t", 9_000, (&account, &charge))).await.unwrap();
    assert_eq!(world.connect().payouts(&account, 10, None).await.unwrap(), (vec![], false));
    world.play(&format!("accounts/{account}/pay_out"), json!({})).await;
    let (payouts, more) = world.connect().payouts(&account, 10, None).await.unwrap();
    let [payout] = &payouts[..] else { panic!("{payouts:?}") };
    assert_eq!((payout.amount, payout.currency.as_str(), payout.status.as_str()), (9_000, "EUR", "paid"));
    assert!(!more);
    let after = world.connect().payouts(&account, 10, Some(&payout.id)).await.unwrap();
    assert_eq!(after, (vec![], false));
    let refused = world.transfers().reverse(back("r", 1, &transfer)).await;
    assert!(matches!(refused, Err(StripeError::TooLittleThere)));
    let funds = world.transfers().funds(&account).await.unwrap();
    assert_eq!(funds.get("EUR").copied().unwrap_or_default(), Funds::default());
}

async fn an_account_that_is_not_ready_or_elsewhere_is_not_paid(world: &dyn World) {
    let (new, (_, charge)) = (opened(world, "new", "LU").await.id, paid(world, "a", "EUR").await);
    let refused = world.transfers().transfer(share("t1", 1, (&new, &charge))).await;
    assert!(matches!(refused, Err(StripeError::NotReady)));
    let far = opened(world, "far", "US").await.id;
    world.play(&format!("accounts/{far}/complete"), json!({})).await;
    let refused = world.transfers().transfer(share("t2", 1, (&far, &charge))).await;
    assert!(matches!(refused, Err(StripeError::NotPayable { code }) if code == "transfers_not_allowed"));
    let nobody = world.transfers().transfer(share("t3", 1, ("acct_nobody", &charge))).await;
    assert!(matches!(nobody, Err(StripeError::NotFound)));
}

async fn no_more_is_shared_out_than_was_charged(world: &dyn World) {
    let (account, (_, charge)) = (ready(world).await, paid(world, "a", "EUR").await);
    let to = (account.as_str(), charge.as_str());
    world.transfers().transfer(share("t1", 9_999, to)).await.unwrap();
    let above = world.transfers().transfer(share("t2", 2, to)).await;
    assert!(matches!(above, Err(StripeError::Refused { param, .. }) if param.as_deref() == Some("amount")));
    world.transfers().transfer(share("t3", 1, to)).await.unwrap();
    let yen = NewTransfer { currency: "JPY".to_owned(), ..share("t4", 1, to) };
    let refused = world.transfers().transfer(yen).await;
    assert!(matches!(refused, Err(StripeError::NotPayable { .. })));
}

async fn a_charge_tells_what_stripe_kept_of_it(world: &dyn World) {
    let (_, euros) = paid(world, "a", "EUR").await;
    let takings = Takings { amount: 10_000, fee: 175, currency: "EUR".to_owned() };
    assert_eq!(world.transfers().takings(&euros).await.unwrap(), Some(takings));
    let (_, yen) = paid(world, "b", "JPY").await;
    let takings = Takings { amount: 10_000, fee: 180, currency: "JPY".to_owned() };
    assert_eq!(world.transfers().takings(&yen).await.unwrap(), Some(takings));
    assert!(matches!(world.transfers().takings("ch_nowhere").await, Err(StripeError::NotFound)));
}

async fn what_is_disputed_is_not_refunded_unless_the_dispute_is_won(world: &dyn World) {
    let refund = |key: &str, intent: &IntentId| NewRefund {
        key: key.to_owned(),
        intent: intent.clone(),
        amount: Some(1_000),
        metadata: BTreeMap::new(),
    };
    let (intent, charge) = paid(world, "a", "EUR").await;
    world.stripe().refund(refund("r1", &intent)).await.unwrap();
    let dispute = world.play(&format!("charges/{charge}/dispute"), json!({})).await;
    assert_eq!((&dispute["amount"], &dispute["status"]), (&json!(9_000), &json!("needs_response")));
    let of_intent = world.transfers().disputes(&intent).await.unwrap();
    let [open] = &of_intent[..] else { panic!("{of_intent:?}") };
    assert_eq!((&json!(open.id), open.status), (&dispute["id"], DisputeStatus::Open));
    assert_eq!((open.amount, open.fee, open.currency.as_str()), (9_000, 2_000, "EUR"));
    assert_eq!((&open.charge, open.intent.as_ref()), (&charge, Some(&intent)));
    assert!(matches!(world.stripe().refund(refund("r2", &intent)).await, Err(StripeError::Disputed)));
    let path = format!("disputes/{}/close", dispute["id"].as_str().unwrap());
    let closed: Value = world.play(&path, json!({"won": true})).await;
    assert_eq!(closed["balance_transactions"].as_array().map(Vec::len), Some(2));
    world.stripe().refund(refund("r3", &intent)).await.unwrap();

    let (intent, charge) = paid(world, "b", "EUR").await;
    let dispute = world.play(&format!("charges/{charge}/dispute"), json!({})).await;
    let path = format!("disputes/{}/close", dispute["id"].as_str().unwrap());
    world.play(&path, json!({"won": false})).await;
    assert!(matches!(world.stripe().refund(refund("r4", &intent)).await, Err(StripeError::Disputed)));
    assert_eq!(world.transfers().disputes(&intent).await.unwrap()[0].status, DisputeStatus::Lost);
}

on_both! {
    an_account_is_paid_once_its_owner_has_told_all,
    its_owner_is_led_to_stripes_form,
    a_share_goes_to_its_account_once_and_comes_back,
    what_was_paid_out_does_not_come_back,
    an_account_that_is_not_ready_or_elsewhere_is_not_paid,
    no_more_is_shared_out_than_was_charged,
    a_charge_tells_what_stripe_kept_of_it,
    what_is_disputed_is_not_refunded_unless_the_dispute_is_won,
}
