//! The rules of the marketplace, read off the whole table, Stripe and the mails.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    VariantId,
    cart::{Cart, CartStatus},
    hold::Hold,
    ledger::{Account, Direction, Kind, Transaction},
    order::{Order, OrderStatus, Refund},
    payment::PaymentState,
    shipment::{Shipment, ShipmentStatus},
    variant::Variant,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use stripe_fake::Machine;
use table::{Item, Record};

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
}

impl Books {
    fn of(world: &World) -> Self {
        let items = world.table.dump();
        let (variants, carts) = (all(&items, "variant"), all(&items, "cart"));
        let (orders, ledger) = (all(&items, "order"), all(&items, "ledger"));
        Self { items, variants, carts, orders, ledger }
    }
}

/// What of the rules that hold at any time does not hold.
fn at_any_time(world: &World, books: &Books) -> Broken {
    let Books { variants, carts, orders, ledger, .. } = books;
    let mut broken = Broken::default();
    stock_is_conserved(&mut broken, variants, carts, orders);
    money_and_goods_go_together(&mut broken, orders);
    books_balance(&mut broken, ledger, orders);
    stripe_agrees(&mut broken, world, orders);
    broken
}

/// What came of a life: what does not hold, and how many orders were of several vendors. As many mails may be missing as events were lost, and as many
/// may have been sent again as faults befell the mailer.
pub(super) fn judged(world: &World, may_be_missing: u64, faults: u64) -> (Vec<String>, u64) {
    let books = Books::of(world);
    let mut broken = of_life(world, &books);
    mails_were_sent_once(&mut broken, world, &books.orders, (may_be_missing, faults));
    let several = books.orders.iter().filter(|order| order.shipments.len() > 1).count();
    (broken.0, several as u64)
}

/// What does not hold when everything has come to rest.
fn of_life(world: &World, books: &Books) -> Broken {
    let mut broken = at_any_time(world, books);
    let Books { items, variants, carts, orders, ledger } = books;
    let history = world.table.records_from(1);
    everything_rests(&mut broken, carts, orders);
    no_money_is_left_over(&mut broken, world, orders);
    holds_end_in_time(&mut broken, &history);
    what_was_sold_has_left(&mut broken, &history, variants, orders);
    shipments_are_the_orders(&mut broken, &all(items, "shipment"), orders);
    statements_are_the_ledger(&mut broken, items, ledger);
    broken
}

/// Rule 7: each mail once, twice where a fault fell between; none is missing but those whose event nobody brought.
fn mails_were_sent_once(
    broken: &mut Broken,
    world: &World,
    orders: &[Order],
    (may_be_missing, faults): (u64, u64),
) {
    let sent = world.mailer.sent();
    let mut times: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for mail in &sent {
        *times.entry((mail.kind, &mail.reference)).or_default() += 1;
    }
    let repeats: u64 = times.values().map(|times| times - 1).sum();
    broken.unless(repeats <= faults, || format!("{repeats} mails were sent again, after {faults} faults"));
    let told = times.keys().filter(|(kind, _)| *kind == "order-confirmed").count() as u64;
    let confirmed = orders.iter().filter(|order| order.confirmed_at.is_some()).count() as u64;
    broken.unless(told <= confirmed, || format!("{told} confirmations of {confirmed} orders"));
    broken.unless(told + may_be_missing >= confirmed, || {
        format!(
            "{told} confirmations of {confirmed} orders, though only {may_be_missing} events went nowhere"
        )
    });
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
    for order in orders {
        for line in order.lines.iter().filter(|line| order.hold_of(line) == hold) {
            *units.entry(line.variant.variant_id).or_default() += i64::from(line.quantity);
        }
    }
    units
}

/// What of a confirmed order's price is kept: that of the parcels which were not taken back.
fn kept(order: &Order) -> i64 {
    let live = order.shipments.iter().filter(|part| part.status != ShipmentStatus::Cancelled);
    if order.confirmed_at.is_none() {
        0
    } else {
        live.map(|part| part.items_total + part.shipping_total).sum()
    }
}

/// What was asked to go back, and what of it went.
fn asked_and_done(order: &Order) -> (i64, i64) {
    let done = order.refunds.iter().filter(|refund| refund.done_at.is_some());
    (order.refunds.iter().map(|refund| refund.amount).sum(), done.map(|refund| refund.amount).sum())
}

/// Rule 3, as our books have it.
fn money_and_goods_go_together(broken: &mut Broken, orders: &[Order]) {
    for order in orders {
        let (id, confirmed) = (order.id, order.confirmed_at.is_some());
        broken.unless(confirmed == (order.hold == Hold::Sold), || {
            format!("{id} is confirmed: {confirmed}, and its goods are {:?}", order.hold)
        });
        let paid = order.payment.state == PaymentState::Captured;
        broken.unless(!confirmed || paid, || format!("{id} is filled and was not paid"));
        let (total, kept, asked) = (order.totals.total, kept(order), asked_and_done(order).0);
        let on_its_way = order.status == OrderStatus::Paid || order.owes_its_buyer();
        let accounted = kept + asked == total || on_its_way && kept + asked < total;
        broken.unless(!paid || accounted, || format!("{id} of {total} keeps {kept} and gives back {asked}"));
    }
}

