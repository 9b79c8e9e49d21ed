//! Transfers: a vendor's share of a charge, to its account and back.
//! Sources: <https://docs.stripe.com/api/transfers/object>, <https://docs.stripe.com/api/transfer_reversals/object>.

use std::collections::BTreeMap;

/// Money that went from the platform's balance to a connected account's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Stripe's id, `tr_…`.
    pub id: String,
    /// In minor units.
    pub amount: i64,
    /// What of it came back, in minor units.
    pub amount_reversed: i64,
    /// ISO 4217, upper case.
    pub currency: String,
    /// The account, `acct_…`.
    pub destination: Option<String>,
    /// The charge that pays for it, `ch_…`.
    pub source: Option<String>,
    /// Ties it to the charge: the order's id.
    pub group: Option<String>,
    /// What we attached.
    pub metadata: BTreeMap<String, String>,
}

/// What a transfer is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransfer {
    /// The idempotency key, stored before the call and the same on each try: at most 255 characters.
    pub key: String,
    /// Minor units, above zero.
    pub amount: i64,
    /// ISO 4217, upper case: the charge's.
    pub currency: String,
    /// The account, `acct_…`.
    pub destination: String,
    /// The charge whose money it is, `ch_…`: the transfer waits for it to be available, and all transfers of one charge come to what it charged at most.
    pub source: String,
    /// The order's id.
    pub group: String,
    /// What it is for.
    pub metadata: BTreeMap<String, String>,
}

/// A part of a transfer that came back to the platform's balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// Stripe's id, `trr_…`.
    pub id: String,
    /// In minor units.
    pub amount: i64,
    /// What we attached.
    pub metadata: BTreeMap<String, String>,
}

/// What is taken back of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReversal {
    /// The idempotency key, stored before the call and the same on each try: at most 255 characters.
    pub key: String,
    /// The transfer, `tr_…`.
    pub transfer: String,
    /// Minor units, above zero and no more than is left.
    pub amount: i64,
    /// What it is for.
    pub metadata: BTreeMap<String, String>,
}

/// What an account has of a currency, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funds {
    /// What can be paid out, and taken back.
    pub available: i64,
    /// What is on its way: a transfer waits for its charge to settle, for days.
    pub pending: i64,
}

/// What a charge came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takings {
    /// What the buyer paid, in minor units of what the platform's balance is in.
    pub amount: i64,
    /// What Stripe kept of it.
    pub fee: i64,
    /// ISO 4217, upper case: of the balance, which need not be the charge's.
    pub currency: String,
}
