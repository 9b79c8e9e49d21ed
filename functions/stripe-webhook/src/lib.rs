//! Stripe's webhooks: verify, one conditional write, 2xx. All that follows from it follows from the table's stream.
//!
//! `/` is the platform's endpoint, `/connect` the one for connected accounts; each has a secret of its own.

mod receive;

use axum::{Router, routing::post};
use platform::{
    Env, Secret,
    aws::{self, Aws},
};
use store::Store;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub settings: web::Settings,
    pub secret: Secret<String>,
    pub connect_secret: Secret<String>,
}

impl Deps {
    pub async fn from_env() -> Result<Self, lambda_http::Error> {
        let env = Env::process();
        let (aws, table, secret, connect_secret) = env.read(|env| {
            (
                aws::Settings::read(env),
                env.text("TABLE_NAME"),
                env.secret("STRIPE_WEBHOOK_SECRET"),
                env.secret("STRIPE_CONNECT_WEBHOOK_SECRET"),
            )
        })?;
        let aws = Aws::new(aws)?;
        let store = Store::on_aws(&aws, &table).await?;
        // No page calls this function.
        let settings = web::Settings { cookie_prefix: String::new(), allowed_origins: Vec::new() };
        Ok(Self { store, settings, secret, connect_secret })
    }
}

impl web::Context for Deps {
    fn store(&self) -> &Store {
        &self.store
    }

    fn settings(&self) -> &web::Settings {
        &self.settings
    }
}

/// The function, ready to run.
pub fn app(deps: Deps) -> Router {
    let routes = Router::new().route("/", post(receive::platform)).route("/connect", post(receive::connect));
    web::finish(routes, deps)
}
