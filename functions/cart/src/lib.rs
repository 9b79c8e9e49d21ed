//! Carts: what a customer is about to buy in a channel, and the soft holds on it.
//!
//! A cart's id is its key: nobody can guess it, and who knows it may use it, unless it belongs to a customer.

mod body;
mod change;
mod create;
mod items;
mod show;
#[cfg(test)]
mod tests;

use std::time::Duration;

use platform::{Env, Ids, aws::Connecting};
use store::Store;
use web::{Routes, routes};

pub use body::CartBody;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub settings: web::Settings,
    pub ids: Ids,
    /// How long goods are held for a cart from its last change.
    pub soft_hold: Duration,
}

impl Deps {
    pub async fn from_env() -> Result<(Self, Connecting), lambda_http::Error> {
        let (store, settings, soft_hold) = Env::process()
            .read(|env| (store::Settings::read(env), web::Settings::read(env), env.seconds("SOFT_HOLD_S")))?;
        let (store, connecting) = Store::open(store).await?;
        Ok((Self { store, settings, ids: Ids::system(), soft_hold }, connecting))
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

/// The function's routes, with their documentation.
pub fn routes() -> Routes<Deps> {
    without_keys().merge(under_keys())
}

/// Making a cart is nothing that is repeated under a key: it names nothing of a guest's, and who used another's key would get the other's cart. A guest's
/// repeat makes one more, which is empty; a customer's gets the one that there is.
fn without_keys() -> Routes<Deps> {
    web::channel::in_every_channel(|| routes![create::create_cart])
}

fn under_keys() -> Routes<Deps> {
    web::channel::in_every_channel(|| {
        routes![
            show::get_cart,
            show::delete_cart,
            items::add_cart_item,
            items::set_cart_item,
            items::remove_cart_item
        ]
    })
}

/// The function, ready to run.
pub fn app(deps: Deps) -> axum::Router {
    let under_keys = web::idempotent::layer(under_keys().into_router(), deps.clone());
    web::finish(without_keys().into_router().merge(under_keys), deps)
}

pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
