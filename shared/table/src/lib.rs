//! The single table as a port: keys, conditions, updates, transactions, paged queries and the stream,
//! with two engines behind it: DynamoDB and memory. One conformance suite runs on both.
//!
//! An item is a key and a JSON document. Numbers are integers (minor units, counters, versions, epoch seconds):
//! the table has no floats, which both engines refuse.
//!
//! **Invariant:** an item whose `ttl` (epoch seconds) has passed is absent: reads leave it out, and
//! [`Condition::Absent`] holds for it. The database's own deletion is garbage collection and nothing else. Three things see what
//! lies there: the other conditions, updates (which change it rather than make it anew), and queries of an index, because
//! none projects `ttl`: who lists expiring items reads them by their keys.

mod condition;
pub mod conformance;
pub mod dynamodb;
mod error;
mod key;
mod limits;
pub mod memory;
mod meter;
mod patient;
mod query;
pub mod schema;
mod size;
mod stream;
mod update;
mod write;

pub use condition::Condition;
pub use error::{Error, Failed};
pub use key::{Doc, Item, Key};
pub use meter::{Meter, Usage};
pub use patient::Patient;
pub use query::{Cursor, Page, Query, Range};
pub use stream::Record;
pub use update::Update;
pub use write::Write;

use async_trait::async_trait;

/// The most actions that one transaction may hold (DynamoDB's limit).
pub const MAX_ACTIONS: usize = 100;

/// The most keys that one [`Table::batch_get`] may name (DynamoDB's limit).
pub const MAX_BATCH: usize = 100;

/// One table of items, each under a partition key and a sort key.
#[async_trait]
pub trait Table: Send + Sync {
    /// Reads one item, strongly consistent. One round trip.
    async fn get(&self, key: &Key) -> Result<Option<Item>, Error>;

    /// Reads up to [`MAX_BATCH`] items, strongly consistent, answered in the order of `keys`. One round trip, more where
    /// the engine leaves keys unprocessed. Repeated keys are read once and answered at each place.
    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Error>;

    /// Reads one page of a partition of the table or of an index. Pages of the table are strongly consistent, those of an index are not.
    /// A page may hold fewer items than its limit, even none, and yet have a next one: expired items and a megabyte end it too.
    async fn query(&self, query: &Query) -> Result<Page, Error>;

    /// Writes one item under its condition.
    ///
    /// # Errors
    /// [`Error::ConditionFailed`] with the item that was there; the others as [`Error`] has them.
    async fn write(&self, write: Write) -> Result<(), Error>;

    /// [`write`](Self::write) of an update, for who wants to see the item as it left it: its bytes come over the wire.
    async fn update(&self, key: Key, update: Update, condition: Option<Condition>) -> Result<Item, Error>;

    /// Writes up to [`MAX_ACTIONS`] items, all or none, each under its condition and each item at most once.
    ///
    /// `token` (up to 36 characters) makes the call idempotent for ten minutes: a repeat with equal writes changes nothing and succeeds.
    /// Other writes under a used token are a fault of the caller: memory refuses them, DynamoDB takes them for another transaction.
    ///
    /// # Errors
    /// [`Error::ConditionFailed`] names each action that failed with the item that was there.
    async fn transact(&self, writes: Vec<Write>, token: Option<&str>) -> Result<(), Error>;
}
