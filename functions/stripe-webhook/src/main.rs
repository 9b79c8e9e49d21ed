#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (deps, connecting) = stripe_webhook::Deps::from_env().await?;
    platform::telemetry::init();
    web::run(stripe_webhook::app(deps), connecting).await
}
