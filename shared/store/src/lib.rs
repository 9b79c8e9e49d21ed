//! One module per entity: how it lies in the table, and the moves that it allows.
//!
//! **Invariant:** every key of a tenant's data is formed in `keys`, from a [`Tenant`](domain::Tenant).
//! **Invariant:** a writer that has seen an old version loses: it is told [`Error::VersionConflict`], reads again and decides again.

pub mod account;
pub mod cart;
pub mod category;
mod codec;
pub mod dispute;
pub mod due;
mod error;
pub mod idempotency;
pub mod import;
pub mod invitation;
mod keys;
pub mod ledger;
pub mod login;
pub mod mail;
pub mod media;
pub mod monthly;
pub mod order;
pub mod origin;
pub mod page;
pub mod pointer;
pub mod product;
pub mod reconciliation;
pub mod session;
pub mod settlement;
pub mod shipment;
pub mod staged;
pub mod stock;
#[cfg(test)]
mod testing;
pub mod vendor;
pub mod webhook;

pub use codec::Kind;
pub use error::Error;

use std::sync::Arc;

use domain::Timestamp;
use platform::{
    Source,
    aws::{self, Aws, Connecting, Service},
    clock::{Clock, SystemClock},
    config::Reader,
};
use table::{Patient, Table, Write, dynamodb::DynamoDb};

/// The store: the table, the time, and what never changes once read.
#[derive(Clone)]
pub struct Store {
    pub(crate) table: Arc<dyn Table>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pointers: Arc<pointer::Cache>,
    pub(crate) vendors: Arc<vendor::Cache>,
}

/// Where the table is, for a function that asks nothing else of AWS.
#[derive(Clone, Debug)]
pub struct Settings {
    aws: aws::Settings,
    table: String,
}

impl Settings {
    /// Reads `TABLE_NAME` and the way to AWS.
    pub fn read(env: &Reader<'_>) -> Self {
        Self { aws: aws::Settings::read(env), table: env.text("TABLE_NAME") }
    }
}

impl Store {
    pub fn new(table: Arc<dyn Table>, clock: Arc<dyn Clock>) -> Self {
        Self {
            table: Arc::new(origin::Signed(table)),
            clock,
            pointers: Arc::default(),
            vendors: Arc::default(),
        }
    }

    /// The store on DynamoDB.
    pub fn on_aws(aws: &Aws, table: &str) -> Self {
        let clock = Arc::new(SystemClock);
        let seconds = {
            let clock = clock.clone();
            Arc::new(move || clock.now().secs())
        };
        let client = aws_sdk_dynamodb::Client::new(aws.config());
        let engine = DynamoDb::new(client, table, seconds);
        Self::new(Arc::new(Patient::new(Arc::new(engine))), clock)
    }

    /// [`on_aws`](Self::on_aws), over a way to AWS of its own, whose connection is being opened.
    pub async fn open(settings: Settings) -> Result<(Self, Connecting), Source> {
        let (aws, connecting) = Aws::open(settings.aws, &[Service::DynamoDb]).await?;
        Ok((Self::on_aws(&aws, &settings.table), connecting))
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes writes in one transaction; a single one alone, which costs half.
    pub(crate) async fn write_all(&self, writes: Vec<Write>) -> Result<(), table::Error> {
        match <[Write; 1]>::try_from(writes) {
            Ok([alone]) => self.table.write(alone).await,
            Err(writes) => self.table.transact(writes, None).await,
        }
    }

    /// Writes where the write's condition holds; where it does not, there is nothing left to do.
    pub(crate) async fn write_where_it_holds(&self, write: Write) -> Result<(), Error> {
        match self.table.write(write).await {
            Err(error) if !error.is_condition_failed() => Err(error.into()),
            _ => Ok(()),
        }
    }
}
