#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (deps, connecting) = checkout::Deps::from_env().await?;
    platform::telemetry::init();
    web::run(checkout::app(deps), connecting).await
}
