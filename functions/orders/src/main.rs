#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (deps, connecting) = orders::Deps::from_env().await?;
    platform::telemetry::init();
    web::run(orders::app(deps), connecting).await
}
