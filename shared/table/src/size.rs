//! What items weigh and what calls cost, by AWS's published rules ("DynamoDB item sizes and formats" and
//! "DynamoDB read and write operations" in the developer guide). The emulators count otherwise, so we count ourselves.

use serde_json::Value;

use crate::schema::{Index, PK, SK};
use crate::{Doc, Item, Key};

const KILOBYTE: usize = 1024;

/// The bytes of an item: the UTF-8 length of its attribute names, and its values.
pub(crate) fn of_item(key: &Key, doc: &Doc) -> usize {
    let names = PK.len() + SK.len();
    names
        + key.pk.len()
        + key.sk.len()
        + doc.iter().map(|(name, value)| name.len() + of_value(value)).sum::<usize>()
}

fn of_value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(number) => number.as_i64().map_or_else(|| of_number(&number.to_string()), of_integer),
        Value::String(text) => text.len(),
        Value::Array(values) => 3 + values.iter().map(|value| 1 + of_value(value)).sum::<usize>(),
        Value::Object(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + of_value(value)).sum::<usize>()
        }
    }
}

/// What [`of_number`] answers, without writing the number out.
fn of_integer(number: i64) -> usize {
    let mut significant = number.unsigned_abs();
    while significant != 0 && significant.is_multiple_of(10) {
        significant /= 10;
    }
    let digits = significant.checked_ilog10().map_or(0, |most| most as usize + 1);
    digits.div_ceil(2) + 1 + usize::from(number < 0)
}

/// A byte for every two significant digits and one more; another for a minus.
fn of_number(text: &str) -> usize {
    let digits = text.trim_start_matches('-');
    let significant = digits.trim_end_matches('0').len();
    significant.div_ceil(2) + 1 + (text.len() - digits.len())
}

/// Write units of an item of so many bytes: one for each kilobyte begun, one at least.
pub(crate) fn write_units(bytes: usize) -> u64 {
    bytes.div_ceil(KILOBYTE).max(1) as u64
}

/// Half read units of a strongly consistent read: two for each 4 KB begun, two at least.
pub(crate) fn consistent_read(bytes: usize) -> u64 {
    2 * eventual_read(bytes)
}

/// Half read units of an eventually consistent read, which is all that an index offers.
pub(crate) fn eventual_read(bytes: usize) -> u64 {
    bytes.div_ceil(4 * KILOBYTE).max(1) as u64
}

/// An item as an index has it: its key there, and the index's key attributes with what is projected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) index_key: Key,
    pub(crate) item: Item,
}

impl Entry {
    /// Answers nothing while the item lacks one of the index's attributes: indexes are sparse.
    pub(crate) fn of(index: &Index, key: &Key, doc: &Doc) -> Option<Self> {
        let attribute = |name: &str| doc.get(name).and_then(Value::as_str);
        let index_key = Key::new(attribute(index.pk)?, attribute(index.sk)?);
        let projected = doc
            .iter()
            .filter(|(name, _)| index.attributes().any(|attribute| attribute == *name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Doc>();
        Some(Self { index_key, item: Item::new(key.clone(), projected) })
    }

    pub(crate) fn bytes(&self) -> usize {
        of_item(&self.item.key, &self.item.doc)
    }

    /// Whether an index has the same of two versions of an item, or nothing of either.
    pub(crate) fn is_same(index: &Index, old: Option<&Doc>, new: Option<&Doc>) -> bool {
        let unchanged = |name: &str| old.and_then(|doc| doc.get(name)) == new.and_then(|doc| doc.get(name));
        index.attributes().all(unchanged)
    }
}

/// Write units of an index when an item's entry changes: one write to put, to remove or to replace an entry,
/// two where its key changed, none where the entry stays as it was ("Write capacity units" of global secondary indexes).
///
/// A transaction doubles the writes of its items, which are prepared and committed, and not these: indexes are propagated to
/// once a transaction has completed ("Amazon DynamoDB Transactions: How it works", under TransactWriteItems and capacity).
pub(crate) fn index_write_units(old: Option<&Entry>, new: Option<&Entry>) -> u64 {
    match (old, new) {
        (None, None) => 0,
        (Some(one), None) | (None, Some(one)) => write_units(one.bytes()),
        (Some(old), Some(new)) if old == new => 0,
        (Some(old), Some(new)) if old.index_key == new.index_key => write_units(old.bytes().max(new.bytes())),
        (Some(old), Some(new)) => write_units(old.bytes()) + write_units(new.bytes()),
    }
}
