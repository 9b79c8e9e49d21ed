//! The stack's table, for what no answer shows and for moving time.

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use domain::{
    Timestamp,
    ledger::{Kind, Transaction},
};
use platform::{
    Clock, Env, SystemClock,
    aws::{self, Aws},
};
use serde_json::Value;

use super::{
    sale::{Cart, Placed},
    stack::Stack,
};

/// A client of DynamoDB at an address.
pub fn aws(endpoint: &str) -> Aws {
    let env = Env::of([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", endpoint),
    ]);
    Aws::new(env.read(aws::Settings::read).unwrap()).unwrap()
}

fn document(item: HashMap<String, AttributeValue>) -> Value {
    Value::Object((*table::dynamodb::from_attributes(item).unwrap().doc).clone())
}

impl Stack {
    fn dynamodb(&self) -> Client {
        Client::new(aws(&self.at.emulator_url).config())
    }

    /// The items of a partition whose sort keys begin so, as documents.
    pub async fn items(&self, pk: &str, sk_prefix: &str) -> Vec<Value> {
        let found = self
            .dynamodb()
            .query()
            .table_name(&self.at.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :sk)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":sk", AttributeValue::S(sk_prefix.to_owned()))
            .send()
            .await
            .unwrap();
        found.items.unwrap_or_default().into_iter().map(document).collect()
    }

    /// All of the table's items of a kind, as documents.
    pub async fn all(&self, entity: &str) -> Vec<Value> {
        let dynamodb = self.dynamodb();
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let page = dynamodb.scan().table_name(&self.at.table).set_exclusive_start_key(from);
            let page = page.send().await.unwrap();
            let documents = page.items.unwrap_or_default().into_iter().map(document);
            found.extend(documents.filter(|document| document["entity"] == entity));
            from = page.last_evaluated_key;
            if from.is_none() {
                return found;
            }
        }
    }

    /// The sales that were posted for an order.
    pub async fn sales(&self, placed: &Placed) -> Vec<Transaction> {
        let mut posted = self.ledger(placed).await;
        posted.retain(|one| one.kind == Kind::Sale);
        posted
    }

    /// What was posted for an order.
    pub async fn ledger(&self, placed: &Placed) -> Vec<Transaction> {
        let pk = format!("T#{}#ORDER#{}", placed.channel.tenant, placed.id);
        let found = self.items(&pk, "LEDGER#").await;
        found.into_iter().map(|doc| serde_json::from_value(doc).unwrap()).collect()
    }

    /// Lets the holds of an order end now.
    pub async fn end_holds_of_order(&self, placed: &Placed) {
        self.end_holds(&format!("T#{}#ORDER#{}", placed.channel.tenant, placed.id), "ORDER").await;
    }

    /// Lets the holds of a cart end now.
    pub async fn end_holds_of_cart(&self, cart: &Cart) {
        self.end_holds(&format!("T#{}#CART#{}", cart.channel.tenant, cart.id), "CART").await;
    }

    async fn end_holds(&self, pk: &str, sk: &str) {
        let before = Timestamp::from_ms(SystemClock.now().ms() - 1000).to_string();
        self.dynamodb()
            .update_item()
            .table_name(&self.at.table)
            .key("PK", AttributeValue::S(pk.to_owned()))
            .key("SK", AttributeValue::S(sk.to_owned()))
            .condition_expression("attribute_exists(held_until) AND attribute_exists(DUESK)")
            .update_expression("SET held_until = :before, DUESK = :before")
            .expression_attribute_values(":before", AttributeValue::S(before))
            .send()
            .await
            .unwrap();
    }
}
