//! Checkout: a cart becomes an order with hard holds, and gets its payment.

mod body;
mod place;
mod quote;
mod terms;

use std::time::Duration;

use ordering::Ordering;
use platform::{Env, aws::Connecting};
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
    pub async fn from_env() -> Result<(Self, Connecting), lambda_http::Error> {
        let (ordering, settings, hard_hold, storefront_url) = Env::process().read(|env| {
            (
                ordering::Settings::read(env),
                web::Settings::read(env),
                env.seconds("HARD_HOLD_S"),
                env.url("STOREFRONT_URL"),
            )
        })?;
        let (ordering, connecting) = Ordering::open(ordering).await?;
        Ok((Self { ordering, settings, hard_hold, storefront_url }, connecting))
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
    web::channel::in_every_channel(|| routes![place::check_out, quote::quote])
}

/// The function, ready to run.
pub fn app(deps: Deps) -> axum::Router {
    web::finish(routes().into_router(), deps)
}

pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
