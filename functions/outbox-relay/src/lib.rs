//! The outbox: the table's stream becomes the bus's events.
//!
//! **Invariant:** nothing is acknowledged before the bus has taken it. What the bus does not take comes again from the stream, from the first
//! record on that failed; its events have the same ids then.

mod record;

use std::{sync::Arc, time::Duration};

use events::Envelope;
use platform::{
    Bus, BusEvent, Env,
    aws::{self, Aws, Connecting, Service},
    bus::EventBridge,
};
use serde::Serialize;

pub use record::{Seen, StreamEvent, StreamRecord, Unread};

/// How often an entry is offered to the bus before the stream has to bring it again.
const TRIES: u32 = 3;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub bus: Arc<dyn Bus>,
}

impl Deps {
    pub async fn from_env() -> Result<(Self, Connecting), lambda_runtime::Error> {
        let env = Env::process();
        let (aws, bus) = env.read(|env| (aws::Settings::read(env), env.text("BUS_NAME")))?;
        let (aws, connecting) = Aws::open(aws, &[Service::EventBridge]).await?;
        Ok((Self { bus: Arc::new(EventBridge::new(aws.config(), &bus)) }, connecting))
    }
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

/// Publishes what a batch of records tells, in its order.
pub async fn handle(deps: &Deps, batch: StreamEvent) -> Answer {
    relay(deps, batch.records.into_iter().map(StreamRecord::read)).await
}

/// Publishes what changes tell, in their order, up to the first that can't be read.
pub async fn relay(deps: &Deps, changes: impl IntoIterator<Item = Result<Seen, Unread>>) -> Answer {
    let mut entries: Vec<(String, BusEvent)> = Vec::new();
    let mut unreadable = None;
    for change in changes {
        match change.and_then(Seen::events) {
            Ok((sequence, told)) => {
                entries.extend(told.iter().filter_map(|event| Some((sequence.clone(), entry(event)?))));
            }
            Err(Unread { sequence, source }) => {
                tracing::error!(
                    stream.sequence = sequence,
                    error = source.as_ref() as &dyn std::error::Error,
                    "a record could not be read"
                );
                unreadable = Some(sequence);
                break;
            }
        }
    }
    let stuck = publish(deps, entries).await;
    let failures = stuck.or(unreadable).map(|sequence| Failed { sequence }).into_iter().collect();
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
