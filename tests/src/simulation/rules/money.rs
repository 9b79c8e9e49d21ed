//! Rules 5 and 6, when everything has come to rest: each vendor has its share, or owes what it had too much, and Stripe's balance is what the books say.

use std::collections::BTreeMap;

use domain::{
    Currency, OrderId, ShipmentId, VendorId,
    ledger::{Account, Transaction},
    order::Order,
    settlement::{Settlement, Waiting},
};

use stripe_fake::Machine;

use super::{Books, Broken, kept, text};
use crate::simulation::World;

/// What buyers' banks have taken of orders for good, by intent, as Stripe has it.
pub(super) fn lost_at_stripe(machine: &Machine) -> BTreeMap<String, i64> {
    let mut lost = BTreeMap::new();
    for dispute in machine.disputes().iter().filter(|dispute| dispute["status"] == "lost") {
        *lost.entry(text(&dispute["payment_intent"])).or_default() += dispute["amount"].as_i64().unwrap();
    }
    lost
}

/// The same of an order, as the order has it.
pub(super) fn lost(order: &Order) -> i64 {
    order.disputes.iter().filter(|one| one.is_lost()).map(|one| one.amount).sum()
}

pub(super) fn money_is_where_it_belongs(broken: &mut Broken, world: &World, books: &Books) {
    shares_are_with_their_vendors(broken, world, books);
    debts_are_kept(broken, books);
    stripe_has_what_the_books_say(broken, world, &books.ledger);
}

/// What each vendor has of each order is what it earned, less what went back, less its debts; and Stripe has made just these transfers.
fn shares_are_with_their_vendors(broken: &mut Broken, world: &World, books: &Books) {
    let mut by_part: BTreeMap<ShipmentId, &Settlement> =
        books.settlements.iter().map(|one| (one.id, one)).collect();
    let mut moved = moved_at_stripe(world);
    let mut revenue = revenue(&books.ledger);
    for order in &books.orders {
        let id = order.id;
        let (mut paid, mut vendors) = (0, 0);
        for part in order.shipments.iter().filter(|_| order.confirmed_at.is_some()) {
            let (earned, back) = (part.sold().share(), part.refunded().share());
            let Some(settlement) = by_part.remove(&part.id) else {
                broken.unless(earned == back, || format!("{} of {id} was never shared out", part.id));
                continue;
            };
            let seen = (settlement.earned, settlement.taken_back);
            broken.unless(seen == (earned, back), || {
                format!("{} of {id} goes by {seen:?}, the order says {:?}", part.id, (earned, back))
            });
            let waits = settlement.waiting == Some(Waiting::NotPayable);
            broken.unless(waits || settlement.waiting.is_none(), || format!("{} waits for ever", part.id));
            broken.unless(settlement.open_move().is_none(), || format!("{} is under way for ever", part.id));
            broken.unless(waits || settlement.paid() == settlement.owed(), || {
                format!(
                    "{} of {id} has {}, and should have {}",
                    part.id,
                    settlement.paid(),
                    settlement.owed()
                )
            });
            paid += settlement.paid();
            vendors += settlement.owed() + settlement.withheld - settlement.owing;
        }
        let of_stripe = moved.remove(&id.to_string()).unwrap_or_default();
        broken.unless(of_stripe == paid, || format!("{paid} of {id} was transferred, {of_stripe} at Stripe"));
        let platform = revenue.remove(&id).unwrap_or_default();
        broken.unless(kept(order) == vendors + platform, || {
            format!("of {id}, {} is kept: {vendors} by vendors, {platform} by the platform", kept(order))
        });
    }
    broken.unless(by_part.is_empty(), || format!("settlements of no order: {:?}", by_part.keys()));
    broken.unless(moved.is_empty(), || format!("transfers of no order: {moved:?}"));
}

/// What was transferred and did not come back, by order.
fn moved_at_stripe(world: &World) -> BTreeMap<String, i64> {
    let mut moved = BTreeMap::new();
    for transfer in world.stripe.machine().transfers() {
        let number = |field: &str| transfer[field].as_i64().unwrap();
        *moved.entry(text(&transfer["transfer_group"])).or_default() +=
            number("amount") - number("amount_reversed");
    }
    moved
}

fn revenue(ledger: &[Transaction]) -> BTreeMap<OrderId, i64> {
    let mut revenue = BTreeMap::new();
    for transaction in ledger {
        let change = transaction.change_of(Account::PlatformRevenue).amount;
        *revenue.entry(transaction.order_id).or_default() += change;
    }
    revenue
}

/// What a vendor owes is what could not be taken back of it and was not withheld since; what the platform owes it stands on its account.
fn debts_are_kept(broken: &mut Broken, books: &Books) {
    let Books { items, settlements, ledger, .. } = books;
    let (mut debts, mut owed) = (BTreeMap::new(), BTreeMap::new());
    for one in settlements {
        *debts.entry((one.vendor_id, one.currency)).or_default() += one.owing - one.withheld;
        *owed.entry(one.vendor_id).or_default() += one.earned - one.taken_back - one.paid();
    }
    for item in items.iter().filter(|item| item.str("entity") == Some("debt")) {
        let vendor: VendorId = item.key.pk.split('#').nth(1).unwrap().parse().unwrap();
        let currency: Currency = item.key.sk.split('#').nth(1).unwrap().parse().unwrap();
        let (stored, wanted) =
            (item.doc["amount"].as_i64().unwrap(), debts.remove(&(vendor, currency)).unwrap_or(0_i64));
        broken.unless(stored == wanted && stored >= 0, || {
            format!("{vendor} owes {stored}, and should owe {wanted}")
        });
    }
    debts.retain(|_, debt| *debt != 0);
    broken.unless(debts.is_empty(), || format!("debts that nobody has noted: {debts:?}"));
    let mut payable: BTreeMap<VendorId, i64> = BTreeMap::new();
    for entry in ledger.iter().flat_map(|transaction| &transaction.entries) {
        if let Account::VendorPayable(vendor) = entry.account {
            *payable.entry(vendor).or_default() += entry.signed();
        }
    }
    payable.retain(|_, amount| *amount != 0);
    owed.retain(|_, amount: &mut i64| *amount != 0);
    broken.unless(payable == owed, || format!("vendors are owed {payable:?}, by their settlements {owed:?}"));
}

/// The second half of rule 5: Stripe's balance is what came, less what left.
fn stripe_has_what_the_books_say(broken: &mut Broken, world: &World, ledger: &[Transaction]) {
    let mut booked: BTreeMap<Currency, i64> = BTreeMap::new();
    for transaction in ledger {
        let of = |account| transaction.change_of(account).amount;
        let came = -of(Account::BuyerExternal) - of(Account::StripeClearing);
        *booked.entry(transaction.currency).or_default() += came;
    }
    let balance: BTreeMap<Currency, i64> = world
        .stripe
        .machine()
        .balance()
        .into_iter()
        .map(|(currency, amount)| (currency.to_uppercase().parse().unwrap(), amount))
        .collect();
    broken.unless(booked == balance, || format!("Stripe has {balance:?}, the books say {booked:?}"));
}
