//! The stock function: the default client, the default features, the template's runtime; one call of the table for each operation that the
//! event names.

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes, Put, ReturnValue, TransactWriteItem, Update},
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};

const TABLE: &str = "souk";

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let client = Client::new(&aws_config::load_from_env().await);
    run(service_fn(|event: LambdaEvent<Value>| handle(&client, event.payload))).await
}

async fn handle(client: &Client, event: Value) -> Result<Value, Error> {
    let text = |name: &str| AttributeValue::S(event[name].as_str().unwrap_or_default().to_owned());
    let (pk, sk) = (text("pk"), text("sk"));
    let mut read = 0;
    for operation in event["operations"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        read += match operation {
            "get" => {
                let call = client.get_item().table_name(TABLE).key("PK", pk.clone()).key("SK", sk.clone());
                call.consistent_read(true).send().await?.item.map_or(0, |item| item.len())
            }
            "batch_get" => {
                let keys = KeysAndAttributes::builder()
                    .keys([("PK".to_owned(), pk.clone()), ("SK".to_owned(), sk.clone())].into())
                    .consistent_read(true)
                    .build()?;
                let answer = client.batch_get_item().request_items(TABLE, keys).send().await?;
                answer.responses.map_or(0, |tables| tables.len())
            }
            "query" => {
                let call = client.query().table_name(TABLE).key_condition_expression("#n0 = :v0");
                let call = call.expression_attribute_names("#n0", "PK").expression_attribute_values(":v0", pk.clone());
                call.send().await?.items().len()
            }
            "update" => {
                let call = client.update_item().table_name(TABLE).key("PK", pk.clone()).key("SK", sk.clone());
                let call = call.update_expression("SET #n0 = :v0").condition_expression("attribute_exists(PK)");
                let call = call.expression_attribute_names("#n0", "seen").expression_attribute_values(":v0", pk.clone());
                let answer = call.return_values(ReturnValue::AllNew).send().await?;
                answer.attributes.map_or(0, |item| item.len())
            }
            "transact" => {
                let put = Put::builder().table_name(TABLE).item("PK", pk.clone()).item("SK", sk.clone()).build()?;
                let update = Update::builder()
                    .table_name(TABLE)
                    .key("PK", sk.clone())
                    .key("SK", pk.clone())
                    .update_expression("ADD #n0 :v0")
                    .expression_attribute_names("#n0", "reserved")
                    .expression_attribute_values(":v0", AttributeValue::N("1".to_owned()))
                    .build()?;
                let items = [
                    TransactWriteItem::builder().put(put).build(),
                    TransactWriteItem::builder().update(update).build(),
                ];
                client.transact_write_items().set_transact_items(Some(items.into())).send().await?;
                0
            }
            other => return Err(format!("unknown operation {other}").into()),
        };
    }
    tracing::info!(read, "done");
    Ok(json!({ "read": read }))
}
