use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::attributes::{from_attributes, key_attributes};
use super::expression::Expression;
use super::{DynamoDb, failure};
use crate::schema::{Index, PK, SK};
use crate::{Cursor, Error, Item, Key, Page, Query, Range, size};

/// How often keys that were left unprocessed are asked for again.
const MAX_ROUNDS: u32 = 8;

type Attributes = HashMap<String, AttributeValue>;

impl DynamoDb {
    pub(super) async fn get_item(&self, key: &Key) -> Result<Option<Item>, Error> {
        self.meter.round_trip();
        let request =
            self.client.get_item().table_name(&self.name).set_key(Some(key_attributes(key.clone())));
        let answer = request.consistent_read(true).send().await.map_err(failure::of)?;
        let item = answer.item.map(from_attributes).transpose()?;
        self.meter.read(size::consistent_read(item.as_ref().map_or(0, bytes)));
        Ok(item.filter(|item| !self.is_expired(&item.doc)))
    }

    pub(super) async fn get_items(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Error> {
        let mut wanted: BTreeSet<Key> = keys.iter().cloned().collect();
        let distinct = wanted.len() == keys.len();
        let mut found = BTreeMap::new();
        for round in 0..MAX_ROUNDS {
            if wanted.is_empty() {
                break;
            }
            if round > 0 {
                tokio::time::sleep(Duration::from_millis(25 << round)).await;
            }
            wanted = self.get_round(wanted, &mut found).await?;
        }
        if !wanted.is_empty() {
            return Err(Error::Throttled);
        }
        // Only a key that was named twice is answered twice.
        Ok(keys
            .iter()
            .map(|key| if distinct { found.remove(key) } else { found.get(key).cloned() })
            .collect())
    }

    /// Answers the keys that were left unprocessed.
    async fn get_round(
        &self,
        mut wanted: BTreeSet<Key>,
        found: &mut BTreeMap<Key, Item>,
    ) -> Result<BTreeSet<Key>, Error> {
        self.meter.round_trip();
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(wanted.iter().cloned().map(key_attributes).collect()))
            .consistent_read(true)
            .build()
            .map_err(|error| Error::Rejected(Box::new(error)))?;
        let request = self.client.batch_get_item().request_items(&self.name, keys);
        let answer = request.send().await.map_err(failure::of)?;
        let left =
            answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values).flat_map(|left| left.keys);
        let left = left
            .map(|attributes| from_attributes(attributes).map(|item| item.key))
            .collect::<Result<_, _>>()?;
        for attributes in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
            let item = from_attributes(attributes)?;
            self.meter.read(size::consistent_read(bytes(&item)));
            wanted.remove(&item.key);
            if !self.is_expired(&item.doc) {
                found.insert(item.key.clone(), item);
            }
        }
        // What is neither answered nor left is not there, which costs a read too.
        let missing = wanted.difference(&left).count() as u64;
        self.meter.read(missing * size::consistent_read(0));
        Ok(left)
    }

    pub(super) async fn read_page(&self, query: &Query) -> Result<Page, Error> {
        self.meter.round_trip();
        let mut expression = Expression::new(0);
        let condition = key_condition(&mut expression, query);
        let (names, values) = expression.placeholders();
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(query.index.map(|index| index.name.to_owned()))
            .consistent_read(query.index.is_none())
            .key_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .scan_index_forward(!query.descending)
            .limit(i32::try_from(query.limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(query.after.as_ref().map(|after| start_key(query.index, after)));
        let answer = request.send().await.map_err(failure::of)?;
        let mut items = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(from_attributes)
            .collect::<Result<Vec<_>, _>>()?;
        let read = items.iter().map(bytes).sum();
        self.meter.read(if query.index.is_some() {
            size::eventual_read(read)
        } else {
            size::consistent_read(read)
        });
        items.retain(|item| !self.is_expired(&item.doc));
        let next = answer.last_evaluated_key.filter(|key| !key.is_empty());
        let next = next.map(|last| cursor(query.index, last)).transpose()?;
        Ok(Page { items, next })
    }
}

fn bytes(item: &Item) -> usize {
    size::of_item(&item.key, &item.doc)
}

fn key_condition(expression: &mut Expression, query: &Query) -> String {
    let (pk, sk) = query.index.map_or((PK, SK), |index| (index.pk, index.sk));
    let partition = format!("{} = {}", expression.name(pk), expression.text(&query.pk));
    let range = match &query.range {
        Range::All => return partition,
        Range::Prefix(prefix) => format!("begins_with({}, {})", expression.name(sk), expression.text(prefix)),
        Range::Between(low, high) => {
            format!("{} BETWEEN {} AND {}", expression.name(sk), expression.text(low), expression.text(high))
        }
        Range::UpTo(high) => format!("{} <= {}", expression.name(sk), expression.text(high)),
        Range::From(low) => format!("{} >= {}", expression.name(sk), expression.text(low)),
    };
    format!("{partition} AND {range}")
}

fn start_key(index: Option<&Index>, after: &Cursor) -> Attributes {
    let mut start = key_attributes(after.key.clone());
    if let (Some(index), Some(key)) = (index, &after.index_key) {
        start.insert(index.pk.to_owned(), AttributeValue::S(key.pk.clone()));
        start.insert(index.sk.to_owned(), AttributeValue::S(key.sk.clone()));
    }
    start
}

fn cursor(index: Option<&Index>, last: Attributes) -> Result<Cursor, Error> {
    let item = from_attributes(last)?;
    let index_key = index.and_then(|index| Some(Key::new(item.str(index.pk)?, item.str(index.sk)?)));
    Ok(Cursor { key: item.key, index_key })
}
