use lambda_runtime::{Runtime, layers::TracingLayer, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let (deps, connecting) = admin::Deps::from_env().await?;
    platform::telemetry::init();
    let app = admin::app(deps.clone());
    let runtime =
        Runtime::new(service_fn(|event| admin::invoke(&deps, &app, event))).layer(TracingLayer::new());
    connecting.await;
    runtime.run().await
}
