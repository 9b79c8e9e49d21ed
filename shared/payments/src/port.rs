//! What the marketplace asks of Stripe, by who asks it.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{
    ConnectedAccount, Dispute, Funds, Intent, IntentId, NewAccount, NewIntent, NewOnboarding, NewRefund,
    NewReversal, NewTransfer, Onboarding, Payout, Refund, Reversal, StripeError, Takings, Transfer,
};

/// Takes and returns money.
///
/// A call that ends in [`StripeError::Unavailable`] may have taken effect: repeat it with the same key, or read the intent. One that ends in
/// [`StripeError::Stuck`] may have too, and will never be answered under that key.
#[async_trait]
pub trait Stripe: Send + Sync {
    /// Creates a payment intent, or answers the one that an earlier call with the same key created.
    async fn create_intent(&self, intent: NewIntent) -> Result<Intent, StripeError>;

    /// Reads an intent as it stands.
    async fn intent(&self, id: &IntentId) -> Result<Intent, StripeError>;

    /// Cancels an intent, after which it can never be paid; one that is cancelled already is answered as it stands.
    ///
    /// # Errors
    /// [`StripeError::InvalidState`] where it has succeeded or is being processed: read it to learn which.
    async fn cancel_intent(&self, id: &IntentId) -> Result<Intent, StripeError>;

    /// Gives money of a succeeded intent back, or answers the refund that an earlier call with the same key made.
    ///
    /// # Errors
    /// [`StripeError::InvalidState`] where all was refunded already, [`StripeError::Refused`] where less is left than was asked for.
    async fn refund(&self, refund: NewRefund) -> Result<Refund, StripeError>;

    /// The latest hundred refunds of an intent.
    async fn refunds(&self, intent: &IntentId) -> Result<Vec<Refund>, StripeError>;
}

/// Shares out what buyers paid, and looks at what became of it. Calls end as those of [`Stripe`] do.
#[async_trait]
pub trait Transfers: Send + Sync {
    /// Transfers a share of a charge to an account, or answers the transfer that an earlier call with the same key made.
    ///
    /// # Errors
    /// [`StripeError::NotReady`] where Stripe does not pay the account as it stands, [`StripeError::NotPayable`] where it never will: another region, or a charge that
    /// has settled in another currency.
    async fn transfer(&self, transfer: NewTransfer) -> Result<Transfer, StripeError>;

    /// Takes a part of a transfer back, or answers what an earlier call with the same key took.
    ///
    /// # Errors
    /// [`StripeError::TooLittleThere`] where the account has less than that.
    async fn reverse(&self, reversal: NewReversal) -> Result<Reversal, StripeError>;

    /// The latest hundred transfers of a group.
    async fn transfers(&self, group: &str) -> Result<Vec<Transfer>, StripeError>;

    /// The latest hundred reversals of a transfer.
    async fn reversals(&self, transfer: &str) -> Result<Vec<Reversal>, StripeError>;

    /// What an account has, by currency (ISO 4217, upper case).
    async fn funds(&self, account: &str) -> Result<BTreeMap<String, Funds>, StripeError>;

    /// What the platform's own balance has, what is on its way to it included, in minor units by currency (ISO 4217, upper case).
    async fn balance(&self) -> Result<BTreeMap<String, i64>, StripeError>;

    /// What a charge came to; none until Stripe has settled it.
    async fn takings(&self, charge: &str) -> Result<Option<Takings>, StripeError>;

    /// The latest hundred disputes of an intent's charges.
    async fn disputes(&self, intent: &IntentId) -> Result<Vec<Dispute>, StripeError>;
}

/// Opens the accounts that are paid, and looks at them.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Makes an account, or answers the one that an earlier call with the same key made.
    async fn create_account(&self, account: NewAccount) -> Result<ConnectedAccount, StripeError>;

    /// Reads an account as it stands.
    async fn account(&self, id: &str) -> Result<ConnectedAccount, StripeError>;

    /// Opens Stripe's form for the owner of an account.
    async fn onboard(&self, onboarding: NewOnboarding) -> Result<Onboarding, StripeError>;

    /// A page of an account's payouts, newest first, after the one named; and whether there are more.
    async fn payouts(
        &self,
        account: &str,
        limit: u32,
        after: Option<&str>,
    ) -> Result<(Vec<Payout>, bool), StripeError>;
}
