//! A queue of work, each message done at least once, in no order.

#[cfg(test)]
mod conformance;
mod memory;
mod sqs;

use async_trait::async_trait;

pub use memory::MemoryQueue;
pub use sqs::Sqs;

use crate::{batches::Limits, error::Error};

/// What one `SendMessageBatch` takes: ten messages and 1 MiB together (SQS API reference).
const LIMITS: Limits = Limits { entries: 10, bytes: 1024 * 1024 };

/// Takes messages for a worker; one instance per queue.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends the bodies; answers the places of those that failed and have to be sent again, in order.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none is known to have been accepted; [`Error::Rejected`] when one is larger than 1 MiB.
    async fn send(&self, bodies: Vec<String>) -> Result<Vec<usize>, Error>;
}
