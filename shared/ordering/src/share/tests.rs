mod waiting;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{
    Currency, Id, ShipmentId, StaffId, Tenant, Timestamp, VendorId,
    account::{Staff, StaffRole},
    payouts::{AccountReport, Payouts},
    text::Text,
    vendor::Vendor,
};
use payments::{Connect, IntentId, NewAccount, NewIntent, Stripe};
use platform::{Clock, Ids, ManualClock};
use serde_json::{Value, json};
use store::Store;
use stripe_fake::{Faults, InProcessStripe};
use table::memory::Memory;

use super::*;
use crate::Ordering;

const START: &str = "2026-11-21T08:00:00.000Z";

/// A table, Stripe, and two vendors whose accounts are ready.
struct World {
    clock: Arc<ManualClock>,
    stripe: InProcessStripe,
    settling: Settling,
    orders: Mutex<u128>,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(START.parse().unwrap()));
        let (seconds, now) = (clock.clone(), clock.clone());
        let table = Arc::new(Memory::new(Arc::new(move || seconds.now().secs())));
        let store = Store::new(table, clock.clone());
        let stripe = InProcessStripe::new(1, "whsec_test", move || now.now().ms());
        let ordering = Ordering { store, stripe: Arc::new(stripe.clone()), ids: Ids::system() };
        let settling = Settling { ordering, transfers: Arc::new(stripe.clone()) };
        let world = Self { clock, stripe, settling, orders: Mutex::new(0) };
        world.vendor(1, "LU", true).await;
        world.vendor(2, "LU", true).await;
        world
    }

    fn store(&self) -> &Store {
        &self.settling.ordering.store
    }

    /// A vendor with an account, ready or not.
    async fn vendor(&self, n: u128, country: &str, ready: bool) {
        let (id, owner) = (VendorId::from_bits(n), StaffId::from_bits(n));
        let (slug, now) = (format!("shop-{n}"), self.clock.now());
        let place = (country.parse().unwrap(), Currency::EUR);
        let name = Text::try_from(slug.as_str()).unwrap();
        let vendor = Vendor::new(id, owner, slug.parse().unwrap(), name, place, now);
        let email = format!("owner-{n}@example.com").parse().unwrap();
        let staff = Staff::invited(owner, id, email, StaffRole::Owner, now);
        store::vendor::create(self.store(), &vendor, &staff).await.unwrap();
        let new = NewAccount {
            key: format!("account:{id}"),
            country: country.to_owned(),
            email: "owner@example.com".to_owned(),
            metadata: BTreeMap::new(),
        };
        let account = self.stripe.create_account(new).await.unwrap().id;
        let told = self.told(&account, false);
        store::vendor::open_account(self.store(), id, &told).await.unwrap();
        if ready {
            self.judge(n, true).await;
        }
    }

    fn told(&self, account: &str, ready: bool) -> Payouts {
        Payouts::from(AccountReport {
            account_id: account.to_owned(),
            takes_transfers: ready,
            details_submitted: true,
            wanted: Vec::new(),
            held_back: None,
            at: self.clock.now(),
        })
    }

    async fn account(&self, n: u128) -> String {
        let vendor = store::vendor::get(self.store(), VendorId::from_bits(n)).await.unwrap();
        vendor.payouts.account_id.unwrap()
    }

    /// Stripe pays the vendor from now on, or does not, and we have heard of it.
    async fn judge(&self, n: u128, ready: bool) {
        let account = self.account(n).await;
        self.stripe.machine().judge_account(&account, ready, self.clock.now().ms()).unwrap();
        let told = self.told(&account, ready);
        assert!(store::vendor::report_account(self.store(), VendorId::from_bits(n), &told).await.unwrap());
    }

    async fn pay_out(&self, n: u128) {
        let account = self.account(n).await;
        self.stripe.machine().pay_out(&account, self.clock.now().ms()).unwrap();
    }

    async fn funds(&self, n: u128) -> i64 {
        let funds = self.settling.transfers.funds(&self.account(n).await).await.unwrap();
        funds.get("EUR").copied().unwrap_or_default().available
    }

    /// A confirmed order for 80.00 of the first vendor's goods and 20.00 of the second's, paid at Stripe.
    async fn sold(&self) -> Order {
        let n = {
            let mut orders = self.orders.lock().unwrap();
            *orders += 1;
            *orders
        };
        let id = domain::OrderId::from_bits(n);
        let new = NewIntent {
            key: format!("intent:{id}"),
            amount: 10_000,
            currency: "EUR".to_owned(),
            metadata: BTreeMap::new(),
            transfer_group: id.to_string(),
            description: None,
        };
        let intent = self.stripe.create_intent(new).await.unwrap().id;
        let paid = self.stripe.confirm(&intent, "pm_card_visa").unwrap();
        order(n, &intent, &paid.charge.unwrap(), self.clock.now())
    }

    async fn share_out(&self, order: &Order) -> Result<(), Error> {
        self.settling.share_out(order).await
    }

    async fn settlement(&self, order: &Order, at: usize) -> Settlement {
        let part = &order.shipments[at];
        store::settlement::get(self.store(), part.vendor_id, part.id).await.unwrap()
    }

    async fn debt(&self, n: u128) -> i64 {
        let vendor = VendorId::from_bits(n);
        let debts = store::settlement::debts(self.store(), &[vendor], Currency::EUR).await.unwrap();
        debts.get(&vendor).copied().unwrap_or_default()
    }

    fn transfers(&self) -> Vec<(i64, i64)> {
        let made = self.stripe.machine().transfers();
        let number = |one: &Value, field: &str| one[field].as_i64().unwrap();
        made.iter().map(|one| (number(one, "amount"), number(one, "amount_reversed"))).collect()
    }
}

