use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lambda_runtime::{LambdaEvent, run, service_fn};
use platform::batch;

/// A sixth of what the queue waits before it brings a message again.
const LIMIT: Duration = Duration::from_secs(25);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    platform::telemetry::init();
    let deps = order_lifecycle::Deps::from_env().await?;
    run(service_fn(|event: LambdaEvent<SqsEvent>| answer(&deps, event.payload))).await
}

async fn answer(
    deps: &order_lifecycle::Deps,
    event: SqsEvent,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let messages = event.records.iter().filter_map(|message| {
        Some((message.message_id.as_deref()?, message.body.as_deref().unwrap_or_default()))
    });
    let failed = batch::run(messages, LIMIT, |body| order_lifecycle::handle(deps, body)).await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed
        .into_iter()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    Ok(response)
}
