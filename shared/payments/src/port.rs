//! What the marketplace asks of Stripe.

use async_trait::async_trait;

use crate::{Intent, IntentId, NewIntent, NewRefund, Refund, StripeError};

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
