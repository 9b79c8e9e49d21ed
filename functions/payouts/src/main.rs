//! Runs the function under Lambda.

use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (deps, connecting) = payouts::Deps::from_env().await?;
    platform::telemetry::init();
    web::run(payouts::app(deps), connecting).await
}
