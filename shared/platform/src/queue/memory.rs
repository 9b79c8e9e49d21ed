use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::{LIMITS, Queue};
use crate::{
    batches,
    error::Error,
    fault::{self, Fault, Gate, Open},
    guarded::Guarded,
};

/// A queue in this process: it keeps what was sent until it is taken.
pub struct MemoryQueue {
    sent: Guarded<Vec<String>>,
    gate: Arc<dyn Gate>,
}

impl MemoryQueue {
    pub fn new() -> Self {
        Self::behind(Arc::new(Open))
    }

    /// Makes a queue whose calls go through `gate`.
    pub fn behind(gate: Arc<dyn Gate>) -> Self {
        Self { sent: Guarded::default(), gate }
    }

    /// Takes the bodies that were sent since the last time, in order.
    pub fn take_sent(&self) -> Vec<String> {
        self.sent.with(std::mem::take)
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, bodies: Vec<String>) -> Result<Vec<usize>, Error> {
        batches::cut(bodies.iter().map(String::len), LIMITS)?;
        let lost = self.gate.enter("queue.send").await;
        if lost == Fault::Before {
            return Err(fault::injected());
        }
        let keep = |body| self.sent.with(|sent| sent.push(body));
        let failed = fault::pass_each(&*self.gate, "queue.send.entry", bodies, keep).await;
        if lost == Fault::After { Err(fault::injected()) } else { Ok(failed) }
    }
}

impl Default for MemoryQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryQueue").finish_non_exhaustive()
    }
}
