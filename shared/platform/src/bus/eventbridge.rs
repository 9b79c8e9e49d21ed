use async_trait::async_trait;
use aws_sdk_eventbridge::{Client, primitives::DateTime, types::PutEventsRequestEntry};
use aws_types::SdkConfig;

use super::{Bus, BusEvent, LIMITS};
use crate::{
    aws,
    batches::{self, Outcome},
    error::Error,
};

/// A bus of EventBridge.
#[derive(Clone, Debug)]
pub struct EventBridge {
    pub(super) client: Client,
    bus: String,
}

impl EventBridge {
    pub fn new(config: &SdkConfig, bus: impl Into<String>) -> Self {
        Self { client: Client::new(config), bus: bus.into() }
    }

    fn entry(&self, event: &BusEvent) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(&event.source)
            .detail_type(&event.detail_type)
            .time(DateTime::from_millis(event.time.ms()))
            .detail(&event.detail)
            .build()
    }

    /// Publishes one batch; answers the places in it that failed.
    async fn publish_batch(&self, events: &[BusEvent]) -> Result<Vec<usize>, Error> {
        let entries = events.iter().map(|event| self.entry(event)).collect();
        let answer = self.client.put_events().set_entries(Some(entries)).send().await.map_err(aws::error)?;
        if answer.failed_entry_count() == 0 {
            return Ok(Vec::new());
        }
        let mut failed = Vec::new();
        for (at, (entry, event)) in answer.entries().iter().zip(events).enumerate() {
            if let Some(code) = entry.error_code() {
                tracing::warn!(event.id, event.detail_type, error.code = code, "the bus refused an event");
                failed.push(at);
            }
        }
        Ok(failed)
    }
}

#[async_trait]
impl Bus for EventBridge {
    async fn publish(&self, events: &[BusEvent]) -> Result<Vec<usize>, Error> {
        let mut outcome = Outcome::default();
        for batch in batches::cut(events.iter().map(BusEvent::size), LIMITS)? {
            match self.publish_batch(events.get(batch.clone()).unwrap_or_default()).await {
                Ok(failed) => outcome.answered(&batch, failed),
                Err(reason) => outcome.failed(batch, reason),
            }
        }
        outcome.finish()
    }
}
