//! Faults of the in-process engines: a gate before each call, where the simulation interleaves, delays and fails.

use async_trait::async_trait;

use crate::error::Error;

/// What befalls a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// The call fails and has no effect.
    Before,
    /// The call takes effect and its answer is lost.
    After,
}

/// Stands before each call of an in-process engine and decides what befalls it.
#[async_trait]
pub trait Gate: Send + Sync {
    /// `call` is port and verb, `queue.send`; an entry of a batch enters once more, as `queue.send.entry`.
    async fn enter(&self, call: &str) -> Fault;
}

/// A gate that lets everything through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

#[async_trait]
impl Gate for Open {
    async fn enter(&self, _call: &str) -> Fault {
        Fault::None
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a fault was injected")]
struct Injected;

pub(crate) fn injected() -> Error {
    Error::unavailable(Injected)
}

/// Runs `act` behind the gate: whole, not at all, or with its answer lost.
pub(crate) async fn pass<T>(
    gate: &dyn Gate,
    call: &str,
    act: impl FnOnce() -> Result<T, Error> + Send,
) -> Result<T, Error> {
    match gate.enter(call).await {
        Fault::None => act(),
        Fault::Before => Err(injected()),
        Fault::After => {
            // The answer is lost, whatever it was.
            drop(act());
            Err(injected())
        }
    }
}

/// Runs `act` for each entry of a batch behind the gate; answers the places of the entries that failed.
pub(crate) async fn pass_each<T>(
    gate: &dyn Gate,
    call: &str,
    entries: impl IntoIterator<Item = T, IntoIter: Send>,
    act: impl Fn(T) + Send + Sync,
) -> Vec<usize>
where
    T: Send,
{
    let mut failed = Vec::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let fault = gate.enter(call).await;
        if fault != Fault::Before {
            act(entry);
        }
        if fault != Fault::None {
            failed.push(at);
        }
    }
    failed
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        bus::{Bus, BusEvent, MemoryBus},
        guarded::Guarded,
        mail::{Mail, Mailer, MemoryMailer},
        queue::{MemoryQueue, Queue},
    };

    /// Gives out its faults, the first one first, and notes where.
    #[derive(Default)]
    struct Script {
        faults: Guarded<Vec<Fault>>,
        calls: Guarded<Vec<String>>,
    }

    #[async_trait]
    impl Gate for Script {
        async fn enter(&self, call: &str) -> Fault {
            self.calls.with(|calls| calls.push(call.to_owned()));
            self.faults.with(|faults| if faults.is_empty() { Fault::None } else { faults.remove(0) })
        }
    }

    fn script<const N: usize>(faults: [Fault; N]) -> Arc<Script> {
        Arc::new(Script { faults: Guarded::new(faults.into()), ..Script::default() })
    }

    fn bodies() -> Vec<String> {
        ["a", "b", "c"].map(str::to_owned).into()
    }

    #[tokio::test]
    async fn a_call_that_fails_before_has_no_effect_and_one_that_fails_after_has() {
        for (fault, effect) in [(Fault::Before, vec![]), (Fault::After, bodies())] {
            let queue = MemoryQueue::behind(script([fault]));
            assert!(queue.send(bodies()).await.unwrap_err().is_retryable());
            assert_eq!(queue.take_sent(), effect, "{fault:?}");
        }
    }

    #[tokio::test]
    async fn entries_of_a_batch_fail_one_by_one() {
        let gate = script([Fault::None, Fault::Before, Fault::After, Fault::None]);
        let queue = MemoryQueue::behind(gate.clone());
        assert_eq!(queue.send(bodies()).await.unwrap(), [0, 1]);
        assert_eq!(queue.take_sent(), ["b", "c"]);
        assert_eq!(
            gate.calls.with(std::mem::take),
            ["queue.send", "queue.send.entry", "queue.send.entry", "queue.send.entry"]
        );
    }

    #[tokio::test]
    async fn each_engine_stands_behind_its_gate() {
        let mail = Mail {
            to: "ada@example.org".parse().unwrap(),
            subject: String::new(),
            text: String::new(),
            html: None,
            kind: "test",
            reference: String::new(),
        };
        let mailer = MemoryMailer::behind(script([Fault::After]));
        assert!(mailer.send(&mail).await.is_err());
        assert_eq!(mailer.sent(), [mail]);

        let event = BusEvent {
            id: "1".to_owned(),
            source: "souk".to_owned(),
            detail_type: "t".to_owned(),
            time: domain::Timestamp::default(),
            detail: "{}".to_owned(),
        };
        let bus = MemoryBus::behind(script([Fault::None, Fault::Before]));
        assert_eq!(bus.publish(&[event]).await.unwrap(), [0]);
        assert_eq!(bus.take_published(), []);
    }
}
