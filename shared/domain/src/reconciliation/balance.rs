//! Stripe's balance against the books, in a market that does not stand still meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::AddAssign,
    time::Duration,
};

use super::{Difference, DifferenceKind, Seen};
use crate::{
    Currency, Money, Timestamp,
    ledger::{Account, Kind, Transaction},
    order::Verdict,
};

/// How long before the balance was read something has to have been posted for its money to be sure to be in it: clocks differ, and a balance may lag behind.
const MARGIN: Duration = Duration::from_secs(60);

/// What an amount is between, both included, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    pub least: i64,
    pub most: i64,
}

impl AddAssign for Between {
    fn add_assign(&mut self, other: Self) {
        self.least += other.least;
        self.most += other.most;
    }
}

/// What moves the balance: amounts of one kind and order add up, and none goes back within a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Movement {
    Charge,
    Fee,
    Refund,
    Transfer,
    Reversal,
    Dispute,
}

impl Movement {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Sale | Kind::Receipt => Self::Charge,
            Kind::Fee => Self::Fee,
            Kind::Refund | Kind::Repayment | Kind::RepaymentFailed => Self::Refund,
            Kind::Transfer => Self::Transfer,
            Kind::Reversal => Self::Reversal,
            Kind::Dispute | Kind::DisputeWon | Kind::DisputeLost => Self::Dispute,
        }
    }
}

type Movements = BTreeMap<(Movement, Currency), i64>;

/// What postings say that has come less what has left.
fn booked<'a>(posted: impl Iterator<Item = &'a Transaction>) -> Movements {
    let mut sums = Movements::new();
    for one in posted {
        let of = |account| one.change_of(account).amount;
        *sums.entry((Movement::of(one.kind), one.currency)).or_default() -=
            of(Account::BuyerExternal) + of(Account::StripeClearing);
    }
    sums
}

impl Seen<'_> {
    /// What the order had added to the platform's balance at Stripe when that was read, before the order was; by currency.
    ///
    /// Of an order at rest it is what is posted. Of another, what was posted a while before had moved by then, and what Stripe says by now that has moved
    /// besides may have moved before or after.
    pub fn adds_to_balance(&self, read_at: Timestamp) -> BTreeMap<Currency, Between> {
        let by_then = |one: &&Transaction| one.posted_at + MARGIN <= read_at;
        let then = booked(self.posted.iter().filter(by_then));
        let at_rest = self.is_at_rest() && self.is_settled() && self.posted.iter().all(|one| by_then(&one));
        let now = if at_rest { then.clone() } else { self.moved() };
        let mut sums: BTreeMap<Currency, Between> = BTreeMap::new();
        for key in then.keys().chain(now.keys()).copied().collect::<BTreeSet<_>>() {
            let of = |movements: &Movements| movements.get(&key).copied().unwrap_or_default();
            let (then, now) = (of(&then), of(&now));
            let mut between = Between { least: then.min(now), most: then.max(now) };
            let (movement, currency) = key;
            if movement == Movement::Charge && !self.is_settled() {
                between.least = between.least.min(0);
            }
            *sums.entry(currency).or_default() += between;
        }
        sums
    }

    /// Whether Stripe has put what was paid into its balance, less its fee.
    fn is_settled(&self) -> bool {
        self.stripe.charge.as_ref().is_none_or(|charge| charge.fee.is_some())
            || self.posted.iter().any(|one| one.kind == Kind::Fee)
    }

    /// What Stripe says that has come less what has left.
    fn moved(&self) -> Movements {
        let mut moved = Movements::new();
        let mut add =
            |movement, came: Money| *moved.entry((movement, came.currency)).or_default() += came.amount;
        let (money, stripe) = (|amount| self.order.money(amount), self.stripe);
        if let Some(charge) = &stripe.charge {
            add(Movement::Charge, charge.amount);
            if let Some(fee) = charge.fee {
                add(Movement::Fee, Money::new(-fee.amount, fee.currency));
            }
        }
        for refund in &stripe.refunds {
            add(Movement::Refund, money(-refund.amount));
        }
        for transfer in &stripe.transfers {
            add(Movement::Transfer, money(-transfer.amount));
            add(Movement::Reversal, money(transfer.reversed));
        }
        for dispute in &stripe.disputes {
            let kept = if dispute.verdict == Some(Verdict::Won) { 0 } else { dispute.amount };
            add(Movement::Dispute, money(-kept - dispute.fee));
        }
        moved
    }
}

/// What Stripe's balance is otherwise than the books say, by currency; Stripe's amounts are by currency of ISO 4217, upper case.
pub fn of_balance(booked: &BTreeMap<Currency, Between>, there: &BTreeMap<String, i64>) -> Vec<Difference> {
    let booked: BTreeMap<&str, Between> =
        booked.iter().map(|(currency, between)| (currency.code(), *between)).collect();
    let currencies: BTreeSet<&str> = booked.keys().copied().chain(there.keys().map(String::as_str)).collect();
    let pairs = currencies.into_iter().map(|currency| {
        let expected = booked.get(currency).copied().unwrap_or_default();
        (currency, expected, there.get(currency).copied().unwrap_or_default())
    });
    let differ = pairs.filter(|(_, expected, found)| !(expected.least..=expected.most).contains(found));
    differ
        .map(|(currency, expected, found)| {
            let Between { least, most } = expected;
            let expected = if least == most {
                format!("{least} {currency}")
            } else {
                format!("{least} to {most} {currency}")
            };
            let (kind, about) = (DifferenceKind::Balance, "stripe".to_owned());
            Difference { kind, about, expected, found: format!("{found} {currency}") }
        })
        .collect()
}
