use std::time::Duration;

use events::{Envelope, EventType, mail_key};
use platform::batch::Failure;
use serde::Deserialize;
use store::mail::{self, Claim};

use crate::{Deps, letter::Letter, letters};

/// Somebody else is sending the mail of this event.
#[derive(Debug, thiserror::Error)]
#[error("the mail is being sent")]
struct InFlight;

/// An entry of the bus as the queue brings it.
#[derive(Deserialize)]
struct Delivered<T> {
    detail: T,
}

/// What can be told of any event, also of one that is not known here.
#[derive(Deserialize)]
struct Kind {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

/// Sends the mail that an event asks for; `body` is the bus's entry as JSON. An event that asks for none is acknowledged.
pub async fn handle(deps: &Deps, body: &str) -> Result<(), Failure> {
    let Delivered { detail: Kind { id, kind } } = serde_json::from_str(body).map_err(Failure::retry)?;
    if !letters::ASKED_FOR.iter().any(|known| known.as_str() == kind) {
        tracing::info!(event.id = id, event.type = kind, "asks for no mail");
        return Ok(());
    }
    let Delivered::<Envelope> { detail: event } = serde_json::from_str(body).map_err(Failure::retry)?;
    let key = mail_key(&event);
    match mail::claim(&deps.store, &key).await.map_err(of_store)? {
        Claim::Ours => {}
        Claim::Sent => {
            tracing::info!(event.id = event.id, event.type = kind, "was mailed before");
            return Ok(());
        }
        Claim::InFlight => return Err(Failure::retry(InFlight)),
    }
    match tell(deps, &event, &key).await {
        // There is enough of it again; should it run low once more, that is told under the same key.
        Ok(false) if event.kind == EventType::StockLow => {
            mail::forget(&deps.store, &key).await.map_err(of_store)?;
        }
        Ok(_) => note_sent(deps, &key).await,
        Err(failure) => {
            // Otherwise the claim ends by itself.
            if let Err(error) = mail::release(&deps.store, &key).await {
                tracing::warn!(mail.key = key, error = &error as &dyn std::error::Error, "still claimed");
            }
            return Err(failure);
        }
    }
    Ok(())
}

/// The mail has gone: to have the event again would be worse than to forget that, but it is not forgotten for one call that failed.
async fn note_sent(deps: &Deps, key: &str) {
    for pause in [Duration::from_millis(100), Duration::from_millis(400), Duration::ZERO] {
        match mail::sent(&deps.store, key).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(mail.key = key, error = &error as &dyn std::error::Error, "not marked as sent")
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// Sends the mail; false where there is nothing to tell any more.
async fn tell(deps: &Deps, event: &Envelope, key: &str) -> Result<bool, Failure> {
    let Some(letter) = write(deps, event).await? else {
        tracing::info!(event.id = event.id, event.type = event.kind.as_str(), "nothing to tell any more");
        return Ok(false);
    };
    let kind = letter.kind.name();
    let mail = letter.render(key).map_err(Failure::retry)?;
    deps.mailer.send(&mail).await.map_err(|error| match error.is_retryable() {
        true => Failure::retry(error),
        false => Failure::permanent(error),
    })?;
    tracing::info!(event.id = event.id, event.type = event.kind.as_str(), mail.kind = kind, "mailed");
    Ok(true)
}

async fn write(deps: &Deps, event: &Envelope) -> Result<Option<Letter>, Failure> {
    match event.kind {
        EventType::VendorCreated => letters::vendor_welcome::write(deps, &data(event)?).await,
        EventType::AdminInvited => letters::admin_invited::write(deps, &data(event)?).await,
        EventType::CustomerRegistered => letters::customer_welcome::write(deps, &data(event)?).await,
        EventType::OrderConfirmed => letters::order::confirmed(deps, &data(event)?).await,
        EventType::OrderCancelled => letters::order::cancelled(deps, &data(event)?).await,
        EventType::PaymentRefunded => letters::order::refunded(deps, &data(event)?).await,
        EventType::PaymentDisputed | EventType::PaymentDisputeWon | EventType::PaymentDisputeLost => {
            letters::payment_disputed::write(deps, event.kind, &data(event)?).await
        }
        EventType::StockLow => letters::stock_low::write(deps, &data(event)?).await,
        EventType::ImportCompleted => letters::import_completed::write(deps, &data(event)?).await,
        _ => Ok(None),
    }
}

fn data<T: serde::de::DeserializeOwned>(event: &Envelope) -> Result<T, Failure> {
    event.data().map_err(Failure::retry)
}

/// What is not there was never made, or was taken away since: that does not change by waiting. All else may, or can be mended.
pub(crate) fn of_store(error: store::Error) -> Failure {
    match error {
        store::Error::NotFound => Failure::permanent(error),
        other => Failure::retry(other),
    }
}
