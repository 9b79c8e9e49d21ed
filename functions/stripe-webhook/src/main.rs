#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    platform::telemetry::init();
    let (deps, connecting) = stripe_webhook::Deps::from_env().await?;
    web::run(stripe_webhook::app(deps), connecting).await
}
