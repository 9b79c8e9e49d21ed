use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (deps, aside, connecting) = outbox_relay::from_env().await?;
    platform::telemetry::init();
    let (deps, aside) = (&deps, &aside);
    // Raw, because the runtime reads whatever else it is asked for a second time over, to name the path of an error.
    connecting.await;
    run(service_fn(async move |event: LambdaEvent<Box<RawValue>>| {
        Ok::<_, Error>(outbox_relay::handle(deps, aside, event.payload.get()).await?)
    }))
    .await
}
