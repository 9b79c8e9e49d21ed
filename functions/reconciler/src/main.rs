use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let (deps, connecting) = reconciler::Deps::from_env().await?;
    platform::telemetry::init();
    connecting.await;
    run(service_fn(|_: LambdaEvent<Value>| async {
        Ok::<_, lambda_runtime::Error>(reconciler::handle(&deps).await?)
    }))
    .await
}
