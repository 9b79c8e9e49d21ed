//! Connected accounts: a vendor's own account at Stripe, to which its share is transferred.
//! Source: <https://docs.stripe.com/api/accounts/object>.

use std::collections::BTreeMap;

/// A connected account, as far as we use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectedAccount {
    /// Stripe's id, `acct_…`.
    pub id: String,
    /// ISO 3166-1 alpha-2, which never changes; none where Stripe does not say.
    pub country: Option<String>,
    /// Whether it may be transferred to.
    pub takes_transfers: bool,
    /// Whether Stripe pays its balance out to its bank.
    pub payouts_enabled: bool,
    /// Whether its owner has been through Stripe's form.
    pub details_submitted: bool,
    /// What Stripe wants to know before it goes on paying, in Stripe's words (`external_account`, `individual.verification.document`).
    pub wanted: Vec<String>,
    /// Why Stripe holds it back, in Stripe's words (`requirements.past_due`).
    pub disabled_reason: Option<String>,
    /// What we attached.
    pub metadata: BTreeMap<String, String>,
}

/// What a connected account is made of: an Express account, whose owner tells Stripe the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// The idempotency key, the same on each try: at most 255 characters.
    pub key: String,
    /// ISO 3166-1 alpha-2; it can't be changed afterwards.
    pub country: String,
    /// Where Stripe writes to.
    pub email: String,
    /// Whose it is.
    pub metadata: BTreeMap<String, String>,
}

/// Where the owner of an account goes on, and comes back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOnboarding {
    /// The account, `acct_…`.
    pub account: String,
    /// Where Stripe sends whose link has been used or has lapsed: a new one is made there.
    pub refresh_url: String,
    /// Where Stripe sends who is done, or has given up: read the account to learn which.
    pub return_url: String,
}

/// Stripe's form for the owner of an account. It opens once, for minutes; never stored or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Onboarding {
    /// Where the form is.
    pub url: String,
    /// Until when it opens, Unix seconds.
    pub expires_at: i64,
}

/// Money that went from an account's balance to its bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Stripe's id, `po_…`.
    pub id: String,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217, upper case.
    pub currency: String,
    /// `paid`, `pending`, `in_transit`, `canceled` or `failed`.
    pub status: String,
    /// When it arrives, Unix seconds.
    pub arrival: i64,
    /// When it was made, Unix seconds.
    pub created: i64,
}

impl From<stripe_shared::Account> for ConnectedAccount {
    fn from(found: stripe_shared::Account) -> Self {
        let transfers = found.capabilities.and_then(|capabilities| capabilities.transfers);
        let (mut wanted, mut disabled_reason) = (Vec::new(), None);
        if let Some(asked) = found.requirements {
            wanted = asked.currently_due.unwrap_or_default();
            wanted.extend(asked.past_due.unwrap_or_default());
            wanted.sort_unstable();
            wanted.dedup();
            disabled_reason = asked.disabled_reason.map(|reason| reason.as_str().to_owned());
        }
        Self {
            id: found.id.to_string(),
            country: found.country,
            takes_transfers: transfers.is_some_and(|state| state.as_str() == "active"),
            payouts_enabled: found.payouts_enabled.unwrap_or_default(),
            details_submitted: found.details_submitted.unwrap_or_default(),
            wanted,
            disabled_reason,
            metadata: found.metadata.unwrap_or_default().into_iter().collect(),
        }
    }
}
