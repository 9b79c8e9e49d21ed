//! Items as DynamoDB spells them: as the SDK's values, and as the JSON (`{"S": "…"}`) that a stream's event carries.
//!
//! Only strings, integers, booleans, nulls, lists and maps exist here; a set, a binary or a fraction was not written by us.

use std::{collections::HashMap, fmt};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::schema::{PK, SK};
use crate::{Error, Item, Key};

/// A stored attribute that no engine of ours writes.
#[derive(Debug, thiserror::Error)]
#[error("attribute {0} is stored in a way that can't be read")]
struct Unreadable(String);

fn unreadable(name: impl Into<String>) -> Error {
    Error::Rejected(Box::new(Unreadable(name.into())))
}

/// Answers an item's attributes with its key among them.
pub fn to_attributes(item: Item) -> HashMap<String, AttributeValue> {
    let mut attributes = HashMap::with_capacity(2 + item.doc.len());
    attributes.extend(key_attributes(item.key));
    attributes.extend(item.doc.into_iter().map(|(name, value)| (name, to_attribute(value))));
    attributes
}

/// Reads an item from its attributes.
///
/// # Errors
/// [`Error::Rejected`] where the key is missing or an attribute is none of ours.
pub fn from_attributes(attributes: HashMap<String, AttributeValue>) -> Result<Item, Error> {
    let read = |(name, value)| match from_attribute(value) {
        Some(value) => Ok((name, value)),
        None => Err(unreadable(name)),
    };
    split(attributes.into_iter().map(read).collect::<Result<_, _>>()?)
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
pub fn from_wire<'de, D: Deserializer<'de>>(wire: D) -> Result<Item, Error>
where
    D::Error: Send + Sync + 'static,
{
    let Wired(doc) = Wired::deserialize(wire).map_err(|error| Error::Rejected(Box::new(error)))?;
    split(doc)
}

pub(super) fn key_attributes(key: Key) -> HashMap<String, AttributeValue> {
    HashMap::from([(PK.to_owned(), AttributeValue::S(key.pk)), (SK.to_owned(), AttributeValue::S(key.sk))])
}

pub(super) fn to_attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(truth) => AttributeValue::Bool(truth),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(values) => AttributeValue::L(values.into_iter().map(to_attribute).collect()),
        Value::Object(map) => {
            AttributeValue::M(map.into_iter().map(|(name, value)| (name, to_attribute(value))).collect())
        }
    }
}

/// Maps are read into sorted ones, so that the order of a hash map reaches nothing.
fn from_attribute(value: AttributeValue) -> Option<Value> {
    Some(match value {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(truth) => Value::Bool(truth),
        AttributeValue::N(digits) => integer(&digits)?,
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::L(values) => values.into_iter().map(from_attribute).collect::<Option<_>>()?,
        AttributeValue::M(map) => {
            let read = |(name, value)| Some((name, from_attribute(value)?));
            Value::Object(map.into_iter().map(read).collect::<Option<_>>()?)
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

/// Attributes out of the JSON of the wire, without a tree of it in between: a stream's function does little else.
struct Wired(Map<String, Value>);

/// One of them.
struct Attribute(Value);

struct Attributes;

impl<'de> Deserialize<'de> for Wired {
    fn deserialize<D: Deserializer<'de>>(wire: D) -> Result<Self, D::Error> {
        wire.deserialize_map(Attributes)
    }
}

impl<'de> Visitor<'de> for Attributes {
    type Value = Wired;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("attributes by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut found: A) -> Result<Wired, A::Error> {
        let mut attributes = Map::new();
        while let Some((name, Attribute(value))) = found.next_entry()? {
            attributes.insert(name, value);
        }
        Ok(Wired(attributes))
    }
}

struct Tagged;

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(wire: D) -> Result<Self, D::Error> {
        wire.deserialize_map(Tagged)
    }
}

#[derive(serde::Deserialize)]
enum Tag {
    #[serde(rename = "NULL")]
    Null,
    #[serde(rename = "BOOL")]
    Bool,
    N,
    S,
    L,
    M,
}

impl<'de> Visitor<'de> for Tagged {
    type Value = Attribute;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value under its type")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut found: A) -> Result<Attribute, A::Error> {
        let tag = found.next_key()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let value = match tag {
            Tag::Null => found.next_value::<IgnoredAny>().map(|_| Value::Null)?,
            Tag::Bool => Value::Bool(found.next_value()?),
            Tag::S => Value::String(found.next_value()?),
            Tag::N => {
                let digits: String = found.next_value()?;
                integer(&digits).ok_or_else(|| de::Error::custom("a number that is no integer"))?
            }
            Tag::L => found.next_value::<Vec<_>>()?.into_iter().map(|Attribute(value)| value).collect(),
            Tag::M => Value::Object(found.next_value::<Wired>()?.0),
        };
        match found.next_key::<IgnoredAny>()? {
            None => Ok(Attribute(value)),
            Some(_) => Err(de::Error::invalid_length(2, &self)),
        }
    }
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
        assert_eq!(from_attributes(to_attributes(item())).unwrap(), item());
        assert_eq!(from_wire(&Value::from(to_wire(&item()))).unwrap(), item());
    }

    #[test]
    fn what_was_not_written_by_us_is_not_read() {
        for foreign in
            [json!({ "N": "1.5" }), json!({ "SS": ["a"] }), json!({ "B": "AA==" }), json!("bare"), json!({})]
        {
            let mut wire = to_wire(&item());
            wire.insert("foreign".to_owned(), foreign);
            assert!(matches!(from_wire(&Value::from(wire)), Err(Error::Rejected(_))));
        }
        let mut attributes = to_attributes(item());
        attributes.insert("foreign".to_owned(), AttributeValue::N("1e400".to_owned()));
        assert!(from_attributes(attributes.clone()).is_err());
        attributes.remove("foreign");
        attributes.remove(SK);
        assert!(from_attributes(attributes).is_err(), "an item without its key");
    }
}
