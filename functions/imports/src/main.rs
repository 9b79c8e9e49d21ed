//! Runs the function under Lambda.

use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (deps, connecting) = imports::Deps::from_env().await?;
    platform::telemetry::init();
    web::run(imports::app(deps), connecting).await
}
