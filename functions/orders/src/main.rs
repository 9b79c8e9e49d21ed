#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    platform::telemetry::init();
    let (deps, connecting) = orders::Deps::from_env().await?;
    web::run(orders::app(deps), connecting).await
}
