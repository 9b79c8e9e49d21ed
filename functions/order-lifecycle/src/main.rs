use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use order_lifecycle::{Deps, handle};
use platform::batch;

/// A sixth of what the queue waits before it brings a message again.
const LIMIT: Duration = Duration::from_secs(25);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    platform::telemetry::init();
    let deps = &Deps::from_env().await?;
    run(service_fn(async move |event: LambdaEvent<batch::Event>| {
        Ok::<_, Error>(batch::answer(&event.payload, LIMIT, |body| handle(deps, body)).await)
    }))
    .await
}
