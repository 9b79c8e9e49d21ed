//! The table in memory: the engine of tests and of the simulation. It keeps DynamoDB's rules, limits and costs, and fails as a
//! [`Gate`] tells it to.
//!
//! Indexes are up to date at once, as they are not on DynamoDB; conflicts come from the gate alone, for calls follow each other.
//!
//! **Invariant:** what a call does depends on the calls before it, the clock given and the gate, on nothing else.

mod evaluate;
mod gate;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

pub use gate::{Call, Failure, Fault, Gate, Kind};
pub use state::Partition;

use crate::limits::{self, MAX_TRANSACTION, Refusal};
use crate::{
    Condition, Doc, Error, Failed, Item, Key, Meter, Page, Query, Record, Table, Update, Write, size,
};
use state::State;

/// For how many seconds a transaction's token is remembered.
const TOKEN_S: i64 = 600;

/// A table in memory.
pub struct Memory {
    now: Arc<dyn Fn() -> i64 + Send + Sync>,
    state: Mutex<State>,
    gate: Option<Arc<dyn Gate>>,
    meter: Meter,
    /// How many write units a partition takes in a second.
    bound: Option<u64>,
}

/// A call failed by the gate.
#[derive(Debug, thiserror::Error)]
#[error("a fault was injected")]
struct Injected;

/// What a write leaves behind, while none of its transaction is written yet.
enum Outcome {
    Item(Arc<Doc>),
    Nothing,
    Checked,
}

impl Memory {
    /// Makes an empty table; `now` answers epoch seconds.
    pub fn new(now: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        Self { now, state: Mutex::default(), gate: None, meter: Meter::default(), bound: None }
    }

    /// Puts a gate before each call.
    #[must_use]
    pub fn with_gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Lets each partition, of the table and of its indexes, take so many write units in a second, of DynamoDB a thousand. A write that finds one of its partitions
    /// at its bound is throttled, and has no effect.
    #[must_use]
    pub fn with_bound(mut self, units: u64) -> Self {
        self.bound = Some(units);
        self
    }

    /// The write units that each partition has borne, where that is bounded.
    pub fn borne(&self) -> Vec<(Partition, u64)> {
        self.lock().borne.iter().map(|(partition, borne)| (partition.clone(), borne.ever)).collect()
    }

    /// The meter of all calls. A call that the gate fails before its effect costs its round trip.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Answers the stream's records from a sequence number on; the first is 1.
    pub fn records_from(&self, sequence: u64) -> Vec<Record> {
        let skipped = usize::try_from(sequence.saturating_sub(1)).unwrap_or(usize::MAX);
        self.lock().records.iter().skip(skipped).cloned().collect()
    }

