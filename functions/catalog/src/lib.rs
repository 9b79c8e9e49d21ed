//! What customers browse, in a shop or in the market: categories, shelves, product pages, availability (001 flow 1, 003 part 2).
//!
//! Answers are public: they hold nothing of the caller's and may be kept by caches for as long as they say.

mod availability;
mod cached;
mod categories;
mod document;
mod page;
mod shelf;
mod shop;
#[cfg(test)]
mod tests;
mod vendors;

use std::{error::Error, sync::Arc};

use axum::Router;
use platform::{Env, aws::Connecting};
use store::Store;
use utoipa::openapi::OpenApi;
use web::{Context, Routes, Settings, channel, routes};

use vendors::Vendors;

/// What the handlers work with.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub settings: Settings,
    vendors: Arc<Vendors>,
}

impl Deps {
    pub fn new(store: Store, settings: Settings) -> Self {
        Self { store, settings, vendors: Arc::default() }
    }

    /// Reads the configuration and begins to open the connections.
    pub async fn from_env() -> Result<(Self, Connecting), Box<dyn Error + Send + Sync>> {
        let (store, settings) =
            Env::process().read(|env| (store::Settings::read(env), Settings::read(env)))?;
        let (store, connecting) = Store::open(store).await?;
        Ok((Self::new(store, settings), connecting))
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

fn of_a_channel() -> Routes<Deps> {
    routes![
        shop::get_shop_info,
        categories::list_categories,
        shelf::list_products,
        page::get_product,
        availability::get_availability
    ]
}

pub fn routes() -> Routes<Deps> {
    channel::in_every_channel(of_a_channel).merge(routes![document::get_openapi])
}

/// The router; what no route of any function takes comes here too, and finds its 404.
pub fn app(deps: Deps) -> Router {
    web::finish(routes().into_router(), deps)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
