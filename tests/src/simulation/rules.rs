//! The rules of the marketplace, read off the whole table, Stripe and the mails.

mod any_time;
mod at_rest;
mod catalogue;
mod money;

use std::collections::BTreeMap;

use any_time::{
    books_balance, money_and_goods_go_together, stock_is_conserved, stripe_agrees, tenants_stay_apart,
};
use at_rest::{
    everything_rests, holds_end_in_time, mails_were_sent_once, no_money_is_left_over,
    shipments_are_the_orders, statements_are_the_ledger, what_was_sold_has_left, who_runs_out_is_told,
};
use catalogue::{imports_have_ended, pictures_are_shown, products_are_there_once};
use domain::{
    VariantId,
    cart::Cart,
    hold::Hold,
    ledger::Transaction,
    order::{Order, RefundAsked},
    settlement::Settlement,
    shipment::ShipmentStatus,
    variant::{Stock, Variant},
};
use money::{lost, lost_at_stripe, money_is_where_it_belongs};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use stripe_fake::Machine;
use table::Item;

use super::world::World;

/// What of the rules that hold at any time is violated.
pub fn violations(world: &World) -> Vec<String> {
    at_any_time(world, &Books::of(world)).0
}

/// Checks what holds at any time.
///
/// # Panics
/// Where a rule is violated, with each violation.
#[track_caller]
pub fn check(world: &World) {
    let violations = violations(world);
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// [`check`], and what holds when everything has come to rest.
///
/// # Panics
/// Where a rule is violated, with each violation.
#[track_caller]
pub fn check_at_rest(world: &World) {
    let violations = of_life(world, &Books::of(world)).0;
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// What is stored, read once.
struct Books {
    items: Vec<Item>,
    variants: Vec<Variant>,
    carts: Vec<Cart>,
    orders: Vec<Order>,
    ledger: Vec<Transaction>,
    settlements: Vec<Settlement>,
}

impl Books {
    fn of(world: &World) -> Self {
        let items = world.table.dump();
        let (variants, carts) = (with_stripes(&items), all(&items, "cart"));
        let (orders, ledger) = (all(&items, "order"), all(&items, "ledger"));
        let settlements = all(&items, "settlement");
        Self { items, variants, carts, orders, ledger, settlements }
    }
}

/// What of the rules that hold at any time does not hold.
fn at_any_time(world: &World, books: &Books) -> Broken {
    let Books { items, variants, carts, orders, ledger, settlements } = books;
    let mut broken = Broken::default();
    stock_is_conserved(&mut broken, variants, carts, orders);
    money_and_goods_go_together(&mut broken, orders);
    books_balance(&mut broken, ledger, orders, settlements);
    stripe_agrees(&mut broken, world, orders);
    tenants_stay_apart(&mut broken, items);
    broken
}

/// What kinds of orders there were, and shares of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kinds {
    /// Orders of more than one vendor.
    pub of_several_vendors: u64,
    /// Orders of which something was given back, in part or as a whole.
    pub refunded: u64,
    /// Orders whose buyer's bank took the money.
    pub disputed: u64,
    /// Vendors' shares that became a debt, and those that a debt was withheld of.
    pub in_debt: u64,
}

impl Kinds {
    pub fn add(&mut self, other: Self) {
        self.of_several_vendors += other.of_several_vendors;
        self.refunded += other.refunded;
        self.disputed += other.disputed;
        self.in_debt += other.in_debt;
    }
}

/// What came of a life: what does not hold, and what there was. As many mails may have been sent again as faults befell the mailer,
/// and as many pictures may wait as there are dead letters.
pub(super) fn judged(world: &World, faults: u64, dead_letters: u64) -> (Vec<String>, Kinds) {
    let books = Books::of(world);
    let mut broken = of_life(world, &books);
    mails_were_sent_once(&mut broken, world, &books, faults);
    pictures_are_shown(&mut broken, world, &books.items, dead_letters);
    let count = |wanted: fn(&Order) -> bool| books.orders.iter().filter(|order| wanted(order)).count() as u64;
    let kinds = Kinds {
        of_several_vendors: count(|order| order.shipments.len() > 1),
        refunded: count(|order| order.refunds.iter().any(RefundAsked::was_given)),
        disputed: count(|order| !order.disputes.is_empty()),
        in_debt: books.settlements.iter().filter(|one| one.owing + one.withheld > 0).count() as u64,
    };
    (broken.0, kinds)
}

/// What does not hold when everything has come to rest.
fn of_life(world: &World, books: &Books) -> Broken {
    let mut broken = at_any_time(world, books);
    let Books { items, variants, carts, orders, ledger, .. } = books;
    let history = world.table.records_from(1);
    everything_rests(&mut broken, carts, orders);
    no_money_is_left_over(&mut broken, world, orders);
    money_is_where_it_belongs(&mut broken, world, books);
    holds_end_in_time(&mut broken, &history);
    what_was_sold_has_left(&mut broken, &history, variants, orders);
    who_runs_out_is_told(&mut broken, world, &history, variants);
    shipments_are_the_orders(&mut broken, &all(items, "shipment"), orders);
    statements_are_the_ledger(&mut broken, items, ledger);
    imports_have_ended(&mut broken, items);
    products_are_there_once(&mut broken, items, variants);
    broken
}

/// All orders there are.
pub fn orders(world: &World) -> Vec<Order> {
    all(&world.table.dump(), "order")
}

#[derive(Default)]
struct Broken(Vec<String>);

impl Broken {
    fn unless(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.0.push(otherwise());
        }
    }
}

