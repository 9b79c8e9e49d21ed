use crate::{Condition, Item, Key, Update};

/// One write, or one action of a transaction.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Write {
    /// Replaces the whole item.
    Put {
        item: Item,
        condition: Option<Condition>,
    },
    /// Changes attributes of an item, making it where it is absent (unless the condition says otherwise).
    Update {
        key: Key,
        update: Update,
        condition: Option<Condition>,
    },
    Delete {
        key: Key,
        condition: Option<Condition>,
    },
    /// Writes nothing: the transaction fails where the condition does not hold.
    Check {
        key: Key,
        condition: Condition,
    },
}

impl Write {
    pub fn put(item: Item) -> Self {
        Self::Put { item, condition: None }
    }

    pub fn put_if(item: Item, condition: Condition) -> Self {
        Self::Put { item, condition: Some(condition) }
    }

    /// Makes an item that must not be there yet.
    pub fn create(item: Item) -> Self {
        Self::put_if(item, Condition::Absent)
    }

    pub fn update(key: Key, update: Update) -> Self {
        Self::Update { key, update, condition: None }
    }

    pub fn update_if(key: Key, update: Update, condition: Condition) -> Self {
        Self::Update { key, update, condition: Some(condition) }
    }

    pub fn delete(key: Key) -> Self {
        Self::Delete { key, condition: None }
    }

    pub fn delete_if(key: Key, condition: Condition) -> Self {
        Self::Delete { key, condition: Some(condition) }
    }

    pub fn check(key: Key, condition: Condition) -> Self {
        Self::Check { key, condition }
    }

    /// The item that this writes.
    pub fn key(&self) -> &Key {
        match self {
            Self::Put { item, .. } => &item.key,
            Self::Update { key, .. } | Self::Delete { key, .. } | Self::Check { key, .. } => key,
        }
    }
}