fn order(n: u128, intent: &IntentId, charge: &str, now: Timestamp) -> Order {
    let part = |vendor: u128, items: i64| {
        json!({
            "id": ShipmentId::from_bits(10 * n + vendor), "vendor_id": VendorId::from_bits(vendor), "status": "PENDING",
            "items_total": items, "commission": 1000, "delivery_days": 4,
        })
    };
    serde_json::from_value(json!({
        "id": domain::OrderId::from_bits(n), "channel": Tenant::Platform, "cart_id": domain::CartId::from_bits(n),
        "email": "buyer@example.com", "token": "token", "status": "CONFIRMED", "hold": "SOLD", "currency": "EUR", "lines": [],
        "shipping_address": {"name": "B", "line1": "1 rue", "city": "Luxembourg", "postal_code": "L-1111", "country": "LU"},
        "items_total": 10_000, "shipping_total": 0, "tax_total": 0, "total": 10_000,
        "shipments": [part(1, 8_000), part(2, 2_000)], "payment_id": domain::PaymentId::from_bits(n), "payment_state": "CAPTURED",
        "intent_id": intent.as_str(), "charge_id": charge, "timeline": [], "held_until": now, "confirmed_at": now,
        "created_at": now, "updated_at": now, "version": 3,
    }))
    .unwrap()
}

/// The order when so much of the first vendor's goods was refunded.
fn refunded(order: &Order, amount: i64) -> Order {
    let mut next = order.clone();
    next.shipments[0].items_refunded = amount;
    next
}

#[tokio::test]
async fn each_vendor_gets_its_share_once() {
    let world = World::new().await;
    let sold = world.sold().await;
    for _ in 0..3 {
        world.share_out(&sold).await.unwrap();
    }
    assert_eq!(world.transfers(), [(7_200, 0), (1_800, 0)]);
    assert_eq!((world.funds(1).await, world.funds(2).await), (7_200, 1_800));
    let posted = store::ledger::of_order(world.store(), &sold.channel, sold.id).await.unwrap();
    assert_eq!(posted.iter().map(|one| one.kind).collect::<Vec<_>>(), [Kind::Transfer; 2]);
    let since = sold.created_at;
    let vendor = VendorId::from_bits(1);
    let span = store::ledger::Span { from: since, until: None };
    let balances = store::ledger::balances(world.store(), vendor, span).await.unwrap();
    assert_eq!(balances, [(Currency::EUR, -7_200)].into());
}

#[tokio::test]
async fn an_order_that_is_not_confirmed_is_not_shared_out() {
    let world = World::new().await;
    let sold = Order { confirmed_at: None, ..world.sold().await };
    world.share_out(&sold).await.unwrap();
    assert_eq!(world.transfers(), []);
}

