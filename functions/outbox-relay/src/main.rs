use lambda_runtime::{LambdaEvent, run, service_fn};
use outbox_relay::{Deps, StreamEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    platform::telemetry::init();
    let deps = Deps::from_env().await?;
    run(service_fn(|event: LambdaEvent<StreamEvent>| async {
        Ok::<_, lambda_runtime::Error>(outbox_relay::handle(&deps, event.payload).await)
    }))
    .await
}