    /// Answers all that lies in the table, expired items too, in the order of keys.
    pub fn dump(&self) -> Vec<Item> {
        self.lock().rows.values().map(|row| Item::clone(&row.item)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass<T>(
        &self,
        kind: Kind,
        keys: Vec<Key>,
        call: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let fault = match &self.gate {
            Some(gate) => gate.enter(&Call { kind, keys }).await,
            None => Fault::None,
        };
        self.meter.round_trip();
        match fault {
            Fault::Before(Failure::Unavailable) => Err(Error::Unavailable(Box::new(Injected))),
            Fault::Before(Failure::Throttled) => Err(Error::Throttled),
            Fault::Before(Failure::Conflict) if kind.is_write() => Err(Error::Conflict),
            Fault::After => {
                // The effect stays, its outcome is what the caller must not learn.
                drop(call());
                Err(Error::Unavailable(Box::new(Injected)))
            }
            Fault::None | Fault::Before(Failure::Conflict) => call(),
        }
    }

    fn get_now(&self, state: &State, key: &Key) -> Option<Item> {
        self.meter.read(size::consistent_read(state.bytes(key)));
        state
            .item(key)
            .filter(|item| !evaluate::is_expired(&item.doc, (self.now)()))
            .map(|item| Item::clone(item))
    }

    fn write_now(&self, state: &mut State, write: &Write) -> Result<(), Error> {
        limits::check_write(write)?;
        // There is no check alone on DynamoDB: it is a transaction of one.
        let factor = if matches!(write, Write::Check { .. }) { 2 } else { 1 };
        self.apply(state, std::slice::from_ref(write), factor)
    }

    /// Writes all or none. `factor` is what a transaction costs over single writes.
    fn apply(&self, state: &mut State, writes: &[Write], factor: u64) -> Result<(), Error> {
        let now = (self.now)();
        let mut failed = Vec::new();
        let mut outcomes = Vec::new();
        for (action, write) in writes.iter().enumerate() {
            let old = state.item(write.key()).map(|item| &*item.doc);
            let holds = |condition: &Option<_>| {
                condition.as_ref().is_none_or(|condition| evaluate::holds(condition, old, now))
            };
            let (held, outcome) = match write {
                Write::Put { item, condition } => (holds(condition), Ok(Outcome::Item(item.doc.clone()))),
                Write::Update { update, condition, .. } => {
                    (holds(condition), evaluate::updated(update, old).map(|doc| Outcome::Item(Arc::new(doc))))
                }
                Write::Delete { condition, .. } => (holds(condition), Ok(Outcome::Nothing)),
                Write::Check { condition, .. } => {
                    (evaluate::holds(condition, old, now), Ok(Outcome::Checked))
                }
            };
            if !held {
                let item = state.item(write.key()).filter(|item| !evaluate::is_expired(&item.doc, now));
                failed.push(Failed { action, item: item.map(|item| Item::clone(item)) });
            }
            outcomes.push(outcome);
        }
        if !failed.is_empty() {
            for write in writes {
                let lost = factor * size::write_units(state.bytes(write.key()));
                self.bear(state, Partition::of_table(write.key()), lost);
            }
            return Err(Error::ConditionFailed(failed));
        }
        let outcomes = outcomes.into_iter().collect::<Result<Vec<_>, Refusal>>()?;
        if self.is_over(state, writes, &outcomes) {
            return Err(Error::Throttled);
        }
        let sizes = Self::check_outcomes(state, writes, &outcomes)?;
        for ((write, outcome), bytes) in writes.iter().zip(outcomes).zip(sizes) {
            self.store(state, write.key(), outcome, bytes, factor);
        }
        Ok(())
    }

    /// Answers what each item will weigh, or did where nothing is left of it.
    fn check_outcomes(state: &State, writes: &[Write], outcomes: &[Outcome]) -> Result<Vec<usize>, Refusal> {
        let weigh = |(write, outcome): (&Write, &Outcome)| match outcome {
            Outcome::Item(doc) => limits::check_document(write.key(), doc),
            Outcome::Nothing | Outcome::Checked => Ok(state.bytes(write.key())),
        };
        let sizes = writes.iter().zip(outcomes).map(weigh).collect::<Result<Vec<_>, _>>()?;
        if sizes.iter().sum::<usize>() > MAX_TRANSACTION {
            return Err(Refusal::TransactionSize);
        }
        Ok(sizes)
    }

    fn store(&self, state: &mut State, key: &Key, outcome: Outcome, bytes: usize, factor: u64) {
        let larger = state.bytes(key).max(bytes);
        let of_indexes = match outcome {
            Outcome::Item(doc) => state.replace(key, Some((doc, bytes)), (self.now)()),
            Outcome::Nothing => state.replace(key, None, (self.now)()),
            Outcome::Checked => Vec::new(),
        };
        self.bear(state, Partition::of_table(key), factor * size::write_units(larger));
        for (partition, units) in of_indexes {
            self.bear(state, partition, units);
        }
    }

    fn bear(&self, state: &mut State, partition: Partition, units: u64) {
        self.meter.write(units);
        if self.bound.is_some() {
            state.borne.entry(partition).or_default().bear((self.now)(), units);
        }
    }

    /// Whether a partition that is written to has borne all that it can in this second.
    fn is_over(&self, state: &State, writes: &[Write], outcomes: &[Outcome]) -> bool {
        let Some(bound) = self.bound else { return false };
        let now = (self.now)();
        writes.iter().zip(outcomes).any(|(write, outcome)| {
            let new = match outcome {
                Outcome::Item(doc) => Some(&**doc),
                Outcome::Nothing => None,
                Outcome::Checked => state.item(write.key()).map(|item| &*item.doc),
            };
            let mut partitions = state.partitions(write.key(), new);
            partitions.any(|one| state.borne.get(&one).is_some_and(|borne| borne.within(now) >= bound))
        })
    }

    fn transact_now(&self, writes: Vec<Write>, token: Option<&str>) -> Result<(), Error> {
        limits::check_transaction(&writes, token)?;
        let now = (self.now)();
        let mut state = self.lock();
        state.tokens.retain(|_, (until, _)| *until > now);
        if let Some((_, before)) = token.and_then(|token| state.tokens.get(token)) {
            if *before != writes {
                return Err(Refusal::TokenReused.into());
            }
            // A repeat is answered from what it wrote, at the price of reading it.
            let read = writes.iter().map(|write| 2 * size::consistent_read(state.bytes(write.key()))).sum();
            self.meter.read(read);
            return Ok(());
        }
        self.apply(&mut state, &writes, 2)?;
        if let Some(token) = token {
            state.tokens.insert(token.to_owned(), (now + TOKEN_S, writes));
        }
        Ok(())
    }
}

#[async_trait]
impl Table for Memory {
    async fn get(&self, key: &Key) -> Result<Option<Item>, Error> {
        self.pass(Kind::Get, vec![key.clone()], || {
            limits::check_key(key)?;
            Ok(self.get_now(&self.lock(), key))
        })
        .await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.pass(Kind::BatchGet, keys.to_vec(), || {
            limits::check_batch(keys)?;
            let state = self.lock();
            let mut distinct = std::collections::BTreeMap::new();
            for key in keys {
                distinct.entry(key).or_insert_with(|| self.get_now(&state, key));
            }
            Ok(keys.iter().map(|key| distinct.get(key).cloned().flatten()).collect())
        })
        .await
    }

    async fn query(&self, query: &Query) -> Result<Page, Error> {
        self.pass(Kind::Query, vec![Key::new(&query.pk, "")], || {
            limits::check_query(query)?;
            let mut read = self.lock().query(query)?;
            let cost = if query.index.is_some() { size::eventual_read } else { size::consistent_read };
            self.meter.read(cost(read.bytes));
            let now = (self.now)();
            read.items.retain(|item| !evaluate::is_expired(&item.doc, now));
            Ok(Page { items: read.items, next: read.next })
        })
        .await
    }

    async fn write(&self, write: Write) -> Result<(), Error> {
        self.pass(Kind::Write, vec![write.key().clone()], || self.write_now(&mut self.lock(), &write)).await
    }

    async fn update(&self, key: Key, update: Update, condition: Option<Condition>) -> Result<Item, Error> {
        self.pass(Kind::Write, vec![key.clone()], || {
            let mut state = self.lock();
            self.write_now(&mut state, &Write::Update { key: key.clone(), update, condition })?;
            Ok(state.item(&key).map_or_else(|| Item::new(key.clone(), Doc::new()), |item| Item::clone(item)))
        })
        .await
    }

    async fn transact(&self, writes: Vec<Write>, token: Option<&str>) -> Result<(), Error> {
        let keys = writes.iter().map(|write| write.key().clone()).collect();
        self.pass(Kind::Transact, keys, || self.transact_now(writes, token)).await
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("usage", &self.meter.usage()).finish_non_exhaustive()
    }
}
