//! Items as DynamoDB spells them: as the SDK's values, and as the JSON (`{"S": "…"}`) that a stream's event carries.
//!
//! Only strings, integers, booleans, nulls, lists and maps exist here; a set, a binary or a fraction was not written by us.

use std::{collections::HashMap, fmt, sync::Arc};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
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
    let doc = Arc::unwrap_or_clone(item.doc);
    attributes.extend(doc.into_iter().map(|(name, value)| (name, to_attribute(value))));
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

/// Reads an item from the JSON of the wire.
///
/// # Errors
/// [`Error::Rejected`] where the key is missing or an attribute is none of ours.
pub fn from_wire<'de, D: Deserializer<'de>>(wire: D) -> Result<Item, Error>
where
    D::Error: Send + Sync + 'static,
{
    Image::deserialize(wire).map_err(|error| Error::Rejected(Box::new(error)))?.read()
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

/// An item in the JSON of the wire, as a stream's event holds it.
///
/// It is parsed without a tree of that JSON in between, for a stream's function does little else; and it parses whatever it holds, so that what
/// can't be read is told apart from its neighbours in the event.
#[derive(Debug)]
pub struct Image(Result<Map<String, Value>, String>);

impl Image {
    /// # Errors
    /// [`Error::Rejected`] where the key is missing or an attribute is none of ours.
    pub fn read(self) -> Result<Item, Error> {
        split(self.0.map_err(unreadable)?)
    }
}

impl<'de> Deserialize<'de> for Image {
    fn deserialize<D: Deserializer<'de>>(wire: D) -> Result<Self, D::Error> {
        struct Attributes;

        impl<'de> Visitor<'de> for Attributes {
            type Value = Image;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("attributes by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut found: A) -> Result<Image, A::Error> {
                let mut attributes = Ok(Map::new());
                while let Some((name, Attribute(value))) = found.next_entry::<String, _>()? {
                    match (&mut attributes, value) {
                        (Ok(read), Some(value)) => {
                            read.insert(name, value);
                        }
                        (Ok(_), None) => attributes = Err(name),
                        (Err(_), _) => {}
                    }
                }
                Ok(Image(attributes))
            }
        }

        wire.deserialize_map(Attributes)
    }
}

/// A value under its type; nothing where it is none of ours.
struct Attribute(Option<Value>);

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(wire: D) -> Result<Self, D::Error> {
        Wanted::Tagged.deserialize(wire).map(Self)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(field_identifier)]
enum Tag {
    #[serde(rename = "NULL")]
    Null,
    #[serde(rename = "BOOL")]
    Bool,
    N,
    S,
    L,
    M,
    #[serde(other)]
    Foreign,
}

/// What the next value has to be: the value of a tag, or a map of one tag and its value.
#[derive(Clone, Copy)]
enum Wanted {
    Under(Tag),
    Tagged,
}

impl<'de> DeserializeSeed<'de> for Wanted {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, wire: D) -> Result<Option<Value>, D::Error> {
        wire.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Wanted {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Option<Value>, E> {
        Ok(match self {
            Self::Under(Tag::Bool) => Some(Value::Bool(truth)),
            Self::Under(Tag::Null) => Some(Value::Null),
            _ => None,
        })
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<Value>, E> {
        Ok(match self {
            Self::Under(Tag::S) => Some(Value::String(text.to_owned())),
            Self::Under(Tag::N) => integer(text),
            _ => None,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut found: A) -> Result<Option<Value>, A::Error> {
        let mut values = matches!(self, Self::Under(Tag::L)).then(Vec::new);
        while let Some(Attribute(value)) = found.next_element()? {
            values = values.zip(value).map(|(mut values, value)| {
                values.push(value);
                values
            });
        }
        Ok(values.map(Value::Array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut found: A) -> Result<Option<Value>, A::Error> {
        if let Self::Under(tag) = self {
            let Image(attributes) = Image::deserialize(MapAccessDeserializer::new(found))?;
            return Ok(attributes.ok().filter(|_| tag == Tag::M).map(Value::Object));
        }
        let Some(tag) = found.next_key()? else { return Ok(None) };
        let mut value = found.next_value_seed(Self::Under(tag))?;
        while found.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            value = None;
        }
        Ok(value)
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
        for foreign in [
            json!({ "N": "1.5" }),
            json!({ "N": 1 }),
            json!({ "S": null }),
            json!({ "SS": ["a"] }),
            json!({ "L": [{ "B": "AA==" }, { "N": "1" }] }),
            json!({ "M": { "deep": { "S": 1.5 }, "more": { "S": "a" } } }),
            json!({ "L": {} }),
            json!({ "M": [] }),
            json!({ "S": "a", "N": "1" }),
            json!("bare"),
            json!({}),
        ] {
            let mut wire = to_wire(&item());
            wire.insert("foreign".to_owned(), foreign);
            let wire = Value::from(wire);
            let image: Image = serde_json::from_str(&wire.to_string()).unwrap();
            assert!(matches!(image.read(), Err(Error::Rejected(_))), "{wire}");
            assert!(matches!(from_wire(&wire), Err(Error::Rejected(_))), "{wire}");
        }
        let mut attributes = to_attributes(item());
        attributes.insert("foreign".to_owned(), AttributeValue::N("1e400".to_owned()));
        assert!(from_attributes(attributes.clone()).is_err());
        attributes.remove("foreign");
        attributes.remove(SK);
        assert!(from_attributes(attributes).is_err(), "an item without its key");
    }
}
