#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (deps, connecting) = cart::Deps::from_env().await?;
    platform::telemetry::init();
    web::run(cart::app(deps), connecting).await
}
