use std::borrow::Cow;

use serde_json::Value;

/// What an update does to top-level attributes, each named at most once.
#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub struct Update {
    pub(crate) changes: Vec<(Cow<'static, str>, Change)>,
}

#[derive(Clone, Debug, PartialEq, Hash)]
pub(crate) enum Change {
    Set(Value),
    SetIfAbsent(Value),
    Add(i64),
    Append(Vec<Value>),
    Remove,
}

impl Update {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    #[must_use]
    pub fn set(self, attribute: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.with(attribute, Change::Set(value.into()))
    }

    #[must_use]
    pub fn set_if_absent(self, attribute: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.with(attribute, Change::SetIfAbsent(value.into()))
    }

    /// Adds to a number; a missing attribute counts as zero.
    #[must_use]
    pub fn add(self, attribute: impl Into<Cow<'static, str>>, amount: i64) -> Self {
        self.with(attribute, Change::Add(amount))
    }

    /// Appends to a list; a missing attribute counts as the empty list.
    #[must_use]
    pub fn append(self, attribute: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Self {
        self.with(attribute, Change::Append(values))
    }

    #[must_use]
    pub fn remove(self, attribute: impl Into<Cow<'static, str>>) -> Self {
        self.with(attribute, Change::Remove)
    }

    fn with(mut self, attribute: impl Into<Cow<'static, str>>, change: Change) -> Self {
        self.changes.push((attribute.into(), change));
        self
    }
}
