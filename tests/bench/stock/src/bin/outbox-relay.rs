//! One record of the table's stream becomes one event of the bus.

use aws_lambda_events::{dynamodb::Event, streams::DynamoDbEventResponse};
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let client = Client::new(&aws_config::load_from_env().await);
    run(service_fn(|event: LambdaEvent<Event>| relay(&client, event.payload))).await
}

async fn relay(client: &Client, event: Event) -> Result<DynamoDbEventResponse, Error> {
    let mut entries = Vec::new();
    for record in event.records {
        let old: Value = serde_dynamo::from_item(record.change.old_image)?;
        let new: Value = serde_dynamo::from_item(record.change.new_image)?;
        if old["status"] == new["status"] && old["payment"] == new["payment"] {
            continue;
        }
        let detail = json!({
            "id": record.event_id, "type": "payment.captured", "tenant": new["tenant"],
            "occurred_at": new["updated_at"], "data": { "order_id": new["id"], "payment": new["payment"] },
        });
        let entry = PutEventsRequestEntry::builder().source("souk").event_bus_name("souk");
        entries.push(entry.detail_type("payment.captured").detail(detail.to_string()).build());
    }
    let events = entries.len();
    client.put_events().set_entries(Some(entries)).send().await?;
    tracing::info!(events, "relayed");
    Ok(DynamoDbEventResponse::default())
}
