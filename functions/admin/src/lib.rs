//! The platform's own console: admins and their sessions, the vendors they make. Invoked directly it also makes the first admin.

mod auth;
mod bootstrap;
mod invoke;
mod ledger;
mod lists;
mod reconciliation;
mod refund;
#[cfg(test)]
mod tests;
mod vendors;

use std::sync::Arc;

use platform::{Env, Ids, OsRandom, Passwords, aws::Connecting, password::Cost};
use store::Store;
use web::{Routes, routes};

pub use bootstrap::{Bootstrap, Bootstrapped, NotBootstrapped, bootstrap_admin};
pub use invoke::invoke;

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub settings: web::Settings,
    pub ids: Ids,
    pub passwords: Passwords,
}

impl Deps {
    pub async fn from_env() -> Result<(Self, Connecting), lambda_http::Error> {
        let (store, settings) =
            Env::process().read(|env| (store::Settings::read(env), web::Settings::read(env)))?;
        let passwords = Passwords::new(Cost::OWASP, Arc::new(OsRandom));
        let (store, connecting) = Store::open(store).await?;
        Ok((Self { store, settings, ids: Ids::system(), passwords }, connecting))
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

fn auth_routes() -> Routes<Deps> {
    routes![auth::session::log_in_admin, auth::session::log_out_admin, auth::activate::activate_admin]
}

fn vendor_routes() -> Routes<Deps> {
    routes![
        vendors::list::list_vendors,
        vendors::create::create_vendor,
        vendors::show::get_vendor,
        lists::orders::list_orders,
        refund::refund_order,
        ledger::get_ledger,
        reconciliation::get_reconciliation,
        reconciliation::ask_for_reconciliation,
        lists::shipments::list_all_shipments,
        lists::products::list_all_products
    ]
}

/// The function's routes, with their documentation.
pub fn routes() -> Routes<Deps> {
    auth_routes().merge(vendor_routes())
}

/// The function's HTTP half, ready to run. Answers of log-ins hold tokens, so no idempotency record may keep them.
pub fn app(deps: Deps) -> axum::Router {
    let auth = auth_routes().into_router();
    let vendors = vendor_routes().into_router();
    web::finish(auth.merge(web::idempotent::layer(vendors, deps.clone())), deps)
}

pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
