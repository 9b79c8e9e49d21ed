//! Stripe itself: requests and answers are async-stripe's, connections those that all functions have.
//!
//! **Invariant:** each try of one call carries the same idempotency key, so that it takes effect once at most.

mod client;
mod connect;
mod convert;
mod retry;
mod transfers;

use std::collections::{BTreeMap, HashMap};
use std::error::Error;

use async_trait::async_trait;
use stripe_client_core::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods,
    RetrievePaymentIntent,
};
use stripe_core::refund::{CreateRefund, ListRefund};
use thiserror::Error;
use tokio::time::Instant;

use crate::{Cause, Intent, IntentId, IntentStatus, NewIntent, NewRefund, Refund, Stripe, StripeError};
use client::Http;
use retry::{Backoff, Jitter, TOTAL, TRY};

/// Speaks to Stripe, or to what stands in for it, over HTTPS.
///
/// A call takes 15 s at most, retries included; a single try 6 s.
pub struct LiveStripe {
    client: Http,
    jitter: Jitter,
}

/// An address or a key that can't be used.
#[derive(Debug, Error)]
#[error("stripe's address or key can't be used")]
pub struct ConfigError(#[source] Box<dyn Error + Send + Sync>);

impl LiveStripe {
    /// Prepares a client for the API at `url` (`https://api.stripe.com/`: scheme, host and port, no path) with a secret key.
    ///
    /// It connects with the first call, and keeps the connection for the next.
    ///
    /// # Errors
    /// The URL does not parse, or the key has characters that no header may carry.
    pub fn new(url: &str, key: &str) -> Result<Self, ConfigError> {
        let client = Http::new(url, key)?;
        Ok(Self { client, jitter: Box::new(|bound| bound / 2) })
    }

    /// Spreads retries: `jitter(bound)` answers a number of milliseconds up to `bound`. Without it, always the half.
    #[must_use]
    pub fn with_jitter(mut self, jitter: impl Fn(u64) -> u64 + Send + Sync + 'static) -> Self {
        self.jitter = Box::new(jitter);
        self
    }

    async fn read(&self, id: &IntentId, until: Instant) -> Result<Intent, StripeError> {
        let request = RetrievePaymentIntent::new(id.as_str());
        convert::intent(self.call(until, || request.customize().send(&self.client)).await?)
    }

    async fn call<T, F>(&self, until: Instant, send: impl Fn() -> F + Send + Sync) -> Result<T, StripeError>
    where
        F: Future<Output = Result<T, StripeError>> + Send,
    {
        let mut backoff = Backoff::new(until, &self.jitter);
        loop {
            let error = match tokio::time::timeout(TRY.min(backoff.left()), send()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => error,
                Err(_) => StripeError::Unavailable(Cause::Timeout),
            };
            match backoff.pause() {
                Some(pause) if error.is_unavailable() => tokio::time::sleep(pause).await,
                _ => return Err(error),
            }
        }
    }
}

#[async_trait]
impl Stripe for LiveStripe {
    async fn create_intent(&self, intent: NewIntent) -> Result<Intent, StripeError> {
        let once = keyed(&intent.key)?;
        let methods = CreatePaymentIntentAutomaticPaymentMethods::new(true);
        let mut request = CreatePaymentIntent::new(intent.amount, convert::currency(&intent.currency))
            .automatic_payment_methods(methods)
            .metadata(hashed(intent.metadata))
            .transfer_group(intent.transfer_group);
        if let Some(description) = intent.description {
            request = request.description(description);
        }
        let made = self
            .call(deadline(), || request.customize().request_strategy(once.clone()).send(&self.client))
            .await?;
        convert::intent(made)
    }

    async fn intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        self.read(id, deadline()).await
    }

    // Without a key: under one, a refusal would be replayed for a day, though the intent may have become cancellable since.
    async fn cancel_intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        let request = CancelPaymentIntent::new(id.as_str());
        let until = deadline();
        match self.call(until, || request.customize().send(&self.client)).await {
            Ok(cancelled) => convert::intent(cancelled),
            Err(StripeError::InvalidState { code }) => {
                let found = self.read(id, until).await?;
                if found.status == IntentStatus::Canceled {
                    Ok(found)
                } else {
                    Err(StripeError::InvalidState { code })
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn refund(&self, refund: NewRefund) -> Result<Refund, StripeError> {
        let once = keyed(&refund.key)?;
        let mut request =
            CreateRefund::new().payment_intent(refund.intent.as_str()).metadata(hashed(refund.metadata));
        if let Some(amount) = refund.amount {
            request = request.amount(amount);
        }
        let made = self
            .call(deadline(), || request.customize().request_strategy(once.clone()).send(&self.client))
            .await?;
        Ok(made.into())
    }

    async fn refunds(&self, intent: &IntentId) -> Result<Vec<Refund>, StripeError> {
        let request = ListRefund::new().payment_intent(intent.as_str()).limit(100);
        let found = self.call(deadline(), || request.customize().send(&self.client)).await?;
        Ok(found.data.into_iter().map(Refund::from).collect())
    }
}

fn deadline() -> Instant {
    Instant::now() + TOTAL
}

fn hashed(pairs: BTreeMap<String, String>) -> HashMap<String, String> {
    pairs.into_iter().collect()
}

fn keyed(key: &str) -> Result<RequestStrategy, StripeError> {
    let refused = || StripeError::Refused { code: "idempotency_key_invalid".to_owned(), param: None };
    if !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(refused());
    }
    IdempotencyKey::new(key).map(RequestStrategy::Idempotent).map_err(|_| refused())
}

#[cfg(test)]
mod tests;
