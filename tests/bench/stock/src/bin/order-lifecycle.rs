//! A captured payment confirms its order: the order, its goods, both written at once. One that was cancelled meanwhile is refunded.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};
use stock::Stock;
use stripe_core::refund::CreateRefund;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let stock = Stock::from_env().await?;
    let stripe = stripe::Client::new(std::env::var("STRIPE_API_KEY")?);
    run(service_fn(|event: LambdaEvent<SqsEvent>| confirm(&stock, &stripe, event.payload))).await
}

async fn confirm(stock: &Stock, stripe: &stripe::Client, batch: SqsEvent) -> Result<SqsBatchResponse, Error> {
    for record in batch.records {
        let event: Value = serde_json::from_str(record.body.as_deref().unwrap_or_default())?;
        let mut order = stock.get().await?;
        if order["status"] == "CANCELLED" {
            let intent = order["payment"]["id"].as_str().unwrap_or_default();
            CreateRefund::new().payment_intent(intent).send(stripe).await?;
            continue;
        }
        let goods = stock.batch_get().await?;
        order["status"] = "CONFIRMED".into();
        let step = json!({ "status": "CONFIRMED", "timestamp": event["time"], "goods": goods.len() });
        order["timeline"].as_array_mut().ok_or("no timeline")?.push(step);
        stock.replace(&order).await?;
        tracing::info!(order = order["id"].as_str(), "confirmed");
    }
    Ok(SqsBatchResponse::default())
}
