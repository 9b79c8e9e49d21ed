//! Stripe's webhooks: verify, one conditional write, 2xx. All that follows from it follows from the table's stream.
//!
//! `/` is the platform's endpoint, `/connect` the one for connected accounts; each has a secret of its own.

mod receive;

use axum::{Router, routing::post};
use platform::{Env, Secret, aws::Connecting};
use store::Store;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub secret: Secret<String>,
    pub connect_secret: Secret<String>,
}

impl Deps {
    pub async fn from_env() -> Result<(Self, Connecting), lambda_http::Error> {
        let (store, secret, connect_secret) = Env::process().read(|env| {
            (
                store::Settings::read(env),
                env.secret("STRIPE_WEBHOOK_SECRET"),
                env.secret("STRIPE_CONNECT_WEBHOOK_SECRET"),
            )
        })?;
        let (store, connecting) = Store::open(store).await?;
        Ok((Self { store, secret, connect_secret }, connecting))
    }
}

/// The function, ready to run.
pub fn app(deps: Deps) -> Router {
    let routes = Router::new().route("/", post(receive::platform)).route("/connect", post(receive::connect));
    web::finish_hidden(routes, deps)
}
