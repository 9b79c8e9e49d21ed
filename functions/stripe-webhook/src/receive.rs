use std::{collections::BTreeMap, time::Duration};

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use domain::{Currency, Money, OrderId, Tenant, Timestamp, VendorId, payment::PaymentEvent};
use http::HeaderMap;
use ordering::PART;
use payments::{
    ConnectedAccount, Dispute, Refund,
    webhook::{self, Delivery, IntentEvent, Kind, WebhookError},
};
use platform::{Secret, secret::sha256_hex};
use store::{
    order::{Recorded, Report},
    webhook::{Endpoint, Why, keep},
};
use web::{ApiError, Result};

use crate::Deps;

const LAST_OF_THE_SECOND: Duration = Duration::from_millis(999);

/// Says in each answer what became of the webhook: `done`, or `kept` and under which id. Stripe does not care; whoever brings kept ones back does
/// (infra/local/dead_letters.py).
const OUTCOME: &str = "webhook-outcome";

/// What became of a webhook that was taken.
pub(crate) enum Taken {
    Done,
    /// Nothing was made of it: it lies in the table under this id.
    Kept(String),
}

impl IntoResponse for Taken {
    fn into_response(self) -> Response {
        let outcome = match self {
            Self::Done => "done".to_owned(),
            Self::Kept(id) => format!("kept {id}"),
        };
        [(OUTCOME, outcome)].into_response()
    }
}

/// A webhook as it came to an endpoint.
struct Arrived<'a> {
    deps: &'a Deps,
    endpoint: Endpoint,
    body: &'a Bytes,
}

impl Arrived<'_> {
    /// Reads a delivery that Stripe has signed; `None` where it can't be read.
    fn verified(&self, secret: &Secret<String>, headers: &HeaderMap) -> Result<Option<Delivery>> {
        let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
        let now = self.deps.store.now().secs();
        match webhook::verify(self.body, signature, &[secret.reveal().as_str()], now) {
            Ok(delivery) => Ok(Some(delivery)),
            Err(error @ WebhookError::Unparsable(_)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    alarm = "webhook_unreadable",
                    "a webhook could not be read"
                );
                Ok(None)
            }
            Err(WebhookError::Missing | WebhookError::BadSignature(_)) => {
                Err(ApiError::malformed("invalid_signature", "The signature is missing, wrong or too old."))
            }
        }
    }

    /// The id of what has none that could be read.
    fn digest(&self) -> String {
        sha256_hex(&String::from_utf8_lossy(self.body))
    }

    /// Keeps it under an id.
    async fn keep(&self, why: Why, id: &str) -> Result<Taken> {
        keep(&self.deps.store, self.endpoint, why, id, self.body).await?;
        Ok(Taken::Kept(id.to_owned()))
    }
}

/// What Stripe tells the platform.
pub(crate) async fn platform(State(deps): State<Deps>, request: Request) -> Result<Taken> {
    let (headers, body) = web::body::raw(request).await?;
    let arrived = Arrived { deps: &deps, endpoint: Endpoint::Platform, body: &body };
    match arrived.verified(&deps.secret, &headers)? {
        Some(delivery) => record(&arrived, delivery).await,
        None => arrived.keep(Why::Unparsable, &arrived.digest()).await,
    }
}

/// What Stripe tells of connected accounts: how a vendor's stands. What else it tells is kept.
pub(crate) async fn connect(State(deps): State<Deps>, request: Request) -> Result<Taken> {
    let (headers, body) = web::body::raw(request).await?;
    let arrived = Arrived { deps: &deps, endpoint: Endpoint::Connect, body: &body };
    let Some(delivery) = arrived.verified(&deps.connect_secret, &headers)? else {
        return arrived.keep(Why::Unparsable, &arrived.digest()).await;
    };
    store::origin::acting("stripe");
    // Whenever it comes, so that a repeat is one.
    let at = Timestamp::from_secs(delivery.created) + LAST_OF_THE_SECOND;
    match delivery.kind {
        Kind::Account(account) => told_of(&arrived, &delivery.event_id, account, at).await,
        Kind::Redundant => Ok(Taken::Done),
        _ => arrived.keep(Why::Connect, &delivery.event_id).await,
    }
}

async fn told_of(
    arrived: &Arrived<'_>,
    event_id: &str,
    account: ConnectedAccount,
    at: Timestamp,
) -> Result<Taken> {
    let vendor = account.metadata.get("vendor_id").and_then(|id| id.parse::<VendorId>().ok());
    let Some(vendor) = vendor else {
        tracing::error!(
            stripe.event_id = event_id,
            alarm = "foreign_account",
            "an account of no vendor of ours"
        );
        return arrived.keep(Why::Foreign, event_id).await;
    };
    let payouts = ordering::payouts(account, at);
    match store::vendor::report_account(&arrived.deps.store, vendor, &payouts).await {
        Ok(news) => {
            tracing::info!(vendor.id = %vendor, news, status = ?payouts.status, "told of a vendor's account");
            Ok(Taken::Done)
        }
        // Stripe delivers again.
        Err(error) if error.is_transient() => Err(ApiError::unavailable()),
        Err(error) => Err(error.into()),
    }
}

/// Stripe tells the second in which something happened; what it happened to may have been made in the same one.
fn happened(deps: &Deps, delivery: &Delivery) -> Timestamp {
    (Timestamp::from_secs(delivery.created) + LAST_OF_THE_SECOND).min(deps.store.now())
}

