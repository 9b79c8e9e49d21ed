use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use notifier::{Deps, handle};
use platform::batch;

/// What one mail may take; a batch that takes longer than the function may is delivered again, and what was sent stays sent.
const LIMIT: Duration = Duration::from_secs(12);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    platform::telemetry::init();
    let deps = &Deps::from_env().await?;
    run(service_fn(async move |event: LambdaEvent<SqsEvent>| {
        let messages = event.payload.records.iter().filter_map(|message| {
            Some((message.message_id.as_deref()?, message.body.as_deref().unwrap_or_default()))
        });
        let failed = batch::run(messages, LIMIT, |body| handle(deps, body)).await;
        let mut answer = SqsBatchResponse::default();
        failed.into_iter().for_each(|id| answer.add_failure(id));
        Ok::<_, Error>(answer)
    }))
    .await
}
