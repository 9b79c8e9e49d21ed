//! What stands before the ports.

use std::sync::Mutex;

use async_trait::async_trait;
use platform::Fault;
use table::memory;

/// Counts the calls of all ports, lets one of them go wrong, and lets others go first before each.
#[derive(Default)]
pub(super) struct Gate(Mutex<Plan>);

#[derive(Default)]
struct Plan {
    calls: usize,
    at: Option<usize>,
    after: bool,
}

impl Gate {
    /// The call that goes wrong, counted from now; before its effect or after it.
    pub(super) fn plan(&self, at: Option<usize>, after: bool) {
        *self.0.lock().unwrap() = Plan { calls: 0, at, after };
    }

    pub(super) fn calls(&self) -> usize {
        self.0.lock().unwrap().calls
    }

    /// Whether this call goes wrong, and whether after its effect.
    async fn next(&self) -> Option<bool> {
        tokio::task::yield_now().await;
        let mut plan = self.0.lock().unwrap();
        plan.calls += 1;
        (plan.at == Some(plan.calls)).then_some(plan.after)
    }
}

#[async_trait]
impl platform::Gate for Gate {
    async fn enter(&self, _: &str) -> Fault {
        match self.next().await {
            None => Fault::None,
            Some(false) => Fault::Before,
            Some(true) => Fault::After,
        }
    }
}

#[async_trait]
impl memory::Gate for Gate {
    async fn enter(&self, _: &memory::Call) -> memory::Fault {
        match self.next().await {
            None => memory::Fault::None,
            Some(false) => memory::Fault::Before(memory::Failure::Unavailable),
            Some(true) => memory::Fault::After,
        }
    }
}
