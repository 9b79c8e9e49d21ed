use lambda_runtime::{LambdaEvent, run, service_fn};
use outbox_relay::{Deps, StreamEvent};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let (deps, connecting) = Deps::from_env().await?;
    platform::telemetry::init();
    // Raw, because the runtime reads whatever else it is asked for a second time over, to name the path of an error.
    connecting.await;
    run(service_fn(|event: LambdaEvent<Box<RawValue>>| {
        let batch = serde_json::from_str::<StreamEvent>(event.payload.get());
        let deps = &deps;
        async move { Ok::<_, lambda_runtime::Error>(outbox_relay::handle(deps, batch?).await) }
    }))
    .await
}
