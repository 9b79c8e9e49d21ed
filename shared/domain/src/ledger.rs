//! The ledger: double entry.
//!
//! **Invariant:** a transaction's debits equal its credits; there is no other way to make one than [`Transaction::balanced`].

pub mod entries;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use entries::{Part, TakenBack};

use crate::{Currency, LedgerTransactionId, Money, OrderId, Timestamp, VendorId};

/// An account of the platform's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Account {
    BuyerExternal,
    StripeClearing,
    StripeFees,
    VendorPayable(VendorId),
    PlatformRevenue,
    Refunds,
    Disputes,
}

/// The text names no account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an account of the ledger")]
pub struct NotAnAccount;

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuyerExternal => f.write_str("BUYER_EXTERNAL"),
            Self::StripeClearing => f.write_str("STRIPE_CLEARING"),
            Self::StripeFees => f.write_str("STRIPE_FEES"),
            Self::VendorPayable(vendor) => write!(f, "VENDOR_PAYABLE:{vendor}"),
            Self::PlatformRevenue => f.write_str("PLATFORM_REVENUE"),
            Self::Refunds => f.write_str("REFUNDS"),
            Self::Disputes => f.write_str("DISPUTES"),
        }
    }
}

impl FromStr for Account {
    type Err = NotAnAccount;

    fn from_str(text: &str) -> Result<Self, NotAnAccount> {
        match text {
            "BUYER_EXTERNAL" => Ok(Self::BuyerExternal),
            "STRIPE_CLEARING" => Ok(Self::StripeClearing),
            "STRIPE_FEES" => Ok(Self::StripeFees),
            "PLATFORM_REVENUE" => Ok(Self::PlatformRevenue),
            "REFUNDS" => Ok(Self::Refunds),
            "DISPUTES" => Ok(Self::Disputes),
            _ => {
                let vendor = text.strip_prefix("VENDOR_PAYABLE:").ok_or(NotAnAccount)?;
                vendor.parse().map(Self::VendorPayable).map_err(|_| NotAnAccount)
            }
        }
    }
}

impl TryFrom<String> for Account {
    type Error = NotAnAccount;

    fn try_from(text: String) -> Result<Self, NotAnAccount> {
        text.parse()
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.to_string()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    Debit,
    Credit,
}

impl Direction {
    /// What an amount adds to its account: credits do, debits take away.
    pub fn signed(self, amount: i64) -> i64 {
        match self {
            Self::Credit => amount,
            Self::Debit => -amount,
        }
    }
}

/// One side of a transaction: an amount above zero, in minor units of the transaction's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub account: Account,
    pub direction: Direction,
    pub amount: i64,
}

impl Entry {
    pub fn debit(account: Account, amount: i64) -> Self {
        Self { account, direction: Direction::Debit, amount }
    }

    pub fn credit(account: Account, amount: i64) -> Self {
        Self { account, direction: Direction::Credit, amount }
    }

    /// What it adds to its account.
    pub fn signed(&self) -> i64 {
        self.direction.signed(self.amount)
    }
}

/// What a transaction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An order was paid, and what was paid is shared out.
    Sale,
    /// An order was paid that will not be filled: all of it is owed back to the buyer.
    Receipt,
    /// What was shared out is taken back, and owed to the buyer.
    Refund,
    /// What was owed to the buyer went back.
    Repayment,
    /// It came to us again, and is owed to the buyer as before.
    RepaymentFailed,
    /// Stripe kept its fee.
    Fee,
    /// A vendor's share went to its account.
    Transfer,
    /// It came back from there.
    Reversal,
    /// The buyer's bank took the money back, and Stripe a fee for that.
    Dispute,
    /// The bank gave it back.
    DisputeWon,
    /// The buyer keeps it: what was shared out is taken back.
    DisputeLost,
}

/// A balanced set of debits and credits, which is never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    pub id: LedgerTransactionId,
    pub kind: Kind,
    pub order_id: OrderId,
    pub currency: Currency,
    pub entries: Vec<Entry>,
    pub posted_at: Timestamp,
}

/// The entries do not make a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbalanced {
    #[error("debits of {debits} against credits of {credits}")]
    Sides { debits: i128, credits: i128 },
    #[error("an entry of nothing, or less")]
    Amount,
}

impl Transaction {
    /// Makes a transaction of entries that balance; entries of zero are left out by who makes them.
    pub fn balanced(
        id: LedgerTransactionId,
        kind: Kind,
        order_id: OrderId,
        currency: Currency,
        entries: Vec<Entry>,
        posted_at: Timestamp,
    ) -> Result<Self, Unbalanced> {
        if entries.iter().any(|entry| entry.amount <= 0) {
            return Err(Unbalanced::Amount);
        }
        let side = |direction| {
            entries
                .iter()
                .filter(|entry| entry.direction == direction)
                .map(|entry| i128::from(entry.amount))
                .sum::<i128>()
        };
        let (debits, credits) = (side(Direction::Debit), side(Direction::Credit));
        if debits == credits {
            Ok(Self { id, kind, order_id, currency, entries, posted_at })
        } else {
            Err(Unbalanced::Sides { debits, credits })
        }
    }

    /// What the transaction adds to an account: credits less debits.
    pub fn change_of(&self, account: Account) -> Money {
        let of_it = self.entries.iter().filter(|entry| entry.account == account);
        Money::new(of_it.map(Entry::signed).sum(), self.currency)
    }
}