#[tokio::test]
async fn a_refund_brings_the_share_back() {
    let world = World::new().await;
    let sold = world.sold().await;
    world.share_out(&sold).await.unwrap();
    for _ in 0..2 {
        world.share_out(&refunded(&sold, 4_000)).await.unwrap();
    }
    assert_eq!(world.transfers(), [(7_200, 3_600), (1_800, 0)]);
    // Who has read the order before the refund does not pay it again.
    world.share_out(&sold).await.unwrap();
    world.share_out(&refunded(&sold, 8_000)).await.unwrap();
    assert_eq!((world.transfers()[0], world.funds(1).await), ((7_200, 7_200), 0));
}

#[tokio::test]
async fn what_was_refunded_first_is_not_transferred() {
    let world = World::new().await;
    let sold = world.sold().await;
    world.share_out(&refunded(&sold, 8_000)).await.unwrap();
    assert_eq!(world.transfers(), [(1_800, 0)]);
}

#[tokio::test]
async fn what_is_at_the_vendors_bank_becomes_its_debt_and_the_next_sales_pay_it() {
    let world = World::new().await;
    let sold = world.sold().await;
    world.share_out(&sold).await.unwrap();
    world.pay_out(1).await;
    let account = world.account(1).await;
    world.stripe.machine().give(&account, "eur", 2_000).unwrap();
    world.share_out(&refunded(&sold, 8_000)).await.unwrap();
    assert_eq!((world.transfers()[0], world.funds(1).await, world.debt(1).await), ((7_200, 2_000), 0, 5_200));
    let next = world.sold().await;
    world.share_out(&next).await.unwrap();
    assert_eq!((world.funds(1).await, world.debt(1).await), (2_000, 0));
    assert_eq!(world.settlement(&next, 0).await.withheld, 5_200);
    // The goods that paid the debt go back too: all of it is owed again.
    world.share_out(&refunded(&next, 8_000)).await.unwrap();
    assert_eq!((world.funds(1).await, world.debt(1).await), (0, 5_200));
}

#[tokio::test]
async fn trouble_with_one_share_does_not_hold_up_the_others() {
    let world = World::new().await;
    let sold = world.sold().await;
    world.stripe.machine().set_faults(Faults { fail_next: 1, ..Faults::default() });
    assert!(matches!(world.share_out(&sold).await, Err(Error::Stripe(_))));
    assert_eq!(world.transfers(), [(1_800, 0)]);
    world.share_out(&sold).await.unwrap();
    assert_eq!(world.transfers(), [(1_800, 0), (7_200, 0)]);
}

#[tokio::test]
async fn a_share_goes_once_though_its_answer_was_lost_or_kept_as_a_failure() {
    for faults in [
        Faults { timeout_after_commit: 2, ..Faults::default() },
        Faults { fail_after_commit: 2, ..Faults::default() },
    ] {
        let world = World::new().await;
        let sold = world.sold().await;
        world.stripe.machine().set_faults(faults.clone());
        assert!(world.share_out(&sold).await.is_err());
        world.share_out(&sold).await.unwrap();
        assert_eq!(world.transfers(), [(7_200, 0), (1_800, 0)], "{faults:?}");
        world.stripe.machine().set_faults(Faults {
            timeout_after_commit: faults.timeout_after_commit.min(1),
            fail_after_commit: faults.fail_after_commit.min(1),
            ..faults.clone()
        });
        let refunded = refunded(&sold, 4_000);
        assert!(world.share_out(&refunded).await.is_err());
        world.share_out(&refunded).await.unwrap();
        assert_eq!(world.transfers(), [(7_200, 3_600), (1_800, 0)], "{faults:?}");
    }
}

#[tokio::test]
async fn a_failure_that_made_nothing_gets_another_key() {
    let world = World::new().await;
    let sold = world.sold().await;
    world.stripe.machine().set_faults(Faults { fail_next: 1, status: Some(500), ..Faults::default() });
    assert!(world.share_out(&sold).await.is_err());
    world.share_out(&sold).await.unwrap();
    assert_eq!(world.transfers(), [(1_800, 0), (7_200, 0)]);
    assert_eq!(world.settlement(&sold, 0).await.asked, 2);
}

#[tokio::test]
async fn a_key_that_stripe_has_forgotten_does_not_pay_twice() {
    let world = World::new().await;
    let sold = world.sold().await;
    world.stripe.machine().set_faults(Faults { timeout_after_commit: 2, ..Faults::default() });
    assert!(world.share_out(&sold).await.is_err());
    world.clock.advance(Duration::from_secs(2 * 86_400));
    world.share_out(&sold).await.unwrap();
    assert_eq!(world.transfers(), [(7_200, 0), (1_800, 0)]);
}
