//! The stock functions: what somebody writes with the SDK's, the runtime's and Stripe's crates as their documentation has them. Each does the job of the
//! function of the same name on the way that is measured: the same event, the same items in the same round trips, the same kind of answer.
//! What they leave out is everything else: other routes, log-ins, rules, retries of conflicts, errors told apart.

use std::{collections::HashMap, env};

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem, Update},
};
use serde_dynamo::{from_item, from_items, to_item};
use serde_json::Value;

pub type Error = Box<dyn std::error::Error + Send + Sync>;
type Attributes = HashMap<String, AttributeValue>;

const TABLE: &str = "souk";

/// The table, and the keys of what a function reads and writes; the first is what it replaces.
pub struct Stock {
    client: Client,
    keys: Vec<Attributes>,
}

impl Stock {
    /// The default client; the keys are told in `KEYS`.
    pub async fn from_env() -> Result<Self, Error> {
        let keys: Vec<Value> = serde_json::from_str(&env::var("KEYS")?)?;
        let keys = keys.into_iter().map(to_item).collect::<Result<_, _>>()?;
        Ok(Self { client: Client::new(&aws_config::load_from_env().await), keys })
    }

    fn first(&self) -> Result<&Attributes, Error> {
        Ok(self.keys.first().ok_or("no keys")?)
    }

    pub async fn get(&self) -> Result<Value, Error> {
        let call = self.client.get_item().table_name(TABLE).set_key(Some(self.first()?.clone()));
        Ok(from_item(call.consistent_read(true).send().await?.item.ok_or("not found")?)?)
    }

    pub async fn batch_get(&self) -> Result<Vec<Value>, Error> {
        let wanted =
            KeysAndAttributes::builder().set_keys(Some(self.keys.clone())).consistent_read(true).build()?;
        let answer = self.client.batch_get_item().request_items(TABLE, wanted).send().await?;
        let found: Vec<Attributes> = answer.responses.unwrap_or_default().into_values().flatten().collect();
        Ok(from_items(found)?)
    }

    /// The partition of the first key.
    pub async fn query(&self) -> Result<Vec<Value>, Error> {
        let call = self.client.query().table_name(TABLE).consistent_read(true);
        let call = call.key_condition_expression("#n0 = :v0").expression_attribute_names("#n0", "PK");
        let call = call.expression_attribute_values(":v0", self.first()?["PK"].clone());
        Ok(from_items(call.send().await?.items.unwrap_or_default())?)
    }

    /// Notes a payment in the item of the first key.
    pub async fn note(&self, payment: Value) -> Result<(), Error> {
        let call = self.client.update_item().table_name(TABLE).set_key(Some(self.first()?.clone()));
        let call = call.update_expression("SET #n0 = :v0").condition_expression("attribute_exists(PK)");
        let call = call.expression_attribute_names("#n0", "payment");
        let call = call.expression_attribute_values(":v0", serde_dynamo::to_attribute_value(payment)?);
        call.send().await?;
        Ok(())
    }

    /// Replaces the item of the first key, and counts in those of the others.
    pub async fn replace(&self, item: &Value) -> Result<(), Error> {
        let put = Put::builder()
            .table_name(TABLE)
            .set_item(Some(to_item(item)?))
            .condition_expression("#n0 = :v0")
            .expression_attribute_names("#n0", "version")
            .expression_attribute_values(":v0", serde_dynamo::to_attribute_value(&item["version"])?)
            .build()?;
        let mut writes = vec![TransactWriteItem::builder().put(put).build()];
        for other in self.keys.iter().skip(1) {
            let update = Update::builder()
                .table_name(TABLE)
                .set_key(Some(other.clone()))
                .update_expression("ADD #n0 :v0")
                .condition_expression("#n1 >= :v0")
                .expression_attribute_names("#n0", "reserved")
                .expression_attribute_names("#n1", "on_hand")
                .expression_attribute_values(":v0", AttributeValue::N("1".to_owned()))
                .build()?;
            writes.push(TransactWriteItem::builder().update(update).build());
        }
        self.client.transact_write_items().set_transact_items(Some(writes)).send().await?;
        Ok(())
    }
}
