use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use notifier::{Deps, handle};
use platform::batch;

/// What one mail may take: less than the function may, so that a batch with one that hangs is still answered.
const LIMIT: Duration = Duration::from_secs(12);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (deps, connecting) = Deps::from_env().await?;
    platform::telemetry::init();
    let deps = &deps;
    connecting.await;
    run(service_fn(async move |event: LambdaEvent<batch::Event>| {
        Ok::<_, Error>(batch::answer(&event.payload, LIMIT, |body| handle(deps, body)).await)
    }))
    .await
}
