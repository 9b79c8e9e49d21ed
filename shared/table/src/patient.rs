use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::{Condition, Error, Item, Key, Page, Query, Table, Update, Write};

const MAX_TRIES: u32 = 10;
const FIRST_MS: u64 = 25;
const LONGEST_MS: u64 = 500;

/// A table that repeats what is safe to repeat: conflicts and throttling, which wrote nothing, and reads without an answer.
///
/// At most ten tries, with pauses that double from 25 to 500 ms: about three seconds. A write without an answer may have
/// happened, so that its caller decides.
#[derive(Clone)]
pub struct Patient {
    table: Arc<dyn Table>,
}

impl Patient {
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self { table }
    }
}

/// Where the repeats of a call stand.
struct Pauses {
    tries: u32,
    seed: u64,
}

impl Pauses {
    fn of<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Self {
        let bytes = keys.into_iter().flat_map(|key| key.pk.bytes().chain(key.sk.bytes()));
        Self { tries: 0, seed: bytes.fold(0xcbf2_9ce4_8422_2325, mix) }
    }

    /// Waits and answers true where the call is to be made again.
    async fn again<T>(&mut self, outcome: &Result<T, Error>, is_read: bool) -> bool {
        let passing = match outcome {
            Err(Error::Conflict | Error::Throttled) => true,
            Err(Error::Unavailable(_)) => is_read,
            _ => false,
        };
        self.tries += 1;
        if !passing || self.tries >= MAX_TRIES {
            return false;
        }
        tokio::time::sleep(self.pause()).await;
        true
    }

    /// Between half and all of the doubled time: those who collided part, and one seed still gives one run.
    fn pause(&self) -> Duration {
        let whole = (FIRST_MS << (self.tries - 1).min(10)).min(LONGEST_MS);
        let jitter = mix(mix(self.seed, 0x5c), self.tries.to_le_bytes()[0]) >> 16;
        Duration::from_millis(whole / 2 + jitter % (whole / 2 + 1))
    }
}

/// One step of FNV-1a.
fn mix(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

#[async_trait]
impl Table for Patient {
    async fn get(&self, key: &Key) -> Result<Option<Item>, Error> {
        let mut pauses = Pauses::of([key]);
        loop {
            let outcome = self.table.get(key).await;
            if !pauses.again(&outcome, true).await {
                return outcome;
            }
        }
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Error> {
        let mut pauses = Pauses::of(keys);
        loop {
            let outcome = self.table.batch_get(keys).await;
            if !pauses.again(&outcome, true).await {
                return outcome;
            }
        }
    }

    async fn query(&self, query: &Query) -> Result<Page, Error> {
        let mut pauses = Pauses::of([&Key::new(&query.pk, "")]);
        loop {
            let outcome = self.table.query(query).await;
            if !pauses.again(&outcome, true).await {
                return outcome;
            }
        }
    }

    async fn write(&self, write: Write) -> Result<(), Error> {
        let mut pauses = Pauses::of([write.key()]);
        loop {
            let outcome = self.table.write(write.clone()).await;
            if !pauses.again(&outcome, false).await {
                return outcome;
            }
        }
    }

    async fn update(&self, key: Key, update: Update, condition: Option<Condition>) -> Result<Item, Error> {
        let mut pauses = Pauses::of([&key]);
        loop {
            let outcome = self.table.update(key.clone(), update.clone(), condition.clone()).await;
            if !pauses.again(&outcome, false).await {
                return outcome;
            }
        }
    }

    async fn transact(&self, writes: Vec<Write>, token: Option<&str>) -> Result<(), Error> {
        let mut pauses = Pauses::of(writes.iter().map(Write::key));
        loop {
            let outcome = self.table.transact(writes.clone(), token).await;
            if !pauses.again(&outcome, false).await {
                return outcome;
            }
        }
    }
}
