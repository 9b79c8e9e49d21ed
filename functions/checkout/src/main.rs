#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    platform::telemetry::init();
    let (deps, connecting) = checkout::Deps::from_env().await?;
    web::run(checkout::app(deps), connecting).await
}