/// Rule 4: each transaction balances, and what buyers paid into the books is what is kept of their orders.
fn books_balance(broken: &mut Broken, ledger: &[Transaction], orders: &[Order]) {
    let mut posted: BTreeMap<_, (usize, i64)> = BTreeMap::new();
    for transaction in ledger {
        let side = |direction| -> i64 {
            let entries = transaction.entries.iter().filter(|entry| entry.direction == direction);
            entries.map(|entry| entry.amount).sum()
        };
        let (debit, credit) = (side(Direction::Debit), side(Direction::Credit));
        broken.unless(debit == credit, || format!("{} of {debit} and {credit}", transaction.id));
        let (sales, paid) = posted.entry(transaction.order_id).or_default();
        *sales += usize::from(transaction.kind == Kind::Sale);
        *paid -= transaction.change_of(Account::BuyerExternal).amount;
    }
    for order in orders {
        let (sales, paid) = posted.get(&order.id).copied().unwrap_or_default();
        let due = usize::from(order.confirmed_at.is_some());
        broken.unless(sales == due, || format!("{} was posted {sales} times", order.id));
        broken.unless(paid == kept(order), || {
            format!("{} keeps {}, and the books {paid}", order.id, kept(order))
        });
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
        let (asked, done) = asked_and_done(order);
        broken.unless((done..=asked).contains(&back), || {
            format!("{id}: {back} went back, of {asked} that were asked for and {done} that were done")
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
        broken.unless(!order.owes_its_buyer(), || format!("{} owes its buyer money for ever", order.id));
        let times: Vec<_> = order.timeline.iter().map(|moment| moment.timestamp).collect();
        broken.unless(times.is_sorted(), || format!("{} goes back in time: {:?}", order.id, order.timeline));
    }
}

/// Rule 3 at rest: what came and is not kept went back, and nobody can pay what has ended.
fn no_money_is_left_over(broken: &mut Broken, world: &World, orders: &[Order]) {
    let kept: BTreeMap<String, i64> =
        orders.iter().map(|order| (order.id.to_string(), kept(order))).collect();
    let machine = world.stripe.machine();
    let refunded = refunded(&machine);
    for intent in machine.intents() {
        let (id, order) = (text(&intent["id"]), text(&intent["metadata"]["order_id"]));
        let received = intent["amount_received"].as_i64().unwrap();
        let back = refunded.get(&id).copied().unwrap_or_default();
        let status = text(&intent["status"]);
        let kept = kept.get(&order).copied().unwrap_or_default();
        broken.unless(received - back == kept, || {
            format!("{order} keeps {kept}, {received} came and {back} went back")
        });
        broken.unless(matches!(&*status, "succeeded" | "canceled"), || {
            format!("{order} has ended, and {id} is {status}")
        });
    }
}

/// Rule 2, read off each change: the sweeper releases nothing before its time, and a change of a cart keeps nothing that had lapsed.
fn holds_end_in_time(broken: &mut Broken, history: &[Record]) {
    for record in history {
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

/// Rule 1: every unit that left is on exactly one sold line, and none left otherwise. What vendors count is theirs.
fn what_was_sold_has_left(broken: &mut Broken, history: &[Record], variants: &[Variant], orders: &[Order]) {
    let sold = units(orders, Hold::Sold);
    for variant in variants {
        let on_lines = sold.get(&variant.id).copied().unwrap_or_default();
        broken.unless(variant.stock.sold == on_lines, || {
            format!("{} counts {} as sold, {on_lines} are on lines", variant.id, variant.stock.sold)
        });
    }
    for record in history {
        let (Some(old), Some(new)) = (&record.old, &record.new) else { continue };
        if new.str("entity") != Some("variant") {
            continue;
        }
        let of =
            |item: &Item, counter: &str| item.doc.get(counter).and_then(Value::as_i64).unwrap_or_default();
        let change = |counter: &str| of(new, counter) - of(old, counter);
        let (on_hand, sold) = (change("on_hand"), change("sold"));
        let counted = sold == 0 && new.str("actor").is_some_and(|actor| actor.starts_with("stf_"));
        broken.unless(counted || on_hand == -sold, || {
            let id = new.str("id").unwrap_or_default();
            format!("{id}: {} left the house and {sold} were sold", -on_hand)
        });
    }
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
    let of_kind = items.iter().filter(|item| item.str("entity") == Some(kind));
    of_kind.map(|item| T::deserialize(&item.doc).unwrap()).collect()
}
