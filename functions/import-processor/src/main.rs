use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use import_processor::{Deps, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use platform::batch;

/// What one step may take: less than the function's own time limit, so that the answer still goes out.
const LIMIT: Duration = Duration::from_secs(110);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    platform::telemetry::init();
    let deps = &Deps::from_env().await?;
    run(service_fn(async move |event: LambdaEvent<SqsEvent>| {
        let messages = event.payload.records.iter().map(|record| {
            (record.message_id.as_deref().unwrap_or_default(), record.body.as_deref().unwrap_or_default())
        });
        let failed = batch::run(messages, LIMIT, |body| handle(deps, body)).await;
        let mut answer = SqsBatchResponse::default();
        failed.into_iter().for_each(|id| answer.add_failure(id));
        Ok::<_, Error>(answer)
    }))
    .await
}
