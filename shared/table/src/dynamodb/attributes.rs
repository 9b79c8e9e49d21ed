//! Items as DynamoDB spells them: as the SDK's values, and as the JSON (`{"S": "…"}`) that a stream's event carries.
//!
//! Only strings, integers, booleans, nulls, lists and maps exist here; a set, a binary or a fraction was not written by us.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};

use crate::schema::{PK, SK};
use crate::{Error, Item, Key};

/// A stored attribute that no engine of ours writes.
#[derive(Debug, thiserror::Error)]
#[error("attribute {0} is stored in a way that can't be read")]
struct Unreadable(String);

fn unreadable(name: &str) -> Error {
    Error::Rejected(Box::new(Unreadable(name.to_owned())))
}

/// Answers an item's attributes with its key among them.
pub fn to_attributes(item: &Item) -> HashMap<String, AttributeValue> {
    let mut attributes = key_attributes(&item.key);
    attributes.extend(item.doc.iter().map(|(name, value)| (name.clone(), to_attribute(value))));
    attributes
}

/// Reads an item from its attributes.
///
/// # Errors
/// [`Error::Rejected`] where the key is missing or an attribute is none of ours.
pub fn from_attributes(attributes: &HashMap<String, AttributeValue>) -> Result<Item, Error> {
    // Sorted, because the order of a hash map must reach nothing.
    let sorted: BTreeMap<_, _> = attributes.iter().collect();
    let doc = sorted
        .into_iter()
        .map(|(name, value)| {
            from_attribute(value).map(|value| (name.clone(), value)).ok_or_else(|| unreadable(name))
        })
        .collect::<Result<_, _>>()?;
    split(doc)
}

/// Answers an item as the JSON of the wire.
pub fn to_wire(item: &Item) -> Map<String, Value> {
    let key =
        [(PK, &item.key.pk), (SK, &item.key.sk)].map(|(name, text)| (name.to_owned(), json!({ "S": text })));
    key.into_iter().chain(item.doc.iter().map(|(name, value)| (name.clone(), to_wire_value(value)))).collect()
}

/// Reads an item from the JSON of the wire, as a stream's event holds its images.
///
/// # Errors
/// [`Error::Rejected`] where the key is missing or an attribute is none of ours.
pub fn from_wire(attributes: &Map<String, Value>) -> Result<Item, Error> {
    let doc = attributes
        .iter()
        .map(|(name, value)| {
            from_wire_value(value).map(|value| (name.clone(), value)).ok_or_else(|| unreadable(name))
        })
        .collect::<Result<_, _>>()?;
    split(doc)
}

pub(super) fn key_attributes(key: &Key) -> HashMap<String, AttributeValue> {
    let text = |text: &String| AttributeValue::S(text.clone());
    HashMap::from([(PK.to_owned(), text(&key.pk)), (SK.to_owned(), text(&key.sk))])
}

pub(super) fn to_attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(truth) => AttributeValue::Bool(*truth),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => AttributeValue::L(values.iter().map(to_attribute).collect()),
        Value::Object(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), to_attribute(value))).collect())
        }
    }
}

fn from_attribute(value: &AttributeValue) -> Option<Value> {
    Some(match value {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(truth) => Value::Bool(*truth),
        AttributeValue::N(digits) => integer(digits)?,
        AttributeValue::S(text) => Value::String(text.clone()),
        AttributeValue::L(values) => values.iter().map(from_attribute).collect::<Option<_>>()?,
        AttributeValue::M(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            let read = |(name, value): (&String, _)| from_attribute(value).map(|value| (name.clone(), value));
            Value::Object(sorted.into_iter().map(read).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn to_wire_value(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(truth) => json!({ "BOOL": truth }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(values) => json!({ "L": values.iter().map(to_wire_value).collect::<Vec<_>>() }),
        Value::Object(map) => {
            let map: Map<_, _> =
                map.iter().map(|(name, value)| (name.clone(), to_wire_value(value))).collect();
            json!({ "M": map })
        }
    }
}

fn from_wire_value(value: &Value) -> Option<Value> {
    let mut tagged = value.as_object()?.iter();
    let (tag, value) = tagged.next().filter(|_| tagged.len() == 0)?;
    match (tag.as_str(), value) {
        ("NULL", _) => Some(Value::Null),
        ("BOOL", Value::Bool(_)) | ("S", Value::String(_)) => Some(value.clone()),
        ("N", Value::String(digits)) => integer(digits),
        ("L", Value::Array(values)) => values.iter().map(from_wire_value).collect(),
        ("M", Value::Object(map)) => {
            let read =
                |(name, value): (&String, _)| from_wire_value(value).map(|value| (name.clone(), value));
            map.iter().map(read).collect::<Option<_>>().map(Value::Object)
        }
        _ => None,
    }
}

fn integer(digits: &str) -> Option<Value> {
    digits.parse::<i64>().map(Value::from).or_else(|_| digits.parse::<u64>().map(Value::from)).ok()
}

fn split(mut doc: Map<String, Value>) -> Result<Item, Error> {
    let mut take = |name| match doc.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(unreadable(name)),
    };
    let key = Key { pk: take(PK)?, sk: take(SK)? };
    Ok(Item::new(key, doc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        let doc = json!({
            "null": null, "yes": true, "least": i64::MIN, "most": u64::MAX, "empty": "", "text": "žluťoučký 🐎",
            "list": [1, "two", [], {}], "map": { "": { "deep": [null] } },
        });
        Item::new(Key::new("pk", "sk"), doc.as_object().unwrap().clone())
    }

    #[test]
    fn an_item_survives_both_spellings() {
        assert_eq!(from_attributes(&to_attributes(&item())).unwrap(), item());
        assert_eq!(from_wire(&to_wire(&item())).unwrap(), item());
    }

    #[test]
    fn what_was_not_written_by_us_is_not_read() {
        for foreign in
            [json!({ "N": "1.5" }), json!({ "SS": ["a"] }), json!({ "B": "AA==" }), json!("bare"), json!({})]
        {
            let mut wire = to_wire(&item());
            wire.insert("foreign".to_owned(), foreign);
            assert!(matches!(from_wire(&wire), Err(Error::Rejected(_))));
        }
        let mut attributes = to_attributes(&item());
        attributes.insert("foreign".to_owned(), AttributeValue::N("1e400".to_owned()));
        assert!(from_attributes(&attributes).is_err());
        attributes.remove("foreign");
        attributes.remove(SK);
        assert!(from_attributes(&attributes).is_err(), "an item without its key");
    }
}
