//! Stripe's webhooks: what is authentic, and what it says.
//!
//! **Invariant:** nothing is read out of a body before its signature has been verified, and an empty secret verifies nothing.
//! Sources: <https://docs.stripe.com/webhooks#verify-official-libraries>, <https://docs.stripe.com/api/events/types>.

use std::collections::BTreeMap;
use std::error::Error;

use stripe_webhook::{EventObject, Webhook};
use thiserror::Error;

use crate::{ConnectedAccount, Dispute, IntentId, IntentStatus, InvalidIntentId, Refund};

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
    /// `charge.dispute.created|updated|closed`: a buyer's bank has taken a charge back, and who keeps the money.
    Dispute(Dispute),
    /// `refund.updated|failed`, `charge.refund.updated`: how money stands that went back.
    Refund(Refund),
    /// `account.updated`, on the endpoint for connected accounts.
    Account(ConnectedAccount),
    /// What another event tells as well, or we did ourselves: `payment_intent.created`, `charge.succeeded`, `charge.failed`, `charge.refunded`,
    /// `charge.dispute.funds_withdrawn|funds_reinstated`, `refund.created`, `transfer.created|reversed`, `payout.paid`.
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

/// Source: <https://docs.stripe.com/api/events/types>.
const REDUNDANT: [&str; 10] = [
    "payment_intent.created",
    "charge.succeeded",
    "charge.failed",
    "charge.refunded",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "refund.created",
    "transfer.created",
    "transfer.reversed",
    "payout.paid",
];

fn read(event: stripe_webhook::Event) -> Result<Delivery, WebhookError> {
    let kind = match event.data.object {
        EventObject::PaymentIntentSucceeded(intent) => Kind::IntentSucceeded(read_intent(*intent)?),
        EventObject::PaymentIntentPaymentFailed(intent) => Kind::IntentFailed(read_intent(*intent)?),
        EventObject::PaymentIntentProcessing(intent) => Kind::IntentProcessing(read_intent(*intent)?),
        EventObject::PaymentIntentCanceled(intent) => Kind::IntentCanceled(read_intent(*intent)?),
        EventObject::PaymentIntentRequiresAction(intent) => Kind::IntentRequiresAction(read_intent(*intent)?),
        EventObject::ChargeDisputeCreated(dispute)
        | EventObject::ChargeDisputeUpdated(dispute)
        | EventObject::ChargeDisputeClosed(dispute) => {
            Kind::Dispute(Dispute::try_from(*dispute).map_err(not_an_intent)?)
        }
        EventObject::RefundUpdated(refund)
        | EventObject::RefundFailed(refund)
        | EventObject::ChargeRefundUpdated(refund) => Kind::Refund((*refund).into()),
        EventObject::AccountUpdated(account) => Kind::Account((*account).into()),
        _ => match event.type_.as_str() {
            name if REDUNDANT.contains(&name) => Kind::Redundant,
            other => Kind::Unknown { event_type: other.to_owned() },
        },
    };
    Ok(Delivery { event_id: event.id.to_string(), created: event.created, livemode: event.livemode, kind })
}

fn not_an_intent(error: InvalidIntentId) -> WebhookError {
    WebhookError::Unparsable(Some(error.into()))
}

fn read_intent(intent: stripe_shared::PaymentIntent) -> Result<IntentEvent, WebhookError> {
    Ok(IntentEvent {
        id: intent.id.as_str().parse().map_err(not_an_intent)?,
        status: IntentStatus::from_stripe(intent.status.as_str()),
        amount: intent.amount,
        amount_received: intent.amount_received,
        currency: intent.currency.to_string().to_ascii_uppercase(),
        metadata: intent.metadata.into_iter().collect(),
        charge: intent.latest_charge.map(|charge| charge.id().to_string()),
        error_code: intent.last_payment_error.and_then(|e| e.code.map(|code| code.as_str().to_owned())),
    })
}

#[cfg(test)]
mod published;
#[cfg(test)]
mod tests;
