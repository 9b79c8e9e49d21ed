use std::{fmt, sync::Arc};

use serde_json::{Map, Value};

/// The place of an item: partition key and sort key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub pk: String,
    pub sk: String,
}

impl Key {
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.pk, self.sk)
    }
}

/// What an item holds beside its key.
pub type Doc = Map<String, Value>;

/// An item: its key, and its document without the key's two attributes, which copies of the item share.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Item {
    pub key: Key,
    pub doc: Arc<Doc>,
}

impl Item {
    pub fn new(key: Key, doc: impl Into<Arc<Doc>>) -> Self {
        Self { key, doc: doc.into() }
    }

    /// The document, to be changed: this item's alone from then on.
    pub fn doc_mut(&mut self) -> &mut Doc {
        Arc::make_mut(&mut self.doc)
    }

    /// Reads an attribute as a string.
    pub fn str(&self, attribute: &str) -> Option<&str> {
        self.doc.get(attribute).and_then(Value::as_str)
    }

    /// Reads an attribute as an integer.
    pub fn int(&self, attribute: &str) -> Option<i64> {
        self.doc.get(attribute).and_then(Value::as_i64)
    }
}
