#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    platform::telemetry::init();
    let (deps, connecting) = cart::Deps::from_env().await?;
    web::run(cart::app(deps), connecting).await
}
