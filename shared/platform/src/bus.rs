//! The bus on which what happened is told to whom it concerns.
//!
//! **Invariant:** an event counts as published only when the bus said so for that event; the answer to a call says nothing about its entries.

#[cfg(test)]
mod conformance;
mod eventbridge;
mod memory;

use async_trait::async_trait;
use domain::Timestamp;

pub use eventbridge::EventBridge;
pub use memory::MemoryBus;

use crate::{batches::Limits, error::Error};

/// What one `PutEvents` takes: ten entries and 256 KiB together (EventBridge user guide, quotas).
const LIMITS: Limits = Limits { entries: 10, bytes: 256 * 1024 };

/// An event on its way to the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusEvent {
    /// The event's id, as its detail has it: consumers drop repeats by it.
    pub id: String,
    /// Who tells it, `souk`.
    pub source: String,
    /// What happened, `order.confirmed`.
    pub detail_type: String,
    pub time: Timestamp,
    /// A JSON object.
    pub detail: String,
}

impl BusEvent {
    /// What the entry counts against the limit, in bytes: EventBridge reckons 14 for the time and the texts as they are.
    fn size(&self) -> usize {
        14 + self.source.len() + self.detail_type.len() + self.detail.len()
    }
}

/// Tells events to their consumers: each at least once, in no order.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes the events; answers the places of those that failed and have to be published again, in order.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none is known to have been accepted; [`Error::Rejected`] when one is larger than the bus takes.
    async fn publish(&self, events: &[BusEvent]) -> Result<Vec<usize>, Error>;
}
