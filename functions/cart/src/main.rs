#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    platform::telemetry::init();
    let deps = cart::Deps::from_env().await?;
    web::run(cart::app(deps)).await
}
