use std::{collections::BTreeMap, sync::Arc};

use domain::{
    CartId, Currency, Id, Money, OrderId, PaymentId, ShipmentId, Tenant, VendorId,
    cart::Cart,
    order::Order,
    payouts::{Payouts, PayoutsStatus},
    reconciliation::{DifferenceKind as D, Run, RunState},
};
use payments::{Cause, Intent, IntentStatus, NewIntent, Secret, Stripe, StripeError, Takings};
use platform::Clock;
use serde_json::{Value, json};
use store::{page::Paging, reconciliation};
use stripe_fake::{Faults, InProcessStripe};
use web::testing::World;

use crate::{Deps, Error, Looked, handle, money::charge_there};

/// A run that found nothing to compare.
const RAN: Looked = Looked::Ran { orders: 0, differences: 0 };

struct Market {
    world: World,
    stripe: InProcessStripe,
    deps: Deps,
}

impl Market {
    fn new() -> Self {
        let world = World::default();
        let clock = world.clock.clone();
        let stripe = InProcessStripe::new(1, "whsec_test", move || clock.now().ms());
        let deps = Deps {
            store: world.store.clone(),
            stripe: Arc::new(stripe.clone()),
            transfers: Arc::new(stripe.clone()),
            connect: Arc::new(stripe.clone()),
            ids: world.ids.clone(),
        };
        Self { world, stripe, deps }
    }

    /// It becomes so late in November 2026: `22T02:00`.
    fn set(&self, time: &str) {
        self.world.clock.set(format!("2026-11-{time}:00Z").parse().unwrap());
    }

    /// The function is called at a time.
    async fn at(&self, time: &str) -> Result<Looked, Error> {
        self.set(time);
        handle(&self.deps).await
    }

    /// An admin asks for a run.
    async fn ask(&self, time: &str) {
        self.set(time);
        let run = Run::asked(self.world.ids.next(), self.world.now());
        reconciliation::save(&self.world.store, 0, &run).await.unwrap();
    }

    /// What a run finds that is asked for, with how many orders were under way.
    async fn finds(&self, time: &str) -> (Vec<D>, u64) {
        self.ask(time).await;
        handle(&self.deps).await.unwrap();
        let run = reconciliation::latest(&self.world.store).await.unwrap().unwrap();
        assert_eq!(run.state, RunState::Finished);
        let paging = Paging { limit: 100, cursor: None };
        let found = reconciliation::differences(&self.world.store, run.id, &paging).await.unwrap();
        (found.data.into_iter().map(|one| one.kind).collect(), run.under_way)
    }

    /// Money comes to Stripe.
    async fn pay(&self, key: &str, amount: i64) -> Intent {
        let new = NewIntent {
            key: key.to_owned(),
            amount,
            currency: "EUR".to_owned(),
            metadata: BTreeMap::new(),
            transfer_group: key.to_owned(),
            description: None,
        };
        let intent = self.stripe.create_intent(new).await.unwrap();
        self.stripe.confirm(&intent.id, "pm_card_visa").unwrap()
    }

    /// An order for 100.00 that was paid just now, and nothing is posted for it yet.
    async fn sold(&self, refunds: Value) {
        let (id, now) = (OrderId::from_bits(1), self.world.now());
        let intent = self.pay(&id.to_string(), 10_000).await;
        let part = json!({
            "id": ShipmentId::from_bits(1), "vendor_id": VendorId::from_bits(1), "status": "PENDING", "items_total": 10_000,
            "commission": 1000, "delivery_days": 4,
        });
        let order: Order = serde_json::from_value(json!({
            "id": id, "channel": Tenant::Platform, "cart_id": CartId::from_bits(1), "email": "buyer@example.com", "token": "token",
            "status": "CONFIRMED", "hold": "SOLD", "currency": "EUR", "lines": [],
            "shipping_address": {"name": "B", "line1": "1 rue", "city": "Luxembourg", "postal_code": "L-1111", "country": "LU"},
            "items_total": 10_000, "shipping_total": 0, "tax_total": 0, "total": 10_000, "shipments": [part],
            "payment_id": PaymentId::from_bits(1), "payment_state": "CAPTURED", "intent_id": intent.id.as_str(), "charge_id": intent.charge,
            "refunds": refunds, "timeline": [], "held_until": now, "confirmed_at": now, "created_at": now, "updated_at": now, "version": 3,
        }))
        .unwrap();
        let cart = Cart::new(CartId::from_bits(1), Tenant::Platform, None, now);
        store::cart::create(&self.world.store, &cart).await.unwrap();
        let after = Cart { version: 2, ..cart.clone() };
        store::order::place(&self.world.store, &cart, &after, &order).await.unwrap();
    }

    fn fail_next(&self) {
        self.stripe.machine().set_faults(Faults { fail_next: 1, ..Faults::default() });
    }
}

#[tokio::test]
async fn what_is_asked_for_is_no_nights_run() {
    let market = Market::new();
    market.ask("22T00:30").await;
    assert_eq!(market.at("22T00:35").await.unwrap(), RAN);
    assert_eq!(market.at("22T01:55").await.unwrap(), Looked::Nothing);
    assert_eq!(market.at("22T02:00").await.unwrap(), RAN);
    for later in ["22T02:05", "22T23:55", "23T01:55"] {
        assert_eq!(market.at(later).await.unwrap(), Looked::Nothing, "{later}");
    }
    // The one that was asked for comes first, and the night's after it.
    market.ask("23T02:00").await;
    assert_eq!(market.at("23T02:00").await.unwrap(), RAN);
    assert_eq!(market.at("23T02:05").await.unwrap(), RAN);
    assert_eq!(market.at("23T02:10").await.unwrap(), Looked::Nothing);
    let runs = reconciliation::since(&market.world.store, "2026-11-22T00:00:00Z".parse().unwrap());
    let nightly: Vec<bool> = runs.await.unwrap().iter().map(|run| run.nightly).collect();
    assert_eq!(nightly, [true, false, true, false]);
}