async fn record(arrived: &Arrived<'_>, delivery: Delivery) -> Result<Taken> {
    let deps = arrived.deps;
    store::origin::acting("stripe");
    let at = happened(deps, &delivery);
    let (intent, event) = match delivery.kind {
        Kind::IntentSucceeded(intent) => (intent, PaymentEvent::Captured),
        Kind::IntentFailed(intent) => (intent, PaymentEvent::Failed),
        Kind::IntentProcessing(intent) => (intent, PaymentEvent::Processing),
        Kind::IntentRequiresAction(intent) => (intent, PaymentEvent::ActionRequired),
        // We cancel intents ourselves, and release what the order holds then; what somebody cancelled at Stripe, the sweeper finds.
        Kind::IntentCanceled(_) | Kind::Redundant => return Ok(Taken::Done),
        Kind::Dispute(dispute) => return told_of_dispute(arrived, &delivery.event_id, &dispute).await,
        Kind::Refund(refund) => return told_of_refund(arrived, &delivery.event_id, &refund).await,
        Kind::Account(_) | Kind::Unknown { .. } => {
            tracing::info!(
                stripe.event_id = delivery.event_id,
                "kept a webhook of a type that is not handled"
            );
            return arrived.keep(Why::UnknownType, &delivery.event_id).await;
        }
    };
    let Some((channel, order_id)) = order_of(&intent.metadata) else {
        tracing::warn!(stripe.event_id = delivery.event_id, "a payment of no order of ours");
        return arrived.keep(Why::Foreign, &delivery.event_id).await;
    };
    let Some(report) = report(&intent, event, at) else {
        tracing::error!(order.id = %order_id, alarm = "payment_mismatch", "a payment in an unknown currency");
        return arrived.keep(Why::Mismatch, &delivery.event_id).await;
    };
    match store::order::record(&deps.store, &channel, order_id, &report).await {
        Ok(Recorded::Mismatch) => {
            tracing::error!(order.id = %order_id, alarm = "payment_mismatch", "a payment does not match its order");
            arrived.keep(Why::Mismatch, &delivery.event_id).await
        }
        // The order's own timeline tells it.
        Ok(Recorded::Done) => Ok(Taken::Done),
        Ok(recorded) => {
            tracing::info!(order.id = %order_id, payment.event = ?event, recorded = ?recorded, "not the first news");
            Ok(Taken::Done)
        }
        Err(store::Error::NotFound) => {
            tracing::warn!(order.id = %order_id, "a payment of an order that is not here");
            arrived.keep(Why::Foreign, &delivery.event_id).await
        }
        // Stripe delivers again.
        Err(error) if error.is_transient() => Err(ApiError::unavailable()),
        Err(error) => Err(error.into()),
    }
}

/// Money that had gone back has come to us again: which of an order's refunds it is, is found when the order is looked at.
async fn told_of_refund(arrived: &Arrived<'_>, event_id: &str, refund: &Refund) -> Result<Taken> {
    if refund.counts() {
        return Ok(Taken::Done);
    }
    let Some(((channel, order_id), part)) = order_of(&refund.metadata).zip(refund.metadata.get(PART)) else {
        tracing::error!(stripe.event_id = event_id, alarm = "refund_failed", "a refund of no order of ours");
        return arrived.keep(Why::Foreign, event_id).await;
    };
    match store::order::doubt_refund(&arrived.deps.store, &channel, order_id, part).await {
        Ok(()) => Ok(Taken::Done),
        Err(store::Error::NotFound) => arrived.keep(Why::Foreign, event_id).await,
        // Stripe delivers again.
        Err(error) if error.is_transient() => Err(ApiError::unavailable()),
        Err(error) => Err(error.into()),
    }
}

/// A dispute names no order: which it is of, and how it stands by then, is found when it is looked at.
async fn told_of_dispute(arrived: &Arrived<'_>, event_id: &str, dispute: &Dispute) -> Result<Taken> {
    let Some(intent) = &dispute.intent else {
        tracing::warn!(stripe.event_id = event_id, "a dispute of no payment of ours");
        return arrived.keep(Why::Foreign, event_id).await;
    };
    if !dispute.counts() {
        return Ok(Taken::Done);
    }
    let decided = ordering::verdict(dispute.status).is_some();
    match store::dispute::tell(&arrived.deps.store, &dispute.id, intent.as_str(), decided).await {
        Ok(()) => Ok(Taken::Done),
        // Stripe delivers again.
        Err(error) if error.is_transient() => Err(ApiError::unavailable()),
        Err(error) => Err(error.into()),
    }
}

fn order_of(metadata: &BTreeMap<String, String>) -> Option<(Tenant, OrderId)> {
    let tenant = metadata.get("tenant")?.parse().ok()?;
    let order = metadata.get("order_id")?.parse().ok()?;
    Some((tenant, order))
}

fn report(intent: &IntentEvent, event: PaymentEvent, at: Timestamp) -> Option<Report> {
    let currency: Currency = intent.currency.to_ascii_uppercase().parse().ok()?;
    let amount = if event == PaymentEvent::Captured { intent.amount_received } else { intent.amount };
    Some(Report {
        intent_id: intent.id.as_str().to_owned(),
        event,
        amount: Money::new(amount, currency),
        charge_id: intent.charge.clone(),
        at,
    })
}
