//! The stock function: the default client, the default features, the template's runtime. It takes the same event as the function that it is
//! compared with, and asks the table for the same items in the same round trips; what is between them it leaves out.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes, Put, ReturnValue, TransactWriteItem, Update},
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};

const TABLE: &str = "souk";

type Attributes = HashMap<String, AttributeValue>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let client = Client::new(&aws_config::load_from_env().await);
    run(service_fn(|event: LambdaEvent<Value>| handle(&client, event.payload))).await
}

async fn handle(client: &Client, event: Value) -> Result<Value, Error> {
    let keys: Vec<Attributes> = event["keys"].as_array().into_iter().flatten().map(key).collect();
    let (first, others) = keys.split_first().ok_or("no keys")?;
    let mut items: Vec<Attributes> = Vec::new();
    for operation in event["operations"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        match operation {
            "get" => {
                let call = client.get_item().table_name(TABLE).set_key(Some(first.clone()));
                items.extend(call.consistent_read(true).send().await?.item);
            }
            "batch_get" => {
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(keys.clone()))
                    .consistent_read(true)
                    .build()?;
                let answer = client.batch_get_item().request_items(TABLE, wanted).send().await?;
                items.extend(answer.responses.unwrap_or_default().into_values().flatten());
            }
            "query" => {
                let call = client.query().table_name(TABLE).key_condition_expression("#n0 = :v0");
                let call = call.expression_attribute_names("#n0", "PK");
                let call = call.expression_attribute_values(":v0", first["PK"].clone());
                items.extend(call.send().await?.items.unwrap_or_default());
            }
            "update" => {
                let call = client.update_item().table_name(TABLE).set_key(Some(first.clone()));
                let call =
                    call.update_expression("SET #n0 = :v0").condition_expression("attribute_exists(PK)");
                let call = call.expression_attribute_names("#n0", "seen");
                let call = call.expression_attribute_values(":v0", AttributeValue::Bool(true));
                items.extend(call.return_values(ReturnValue::AllNew).send().await?.attributes);
            }
            "transact" => {
                let item = items.iter().find(|item| item.get("PK") == first.get("PK")).cloned();
                let put = Put::builder().table_name(TABLE).set_item(item).build()?;
                let mut writes = vec![TransactWriteItem::builder().put(put).build()];
                for other in others {
                    let update = Update::builder()
                        .table_name(TABLE)
                        .set_key(Some(other.clone()))
                        .update_expression("ADD #n0 :v0")
                        .expression_attribute_names("#n0", "reserved")
                        .expression_attribute_values(":v0", AttributeValue::N("1".to_owned()))
                        .build()?;
                    writes.push(TransactWriteItem::builder().update(update).build());
                }
                client.transact_write_items().set_transact_items(Some(writes)).send().await?;
            }
            other => return Err(format!("unknown operation {other}").into()),
        }
    }
    tracing::info!(items = items.len(), "done");
    Ok(json!({ "items": items.len() }))
}

fn key(key: &Value) -> Attributes {
    let text = |name: &str| AttributeValue::S(key[name].as_str().unwrap_or_default().to_owned());
    HashMap::from([("PK".to_owned(), text("PK")), ("SK".to_owned(), text("SK"))])
}