/// Units by variant on the lines of orders in this state.
fn units(orders: &[Order], hold: Hold) -> BTreeMap<VariantId, i64> {
    let mut units = BTreeMap::new();
    for order in orders {
        for line in order.lines.iter().filter(|line| order.hold_of(line) == hold) {
            *units.entry(line.variant.variant_id).or_default() += i64::from(line.quantity);
        }
    }
    units
}

/// What of a confirmed order's price is kept: what was not refunded, nor lost to its buyer's bank; nothing of a parcel that was taken back.
fn kept(order: &Order) -> i64 {
    let live = order.shipments.iter().filter(|part| part.status != ShipmentStatus::Cancelled);
    if order.confirmed_at.is_none() {
        0
    } else {
        live.map(|part| part.sold().gross() - part.refunded().gross()).sum()
    }
}

/// What was asked to go back, and what of it went; without what the buyer's bank took instead.
fn asked_and_done(order: &Order) -> (i64, i64) {
    let owed = |refund: &&RefundAsked| refund.dispute_id.is_none() && refund.failed_at.is_none();
    let asked = order.refunds.iter().filter(owed);
    let done = order.refunds.iter().filter(|refund| refund.was_given());
    (asked.map(|refund| refund.amount).sum(), done.map(|refund| refund.amount).sum())
}

/// Whether Stripe made an intent and answered a failure: its secret was never told, so nobody can pay it. `noted` is the one of its order.
fn is_nobodys(noted: Option<&str>, intent: &Value) -> bool {
    intent["status"] == "requires_payment_method"
        && intent["amount_received"] == 0
        && intent["id"].as_str() != noted
}

/// What went back, by intent.
fn refunded(machine: &Machine) -> BTreeMap<String, i64> {
    let mut refunded = BTreeMap::new();
    for refund in machine.refunds().iter().filter(|refund| refund["status"] == "succeeded") {
        *refunded.entry(text(&refund["payment_intent"])).or_default() += refund["amount"].as_i64().unwrap();
    }
    refunded
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What lies on a shelf or a tally of a variant.
#[derive(Deserialize)]
struct Stripe {
    variant_id: VariantId,
    #[serde(flatten)]
    stock: Stock,
}

/// All variants, with all that there is of them: what lies on their stripes is counted there.
fn with_stripes(items: &[Item]) -> Vec<Variant> {
    let mut variants: Vec<Variant> = all(items, "variant");
    for variant in &mut variants {
        variant.stock.on_hand -= std::mem::take(&mut variant.stripes.units);
    }
    for stripe in all::<Stripe>(items, "stripe") {
        if let Some(variant) = variants.iter_mut().find(|variant| variant.id == stripe.variant_id) {
            variant.stock += stripe.stock;
        }
    }
    variants
}

fn all<T: DeserializeOwned>(items: &[Item], kind: &str) -> Vec<T> {
    let of_kind = items.iter().filter(|item| item.str("entity") == Some(kind));
    of_kind.map(|item| T::deserialize(&*item.doc).unwrap()).collect()
}
