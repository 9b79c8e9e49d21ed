use crate::{Item, Key, schema::Index};

/// A page of one partition, in the order of the sort key.
#[derive(Clone, Debug)]
pub struct Query {
    pub index: Option<&'static Index>,
    pub pk: String,
    pub range: Range,
    pub descending: bool,
    /// At most this many items, 1 to 1,000.
    pub limit: u32,
    /// Where the page before ended, as it was answered.
    pub after: Option<Cursor>,
}

/// Which sort keys a query reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    All,
    Prefix(String),
    /// Both ends included.
    Between(String, String),
    /// This one included.
    UpTo(String),
    /// This one included.
    From(String),
}

/// The last item of a page: its own key, and its key in the index where one was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub key: Key,
    pub index_key: Option<Key>,
}

/// What a query found. An index answers what it projects: the item's key, the index's key and the included attributes.
#[derive(Clone, Debug)]
pub struct Page {
    pub items: Vec<Item>,
    /// Where to read on; nothing when the partition is read to its end. A page that ended by its limit may say that there is more
    /// where there is nothing.
    pub next: Option<Cursor>,
}

impl Query {
    /// A partition of the table itself.
    pub fn partition(pk: impl Into<String>) -> Self {
        Self { index: None, pk: pk.into(), range: Range::All, descending: false, limit: 100, after: None }
    }

    /// A partition of an index.
    pub fn index(index: &'static Index, pk: impl Into<String>) -> Self {
        Self { index: Some(index), ..Self::partition(pk) }
    }

    #[must_use]
    pub fn range(mut self, range: Range) -> Self {
        self.range = range;
        self
    }

    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }
}