#[tokio::test]
async fn a_night_that_fails_is_tried_again_an_hour_later() {
    let market = Market::new();
    market.fail_next();
    assert!(matches!(market.at("22T02:00").await, Err(Error::Stripe(_))));
    assert_eq!(market.at("22T02:55").await.unwrap(), Looked::Nothing);
    assert_eq!(market.at("22T03:00").await.unwrap(), RAN);
    assert_eq!(market.at("22T04:00").await.unwrap(), Looked::Nothing);
}

#[tokio::test]
async fn a_night_that_goes_on_failing_is_given_up_until_the_next() {
    let market = Market::new();
    for hour in 2..7 {
        market.fail_next();
        assert!(market.at(&format!("22T{hour:02}:00")).await.is_err(), "{hour}");
        assert_eq!(market.at(&format!("22T{hour:02}:30")).await.unwrap(), Looked::Nothing, "{hour}");
    }
    // One that is asked for is done all the same.
    assert_eq!(market.at("22T07:00").await.unwrap(), Looked::Nothing);
    market.ask("22T07:05").await;
    assert_eq!(market.at("22T07:05").await.unwrap(), RAN);
    assert_eq!(market.at("23T02:00").await.unwrap(), RAN);
}

#[tokio::test]
async fn a_night_that_was_stopped_is_begun_anew_and_stays_the_nights() {
    let market = Market::new();
    market.set("22T02:00");
    let now = market.world.now();
    let stopped = Run {
        state: RunState::Running,
        nightly: true,
        leased_until: Some(now + super::LEASE),
        ..Run::asked(market.world.ids.next(), now)
    };
    reconciliation::save(&market.world.store, 0, &stopped).await.unwrap();
    assert_eq!(market.at("22T02:15").await.unwrap(), Looked::Nothing);
    assert_eq!(market.at("22T02:20").await.unwrap(), RAN);
    assert_eq!(market.at("22T04:00").await.unwrap(), Looked::Nothing);
}

#[tokio::test]
async fn an_account_that_stripe_does_not_know_is_told_of_and_all_else_is_compared() {
    let market = Market::new();
    let vendor = market.world.shop("tea").await;
    let gone = Payouts {
        account_id: Some("acct_gone".to_owned()),
        status: PayoutsStatus::Ready,
        reported_ms: Some(1),
        ..Payouts::default()
    };
    store::vendor::open_account(&market.world.store, vendor.id, &gone).await.unwrap();
    market.pay("nobody's", 10_000).await;
    assert_eq!(market.finds("22T09:00").await.0, [D::AccountGone, D::Balance]);
    let ended = reconciliation::latest_ended(&market.world.store).await.unwrap().unwrap();
    assert_eq!(ended.vendors, 1);
}

#[tokio::test]
async fn the_balance_is_compared_though_an_order_is_under_way() {
    let market = Market::new();
    market.set("22T09:00");
    market.sold(json!([])).await;
    assert_eq!(market.finds("22T09:01").await, (vec![], 1));
    // More than what is under way comes to.
    market.pay("nobody's", 1_000).await;
    assert_eq!(market.finds("22T09:02").await, (vec![D::Balance], 1));
}

#[tokio::test]
async fn a_refund_that_stripe_does_not_give_is_told_of_after_a_day() {
    let market = Market::new();
    market.set("01T09:00");
    let asked = json!({"id": "ltx_1", "amount": 2_000, "asked_at": market.world.now()});
    market.sold(json!([asked])).await;
    assert_eq!(market.finds("01T20:00").await, (vec![], 1));
    let (found, under_way) = market.finds("22T09:00").await;
    assert_eq!((found.first(), under_way), (Some(&D::RefundStuck), 0), "{found:?}");
}

fn intent() -> Intent {
    Intent {
        id: "pi_1".parse().unwrap(),
        client_secret: Secret::new("pi_1_secret_2"),
        status: IntentStatus::Succeeded,
        amount: 10_000,
        amount_received: 10_000,
        currency: "EUR".to_owned(),
        charge: Some("ch_1".to_owned()),
        metadata: BTreeMap::new(),
    }
}

#[test]
fn what_stripe_does_not_know_is_no_silence() {
    let denied = StripeError::Denied { code: "api_key_expired".to_owned() };
    let refused = StripeError::Refused { code: "parameter_unknown".to_owned(), param: None };
    for error in [StripeError::NotFound, refused] {
        assert!(error.is_unknown_there(), "{error}");
    }
    for error in [StripeError::Unavailable(Cause::Timeout), denied] {
        assert!(!error.is_unknown_there(), "{error}");
    }
}

#[test]
fn a_charge_that_stripe_does_not_know_is_gone_and_the_payment_is_there() {
    let there = |takings| charge_there(&intent(), takings).unwrap().unwrap();
    let eur = |amount| Money::new(amount, Currency::EUR);
    let gone = there(Err(StripeError::NotFound));
    assert_eq!((gone.amount, gone.fee, gone.gone), (eur(10_000), None, true));
    let kept = there(Ok(Some(Takings { amount: 10_000, fee: 175, currency: "EUR".to_owned() })));
    assert_eq!((kept.amount, kept.fee, kept.gone), (eur(10_000), Some(eur(175)), false));
    let unsettled = there(Ok(None));
    assert_eq!((unsettled.fee, unsettled.gone), (None, false));
    assert!(charge_there(&intent(), Err(StripeError::Unavailable(Cause::Timeout))).is_err());
}
