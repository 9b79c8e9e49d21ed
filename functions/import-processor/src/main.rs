use std::time::Duration;

use import_processor::{Deps, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use platform::batch;

/// What one step may take: less than the function's own time limit, so that the answer still goes out.
const LIMIT: Duration = Duration::from_secs(110);

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
