//! Reconciliation: what of an order our books, its vendors' settlements and Stripe say otherwise, with the cause and what to do.
//!
//! It is told of what has come to rest alone: what is under way is different by nature.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Currency, Money, ReconciliationId, Timestamp,
    ledger::{Account, Entry, Kind, Transaction},
    order::{Order, Verdict},
    settlement::{MoveKind, Settlement, Waiting},
};

/// How long nothing may have happened to an order before it is compared: what follows from a change has happened by then.
const QUIET: Duration = Duration::from_secs(3_600);

macro_rules! differences {
    ($($(#[$doc:meta])* $name:ident $word:literal $cause:literal $remedy:literal;)*) => {
        /// What differs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum DifferenceKind {
            $($(#[$doc])* $name,)*
        }

        impl DifferenceKind {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// How it comes to that, for people.
            pub fn cause(self) -> &'static str {
                match self {
                    $(Self::$name => $cause,)*
                }
            }

            /// What to do about it, for people.
            pub fn remedy(self) -> &'static str {
                match self {
                    $(Self::$name => $remedy,)*
                }
            }
        }
    };
}

differences! {
    ChargeMissing "charge_missing" "The order counts as paid, and Stripe has no payment of it." "Look at the payment at Stripe; if there is none, cancel the order.";
    ChargeUnrecorded "charge_unrecorded" "Stripe has a payment that the order does not know of: its webhook was lost." "Have Stripe send payment_intent.succeeded again.";
    ChargeAmount "charge_amount" "Stripe was paid another amount, or in another currency." "Refund the payment at Stripe, and cancel the order.";
    FeeMissing "fee_missing" "Stripe's fee was never posted." "The next look at the order posts it; if it does not, look at the sweeper's log.";
    FeeAmount "fee_amount" "Another fee was posted than Stripe has kept." "Post the difference by hand.";
    Unbalanced "unbalanced" "A posting's debits and credits differ: it was changed by hand." "Restore it from the table's backup.";
    SaleMissing "sale_missing" "The order is confirmed, and its sale is not posted." "Restore the posting from the table's backup.";
    SaleTwice "sale_twice" "A sale is posted more than once, or without being one." "Take out the posting that does not belong there.";
    SaleAmount "sale_amount" "The sale shares out other amounts than the order does." "Compare the commission that the order was placed with, and post the difference by hand.";
    RefundMissing "refund_missing" "A refund counts as given, and Stripe has none." "Refund it at Stripe with the same metadata.";
    RefundUnrecorded "refund_unrecorded" "Stripe has given a refund that the order does not know of: somebody gave it there." "Refund the same here, so that its share is taken back.";
    RefundAmount "refund_amount" "Stripe has given another amount back." "Settle the difference with the buyer, and post it by hand.";
    RefundUnposted "refund_unposted" "What is owed or was given back is not what is posted." "Post the difference by hand.";
    TransferMissing "transfer_missing" "A transfer counts as made, and Stripe has none." "Transfer it at Stripe, for the same order.";
    TransferUnrecorded "transfer_unrecorded" "Stripe has a transfer for the order that no settlement knows of: somebody made it there." "Reverse it at Stripe, or withhold it of the vendor's next share.";
    TransferAmount "transfer_amount" "Stripe has transferred another amount." "Settle the difference with the vendor at Stripe.";
    ReversalAmount "reversal_amount" "Another amount of a transfer came back at Stripe than the settlement says." "Transfer or reverse the difference at Stripe.";
    TransferUnposted "transfer_unposted" "What has reached a vendor is not what is posted." "Post the difference by hand.";
    ShareStuck "share_stuck" "A vendor does not have what it should have, and nothing waits for it." "Look at order-lifecycle's dead letters; redrive them.";
    NotPayable "not_payable" "A share waits that Stripe lets not go to the vendor's region or currency." "Pay the vendor another way, or refund the order.";
    DisputeUnrecorded "dispute_unrecorded" "Stripe has a dispute that the order does not know of: its webhook was lost." "Have Stripe send charge.dispute.created again.";
    DisputeStanding "dispute_standing" "A dispute was decided otherwise than the order says, or is not decided yet." "Have Stripe send charge.dispute.closed again.";
    DisputeUnposted "dispute_unposted" "What banks hold is not what is posted." "Post the difference by hand.";
    StatementMissing "statement_missing" "A posting is not in its vendor's statement." "The next look at the order writes it; if it does not, look at the sweeper's log.";
    DebtAmount "debt_amount" "What a vendor owes is not what its settlements come to." "Set the vendor's debt to what its settlements say.";
    AccountStanding "account_standing" "A vendor's account stands otherwise at Stripe: its webhook was lost." "Open the vendor's payment settings in the console: they ask Stripe.";
    Balance "balance" "Stripe's balance is not what the books say." "Look at the differences above first; what is left was moved at Stripe by hand.";
    StockUnbalanced "stock_unbalanced" "A variant's counters do not add up: one was changed by hand." "Count the goods, and set the stock.";
    StockReserved "stock_reserved" "Other units are reserved than carts hold." "Count the goods, and set the stock.";
    StockAllocated "stock_allocated" "Other units are allocated than orders hold." "Count the goods, and set the stock.";
    StockSold "stock_sold" "Other units count as sold than orders have on their lines." "Count the goods, and set the stock.";
}

/// Something that two of us say otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub kind: DifferenceKind,
    /// Whose it is: an order's, a vendor's or a variant's id, or `stripe`.
    pub about: String,
    /// What it should be, by what is trusted more.
    pub expected: String,
    pub found: String,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Asked,
    Running,
    Finished,
    /// It was stopped on its way, or there was too much for one.
    Failed,
}

