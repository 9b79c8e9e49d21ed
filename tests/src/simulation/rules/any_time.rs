//! What holds at any time: stock adds up, money and goods go together, the books balance, Stripe agrees.

use std::collections::BTreeMap;

use domain::{
    OrderId, VariantId,
    cart::Cart,
    hold::Hold,
    ledger::{Account, Direction, Kind, Transaction},
    order::{Order, OrderStatus, Refund},
    settlement::Settlement,
    variant::Variant,
};
use serde_json::Value;
use table::Item;

use super::{Broken, asked_and_done, is_nobodys, kept, lost, refunded, text, units};
use crate::simulation::World;

/// Rule 1, and that nothing is held by nobody.
pub(super) fn stock_is_conserved(
    broken: &mut Broken,
    variants: &[Variant],
    carts: &[Cart],
    orders: &[Order],
) {
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

/// Rule 8, as it is stored: what is in a vendor's partitions is that vendor's.
pub(super) fn tenants_stay_apart(broken: &mut Broken, items: &[Item]) {
    for Item { key, doc, .. } in items {
        let tenant = key.pk.strip_prefix("T#").and_then(|rest| rest.split_once('#'));
        if let (Some((tenant, _)), Some(vendor)) = (tenant, doc.get("vendor_id")) {
            broken.unless(vendor == tenant, || format!("{vendor} has something at {} {}", key.pk, key.sk));
        }
    }
}

/// Rule 3, as our books have it.
pub(super) fn money_and_goods_go_together(broken: &mut Broken, orders: &[Order]) {
    for order in orders {
        let (id, confirmed) = (order.id, order.confirmed_at.is_some());
        broken.unless(confirmed == (order.hold == Hold::Sold), || {
            format!("{id} is confirmed: {confirmed}, and its goods are {:?}", order.hold)
        });
        let paid = order.payment.state.was_captured();
        broken.unless(!confirmed || paid, || format!("{id} is filled and was not paid"));
        let (total, kept, asked) = (order.totals.total, kept(order), asked_and_done(order).0);
        let on_its_way = order.status == OrderStatus::Paid || order.owes_its_buyer();
        let gone = asked + lost(order);
        let accounted = kept + gone == total || on_its_way && kept + gone < total;
        broken.unless(!paid || accounted, || format!("{id} of {total} keeps {kept} and gives back {gone}"));
    }
}

/// Rule 4 and the first half of rule 5: each transaction balances, and of each order what its buyer paid is either owed back, or shared out.
pub(super) fn books_balance(
    broken: &mut Broken,
    ledger: &[Transaction],
    orders: &[Order],
    settlements: &[Settlement],
) {
    let mut sales: BTreeMap<OrderId, usize> = BTreeMap::new();
    let mut paid: BTreeMap<OrderId, i64> = BTreeMap::new();
    for settlement in settlements {
        *paid.entry(settlement.order_id).or_default() += settlement.paid();
    }
    let mut books: BTreeMap<OrderId, BTreeMap<Account, i64>> = BTreeMap::new();
    for transaction in ledger {
        let side = |direction| -> i64 {
            let entries = transaction.entries.iter().filter(|entry| entry.direction == direction);
            entries.map(|entry| entry.amount).sum()
        };
        let (debit, credit) = (side(Direction::Debit), side(Direction::Credit));
        broken.unless(debit == credit, || format!("{} of {debit} and {credit}", transaction.id));
        *sales.entry(transaction.order_id).or_default() += usize::from(transaction.kind == Kind::Sale);
        let of_order = books.entry(transaction.order_id).or_default();
        for entry in &transaction.entries {
            *of_order.entry(entry.account).or_default() += entry.signed();
        }
    }
    for order in orders {
        let id = order.id;
        let (posted, confirmed) = (sales.get(&id).copied().unwrap_or_default(), order.confirmed_at.is_some());
        broken.unless(posted == usize::from(confirmed), || format!("{id} was posted {posted} times"));
        let of_order = books.remove(&id).unwrap_or_default();
        let of = |account| of_order.get(&account).copied().unwrap_or_default();
        let shared: i64 = of_order
            .iter()
            .filter(|(account, _)| matches!(account, Account::VendorPayable(_) | Account::PlatformRevenue))
            .map(|(_, amount)| amount)
            .sum();
        let (asked, done) = asked_and_done(order);
        let came = if confirmed || !order.refunds.is_empty() { order.totals.total } else { 0 };
        let expected = (came - done, asked - done, kept(order));
        let transferred = paid.get(&id).copied().unwrap_or_default();
        let found = (-of(Account::BuyerExternal), of(Account::Refunds), shared + transferred);
        broken.unless(found == expected, || {
            format!("of {id}, the books say that (paid, owed back, shared out) are {found:?}, the order says {expected:?}")
        });
    }
    broken.unless(books.is_empty(), || format!("postings of no order: {:?}", books.keys()));
}

/// Rule 3, as Stripe has it: one intent for an order, of its amount; no more goes back than came.
pub(super) fn stripe_agrees(broken: &mut Broken, world: &World, orders: &[Order]) {
    let machine = world.stripe.machine();
    let (intents, refunded) = (machine.intents(), refunded(&machine));
    let mut of_orders: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for intent in &intents {
        of_orders.entry(text(&intent["metadata"]["order_id"])).or_default().push(intent);
    }
    for order in orders {
        let id = order.id.to_string();
        let mut theirs = of_orders.remove(&id).unwrap_or_default();
        theirs.retain(|intent| !is_nobodys(order.payment.intent_id.as_deref(), intent));
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
