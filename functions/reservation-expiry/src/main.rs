use lambda_runtime::{LambdaEvent, Runtime, layers::TracingLayer, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    platform::telemetry::init();
    let (deps, connecting) = reservation_expiry::Deps::from_env().await?;
    let runtime = Runtime::new(service_fn(|_: LambdaEvent<Value>| async {
        Ok::<_, lambda_runtime::Error>(reservation_expiry::handle(&deps).await?)
    }))
    .layer(TracingLayer::new());
    connecting.await;
    runtime.run().await
}
