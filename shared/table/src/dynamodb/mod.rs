//! The table on DynamoDB.
//!
//! **Invariant:** no repeat of a request changes the table twice. Reads and transactions are repeated by the SDK, for a
//! transaction always has a token; a single write has none, so that the SDK sends it once and what it says about its
//! condition is about the caller's write and not about a repeat of it.

mod attributes;
mod create;
mod expression;
mod failure;
mod read;
mod write;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use serde_json::Value;

pub use attributes::{Image, from_attributes, from_wire, to_attributes, to_wire};
pub use create::create_table;

use crate::schema::TTL;
use crate::{Condition, Doc, Error, Failed, Item, Key, Meter, Page, Query, Table, Update, Write, limits};

/// A table of DynamoDB.
#[derive(Clone)]
pub struct DynamoDb {
    client: Client,
    /// Without the client's retries: a single write whose answer was lost may have happened, and its caller decides.
    once: Client,
    name: String,
    now: Arc<dyn Fn() -> i64 + Send + Sync>,
    meter: Meter,
}

impl DynamoDb {
    /// Takes a client with its endpoint, credentials, timeouts and retries; `now` answers epoch seconds.
    pub fn new(client: Client, name: impl Into<String>, now: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        let once = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        Self { client, once: Client::from_conf(once), name: name.into(), now, meter: Meter::default() }
    }

    /// The meter of all calls; see [`Meter`] for what it can't know here.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    fn is_expired(&self, doc: &Doc) -> bool {
        doc.get(TTL).and_then(Value::as_i64).is_some_and(|ttl| ttl < (self.now)())
    }

    /// Leaves out the expired items among those that failed conditions met.
    fn without_expired(&self, error: Error) -> Error {
        let Error::ConditionFailed(mut failed) = error else { return error };
        for Failed { item, .. } in &mut failed {
            item.take_if(|item| self.is_expired(&item.doc));
        }
        Error::ConditionFailed(failed)
    }
}

#[async_trait]
impl Table for DynamoDb {
    async fn get(&self, key: &Key) -> Result<Option<Item>, Error> {
        limits::check_key(key)?;
        self.get_item(key).await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Error> {
        limits::check_batch(keys)?;
        self.get_items(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, Error> {
        limits::check_query(query)?;
        self.read_page(query).await
    }

    async fn write(&self, write: Write) -> Result<(), Error> {
        limits::check_write(&write)?;
        self.write_item(write).await.map_err(|error| self.without_expired(error))
    }

    async fn update(&self, key: Key, update: Update, condition: Option<Condition>) -> Result<Item, Error> {
        limits::check_update_of(&key, &update, condition.as_ref())?;
        self.update_item(key, update, condition).await.map_err(|error| self.without_expired(error))
    }

    async fn transact(&self, writes: Vec<Write>, token: Option<&str>) -> Result<(), Error> {
        limits::check_transaction(&writes, token)?;
        self.write_items(writes, token).await.map_err(|error| self.without_expired(error))
    }
}

impl fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoDb").field("name", &self.name).finish_non_exhaustive()
    }
}
