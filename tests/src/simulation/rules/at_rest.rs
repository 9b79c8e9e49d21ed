//! What holds when everything has come to rest: nothing is held, open or under way, everybody was told, and the history has kept the holds' times.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    account::Customer,
    cart::{Cart, CartStatus},
    hold::Hold,
    import::{ImportJob, ImportStatus},
    ledger::{Account, Kind, Transaction},
    order::{Dispute, Order, OrderStatus},
    shipment::{Shipment, ShipmentStatus},
    variant::Variant,
};
use serde_json::Value;
use table::{Item, Record};

use super::{Books, Broken, all, is_nobodys, kept, lost_at_stripe, refunded, text, units};
use crate::simulation::World;

/// Rule 7: each mail once, twice where a fault fell between; and none is missing, whatever became of its event.
pub(super) fn mails_were_sent_once(broken: &mut Broken, world: &World, books: &Books, faults: u64) {
    let Books { items, orders, ledger, .. } = books;
    let sent = world.mailer.sent();
    let mut times: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for mail in &sent {
        *times.entry((mail.kind, &mail.reference)).or_default() += 1;
    }
    let repeats: u64 = times.values().map(|times| times - 1).sum();
    broken.unless(repeats <= faults, || format!("{repeats} mails were sent again, after {faults} faults"));
    let mut told: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (kind, reference) in times.keys() {
        // An order's mail begins with its id.
        *told.entry((kind, reference.split(':').next().unwrap_or_default())).or_default() += 1;
    }
    for order in orders {
        let id = order.id.to_string();
        let mails = |kind| told.get(&(kind, id.as_str())).copied().unwrap_or_default();
        let (confirmed, times) = (usize::from(order.confirmed_at.is_some()), mails("order-confirmed"));
        broken.unless(times == confirmed, || {
            format!("{id} was confirmed {confirmed} times, and its buyer was told {times} times")
        });
        let given = order.refunds.iter().filter(|refund| refund.was_given()).count();
        // Of one that its bank did not take it may have been told before that.
        let failed = order.refunds.iter().filter(|refund| refund.failed_at.is_some()).count();
        broken.unless((given..=given + failed).contains(&mails("order-refunded")), || {
            format!(
                "{id} was refunded {given} times, and its buyer was told {} times",
                mails("order-refunded")
            )
        });
        let (least, most) = told_of_disputes(order, ledger);
        let times = mails("payment-disputed");
        broken.unless((least..=most).contains(&times), || {
            format!("vendors of {id} were told of disputes {times} times, not {least} to {most}")
        });
        let cancelled = order.status == OrderStatus::Cancelled;
        broken.unless(!cancelled || mails("order-cancelled") > 0, || {
            format!("{id} was cancelled, and its buyer was not told")
        });
    }
    let registered =
        all::<Customer>(items, "customer").into_iter().map(|one| ("customer-welcome", one.id.to_string()));
    let jobs = all::<ImportJob>(items, "import").into_iter();
    let ended = jobs.filter(|job| job.status != ImportStatus::Cancelled);
    let ended = ended.map(|job| ("import-completed", job.id.to_string()));
    for (kind, id) in registered.chain(ended) {
        let times = told.get(&(kind, id.as_str())).copied().unwrap_or_default();
        broken.unless(times == 1, || format!("{id} was told of {times} times by {kind}"));
    }
}

/// Rule 10: whoever runs out is told, whatever became of the event, where it was a sale that last changed how many there are.
pub(super) fn who_runs_out_is_told(
    broken: &mut Broken,
    world: &World,
    history: &[Record],
    variants: &[Variant],
) {
    let sent = world.mailer.sent();
    let told: BTreeSet<&str> =
        sent.iter().filter(|mail| mail.kind == "stock-low").map(|mail| mail.reference.as_str()).collect();
    // Of each variant, how many were sold by the last change of how many there are.
    let moved = levels(history).filter(|(_, on_hand, _)| *on_hand != 0);
    let sold_last: BTreeMap<&str, i64> =
        moved.map(|(new, _, sold)| (new.str("id").unwrap_or_default(), sold)).collect();
    for variant in variants.iter().filter(|variant| variant.is_low()) {
        let id = variant.id.to_string();
        let by_a_sale = sold_last.get(id.as_str()).is_some_and(|sold| *sold > 0);
        let key = format!("{id}:{}:stock.low", variant.counts);
        broken.unless(!by_a_sale || told.contains(key.as_str()), || {
            format!("{id} has run out, and its vendor was not told")
        });
    }
}

/// The changes of variants: what each came to, by how much it changed how many there are, and how many were sold.
fn levels(history: &[Record]) -> impl Iterator<Item = (&Item, i64, i64)> {
    history.iter().filter(|record| record.key.sk.starts_with("VARIANT#")).filter_map(|record| {
        let (old, new) = (record.old.as_deref()?, record.new.as_deref()?);
        let of =
            |item: &Item, counter: &str| item.doc.get(counter).and_then(Value::as_i64).unwrap_or_default();
        let change = |counter| of(new, counter) - of(old, counter);
        Some((new, change("on_hand"), change("sold")))
    })
}

