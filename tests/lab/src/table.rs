//! DynamoDB as far as the measured calls ask for it: reads are answered out of a table that never changes, so that each call finds what
//! the first one found; writes are acknowledged.

use std::collections::BTreeMap;

use ::table::{
    Item, Key,
    dynamodb::{from_wire, to_wire},
};
use serde_json::{Map, Value, json};

use crate::Fallible;

/// A table as it lies.
pub(crate) struct Still(BTreeMap<Key, Item>);

impl Still {
    pub(crate) fn new(items: Vec<Item>) -> Self {
        Self(items.into_iter().map(|item| (item.key.clone(), item)).collect())
    }

    /// Answers an operation as DynamoDB's JSON protocol has it.
    pub(crate) fn answer(&self, operation: &str, request: &Value) -> Fallible<Value> {
        Ok(match operation {
            "GetItem" => match self.item(&request["Key"])? {
                Some(item) => json!({ "Item": to_wire(item) }),
                None => json!({}),
            },
            "BatchGetItem" => {
                let tables = request["RequestItems"].as_object().ok_or("no tables")?;
                let mut responses = Map::new();
                for (name, wanted) in tables {
                    let keys = wanted["Keys"].as_array().ok_or("no keys")?;
                    let found = keys.iter().filter_map(|key| self.item(key).transpose());
                    let found: Vec<Value> =
                        found.map(|item| item.map(|item| to_wire(item).into())).collect::<Fallible<_>>()?;
                    responses.insert(name.clone(), found.into());
                }
                json!({ "Responses": responses, "UnprocessedKeys": {} })
            }
            "Query" => {
                let items: Vec<Value> = self.partition(request)?.map(|item| to_wire(item).into()).collect();
                json!({ "Count": items.len(), "ScannedCount": items.len(), "Items": items })
            }
            // The item as an update would leave it, if it changed nothing.
            "UpdateItem" if request["ReturnValues"] == "ALL_NEW" => {
                json!({ "Attributes": self.item(&request["Key"])?.map(to_wire) })
            }
            "UpdateItem" | "PutItem" | "DeleteItem" | "TransactWriteItems" => json!({}),
            other => return Err(format!("nobody thought of {other}").into()),
        })
    }

    fn item(&self, key: &Value) -> Fallible<Option<&Item>> {
        let key = from_wire(key)?.key;
        Ok(self.0.get(&key))
    }

    /// A whole partition: its key is the first value of the condition, for ranges come after it.
    fn partition(&self, request: &Value) -> Fallible<impl Iterator<Item = &Item>> {
        let value = &request["ExpressionAttributeValues"][":v0"]["S"];
        let pk = value.as_str().ok_or("a query without its partition")?.to_owned();
        Ok(self.0.values().filter(move |item| item.key.pk == pk))
    }
}
