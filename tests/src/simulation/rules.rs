//! The rules of the marketplace, read off the whole table, Stripe and the mails.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    VariantId,
    cart::{Cart, CartStatus},
    hold::Hold,
    ledger::{Account, Direction, Transaction},
    order::{Order, OrderStatus, Refund},
    payment::PaymentState,
    shipment::{Shipment, ShipmentStatus},
    variant::Variant,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use stripe_fake::Machine;
use table::Item;

use super::world::World;

/// Checks what holds at any time.
///
/// # Panics
/// Where a rule is violated, with each violation.
#[track_caller]
pub fn check(world: &World) {
    let violations = at_any_time(world, &Books::of(world)).0;
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// [`check`], and what holds when everything has come to rest.
///
/// # Panics
/// Where a rule is violated, with each violation.
#[track_caller]
pub fn check_at_rest(world: &World) {
    let violations = of_life(world);
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// What is stored, read once.
struct Books {
    items: Vec<Item>,
    carts: Vec<Cart>,
    orders: Vec<Order>,
    ledger: Vec<Transaction>,
}

impl Books {
    fn of(world: &World) -> Self {
        let items = world.table.dump();
        let (carts, orders, ledger) = (all(&items, "cart"), all(&items, "order"), all(&items, "ledger"));
        Self { items, carts, orders, ledger }
    }
}

/// What of the rules that hold at any time does not hold.
fn at_any_time(world: &World, books: &Books) -> Broken {
    let Books { items, carts, orders, ledger } = books;
    let mut broken = Broken::default();
    stock_is_conserved(&mut broken, &all(items, "variant"), carts, orders);
    money_and_goods_go_together(&mut broken, orders);
    books_balance(&mut broken, ledger, orders);
    stripe_agrees(&mut broken, world, orders);
    broken
}

/// What does not hold when everything has come to rest.
pub(super) fn of_life(world: &World) -> Vec<String> {
    let books = Books::of(world);
    let mut broken = at_any_time(world, &books);
    let Books { items, carts, orders, ledger } = &books;
    everything_rests(&mut broken, carts, orders);
    no_money_is_left_over(&mut broken, world, orders);
    holds_end_in_time(&mut broken, world);
    what_was_sold_has_left(&mut broken, world, orders);
    shipments_are_the_orders(&mut broken, &all(items, "shipment"), orders);
    statements_are_the_ledger(&mut broken, items, ledger);
    broken.0
}

/// Rule 7: each mail once, twice where a fault fell between; none is missing but those whose event nobody brought.
pub(super) fn of_mails(world: &World, may_be_missing: u64, faults: u64) -> Vec<String> {
    let mut broken = Broken::default();
    let sent = world.mailer.sent();
    let mut times: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for mail in &sent {
        *times.entry((mail.kind, &mail.reference)).or_default() += 1;
    }
    let repeats: u64 = times.values().map(|times| times - 1).sum();
    broken.unless(repeats <= faults, || format!("{repeats} mails were sent again, after {faults} faults"));
    let told = times.keys().filter(|(kind, _)| *kind == "order-confirmed").count() as u64;
    let confirmed = orders(world).iter().filter(|order| order.confirmed_at.is_some()).count() as u64;
    broken.unless(told <= confirmed, || format!("{told} confirmations of {confirmed} orders"));
    broken.unless(told + may_be_missing >= confirmed, || {
        format!(
            "{told} confirmations of {confirmed} orders, though only {may_be_missing} events went nowhere"
        )
    });
    broken.0
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

/// Rule 1, and that nothing is held by nobody.
fn stock_is_conserved(broken: &mut Broken, variants: &[Variant], carts: &[Cart], orders: &[Order]) {
    let mut soft: BTreeMap<VariantId, i64> = BTreeMap::new();
    for line in carts.iter().flat_map(|cart| &cart.lines).filter(|line| line.hold == Hold::Soft) {
        *soft.entry(line.variant.variant_id).or_default() += i64::from(line.quantity);
    }
    let hard = units(orders, Hold::Hard);
    for variant in variants {
        let (id, stock) = (variant.id, variant.stock);
        let held = |holds: &BTreeMap<VariantId, i64>| holds.get(&id).copied().unwrap_or_default();
        broken.unless(stock.adds_up(), || format!("{id} does not add up: {stock:?}"));
        broken.unless(stock.reserved == held(&soft), || {
            format!("{id} has {} reserved, carts hold {}", stock.reserved, held(&soft))
        });
        broken.unless(stock.allocated == held(&hard), || {
            format!("{id} has {} allocated, orders hold {}", stock.allocated, held(&hard))
        });
    }
}

/// Units by variant on the lines of orders in this state.
fn units(orders: &[Order], hold: Hold) -> BTreeMap<VariantId, i64> {
    let mut units = BTreeMap::new();
    for line in orders.iter().filter(|order| order.hold == hold).flat_map(|order| &order.lines) {
        *units.entry(line.variant.variant_id).or_default() += i64::from(line.quantity);
    }
    units
}

/// Rule 3, as our books have it.
fn money_and_goods_go_together(broken: &mut Broken, orders: &[Order]) {
    for order in orders {
        let (id, confirmed) = (order.id, order.confirmed_at.is_some());
        broken.unless(confirmed == (order.hold == Hold::Sold), || {
            format!("{id} is confirmed: {confirmed}, and its goods are {:?}", order.hold)
        });
        let kept = order.payment.state == PaymentState::Captured && order.refund != Refund::Full;
        let on_its_way = order.status == OrderStatus::Paid
            || order.status == OrderStatus::Cancelled && order.due.is_some();
        broken.unless(!kept || confirmed || on_its_way, || {
            format!("{id} was paid and is neither filled nor refunded")
        });
        broken.unless(!confirmed || kept, || format!("{id} is filled and was not paid"));
    }
}

/// Rule 4: each transaction balances, and each order that was filled has one.
fn books_balance(broken: &mut Broken, ledger: &[Transaction], orders: &[Order]) {
    let mut posted: BTreeMap<_, usize> = BTreeMap::new();
    for transaction in ledger {
        let side = |direction| -> i64 {
            let entries = transaction.entries.iter().filter(|entry| entry.direction == direction);
            entries.map(|entry| entry.amount).sum()
        };
        let (debit, credit) = (side(Direction::Debit), side(Direction::Credit));
        broken.unless(debit == credit, || format!("{} of {debit} and {credit}", transaction.id));
        *posted.entry(transaction.order_id).or_default() += 1;
    }
    for order in orders {
        let (posted, due) =
            (posted.get(&order.id).copied().unwrap_or_default(), order.confirmed_at.is_some());
        broken.unless(posted == usize::from(due), || format!("{} was posted {posted} times", order.id));
    }
}

/// Rule 3, as Stripe has it: one intent for an order, of its amount; no more goes back than came.
fn stripe_agrees(broken: &mut Broken, world: &World, orders: &[Order]) {
    let machine = world.stripe.machine();
    let (intents, refunded) = (machine.intents(), refunded(&machine));
    let mut of_orders: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for intent in &intents {
        of_orders.entry(text(&intent["metadata"]["order_id"])).or_default().push(intent);
    }
    for order in orders {
        let id = order.id.to_string();
        let theirs = of_orders.remove(&id).unwrap_or_default();
        broken.unless(theirs.len() <= 1, || format!("{id} has {} intents", theirs.len()));
        let Some(intent) = theirs.first() else { continue };
        let (received, total) = (intent["amount_received"].as_i64().unwrap(), order.totals.total);
        let back = refunded.get(&text(&intent["id"])).copied().unwrap_or_default();
        broken.unless(received == 0 || received == total, || format!("{id} of {total} was paid {received}"));
        broken.unless(back <= received, || format!("{id} was paid {received} and refunded {back}"));
        broken.unless(order.confirmed_at.is_none() || received - back == total, || {
            format!("{id} is filled, and {received} came and {back} went back of {total}")
        });
        broken.unless(order.refund != Refund::Full || back == received, || {
            format!("{id} counts as refunded, and {back} of {received} went back")
        });
    }
    broken.unless(of_orders.is_empty(), || format!("intents of no order: {:?}", of_orders.keys()));
}

/// What went back, by intent.
fn refunded(machine: &Machine) -> BTreeMap<String, i64> {
    let mut refunded = BTreeMap::new();
    for refund in machine.refunds() {
        *refunded.entry(text(&refund["payment_intent"])).or_default() += refund["amount"].as_i64().unwrap();
    }
    refunded
}

/// Rules 2 and 10: nothing is held, open, or under way.
fn everything_rests(broken: &mut Broken, carts: &[Cart], orders: &[Order]) {
    for cart in carts {
        let id = cart.id;
        let holds = cart.lines.iter().any(|line| line.hold == Hold::Soft);
        broken.unless(!holds, || format!("{id} holds goods for ever"));
        broken.unless(cart.status != CartStatus::Checkout, || format!("{id} is in checkout for ever"));
        broken.unless(cart.status != CartStatus::Active || cart.lines.is_empty(), || {
            format!("{id} lives for ever")
        });
    }
    for order in orders {
        let ended = matches!(order.status, OrderStatus::Cancelled | OrderStatus::Delivered);
        broken.unless(ended, || format!("{} is {:?} for ever", order.id, order.status));
        let owed = order.status == OrderStatus::Cancelled
            && order.payment.state == PaymentState::Captured
            && order.refund != Refund::Full;
        broken.unless(!owed, || format!("{} is cancelled, paid and not refunded", order.id));
        let times: Vec<_> = order.timeline.iter().map(|moment| moment.timestamp).collect();
        broken.unless(times.is_sorted(), || format!("{} goes back in time: {:?}", order.id, order.timeline));
    }
}

/// Rule 3 at rest: what came for an order that is not filled went back, and nobody can pay what has ended.
fn no_money_is_left_over(broken: &mut Broken, world: &World, orders: &[Order]) {
    let filled: BTreeSet<String> = orders
        .iter()
        .filter(|order| order.confirmed_at.is_some())
        .map(|order| order.id.to_string())
        .collect();
    let machine = world.stripe.machine();
    let refunded = refunded(&machine);
    for intent in machine.intents() {
        let (id, order) = (text(&intent["id"]), text(&intent["metadata"]["order_id"]));
        let received = intent["amount_received"].as_i64().unwrap();
        let back = refunded.get(&id).copied().unwrap_or_default();
        let status = text(&intent["status"]);
        broken.unless(filled.contains(&order) || received == back, || {
            format!("{order} is not filled, {received} came and {back} went back")
        });
        broken.unless(matches!(&*status, "succeeded" | "canceled"), || {
            format!("{order} has ended, and {id} is {status}")
        });
    }
}

/// Rule 2, read off each change: the sweeper releases nothing before its time, and a change of a cart keeps nothing that had lapsed.
fn holds_end_in_time(broken: &mut Broken, world: &World) {
    for record in world.table.records_from(1) {
        let (Some(old), Some(new)) = (&record.old, &record.new) else { continue };
        let ended =
            |item: &Item| item.str("held_until").and_then(|until| until.parse::<domain::Timestamp>().ok());
        let Some(until) = ended(old) else { continue };
        let by_the_sweeper = new.str("actor") == Some("reservation-expiry");
        match new.str("entity") {
            Some("cart") => {
                let (before, after) = (soft_lines(old), soft_lines(new));
                let kept = before.iter().filter(|line| after.contains(line)).count();
                broken.unless(!by_the_sweeper || kept == before.len() || until.secs() <= record.at, || {
                    format!("{} gave up before its time what it held", new.str("id").unwrap_or_default())
                });
                // One line may have been held anew by this change.
                broken.unless(kept < 2 || record.at <= until.secs() || ended(new) == Some(until), || {
                    format!("{} kept what had lapsed", new.str("id").unwrap_or_default())
                });
            }
            Some("order") => {
                let released = old.str("hold") == Some("HARD") && new.str("hold") == Some("RELEASED");
                broken.unless(!by_the_sweeper || !released || until.secs() <= record.at, || {
                    format!("{} was cancelled before its time", new.str("id").unwrap_or_default())
                });
            }
            _ => {}
        }
    }
}

/// The lines of a cart that hold goods, with how many.
fn soft_lines(cart: &Item) -> Vec<(&str, i64)> {
    let lines = cart.doc["lines"].as_array().into_iter().flatten();
    let soft = lines.filter(|line| line["hold"] == "SOFT");
    soft.map(|line| (line["id"].as_str().unwrap_or_default(), line["quantity"].as_i64().unwrap_or_default()))
        .collect()
}

/// Rule 1: every unit that left is on exactly one sold line. What vendors count is theirs.
fn what_was_sold_has_left(broken: &mut Broken, world: &World, orders: &[Order]) {
    let sold = units(orders, Hold::Sold);
    let mut left: BTreeMap<VariantId, i64> = BTreeMap::new();
    for record in world.table.records_from(1) {
        let (Some(old), Some(new)) = (&record.old, &record.new) else { continue };
        let counted = new.str("actor").is_some_and(|actor| actor.starts_with("stf_"));
        if new.str("entity") != Some("variant") || counted {
            continue;
        }
        let on_hand = |item: &Item| item.doc["on_hand"].as_i64().unwrap();
        let id: VariantId = new.str("id").unwrap().parse().unwrap();
        *left.entry(id).or_default() += on_hand(old) - on_hand(new);
    }
    left.retain(|_, units| *units != 0);
    broken.unless(left == sold, || format!("sold: {sold:?}, left the house: {left:?}"));
}

/// Each filled order has its shipments with its vendors, and stands where they stand.
fn shipments_are_the_orders(broken: &mut Broken, shipments: &[Shipment], orders: &[Order]) {
    let mut of_orders: BTreeMap<_, Vec<&Shipment>> = BTreeMap::new();
    for shipment in shipments {
        of_orders.entry(shipment.order_id).or_default().push(shipment);
    }
    for order in orders {
        let theirs = of_orders.remove(&order.id).unwrap_or_default();
        let wanted = if order.confirmed_at.is_some() { order.shipments.len() } else { 0 };
        broken.unless(theirs.len() == wanted, || {
            format!("{} has {} shipments of {wanted}", order.id, theirs.len())
        });
        let states: Vec<ShipmentStatus> = theirs.iter().map(|shipment| shipment.status).collect();
        broken.unless(wanted == 0 || OrderStatus::of_shipments(&states) == order.status, || {
            format!("{} is {:?}, its shipments {states:?}", order.id, order.status)
        });
    }
    broken.unless(of_orders.is_empty(), || format!("shipments of no order: {:?}", of_orders.keys()));
}

/// Rule 4: what stands in a vendor's statement is what was posted on its account, once.
fn statements_are_the_ledger(broken: &mut Broken, items: &[Item], ledger: &[Transaction]) {
    let mut wanted = BTreeSet::new();
    for transaction in ledger {
        for entry in &transaction.entries {
            if let Account::VendorPayable(_) = entry.account {
                wanted.insert((transaction.id.to_string(), entry.account.to_string(), entry.amount));
            }
        }
    }
    let mut stated = BTreeSet::new();
    for line in items.iter().filter(|item| item.str("entity") == Some("statement")) {
        let of = |field: &str| line.doc[field].as_str().unwrap_or_default().to_owned();
        let amount = line.doc["amount"]["amount"].as_i64().unwrap();
        let new = stated.insert((of("transaction_id"), of("account"), amount));
        broken.unless(new, || format!("{} is stated twice", of("transaction_id")));
    }
    for missing in wanted.difference(&stated) {
        broken.0.push(format!("not in its vendor's statement: {missing:?}"));
    }
    for foreign in stated.difference(&wanted) {
        broken.0.push(format!("stated and never posted: {foreign:?}"));
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn all<T: DeserializeOwned>(items: &[Item], kind: &str) -> Vec<T> {
    items
        .iter()
        .filter(|item| item.str("entity") == Some(kind))
        .map(|item| serde_json::from_value(Value::Object(item.doc.clone())).unwrap())
        .collect()
}
