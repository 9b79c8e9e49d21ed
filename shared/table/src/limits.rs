//! What the table refuses before it looks at any item. Both engines ask here, so that a fault of ours shows in memory
//! as it would on DynamoDB ("Quotas in Amazon DynamoDB" and the API reference of each call).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::schema::{INDEXES, PK, SK};
use crate::{
    Condition, Cursor, Doc, Error, Item, Key, MAX_ACTIONS, MAX_BATCH, Query, Range, Update, Write, size,
};

/// The largest item with its attribute names, in bytes.
pub(crate) const MAX_ITEM: usize = 400 * 1024;
/// The largest sum of the items of a transaction, in bytes.
pub(crate) const MAX_TRANSACTION: usize = 4 * 1024 * 1024;
const MAX_PK: usize = 2048;
const MAX_SK: usize = 1024;
const MAX_DEPTH: usize = 32;
/// One less than documented for `IN`: DynamoDB Local counts the attribute among its hundred operands.
const MAX_OPERANDS: usize = 99;
const MAX_PAGE: u32 = 1000;
const MAX_TOKEN: usize = 36;

/// Why a request is wrong. Names attributes and never a key or a value, which may tell of people.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("a key has an empty or an overlong part")]
    Key,
    #[error("attribute {0} belongs to the key")]
    KeyAttribute(String),
    #[error("attribute {0} is named twice")]
    AttributeTwice(String),
    #[error("an attribute has an empty name")]
    Nameless,
    #[error("attribute {0} holds a number that is no integer")]
    Float(String),
    #[error("attribute {0} is nested too deeply")]
    Depth(String),
    #[error("attribute {0} is the key of an index and must be a string that is neither empty nor overlong")]
    IndexKey(String),
    #[error("attribute {0} has a type that the update can't change")]
    Operand(String),
    #[error("attribute {0} leaves the range of integers")]
    Range(String),
    #[error("an item is over 400 KB")]
    ItemSize,
    #[error("the transaction is over 4 MB")]
    TransactionSize,
    #[error("{0} actions in a transaction")]
    Actions(usize),
    #[error("an item is named twice")]
    ItemTwice,
    #[error("an update without a change")]
    EmptyUpdate,
    #[error("a condition with no operand or too many")]
    Operands,
    #[error("a transaction's token is empty or overlong")]
    Token,
    #[error("a transaction's token was used for other writes")]
    TokenReused,
    #[error("{0} keys in a batch")]
    Batch(usize),
    #[error("a page of {0} items")]
    PageSize(u32),
    #[error("a range that is empty by its bounds")]
    Bounds,
    #[error("a cursor that is not of this query")]
    Cursor,
    #[error("no index {0}")]
    NoIndex(&'static str),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Rejected(Box::new(refusal))
    }
}

pub(crate) fn check_key(key: &Key) -> Result<(), Refusal> {
    let fits = (1..=MAX_PK).contains(&key.pk.len()) && (1..=MAX_SK).contains(&key.sk.len());
    if fits { Ok(()) } else { Err(Refusal::Key) }
}

pub(crate) fn check_batch(keys: &[Key]) -> Result<(), Refusal> {
    if keys.len() > MAX_BATCH {
        return Err(Refusal::Batch(keys.len()));
    }
    keys.iter().try_for_each(check_key)
}

pub(crate) fn check_write(write: &Write) -> Result<(), Refusal> {
    check_key(write.key())?;
    match write {
        Write::Put { item, condition } => {
            check_item(item)?;
            condition.as_ref().map_or(Ok(()), check_condition)
        }
        Write::Update { key, update, condition } => check_update_of(key, update, condition.as_ref()),
        Write::Delete { condition, .. } => condition.as_ref().map_or(Ok(()), check_condition),
        Write::Check { condition, .. } => check_condition(condition),
    }
}

pub(crate) fn check_update_of(
    key: &Key,
    update: &Update,
    condition: Option<&Condition>,
) -> Result<(), Refusal> {
    check_key(key)?;
    check_update(update)?;
    condition.map_or(Ok(()), check_condition)
}

pub(crate) fn check_transaction(writes: &[Write], token: Option<&str>) -> Result<(), Refusal> {
    if !(1..=MAX_ACTIONS).contains(&writes.len()) {
        return Err(Refusal::Actions(writes.len()));
    }
    if token.is_some_and(|token| !(1..=MAX_TOKEN).contains(&token.len())) {
        return Err(Refusal::Token);
    }
    let mut seen = BTreeSet::new();
    for write in writes {
        check_write(write)?;
        if !seen.insert(write.key()) {
            return Err(Refusal::ItemTwice);
        }
    }
    Ok(())
}

/// Checks a whole item: a put before it is sent, an updated one as it would be stored.
pub(crate) fn check_item(item: &Item) -> Result<(), Refusal> {
    check_document(&item.key, &item.doc).map(|_| ())
}

