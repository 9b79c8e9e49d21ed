#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (deps, connecting) = accounts::Deps::from_env().await?;
    platform::telemetry::init();
    web::run(accounts::app(deps), connecting).await
}
