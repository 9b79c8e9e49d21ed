//! A vendor's catalogue: products with their variants, and which of them are on the shelf (003, part 1).

mod body;
mod change;
mod create;
mod list;
mod publish;
mod read;
mod remove;
#[cfg(test)]
mod tests;

use std::error::Error;

use axum::Router;
use platform::{Env, Ids, aws::Connecting};
use store::Store;
use utoipa::openapi::OpenApi;
use web::{Context, Routes, Settings, routes};

/// What the handlers work with.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub settings: Settings,
    pub ids: Ids,
}

impl Deps {
    /// Reads the configuration and begins to open the connections.
    pub async fn from_env() -> Result<(Self, Connecting), Box<dyn Error + Send + Sync>> {
        let (store, settings) =
            Env::process().read(|env| (store::Settings::read(env), Settings::read(env)))?;
        let (store, connecting) = Store::open(store).await?;
        Ok((Self { store, settings, ids: Ids::system() }, connecting))
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
        create::create_product,
        list::list_vendor_products,
        read::get_vendor_product,
        change::change_product,
        remove::delete_product,
        publish::publish_product,
        publish::archive_product
    ]
}

pub fn app(deps: Deps) -> Router {
    web::finish(web::idempotent::layer(routes().into_router(), deps.clone()), deps)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
