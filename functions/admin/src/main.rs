use lambda_runtime::service_fn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    platform::telemetry::init();
    let deps = admin::Deps::from_env().await?;
    let app = admin::app(deps.clone());
    lambda_runtime::run(service_fn(|event| admin::invoke(&deps, &app, event))).await
}
