use std::time::Duration;

use axum::extract::{Request, State};
use bytes::Bytes;
use domain::{Currency, Money, OrderId, Tenant, Timestamp, VendorId, payment::PaymentEvent};
use http::{HeaderMap, StatusCode};
use payments::{
    ConnectedAccount, Dispute,
    webhook::{self, Delivery, IntentEvent, Kind, WebhookError},
};
use platform::{Secret, secret::sha256_hex};
use store::{
    order::{Recorded, Report},
    webhook::{Why, keep},
};
use web::{ApiError, Result};

use crate::Deps;

const LAST_OF_THE_SECOND: Duration = Duration::from_millis(999);

/// What Stripe tells the platform.
pub(crate) async fn platform(State(deps): State<Deps>, request: Request) -> Result<StatusCode> {
    let (headers, body) = web::body::raw(request).await?;
    if let Some(delivery) = verified(&deps, &deps.secret, &headers, &body).await? {
        record(&deps, delivery, &body).await?;
    }
    Ok(StatusCode::OK)
}

/// What Stripe tells of connected accounts: how a vendor's stands. What else it tells is kept.
pub(crate) async fn connect(State(deps): State<Deps>, request: Request) -> Result<StatusCode> {
    let (headers, body) = web::body::raw(request).await?;
    if let Some(delivery) = verified(&deps, &deps.connect_secret, &headers, &body).await? {
        store::origin::acting("stripe");
        // Whenever it comes, so that a repeat is one.
        let at = Timestamp::from_secs(delivery.created) + LAST_OF_THE_SECOND;
        match delivery.kind {
            Kind::Account(account) => told_of(&deps, &delivery.event_id, account, at, &body).await?,
            Kind::Redundant => {}
            _ => keep(&deps.store, Why::Connect, &delivery.event_id, &body).await?,
        }
    }
    Ok(StatusCode::OK)
}

async fn told_of(
    deps: &Deps,
    event_id: &str,
    account: ConnectedAccount,
    at: Timestamp,
    body: &Bytes,
) -> Result<()> {
    let vendor = account.metadata.get("vendor_id").and_then(|id| id.parse::<VendorId>().ok());
    let Some(vendor) = vendor else {
        tracing::warn!(stripe.event_id = event_id, "an account of no vendor of ours");
        return Ok(keep(&deps.store, Why::Foreign, event_id, body).await?);
    };
    let payouts = ordering::payouts(account, at);
    match store::vendor::report_account(&deps.store, vendor, &payouts).await {
        Ok(news) => {
            tracing::info!(vendor.id = %vendor, news, status = ?payouts.status, "told of a vendor's account");
            Ok(())
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

/// Reads a delivery that Stripe has signed; `None` where it could not be read and was kept.
async fn verified(
    deps: &Deps,
    secret: &Secret<String>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Option<Delivery>> {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    match webhook::verify(body, signature, &[secret.reveal().as_str()], deps.store.now().secs()) {
        Ok(delivery) => Ok(Some(delivery)),
        Err(error @ WebhookError::Unparsable(_)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a webhook could not be read");
            keep(&deps.store, Why::Unparsable, &sha256_hex(&String::from_utf8_lossy(body)), body).await?;
            Ok(None)
        }
        Err(WebhookError::Missing | WebhookError::BadSignature(_)) => {
            Err(ApiError::malformed("invalid_signature", "The signature is missing, wrong or too old."))
        }
    }
}

async fn record(deps: &Deps, delivery: Delivery, body: &Bytes) -> Result<()> {
    store::origin::acting("stripe");
    let at = happened(deps, &delivery);
    let (intent, event) = match delivery.kind {
        Kind::IntentSucceeded(intent) => (intent, PaymentEvent::Captured),
        Kind::IntentFailed(intent) => (intent, PaymentEvent::Failed),
        Kind::IntentProcessing(intent) => (intent, PaymentEvent::Processing),
        Kind::IntentRequiresAction(intent) => (intent, PaymentEvent::ActionRequired),
        // We cancel intents ourselves, and release what the order holds then; what somebody cancelled at Stripe, the sweeper finds.
        Kind::IntentCanceled(_) | Kind::Redundant => return Ok(()),
        Kind::Dispute(dispute) => return told_of_dispute(deps, &delivery.event_id, &dispute, body).await,
        Kind::Account(_) | Kind::Unknown { .. } => {
            tracing::info!(
                stripe.event_id = delivery.event_id,
                "kept a webhook of a type that is not handled"
            );
            return Ok(keep(&deps.store, Why::UnknownType, &delivery.event_id, body).await?);
        }
    };
    let Some((channel, order_id)) = order_of(&intent) else {
        tracing::warn!(stripe.event_id = delivery.event_id, "a payment of no order of ours");
        return Ok(keep(&deps.store, Why::Foreign, &delivery.event_id, body).await?);
    };
    let Some(report) = report(&intent, event, at) else {
        tracing::error!(order.id = %order_id, "a payment in an unknown currency");
        return Ok(keep(&deps.store, Why::Foreign, &delivery.event_id, body).await?);
    };
    match store::order::record(&deps.store, &channel, order_id, &report).await {
        Ok(Recorded::Mismatch) => {
            tracing::error!(order.id = %order_id, alarm = "payment_mismatch", "a payment does not match its order");
            Ok(keep(&deps.store, Why::Mismatch, &delivery.event_id, body).await?)
        }
        // The order's own timeline tells it.
        Ok(Recorded::Done) => Ok(()),
        Ok(recorded) => {
            tracing::info!(order.id = %order_id, payment.event = ?event, recorded = ?recorded, "not the first news");
            Ok(())
        }
        Err(store::Error::NotFound) => {
            tracing::warn!(order.id = %order_id, "a payment of an order that is not here");
            Ok(keep(&deps.store, Why::Foreign, &delivery.event_id, body).await?)
        }
        // Stripe delivers again.
        Err(error) if error.is_transient() => Err(ApiError::unavailable()),
        Err(error) => Err(error.into()),
    }
}

/// A dispute names no order: which it is of, and how it stands by then, is found when it is looked at.
async fn told_of_dispute(deps: &Deps, event_id: &str, dispute: &Dispute, body: &Bytes) -> Result<()> {
    let Some(intent) = &dispute.intent else {
        tracing::warn!(stripe.event_id = event_id, "a dispute of no payment of ours");
        return Ok(keep(&deps.store, Why::Foreign, event_id, body).await?);
    };
    if !dispute.counts() {
        return Ok(());
    }
    let decided = ordering::verdict(dispute.status).is_some();
    match store::dispute::tell(&deps.store, &dispute.id, intent.as_str(), decided).await {
        // Stripe delivers again.
        Err(error) if error.is_transient() => Err(ApiError::unavailable()),
        other => Ok(other?),
    }
}

fn order_of(intent: &IntentEvent) -> Option<(Tenant, OrderId)> {
    let tenant = intent.metadata.get("tenant")?.parse().ok()?;
    let order = intent.metadata.get("order_id")?.parse().ok()?;
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