/// Rules 2 and 10: nothing is held, open, or under way.
pub(super) fn everything_rests(broken: &mut Broken, carts: &[Cart], orders: &[Order]) {
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
pub(super) fn no_money_is_left_over(broken: &mut Broken, world: &World, orders: &[Order]) {
    let by_id: BTreeMap<String, &Order> = orders.iter().map(|order| (order.id.to_string(), order)).collect();
    let machine = world.stripe.machine();
    let (refunded, lost) = (refunded(&machine), lost_at_stripe(&machine));
    for intent in machine.intents() {
        let (id, order) = (text(&intent["id"]), text(&intent["metadata"]["order_id"]));
        let received = intent["amount_received"].as_i64().unwrap();
        let of = |sums: &BTreeMap<String, i64>| sums.get(&id).copied().unwrap_or_default();
        let (back, lost) = (of(&refunded), of(&lost));
        let status = text(&intent["status"]);
        let found = by_id.get(&order);
        let noted = found.and_then(|order| order.payment.intent_id.as_deref());
        if is_nobodys(noted, &intent) {
            continue;
        }
        let kept = found.map_or(0, |order| kept(order));
        broken.unless(received - back - lost == kept, || {
            format!("{order} keeps {kept}, {received} came, {back} went back and {lost} was lost")
        });
        broken.unless(matches!(&*status, "succeeded" | "canceled"), || {
            format!("{order} has ended, and {id} is {status}")
        });
    }
}

/// Rule 2, read off each change: the sweeper releases nothing before its time, and a change of a cart keeps nothing that had lapsed.
pub(super) fn holds_end_in_time(broken: &mut Broken, history: &[Record]) {
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
                // A cart that waits for what its order was paid for late goes with the order, and what it held becomes the order's.
                let released = kept < before.len() && new.str("status") != Some("CHECKOUT");
                broken.unless(!by_the_sweeper || !released || until.secs() <= record.at, || {
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
pub(super) fn soft_lines(cart: &Item) -> Vec<(&str, i64)> {
    let lines = cart.doc["lines"].as_array().into_iter().flatten();
    let soft = lines.filter(|line| line["hold"] == "SOFT");
    soft.map(|line| (line["id"].as_str().unwrap_or_default(), line["quantity"].as_i64().unwrap_or_default()))
        .collect()
}

/// Rule 1: every unit that left is on exactly one sold line, and none left otherwise. What vendors count is theirs.
pub(super) fn what_was_sold_has_left(
    broken: &mut Broken,
    history: &[Record],
    variants: &[Variant],
    orders: &[Order],
) {
    let sold = units(orders, Hold::Sold);
    for variant in variants {
        let on_lines = sold.get(&variant.id).copied().unwrap_or_default();
        broken.unless(variant.stock.sold == on_lines, || {
            format!("{} counts {} as sold, {on_lines} are on lines", variant.id, variant.stock.sold)
        });
    }
    for (new, on_hand, sold) in levels(history) {
        let counted = sold == 0 && new.str("actor").is_some_and(|actor| actor.starts_with("stf_"));
        broken.unless(counted || on_hand == -sold, || {
            let id = new.str("id").unwrap_or_default();
            format!("{id}: {} left the house and {sold} were sold", -on_hand)
        });
    }
}

/// Each filled order has its shipments with its vendors, and stands where they stand.
pub(super) fn shipments_are_the_orders(broken: &mut Broken, shipments: &[Shipment], orders: &[Order]) {
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
pub(super) fn statements_are_the_ledger(broken: &mut Broken, items: &[Item], ledger: &[Transaction]) {
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

/// How often the vendors of an order are told of its disputes: each that has a part in the money, when one is opened and when it is decided. Who gave its part back
/// since was told or not, as the mail was before it or after.
fn told_of_disputes(order: &Order, ledger: &[Transaction]) -> (usize, usize) {
    let Some(confirmed_at) = order.confirmed_at else { return (0, 0) };
    let news = |dispute: &Dispute| 1 + usize::from(dispute.decided.is_some());
    let has_left = |dispute: &Dispute, account: Account| {
        let of_it = ledger.iter().filter(|one| match one.kind {
            Kind::Sale | Kind::Refund => one.order_id == order.id,
            Kind::DisputeLost => one.order_id == order.id && one.posted_at < dispute.opened_at,
            _ => false,
        });
        of_it.map(|one| one.change_of(account).amount).sum::<i64>() > 0
    };
    let (mut least, mut most) = (0, 0);
    for dispute in &order.disputes {
        let accounts = order.shipments.iter().map(|part| Account::VendorPayable(part.vendor_id));
        let told = accounts.filter(|account| has_left(dispute, *account)).count();
        // An order that was revived after a dispute has vendors that were not concerned by it.
        least += if confirmed_at <= dispute.opened_at { told * news(dispute) } else { 0 };
        most += order.shipments.len() * news(dispute);
    }
    (least, most)
}
