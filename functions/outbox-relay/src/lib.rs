//! The outbox: the table's stream becomes the bus's events.
//!
//! **Invariant:** nothing is acknowledged before the bus has taken it. What the bus does not take comes again from the stream, from the first
//! record on that failed, for as long as the stream's mapping has it; its events have the same ids then. A record that can't be read would never be
//! taken, and hold up all that lie behind it meanwhile: it is laid aside first, and acknowledged then.

mod aside;
mod record;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use events::Envelope;
use platform::{
    Bus, BusEvent, Env,
    aws::{self, Aws, Connecting, Service},
    bus::EventBridge,
};
use serde::Serialize;

use aside::Batch;
use record::{StreamEvent, StreamRecord};

pub use aside::Aside;
pub use record::{Seen, Unread};

/// How often an entry is offered to the bus before the stream has to bring it again.
const TRIES: u32 = 3;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub bus: Arc<dyn Bus>,
}

/// Reads the configuration and begins to open the connection to the bus; the bucket is gone to so seldom that it has to wait for its own.
pub async fn from_env() -> Result<(Deps, Aside, Connecting), lambda_runtime::Error> {
    let (aws, bus, bucket) = Env::process()
        .read(|env| (aws::Settings::read(env), env.text("BUS_NAME"), env.text("WORK_BUCKET")))?;
    let (aws, connecting) = Aws::open(aws, &[Service::EventBridge]).await?;
    let deps = Deps { bus: Arc::new(EventBridge::new(aws.config(), &bus)) };
    Ok((deps, Aside::in_bucket(aws, bucket), connecting))
}

/// What the stream is told: where it has to start again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    #[serde(rename = "batchItemFailures")]
    pub failures: Vec<Failed>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    #[serde(rename = "itemIdentifier")]
    pub sequence: String,
}

/// Publishes what a batch of records tells, in its order; what can't be read of it is laid aside.
///
/// # Errors
/// The payload is no batch of a stream.
pub async fn handle(deps: &Deps, aside: &Aside, payload: &str) -> Result<Answer, serde_json::Error> {
    let StreamEvent { records, brought_back } = serde_json::from_str(payload)?;
    let batch = (!brought_back).then_some(Batch { aside, payload });
    Ok(relay_or_lay_aside(deps, batch, records.into_iter().map(StreamRecord::read)).await)
}

/// Publishes what changes tell, in their order, up to the first that can't be read.
pub async fn relay(deps: &Deps, changes: impl IntoIterator<Item = Result<Seen, Unread>>) -> Answer {
    relay_or_lay_aside(deps, None, changes).await
}

async fn relay_or_lay_aside(
    deps: &Deps,
    batch: Option<Batch<'_>>,
    changes: impl IntoIterator<Item = Result<Seen, Unread>>,
) -> Answer {
    let mut entries: Vec<(String, BusEvent)> = Vec::new();
    // Each with its place in the batch, and with how many entries come before it.
    let mut unread: Vec<(usize, usize, Unread)> = Vec::new();
    for (at, change) in changes.into_iter().enumerate() {
        match change.and_then(Seen::events) {
            Ok((sequence, told)) => {
                entries.extend(told.iter().filter_map(|event| Some((sequence.clone(), entry(event)?))));
            }
            Err(failed) => unread.push((at, entries.len(), failed)),
        }
    }
    let mut stuck = None;
    for (at, before, Unread { sequence, source }) in unread {
        tracing::error!(
            stream.sequence = sequence,
            error = source.as_ref() as &dyn std::error::Error,
            alarm = "record_unreadable",
            "a record could not be read"
        );
        let laid_aside = match &batch {
            Some(batch) => batch.lay_aside(at, &sequence).await,
            None => false,
        };
        if !laid_aside {
            entries.truncate(before);
            stuck = Some(sequence);
            break;
        }
    }
    let refused = publish(deps, entries).await;
    let failures = refused.or(stuck).map(|sequence| Failed { sequence }).into_iter().collect();
    Answer { failures }
}

/// Publishes entries; answers the sequence number of the first that the bus would not take.
async fn publish(deps: &Deps, mut entries: Vec<(String, BusEvent)>) -> Option<String> {
    let mut published = 0;
    for attempt in 0..TRIES {
        if entries.is_empty() {
            break;
        }
        if attempt > 0 {
            tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
        }
        let batch: Vec<BusEvent> = entries.iter().map(|(_, event)| event.clone()).collect();
        match deps.bus.publish(&batch).await {
            Ok(refused) => {
                published += entries.len() - refused.len();
                let mut at = 0;
                entries.retain(|_| {
                    at += 1;
                    refused.contains(&(at - 1))
                });
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the bus did not answer");
            }
        }
    }
    tracing::info!(events.published = published, events.refused = entries.len(), "relayed");
    entries.into_iter().next().map(|(sequence, _)| sequence)
}

fn entry(event: &Envelope) -> Option<BusEvent> {
    Some(BusEvent {
        id: event.id.clone(),
        source: event.kind.source(),
        detail_type: event.kind.as_str().to_owned(),
        time: event.occurred_at,
        detail: serde_json::to_string(event).ok()?,
    })
}
