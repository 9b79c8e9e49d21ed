//! How a vendor is paid (000, 1.3): it opens an account at Stripe, tells Stripe there what that has to know, and sees what of its sales reached the account, and what went from there to
//! its bank.
//!
//! What Stripe says of an account comes by webhook; a vendor that is not ready yet and asks is told by Stripe itself, so that no lost webhook holds it up.

mod config;
mod list;
mod setup;
#[cfg(test)]
mod tests;
mod transfers;

use std::{error::Error, sync::Arc};

use axum::Router;
use payments::{Connect, StripeError};
use platform::{Env, aws::Connecting};
use store::Store;
use utoipa::openapi::OpenApi;
use web::{ApiError, Context, Routes, Settings, routes};

/// What the handlers work with.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub stripe: Arc<dyn Connect>,
    pub settings: Settings,
}

impl Deps {
    /// Reads the configuration and begins to open the connections.
    pub async fn from_env() -> Result<(Self, Connecting), Box<dyn Error + Send + Sync>> {
        let (store, stripe, settings) = Env::process().read(|env| {
            (store::Settings::read(env), ordering::StripeSettings::read(env), Settings::read(env))
        })?;
        let (store, connecting) = Store::open(store).await?;
        Ok((Self { store, stripe: Arc::new(stripe.live()?), settings }, connecting))
    }
}

impl Context for Deps {
    fn store(&self) -> &Store {
        &self.store
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

pub fn routes() -> Routes<Deps> {
    routes![
        setup::set_up_payments,
        config::get_payments_config,
        list::list_payouts,
        transfers::list_transfers
    ]
}

pub fn app(deps: Deps) -> Router {
    web::finish(routes().into_router(), deps)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

/// What a caller is told where Stripe did not do what was asked.
fn trouble(error: StripeError) -> ApiError {
    if error.is_transient() {
        tracing::warn!(error = &error as &dyn Error, "Stripe does not answer");
        return ApiError::unavailable();
    }
    tracing::error!(error = &error as &dyn Error, "Stripe refused");
    ApiError::internal()
}
