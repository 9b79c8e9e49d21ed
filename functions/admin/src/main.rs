use lambda_runtime::{run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let (deps, connecting) = admin::Deps::from_env().await?;
    platform::telemetry::init();
    let app = admin::app(deps.clone());
    connecting.await;
    run(service_fn(|event| admin::invoke(&deps, &app, event))).await
}
