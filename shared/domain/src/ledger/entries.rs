//! What is posted for what happens. Money in Stripe's balance is what buyers paid (`BUYER_EXTERNAL`) less what left (`STRIPE_CLEARING`): whatever leaves or
//! comes back is posted against clearing, and a sale passes through it.

use super::{Account, Entry};
use crate::{VendorId, split};

/// A vendor's part of a sale, or of what is taken back of one: for its goods and for sending them, and its commission on the goods in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub vendor_id: VendorId,
    pub items: i64,
    pub shipping: i64,
    pub commission: u32,
}

impl Part {
    /// What the buyer paid for it.
    pub fn gross(&self) -> i64 {
        self.items + self.shipping
    }

    /// What of it is the vendor's: all but the commission, which is on the goods alone.
    pub fn share(&self) -> i64 {
        let commission = self.commission.min(10_000);
        let weights = [u64::from(10_000 - commission), u64::from(commission)];
        split::by_weight(self.items, &weights).first().copied().unwrap_or(0) + self.shipping
    }
}

/// What is taken back of a vendor's part of a sale, where something may have been taken back before.
///
/// The shares are the differences of what was taken back in all, so that they add up to those of the sale when all of it was, in however many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenBack {
    pub before: Part,
    pub after: Part,
}

impl TakenBack {
    pub fn gross(&self) -> i64 {
        self.after.gross() - self.before.gross()
    }

    /// What the vendor gives back.
    pub fn share(&self) -> i64 {
        self.after.share() - self.before.share()
    }
}

/// A sale (003, part 2, phase 3): the buyer pays into clearing, and clearing is shared out to each vendor and the platform.
pub fn sale(parts: &[Part]) -> Vec<Entry> {
    let total = parts.iter().map(Part::gross).sum();
    let mut entries =
        vec![Entry::debit(Account::BuyerExternal, total), Entry::credit(Account::StripeClearing, total)];
    for part in parts {
        entries.push(Entry::debit(Account::StripeClearing, part.gross()));
        entries.push(Entry::credit(Account::VendorPayable(part.vendor_id), part.share()));
        entries.push(Entry::credit(Account::PlatformRevenue, part.gross() - part.share()));
    }
    without_zeros(entries)
}

/// An order was paid that will not be filled.
pub fn receipt(amount: i64) -> Vec<Entry> {
    without_zeros(vec![Entry::debit(Account::BuyerExternal, amount), Entry::credit(Account::Refunds, amount)])
}

/// What was shared out is taken back, and owed to the buyer.
pub fn refund(parts: &[TakenBack]) -> Vec<Entry> {
    taken_back(parts, Account::Refunds)
}

/// What was owed to the buyer went back.
pub fn repayment(amount: i64) -> Vec<Entry> {
    without_zeros(vec![Entry::debit(Account::Refunds, amount), Entry::credit(Account::BuyerExternal, amount)])
}

/// What had gone back to the buyer came to us again: its bank did not take it.
pub fn repayment_failed(amount: i64) -> Vec<Entry> {
    without_zeros(vec![Entry::debit(Account::BuyerExternal, amount), Entry::credit(Account::Refunds, amount)])
}

/// What was owed to the buyer again had been taken by its bank before, and was the platform's loss until then.
pub fn loss_made_good(amount: i64) -> Vec<Entry> {
    without_zeros(vec![
        Entry::debit(Account::Refunds, amount),
        Entry::credit(Account::PlatformRevenue, amount),
    ])
}

/// Stripe kept its fee.
pub fn fee(amount: i64) -> Vec<Entry> {
    without_zeros(vec![
        Entry::debit(Account::StripeFees, amount),
        Entry::credit(Account::StripeClearing, amount),
    ])
}

/// A vendor's share went to its account.
pub fn transfer(vendor: VendorId, amount: i64) -> Vec<Entry> {
    without_zeros(vec![
        Entry::debit(Account::VendorPayable(vendor), amount),
        Entry::credit(Account::StripeClearing, amount),
    ])
}

/// A vendor's share came back from its account.
pub fn reversal(vendor: VendorId, amount: i64) -> Vec<Entry> {
    without_zeros(vec![
        Entry::debit(Account::StripeClearing, amount),
        Entry::credit(Account::VendorPayable(vendor), amount),
    ])
}

/// The buyer's bank took money back, and Stripe a fee for that.
pub fn dispute(amount: i64, fee: i64) -> Vec<Entry> {
    without_zeros(vec![
        Entry::debit(Account::Disputes, amount),
        Entry::debit(Account::StripeFees, fee),
        Entry::credit(Account::StripeClearing, amount + fee),
    ])
}

/// The bank gave it back.
pub fn dispute_won(amount: i64) -> Vec<Entry> {
    without_zeros(vec![
        Entry::debit(Account::StripeClearing, amount),
        Entry::credit(Account::Disputes, amount),
    ])
}

/// The buyer keeps it: first what it was owed anyway (`owed`), then what was shared out; what goes beyond that is the platform's loss.
pub fn dispute_lost(owed: i64, parts: &[TakenBack], beyond: i64) -> Vec<Entry> {
    let mut entries = vec![Entry::debit(Account::Refunds, owed), Entry::credit(Account::Disputes, owed)];
    entries.extend(taken_back(parts, Account::Disputes));
    entries
        .extend([Entry::debit(Account::PlatformRevenue, beyond), Entry::credit(Account::Disputes, beyond)]);
    without_zeros(entries)
}

fn taken_back(parts: &[TakenBack], to: Account) -> Vec<Entry> {
    let mut entries = Vec::new();
    for part in parts {
        entries.push(Entry::debit(Account::VendorPayable(part.after.vendor_id), part.share()));
        entries.push(Entry::debit(Account::PlatformRevenue, part.gross() - part.share()));
    }
    entries.push(Entry::credit(to, parts.iter().map(TakenBack::gross).sum()));
    without_zeros(entries)
}

fn without_zeros(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.retain(|entry| entry.amount != 0);
    entries
}
