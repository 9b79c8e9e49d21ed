#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    platform::telemetry::init();
    let (deps, connecting) = accounts::Deps::from_env().await?;
    web::run(accounts::app(deps), connecting).await
}
