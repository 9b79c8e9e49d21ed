//! The ledger: double entry.
//!
//! **Invariant:** a transaction's debits equal its credits; there is no other way to make one than [`Transaction::balanced`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
}

/// What a transaction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An order was paid, and what was paid is shared out.
    Sale,
    /// Parcels of it will not be sent: what was shared out for them is taken back, for the buyer.
    Refund,
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
        let amount = self
            .entries
            .iter()
            .filter(|entry| entry.account == account)
            .map(|entry| match entry.direction {
                Direction::Credit => entry.amount,
                Direction::Debit => -entry.amount,
            })
            .sum();
        Money::new(amount, self.currency)
    }
}

/// A vendor's part of a sale: what the customer paid for its goods and for sending them, and its commission on the goods in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub vendor_id: VendorId,
    pub items: i64,
    pub shipping: i64,
    pub commission: u32,
}

/// The entries of a sale (003, part 2, phase 3): the buyer pays into clearing, and clearing is shared out to each vendor and the platform.
pub fn sale_entries(parts: &[Part]) -> Vec<Entry> {
    let gross = |part: &Part| part.items + part.shipping;
    let total = parts.iter().map(gross).sum();
    let mut entries =
        vec![Entry::debit(Account::BuyerExternal, total), Entry::credit(Account::StripeClearing, total)];
    for part in parts {
        let weights =
            [u64::from(10_000 - part.commission.min(10_000)), u64::from(part.commission.min(10_000))];
        let shares = crate::split::by_weight(part.items, &weights);
        entries.push(Entry::debit(Account::StripeClearing, gross(part)));
        entries.push(Entry::credit(
            Account::VendorPayable(part.vendor_id),
            shares.first().copied().unwrap_or(0) + part.shipping,
        ));
        entries.push(Entry::credit(Account::PlatformRevenue, shares.get(1).copied().unwrap_or(0)));
    }
    entries.retain(|entry| entry.amount != 0);
    entries
}

/// The entries that take a sale of such parts back.
pub fn refund_entries(parts: &[Part]) -> Vec<Entry> {
    let turned = |entry: Entry| match entry.direction {
        Direction::Debit => Entry::credit(entry.account, entry.amount),
        Direction::Credit => Entry::debit(entry.account, entry.amount),
    };
    sale_entries(parts).into_iter().map(turned).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Id;

    fn post(entries: Vec<Entry>) -> Result<Transaction, Unbalanced> {
        let id = LedgerTransactionId::from_bits(1);
        Transaction::balanced(
            id,
            Kind::Sale,
            OrderId::from_bits(1),
            Currency::EUR,
            entries,
            Timestamp::from_ms(0),
        )
    }

    #[test]
    fn the_example_of_003_posts_its_eight_entries() {
        let (one, two) = (VendorId::from_bits(123), VendorId::from_bits(456));
        let entries = sale_entries(&[
            Part { vendor_id: one, items: 8000, shipping: 0, commission: 1000 },
            Part { vendor_id: two, items: 2000, shipping: 0, commission: 1000 },
        ]);
        assert_eq!(
            entries,
            [
                Entry::debit(Account::BuyerExternal, 10_000),
                Entry::credit(Account::StripeClearing, 10_000),
                Entry::debit(Account::StripeClearing, 8_000),
                Entry::credit(Account::VendorPayable(one), 7_200),
                Entry::credit(Account::PlatformRevenue, 800),
                Entry::debit(Account::StripeClearing, 2_000),
                Entry::credit(Account::VendorPayable(two), 1_800),
                Entry::credit(Account::PlatformRevenue, 200),
            ]
        );
        assert!(post(entries).is_ok());
    }

    #[test]
    fn what_is_taken_for_sending_is_the_vendors_alone() {
        let vendor = VendorId::from_bits(123);
        let entries =
            sale_entries(&[Part { vendor_id: vendor, items: 8000, shipping: 500, commission: 1000 }]);
        assert_eq!(
            entries,
            [
                Entry::debit(Account::BuyerExternal, 8_500),
                Entry::credit(Account::StripeClearing, 8_500),
                Entry::debit(Account::StripeClearing, 8_500),
                Entry::credit(Account::VendorPayable(vendor), 7_700),
                Entry::credit(Account::PlatformRevenue, 800),
            ]
        );
    }

    #[test]
    fn what_does_not_balance_is_no_transaction() {
        let lopsided = vec![Entry::debit(Account::BuyerExternal, 2), Entry::credit(Account::Refunds, 1)];
        assert_eq!(post(lopsided), Err(Unbalanced::Sides { debits: 2, credits: 1 }));
        let negative = vec![Entry::debit(Account::BuyerExternal, -1), Entry::credit(Account::Refunds, -1)];
        assert_eq!(post(negative), Err(Unbalanced::Amount));
    }

    #[test]
    fn accounts_come_back_from_their_names() {
        for account in [
            Account::BuyerExternal,
            Account::StripeClearing,
            Account::StripeFees,
            Account::VendorPayable(VendorId::from_bits(7)),
            Account::PlatformRevenue,
            Account::Refunds,
            Account::Disputes,
        ] {
            assert_eq!(account.to_string().parse(), Ok(account));
        }
    }

    proptest! {
        #[test]
        fn every_sale_balances(sales in prop::collection::vec((1_i64..10_000_000, 0_i64..10_000, 0_u32..=10_000), 1..21)) {
            let parts: Vec<_> = sales.iter().enumerate().map(|(at, (items, shipping, commission))| Part {
                vendor_id: VendorId::from_bits(at as u128), items: *items, shipping: *shipping, commission: *commission,
            }).collect();
            let sale = post(sale_entries(&parts)).unwrap();
            // Taken back, nobody has anything of it any more.
            let back = post(refund_entries(&parts)).unwrap();
            for entry in &sale.entries {
                prop_assert_eq!(sale.change_of(entry.account).amount, -back.change_of(entry.account).amount);
            }
        }
    }
}