/// A comparison of books, orders, stock and Stripe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: ReconciliationId,
    pub state: RunState,
    pub asked_at: Timestamp,
    /// Until when whoever runs it has it for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Orders that were compared.
    pub orders: u64,
    /// Orders that were under way: they will be compared by another run.
    pub under_way: u64,
    pub vendors: u64,
    pub variants: u64,
    /// How many differences of each kind.
    #[serde(default)]
    pub differences: BTreeMap<DifferenceKind, u64>,
    /// What the books have on each account, by account and currency, in minor units: credits less debits. The vendors' are one.
    #[serde(default)]
    pub balances: BTreeMap<String, i64>,
    pub version: u64,
}

impl Run {
    pub fn asked(id: ReconciliationId, now: Timestamp) -> Self {
        Self {
            id,
            state: RunState::Asked,
            asked_at: now,
            leased_until: None,
            finished_at: None,
            orders: 0,
            under_way: 0,
            vendors: 0,
            variants: 0,
            differences: BTreeMap::new(),
            balances: BTreeMap::new(),
            version: 1,
        }
    }

    /// Whether it is still to come to an end: asked for, or being run by somebody at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == RunState::Asked || self.is_leased(now)
    }

    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.state == RunState::Running && self.leased_until.is_some_and(|until| until > now)
    }

    pub fn found(&self) -> u64 {
        self.differences.values().sum()
    }
}

/// What Stripe has of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtStripe {
    /// The payment, where it was captured.
    pub charge: Option<ChargeThere>,
    pub refunds: Vec<RefundThere>,
    pub transfers: Vec<TransferThere>,
    pub disputes: Vec<DisputeThere>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeThere {
    pub amount: Money,
    /// What Stripe kept of it, once that is settled.
    pub fee: Option<Money>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundThere {
    /// Stripe's id.
    pub id: String,
    /// Which of the order's refunds it gives, by its metadata.
    pub part: Option<String>,
    pub amount: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferThere {
    /// Stripe's id.
    pub id: String,
    pub amount: i64,
    pub reversed: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeThere {
    /// Stripe's id.
    pub id: String,
    pub verdict: Option<Verdict>,
}

/// Whether an order has come to rest as far as its money goes: nothing is owed, nothing changes.
pub fn is_quiet(order: &Order, settlements: &[Settlement], now: Timestamp) -> bool {
    let changed = settlements.iter().map(|one| one.updated_at).chain([order.updated_at]).max();
    let moving = settlements.iter().any(|one| one.open_move().is_some());
    changed.is_none_or(|at| at + QUIET <= now) && !order.owes_its_buyer() && !moving
}

/// What differs between an order, what was posted for it, its vendors' settlements and Stripe.
pub fn of_order(
    order: &Order,
    posted: &[Transaction],
    settlements: &[Settlement],
    stripe: &AtStripe,
) -> Vec<Difference> {
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
            [] => self.differs(DifferenceKind::FeeMissing, shown(kept), "nothing"),
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
        let came = if confirmed || !self.order.refunds.is_empty() { self.order.totals.total } else { 0 };
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
                let back = of_it.map(|back| back.amount).sum();
                self.same(DifferenceKind::ReversalAmount, back, made.reversed);
            }
            let posted: i64 = self
                .posted
                .iter()
                .filter(|one| matches!(one.kind, Kind::Transfer | Kind::Reversal))
                .map(|one| -one.change_of(Account::VendorPayable(settlement.vendor_id)).amount)
                .sum();
            self.same(DifferenceKind::TransferUnposted, settlement.paid(), posted);
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
            match settlement.waiting {
                Some(Waiting::NotReady) => {}
                Some(Waiting::NotPayable) => self.same(DifferenceKind::NotPayable, missing, 0),
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
fn shown(money: Money) -> String {
    format!("{} {}", money.amount, money.currency)
}

/// What an order adds to the platform's balance at Stripe, by currency: what came less what left.
pub fn adds_to_balance(posted: &[Transaction]) -> BTreeMap<Currency, i64> {
    let mut sums = BTreeMap::new();
    for one in posted {
        let of = |account| one.change_of(account).amount;
        *sums.entry(one.currency).or_default() -= of(Account::BuyerExternal) + of(Account::StripeClearing);
    }
    sums
}
