//! Stripe's webhooks: what is authentic, and what it says.
//!
//! **Invariant:** nothing is read out of a body before its signature has been verified, and an empty secret verifies nothing.
//! Sources: <https://docs.stripe.com/webhooks#verify-official-libraries>, <https://docs.stripe.com/api/events/types>.

use std::collections::BTreeMap;
use std::error::Error;

use stripe_webhook::{EventObject, Webhook};
use thiserror::Error;

use crate::{IntentId, IntentStatus};

/// An authentic event. The same one may come again, and events come in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Stripe's id, `evt_…`, the same on each delivery of one event.
    pub event_id: String,
    /// When it happened at Stripe, Unix seconds.
    pub created: i64,
    /// Whether real money is behind it.
    pub livemode: bool,
    /// What happened.
    pub kind: Kind,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `payment_intent.succeeded`: the money is captured.
    IntentSucceeded(IntentEvent),
    /// `payment_intent.payment_failed`: a try failed, the buyer may try again.
    IntentFailed(IntentEvent),
    /// `payment_intent.processing`: an asynchronous method is under way.
    IntentProcessing(IntentEvent),
    /// `payment_intent.canceled`: it can never be paid.
    IntentCanceled(IntentEvent),
    /// `payment_intent.requires_action`: the buyer has to authenticate.
    IntentRequiresAction(IntentEvent),
    /// What another event tells as well, or we did ourselves: `payment_intent.created`, `charge.succeeded`, `charge.failed`.
    Redundant,
    /// An event that we do nothing about.
    Unknown {
        /// Stripe's type, such as `invoice.paid`.
        event_type: String,
    },
}

/// The intent as it was when the event was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentEvent {
    /// Stripe's id.
    pub id: IntentId,
    /// Where it stood.
    pub status: IntentStatus,
    /// What is asked for, in minor units.
    pub amount: i64,
    /// What was captured, in minor units.
    pub amount_received: i64,
    /// ISO 4217, upper case.
    pub currency: String,
    /// What we attached: tenant and order.
    pub metadata: BTreeMap<String, String>,
    /// The latest charge, `ch_…`.
    pub charge: Option<String>,
    /// Why the last try failed, such as `card_declined`.
    pub error_code: Option<String>,
}

/// A delivery that is not acted upon.
#[derive(Debug, Error)]
pub enum WebhookError {
    /// There is no signature header.
    #[error("no signature")]
    Missing,
    /// Not from Stripe, or older or newer than five minutes: refuse it and keep nothing.
    #[error("signature does not verify")]
    BadSignature(#[source] Option<Box<dyn Error + Send + Sync>>),
    /// From Stripe, but it can't be read: keep the raw body, which is authentic, and acknowledge.
    #[error("authentic event can't be read")]
    Unparsable(#[source] Option<Box<dyn Error + Send + Sync>>),
}

/// Verifies a delivery's signature at `now_unix` (seconds) and reads it.
///
/// `signature` is the header `Stripe-Signature`; any one of `secrets` may have signed, so that they can be rotated.
pub fn verify(
    body: &[u8],
    signature: Option<&str>,
    secrets: &[&str],
    now_unix: i64,
) -> Result<Delivery, WebhookError> {
    let signature = signature.filter(|s| !s.trim().is_empty()).ok_or(WebhookError::Missing)?;
    let body = std::str::from_utf8(body).map_err(|e| WebhookError::BadSignature(Some(e.into())))?;
    let mut refusal = WebhookError::BadSignature(None);
    for secret in secrets.iter().filter(|s| !s.is_empty()) {
        match Webhook::construct_event_with_timestamp(body, signature, secret, now_unix) {
            Ok(event) => return read(event),
            Err(e @ stripe_webhook::WebhookError::BadParse(_)) => {
                return Err(WebhookError::Unparsable(Some(e.into())));
            }
            Err(e) => refusal = WebhookError::BadSignature(Some(e.into())),
        }
    }
    Err(refusal)
}

/// Signs a body as Stripe would at `now_unix` (seconds): what a stand-in for Stripe sends as `Stripe-Signature`.
pub fn sign(body: &str, secret: &str, now_unix: i64) -> String {
    Webhook::generate_test_header(body, secret, Some(now_unix))
}

fn read(event: stripe_webhook::Event) -> Result<Delivery, WebhookError> {
    type Named = fn(IntentEvent) -> Kind;
    let (kind, intent): (Named, _) = match event.data.object {
        EventObject::PaymentIntentSucceeded(intent) => (Kind::IntentSucceeded, intent),
        EventObject::PaymentIntentPaymentFailed(intent) => (Kind::IntentFailed, intent),
        EventObject::PaymentIntentProcessing(intent) => (Kind::IntentProcessing, intent),
        EventObject::PaymentIntentCanceled(intent) => (Kind::IntentCanceled, intent),
        EventObject::PaymentIntentRequiresAction(intent) => (Kind::IntentRequiresAction, intent),
        _ => {
            let kind = match event.type_.as_str() {
                "payment_intent.created" | "charge.succeeded" | "charge.failed" => Kind::Redundant,
                other => Kind::Unknown { event_type: other.to_owned() },
            };
            return Ok(Delivery {
                event_id: event.id.to_string(),
                created: event.created,
                livemode: event.livemode,
                kind,
            });
        }
    };
    let intent = IntentEvent {
        id: intent
            .id
            .as_str()
            .parse()
            .map_err(|e: crate::InvalidIntentId| WebhookError::Unparsable(Some(e.into())))?,
        status: IntentStatus::from_stripe(intent.status.as_str()),
        amount: intent.amount,
        amount_received: intent.amount_received,
        currency: intent.currency.to_string().to_ascii_uppercase(),
        metadata: intent.metadata.into_iter().collect(),
        charge: intent.latest_charge.map(|charge| charge.id().to_string()),
        error_code: intent.last_payment_error.and_then(|e| e.code.map(|code| code.as_str().to_owned())),
    };
    Ok(Delivery {
        event_id: event.id.to_string(),
        created: event.created,
        livemode: event.livemode,
        kind: kind(intent),
    })
}

#[cfg(test)]
mod tests;
