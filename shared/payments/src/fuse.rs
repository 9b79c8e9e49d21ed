//! Stripe as a run sees it that asks for many things: once it has not answered twice, it is not asked again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use crate::{
    Cause, Dispute, Funds, Intent, IntentId, NewIntent, NewRefund, NewReversal, NewTransfer, Refund,
    Reversal, Stripe, StripeError, Takings, Transfer, Transfers,
};

/// Passes calls on until Stripe can't be reached or can't answer, twice; all that follow end so at once. A call that hangs takes long: what does not need Stripe
/// gets its turn so.
pub struct Fuse {
    stripe: Arc<dyn Stripe>,
    transfers: Arc<dyn Transfers>,
    failures: AtomicU32,
}

/// How many calls have to fail: what one object makes fail for ever holds up no other.
const FAILURES: u32 = 2;

impl Fuse {
    /// A new one, which lets calls pass.
    pub fn new(stripe: Arc<dyn Stripe>, transfers: Arc<dyn Transfers>) -> Self {
        Self { stripe, transfers, failures: AtomicU32::new(0) }
    }

    async fn pass<T>(&self, call: impl Future<Output = Result<T, StripeError>>) -> Result<T, StripeError> {
        if self.failures.load(Ordering::Relaxed) >= FAILURES {
            let cause = Cause::Connection("it did not answer a moment ago".to_owned());
            return Err(StripeError::Unavailable(cause));
        }
        let answer = call.await;
        if let Err(StripeError::Unavailable(cause)) = &answer {
            let down = matches!(cause, Cause::Timeout | Cause::Connection(_) | Cause::Status(429 | 500..));
            self.failures.fetch_add(down.into(), Ordering::Relaxed);
        }
        answer
    }
}

#[async_trait]
impl Stripe for Fuse {
    async fn create_intent(&self, intent: NewIntent) -> Result<Intent, StripeError> {
        self.pass(self.stripe.create_intent(intent)).await
    }

    async fn intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        self.pass(self.stripe.intent(id)).await
    }

    async fn cancel_intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        self.pass(self.stripe.cancel_intent(id)).await
    }

    async fn refund(&self, refund: NewRefund) -> Result<Refund, StripeError> {
        self.pass(self.stripe.refund(refund)).await
    }

    async fn refunds(&self, intent: &IntentId) -> Result<Vec<Refund>, StripeError> {
        self.pass(self.stripe.refunds(intent)).await
    }
}

#[async_trait]
impl Transfers for Fuse {
    async fn transfer(&self, transfer: NewTransfer) -> Result<Transfer, StripeError> {
        self.pass(self.transfers.transfer(transfer)).await
    }

    async fn reverse(&self, reversal: NewReversal) -> Result<Reversal, StripeError> {
        self.pass(self.transfers.reverse(reversal)).await
    }

    async fn transfers(&self, group: &str) -> Result<Vec<Transfer>, StripeError> {
        self.pass(self.transfers.transfers(group)).await
    }

    async fn reversals(&self, transfer: &str) -> Result<Vec<Reversal>, StripeError> {
        self.pass(self.transfers.reversals(transfer)).await
    }

    async fn funds(&self, account: &str) -> Result<BTreeMap<String, Funds>, StripeError> {
        self.pass(self.transfers.funds(account)).await
    }

    async fn balance(&self) -> Result<BTreeMap<String, i64>, StripeError> {
        self.pass(self.transfers.balance()).await
    }

    async fn takings(&self, charge: &str) -> Result<Option<Takings>, StripeError> {
        self.pass(self.transfers.takings(charge)).await
    }

    async fn disputes(&self, intent: &IntentId) -> Result<Vec<Dispute>, StripeError> {
        self.pass(self.transfers.disputes(intent)).await
    }
}