/// Answers what the item weighs.
pub(crate) fn check_document(key: &Key, doc: &Doc) -> Result<usize, Refusal> {
    for (name, value) in doc {
        check_name(name)?;
        check_attribute(name, value)?;
    }
    let bytes = size::of_item(key, doc);
    if bytes > MAX_ITEM { Err(Refusal::ItemSize) } else { Ok(bytes) }
}

pub(crate) fn check_query(query: &Query) -> Result<(), Refusal> {
    if !(1..=MAX_PAGE).contains(&query.limit) {
        return Err(Refusal::PageSize(query.limit));
    }
    let sort_keys: [&str; 2] = match &query.range {
        Range::All => ["-", "-"],
        Range::Prefix(only) | Range::UpTo(only) | Range::From(only) => [only, only],
        Range::Between(low, high) => [low, high],
    };
    for sk in sort_keys {
        check_key(&Key::new(&query.pk, sk))?;
    }
    if sort_keys.is_sorted() {
        query.after.as_ref().map_or(Ok(()), |after| check_cursor(query, after))
    } else {
        Err(Refusal::Bounds)
    }
}

/// A cursor is read from a client's request, so one of another partition must not move the query there.
fn check_cursor(query: &Query, after: &Cursor) -> Result<(), Refusal> {
    check_key(&after.key)?;
    let place = match (query.index, &after.index_key) {
        (None, None) => &after.key,
        (Some(_), Some(index_key)) => index_key,
        _ => return Err(Refusal::Cursor),
    };
    let inside = match &query.range {
        Range::All => true,
        Range::Prefix(prefix) => place.sk.starts_with(prefix),
        Range::Between(low, high) => (low..=high).contains(&&place.sk),
        Range::UpTo(high) => place.sk <= *high,
        Range::From(low) => place.sk >= *low,
    };
    check_key(place)?;
    if inside && place.pk == query.pk { Ok(()) } else { Err(Refusal::Cursor) }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    match name {
        "" => Err(Refusal::Nameless),
        PK | SK => Err(Refusal::KeyAttribute(name.to_owned())),
        _ => Ok(()),
    }
}

fn check_attribute(name: &str, value: &Value) -> Result<(), Refusal> {
    check_value(name, value, 1)?;
    let longest = INDEXES.iter().find_map(|index| match name {
        _ if name == index.pk => Some(MAX_PK),
        _ if name == index.sk => Some(MAX_SK),
        _ => None,
    });
    match (longest, value) {
        (None, _) => Ok(()),
        (Some(longest), Value::String(text)) if (1..=longest).contains(&text.len()) => Ok(()),
        _ => Err(Refusal::IndexKey(name.to_owned())),
    }
}

fn check_value(name: &str, value: &Value, depth: usize) -> Result<(), Refusal> {
    match value {
        Value::Number(number) if number.is_f64() => Err(Refusal::Float(name.to_owned())),
        Value::Array(_) | Value::Object(_) if depth > MAX_DEPTH => Err(Refusal::Depth(name.to_owned())),
        Value::Array(values) => values.iter().try_for_each(|value| check_value(name, value, depth + 1)),
        Value::Object(map) => map.values().try_for_each(|value| check_value(name, value, depth + 1)),
        _ => Ok(()),
    }
}

fn check_condition(condition: &Condition) -> Result<(), Refusal> {
    match condition {
        Condition::Absent | Condition::Present => Ok(()),
        Condition::Equals(name, value) => check_name(name).and_then(|()| check_value(name, value, 1)),
        Condition::OneOf(name, values) => {
            check_name(name)?;
            if !(1..=MAX_OPERANDS).contains(&values.len()) {
                return Err(Refusal::Operands);
            }
            values.iter().try_for_each(|value| check_value(name, value, 1))
        }
        Condition::AtLeast(name, _) | Condition::AtMost(name, _) | Condition::Lacks(name) => check_name(name),
        Condition::All(parts) | Condition::Any(parts) if parts.is_empty() => Err(Refusal::Operands),
        Condition::All(parts) | Condition::Any(parts) => parts.iter().try_for_each(check_condition),
    }
}

fn check_update(update: &Update) -> Result<(), Refusal> {
    use crate::update::Change;
    if update.is_empty() {
        return Err(Refusal::EmptyUpdate);
    }
    let mut seen = BTreeSet::new();
    for (name, change) in &update.changes {
        check_name(name)?;
        if !seen.insert(name) {
            return Err(Refusal::AttributeTwice(name.clone().into_owned()));
        }
        match change {
            Change::Set(value) | Change::SetIfAbsent(value) => check_attribute(name, value)?,
            Change::Append(values) => values.iter().try_for_each(|value| check_value(name, value, 2))?,
            Change::Add(_) | Change::Remove => {}
        }
    }
    Ok(())
}
