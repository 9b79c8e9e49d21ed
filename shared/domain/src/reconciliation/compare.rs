//! The comparison of one order.

use std::collections::BTreeMap;

use super::{AtStripe, Difference, DifferenceKind, RefundThere, Seen, TransferThere, waits::refunds_due};
use crate::{
    Money,
    ledger::{Account, Entry, Kind, Transaction},
    order::{Order, Verdict},
    settlement::{MoveKind, Settlement, Waiting},
};

/// What differs between an order, what was posted for it, its vendors' settlements and Stripe. What is asked for may be at Stripe, or not yet.
pub fn of_order(seen: &Seen<'_>) -> Vec<Difference> {
    let Seen { order, posted, settlements, stripe, .. } = *seen;
    let mut compared = Compared { order, posted, settlements, stripe, found: Vec::new() };
    compared.charge();
    compared.books();
    compared.refunds();
    compared.transfers();
    compared.shares();
    compared.disputes();
    compared.found
}

struct Compared<'a> {
    order: &'a Order,
    posted: &'a [Transaction],
    settlements: &'a [Settlement],
    stripe: &'a AtStripe,
    found: Vec<Difference>,
}

impl Compared<'_> {
    fn differs(&mut self, kind: DifferenceKind, expected: impl ToString, found: impl ToString) {
        let about = self.order.id.to_string();
        let (expected, found) = (expected.to_string(), found.to_string());
        self.found.push(Difference { kind, about, expected, found });
    }

    /// Amounts in the order's currency that have to be the same.
    fn same(&mut self, kind: DifferenceKind, expected: i64, found: i64) {
        if expected != found {
            let text = |amount| shown(Money::new(amount, self.order.currency));
            self.differs(kind, text(expected), text(found));
        }
    }

    /// What the books of this order have on an account: credits less debits.
    fn booked(&self, account: Account) -> i64 {
        let ours = self.posted.iter().filter(|one| one.currency == self.order.currency);
        ours.map(|one| one.change_of(account).amount).sum()
    }

    /// Whether its payment has been posted: it is when it is decided what becomes of the order.
    fn is_booked(&self) -> bool {
        self.order.confirmed_at.is_some() || !self.order.refunds.is_empty()
    }

    fn charge(&mut self) {
        let (paid, total) =
            (self.order.payment.state.was_captured(), self.order.money(self.order.totals.total));
        match (paid, self.stripe.charge.clone()) {
            (true, None) => self.differs(DifferenceKind::ChargeMissing, shown(total), "nothing"),
            (false, Some(charge)) => {
                self.differs(DifferenceKind::ChargeUnrecorded, shown(charge.amount), "not paid");
            }
            (true, Some(charge)) => {
                if charge.amount != total {
                    self.differs(DifferenceKind::ChargeAmount, shown(total), shown(charge.amount));
                }
                if charge.gone {
                    self.differs(DifferenceKind::ChargeGone, shown(charge.amount), "no charge");
                }
                if let Some(fee) = charge.fee {
                    self.fee(fee);
                }
            }
            (false, None) => {}
        }
    }

    fn fee(&mut self, kept: Money) {
        let fees = self.posted.iter().filter(|one| one.kind == Kind::Fee);
        let posted: Vec<Money> =
            fees.map(|one| Money::new(-one.change_of(Account::StripeFees).amount, one.currency)).collect();
        match posted.as_slice() {
            [] if self.is_booked() => self.differs(DifferenceKind::FeeMissing, shown(kept), "nothing"),
            [] => {}
            [one] if *one == kept => {}
            [one, ..] => self.differs(DifferenceKind::FeeAmount, shown(kept), shown(*one)),
        }
    }

    fn books(&mut self) {
        for one in self.posted {
            let sum: i64 = one.entries.iter().map(Entry::signed).sum();
            if sum != 0 {
                self.differs(DifferenceKind::Unbalanced, one.id, shown(Money::new(sum, one.currency)));
            }
        }
        let sales: Vec<_> = self.posted.iter().filter(|one| one.kind == Kind::Sale).collect();
        let confirmed = self.order.confirmed_at.is_some();
        match (confirmed, sales.as_slice()) {
            (true, []) => self.differs(DifferenceKind::SaleMissing, "a sale", "nothing"),
            (true, [sale]) => {
                for part in &self.order.shipments {
                    let share = sale.change_of(Account::VendorPayable(part.vendor_id)).amount;
                    self.same(DifferenceKind::SaleAmount, part.sold().share(), share);
                }
                let revenue: i64 =
                    self.order.shipments.iter().map(|part| part.sold().gross() - part.sold().share()).sum();
                self.same(
                    DifferenceKind::SaleAmount,
                    revenue,
                    sale.change_of(Account::PlatformRevenue).amount,
                );
            }
            (false, []) => {}
            (expected, more) => {
                self.differs(DifferenceKind::SaleTwice, usize::from(expected), more.len());
            }
        }
        let given: i64 = self.order.refunds.iter().filter(|one| one.was_given()).map(|one| one.amount).sum();
        let owed: i64 =
            self.order.refunds.iter().filter(|one| one.done_at.is_none()).map(|one| one.amount).sum();
        let came = if self.is_booked() { self.order.totals.total } else { 0 };
        self.same(DifferenceKind::RefundUnposted, owed, self.booked(Account::Refunds));
        // A sale that is missing, or there twice, is told once.
        if sales.len() == usize::from(confirmed) {
            self.same(DifferenceKind::RefundUnposted, came - given, -self.booked(Account::BuyerExternal));
        }
    }

    fn refunds(&mut self) {
        let mut there: BTreeMap<Option<&str>, Vec<&RefundThere>> = BTreeMap::new();
        for refund in &self.stripe.refunds {
            there.entry(refund.part.as_deref()).or_default().push(refund);
        }
        for asked in self.order.refunds.iter().filter(|one| one.was_given()) {
            match there.remove(&Some(asked.id.as_str())).as_deref() {
                None | Some([]) => {
                    self.differs(
                        DifferenceKind::RefundMissing,
                        shown(self.order.money(asked.amount)),
                        "nothing",
                    );
                }
                Some(given) => {
                    self.same(
                        DifferenceKind::RefundAmount,
                        asked.amount,
                        given.iter().map(|one| one.amount).sum(),
                    );
                }
            }
        }
        for due in self.order.refunds.iter().filter(|one| one.done_at.is_none()) {
            there.remove(&Some(due.id.as_str()));
        }
        for refund in there.into_values().flatten() {
            let amount = shown(self.order.money(refund.amount));
            self.differs(DifferenceKind::RefundUnrecorded, format!("{amount} by {}", refund.id), "nothing");
        }
    }

    fn transfers(&mut self) {
        let mut there: BTreeMap<&str, &TransferThere> =
            self.stripe.transfers.iter().map(|one| (one.id.as_str(), one)).collect();
        for settlement in self.settlements {
            for one in settlement.moves.iter().filter(|one| one.kind == MoveKind::Transfer) {
                let Some(done) = &one.done else { continue };
                let Some(made) = there.remove(done.stripe_id.as_str()) else {
                    let amount = shown(self.order.money(one.amount));
                    self.differs(
                        DifferenceKind::TransferMissing,
                        format!("{amount} by {}", done.stripe_id),
                        "nothing",
                    );
                    continue;
                };
                self.same(DifferenceKind::TransferAmount, one.amount, made.amount);
                let of_it = settlement.moves.iter().filter(|back| {
                    back.done.is_some() && matches!(&back.kind, MoveKind::Reversal { of } if *of == made.id)
                });
                let back: i64 = of_it.map(|back| back.amount).sum();
                let open = settlement
                    .open_move()
                    .filter(|open| matches!(&open.kind, MoveKind::Reversal { of } if *of == made.id));
                if open.is_none_or(|open| back + open.amount != made.reversed) {
                    self.same(DifferenceKind::ReversalAmount, back, made.reversed);
                }
            }
            let posted: i64 = self
                .posted
                .iter()
                .filter(|one| matches!(one.kind, Kind::Transfer | Kind::Reversal))
                .map(|one| -one.change_of(Account::VendorPayable(settlement.vendor_id)).amount)
                .sum();
            self.same(DifferenceKind::TransferUnposted, settlement.paid(), posted);
        }
        let open = self.settlements.iter().filter_map(Settlement::open_move);
        for open in open.filter(|open| open.kind == MoveKind::Transfer) {
            let made = there.values().copied().find(|made| made.amount == open.amount);
            if let Some(made) = made {
                there.remove(made.id.as_str());
            }
        }
        for transfer in there.into_values() {
            let amount = shown(self.order.money(transfer.amount));
            self.differs(
                DifferenceKind::TransferUnrecorded,
                format!("{amount} by {}", transfer.id),
                "nothing",
            );
        }
    }

    fn shares(&mut self) {
        for part in self.order.shipments.iter().filter(|_| self.order.confirmed_at.is_some()) {
            let owed = part.sold().share() - part.refunded().share();
            let Some(found) = self.settlements.iter().find(|one| one.id == part.id) else {
                self.same(DifferenceKind::ShareStuck, owed, 0);
                continue;
            };
            let settlement = found.clone().following(part);
            let missing = settlement.owed() - settlement.paid();
            // An open move is told of by itself, and a share comes back after its refund.
            let open = settlement.open_move().is_some() || refunds_due(self.order).next().is_some();
            match settlement.waiting {
                Some(Waiting::NotReady | Waiting::NotSettled) => {}
                Some(Waiting::NotPayable) => self.same(DifferenceKind::NotPayable, missing, 0),
                None if open => {}
                None => self.same(DifferenceKind::ShareStuck, settlement.owed(), settlement.paid()),
            }
        }
    }

    fn disputes(&mut self) {
        for there in &self.stripe.disputes {
            let known = self.order.disputes.iter().find(|one| one.id == there.id);
            let Some(known) = known else {
                self.differs(DifferenceKind::DisputeUnrecorded, &there.id, "nothing");
                continue;
            };
            let verdict = known.decided.as_ref().map(|decided| decided.verdict);
            if verdict != there.verdict {
                self.differs(DifferenceKind::DisputeStanding, standing(there.verdict), standing(verdict));
            }
        }
        let open = self.order.disputes.iter().filter(|one| one.decided.is_none());
        let open: i64 = open.map(|one| one.amount).sum();
        self.same(DifferenceKind::DisputeUnposted, open, -self.booked(Account::Disputes));
    }
}

fn standing(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        None => "open",
        Some(Verdict::Won) => "won",
        Some(Verdict::Lost) => "lost",
    }
}

/// An amount in minor units with its currency, as the API has it.
pub(super) fn shown(money: Money) -> String {
    format!("{} {}", money.amount, money.currency)
}
