//! Reconciliation: what of an order our books, its vendors' settlements and Stripe say otherwise, with the cause and what to do.
//!
//! What is under way differs by nature, and is left for another time; what has been for too long is told by itself, and compared like what has come to rest.

mod account;
mod balance;
mod compare;
#[cfg(test)]
mod tests;
mod waits;

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use account::of_account;
pub use balance::{Between, of_balance};
pub use compare::of_order;

use crate::{
    Money, ReconciliationId, Timestamp,
    ledger::Transaction,
    order::{Order, Verdict},
    settlement::Settlement,
};

/// How long nothing may have happened to an order before it is compared: what follows from a change has happened by then.
const QUIET: Duration = Duration::from_secs(3_600);
/// How long what was asked of Stripe may wait before somebody has to look.
const STUCK: Duration = Duration::from_secs(24 * 3_600);
/// How long a charge may take to settle, before which what it paid for can't come back.
const SETTLED: Duration = Duration::from_secs(14 * 24 * 3_600);

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
    ChargeGone "charge_gone" "Stripe has the payment, and does not know its charge any more." "Ask Stripe what became of it, and compare its fee by hand.";
    ChargeAmount "charge_amount" "Stripe was paid another amount, or in another currency." "Refund the payment at Stripe, and cancel the order.";
    OrderStuck "order_stuck" "An order is paid and was neither confirmed nor called off, or was to end a day ago and has not." "Look at the sweeper's log of the order, and at order-lifecycle's dead letters; redrive them.";
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
    RefundStuck "refund_stuck" "What is owed to the buyer has not gone back for more than a day: Stripe refuses it, or nobody asks for it." "Look at the sweeper's log of the order; where Stripe goes on refusing, settle it with the buyer another way.";
    TransferMissing "transfer_missing" "A transfer counts as made, and Stripe has none." "Transfer it at Stripe, for the same order.";
    TransferUnrecorded "transfer_unrecorded" "Stripe has a transfer for the order that no settlement knows of: somebody made it there." "Reverse it at Stripe, or withhold it of the vendor's next share.";
    TransferAmount "transfer_amount" "Stripe has transferred another amount." "Settle the difference with the vendor at Stripe.";
    ReversalAmount "reversal_amount" "Another amount of a transfer came back at Stripe than the settlement says." "Transfer or reverse the difference at Stripe.";
    TransferUnposted "transfer_unposted" "What has reached a vendor is not what is posted." "Post the difference by hand.";
    MoveStuck "move_stuck" "A transfer or a reversal was asked for more than a day ago and is not noted as made, or has waited two weeks for its charge to settle." "Look at the sweeper's log of the order; mend what Stripe refuses it for.";
    ShareStuck "share_stuck" "A vendor does not have what it should have, and nothing waits for it." "Look at order-lifecycle's dead letters; redrive them.";
    NotPayable "not_payable" "A share waits that Stripe lets not go to the vendor's region or currency." "Pay the vendor another way, or refund the order.";
    DisputeUnrecorded "dispute_unrecorded" "Stripe has a dispute that the order does not know of: its webhook was lost." "Have Stripe send charge.dispute.created again.";
    DisputeStanding "dispute_standing" "A dispute was decided otherwise than the order says, or is not decided yet." "Have Stripe send charge.dispute.closed again.";
    DisputeUnposted "dispute_unposted" "What banks hold is not what is posted." "Post the difference by hand.";
    StatementMissing "statement_missing" "A posting is not in its vendor's statement." "The next look at the order writes it; if it does not, look at the sweeper's log.";
    DebtAmount "debt_amount" "What a vendor owes is not what its settlements come to." "Set the vendor's debt to what its settlements say.";
    AccountStanding "account_standing" "A vendor's account stands otherwise at Stripe: its webhook was lost." "Open the vendor's payment settings in the console: they ask Stripe.";
    AccountGone "account_gone" "Stripe does not know a vendor's account any more: it was deleted, or our access to it has ended." "Ask Stripe what became of it; where it does not come back, pay what the vendor is owed another way.";
    Balance "balance" "Stripe's balance is not what the books say, give or take what is under way." "Look at the differences above first; what is left was moved at Stripe by hand.";
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
    /// Whether it is a night's; the others were asked for by admins.
    #[serde(default)]
    pub nightly: bool,
    /// Until when whoever runs it has it for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Orders that were compared.
    pub orders: u64,
    /// Orders that were under way: they will be compared by another run, and what has waited for too long is told all the same.
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
            nightly: false,
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

/// An order with all that is known of its money.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub order: &'a Order,
    pub posted: &'a [Transaction],
    pub settlements: &'a [Settlement],
    pub stripe: &'a AtStripe,
    /// When that was so.
    pub at: Timestamp,
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
    /// Stripe has the payment, and does not know its charge.
    pub gone: bool,
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
    /// What the buyer's bank took.
    pub amount: i64,
    /// What Stripe has taken for it.
    pub fee: i64,
    pub verdict: Option<Verdict>,
}
