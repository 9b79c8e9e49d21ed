//! Checkout: a cart becomes an order with hard holds, and gets its payment.

mod body;
mod place;

use std::{sync::Arc, time::Duration};

use ordering::Ordering;
use payments::LiveStripe;
use platform::{
    Env, Ids, OsRandom, SystemClock,
    aws::{self, Aws},
};
use store::Store;
use web::{Routes, routes};

pub use body::CheckoutBody;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub ordering: Ordering,
    pub settings: web::Settings,
    /// How long goods are held for an unpaid order.
    pub hard_hold: Duration,
    /// Where customers pay: `{storefront_url}/checkout/{order}`.
    pub storefront_url: String,
}

impl Deps {
    pub async fn from_env() -> Result<Self, lambda_http::Error> {
        let env = Env::process();
        let (aws, table, settings, hard_hold, storefront_url, stripe) = env.read(|env| {
            (
                aws::Settings::read(env),
                env.text("TABLE_NAME"),
                web::Settings::read(env),
                env.seconds("HARD_HOLD_S"),
                env.url("STOREFRONT_URL"),
                (env.url("STRIPE_API_URL"), env.secret("STRIPE_API_KEY")),
            )
        })?;
        let store = Store::on_aws(&Aws::new(aws)?, &table).await?;
        let stripe = Arc::new(LiveStripe::new(&stripe.0, stripe.1.reveal())?);
        let ids = Ids::new(Arc::new(SystemClock), Arc::new(OsRandom));
        Ok(Self { ordering: Ordering { store, stripe, ids }, settings, hard_hold, storefront_url })
    }
}

impl web::Context for Deps {
    fn store(&self) -> &Store {
        &self.ordering.store
    }

    fn settings(&self) -> &web::Settings {
        &self.settings
    }
}

/// The function's routes, with their documentation.
pub fn routes() -> Routes<Deps> {
    web::channel::in_every_channel(|| routes![place::check_out])
}

/// The function, ready to run.
pub fn app(deps: Deps) -> axum::Router {
    web::finish(routes().into_router(), deps)
}

pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
