//! Entities as items: an entity's own fields at the top of the document, beside its kind and its index keys.

use domain::{Tenant, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use table::{Item, Key};

use crate::{Error, keys};

/// What an item is, written into each as `entity`: the relay reads it, and so does whoever looks into the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Vendor,
    Product,
    Variant,
    Stripe,
    Category,
    Cart,
    Order,
    Ledger,
    Statement,
    StatementSum,
    Shipment,
    Settlement,
    Debt,
    Dispute,
    Media,
    Import,
    ImportChunk,
    ImportError,
    Upload,
    Staged,
    Staff,
    Admin,
    Customer,
    Unique,
    Pointer,
    Session,
    Invitation,
    Idempotency,
    Mail,
    Webhook,
    Reconciliation,
    Difference,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Product => "product",
            Self::Variant => "variant",
            Self::Stripe => "stripe",
            Self::Category => "category",
            Self::Cart => "cart",
            Self::Order => "order",
            Self::Ledger => "ledger",
            Self::Statement => "statement",
            Self::StatementSum => "statement_sum",
            Self::Shipment => "shipment",
            Self::Settlement => "settlement",
            Self::Debt => "debt",
            Self::Dispute => "dispute",
            Self::Media => "media",
            Self::Import => "import",
            Self::ImportChunk => "import_chunk",
            Self::ImportError => "import_error",
            Self::Upload => "upload",
            Self::Staged => "staged",
            Self::Staff => "staff",
            Self::Admin => "admin",
            Self::Customer => "customer",
            Self::Unique => "unique",
            Self::Pointer => "pointer",
            Self::Session => "session",
            Self::Invitation => "invitation",
            Self::Idempotency => "idempotency",
            Self::Mail => "mail",
            Self::Webhook => "webhook",
            Self::Reconciliation => "reconciliation",
            Self::Difference => "difference",
        }
    }
}

/// Makes the item of an entity.
pub(crate) fn item<T: Serialize>(key: Key, kind: Kind, entity: &T) -> Result<Item, Error> {
    let mut doc = document(entity)?;
    doc.insert("entity".to_owned(), kind.as_str().into());
    Ok(Item::new(key, doc))
}

/// An entity's fields.
pub(crate) fn document<T: Serialize>(entity: &T) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(entity).map_err(Error::Corrupt)? {
        Value::Object(doc) => Ok(doc),
        _ => Err(Error::Corrupt(serde::ser::Error::custom("an entity is an object"))),
    }
}

/// Reads the entity of an item.
pub(crate) fn read<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    T::deserialize(&*item.doc).map_err(Error::Corrupt)
}

/// A value as the table has it.
pub(crate) fn value<T: Serialize>(value: &T) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(Error::Corrupt)
}

/// What is added to an item's document beside the entity's own fields.
pub(crate) trait Indexed: Sized {
    #[must_use]
    fn with(self, attribute: &str, value: impl Into<Value>) -> Self;

    /// Puts the item where a tenant looks through all of its kind.
    #[must_use]
    fn with_month(self, tenant: &Tenant, kind: &str, made: Timestamp, id: &str) -> Self {
        let shard = keys::shard_of(id, keys::monthly_shards(tenant));
        self.with("L2PK", keys::monthly(tenant, kind, &made.month(), shard)).with("L2SK", id)
    }

    /// Puts the item where the sweeper looks for it, while it has a due time of its own (`DUESK`).
    #[must_use]
    fn with_due_shard(self, id: &str, due: Option<Timestamp>) -> Self {
        match due {
            Some(_) => self.with("DUEPK", keys::due(keys::shard_of(id, keys::DUE_SHARDS))),
            None => self,
        }
    }
}

impl Indexed for Item {
    fn with(mut self, attribute: &str, value: impl Into<Value>) -> Self {
        self.doc_mut().insert(attribute.to_owned(), value.into());
        self
    }
}
