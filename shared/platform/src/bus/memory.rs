use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::{Bus, BusEvent, LIMITS};
use crate::{
    batches,
    error::Error,
    fault::{self, Fault, Gate, Open},
    guarded::Guarded,
};

/// A bus in this process: it keeps what was published until it is taken.
pub struct MemoryBus {
    published: Guarded<Vec<BusEvent>>,
    gate: Arc<dyn Gate>,
}

impl MemoryBus {
    pub fn new() -> Self {
        Self::behind(Arc::new(Open))
    }

    /// Makes a bus whose calls go through `gate`.
    pub fn behind(gate: Arc<dyn Gate>) -> Self {
        Self { published: Guarded::default(), gate }
    }

    /// Takes what was published since the last time, in order.
    pub fn take_published(&self) -> Vec<BusEvent> {
        self.published.with(std::mem::take)
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, events: &[BusEvent]) -> Result<Vec<usize>, Error> {
        batches::cut(events.iter().map(BusEvent::size), LIMITS)?;
        let lost = self.gate.enter("bus.publish").await;
        if lost == Fault::Before {
            return Err(fault::injected());
        }
        let keep = |event: &BusEvent| self.published.with(|published| published.push(event.clone()));
        let failed = fault::pass_each(&*self.gate, "bus.publish.entry", events, keep).await;
        if lost == Fault::After { Err(fault::injected()) } else { Ok(failed) }
    }
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBus").finish_non_exhaustive()
    }
}
