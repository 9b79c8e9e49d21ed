//! Accounts and sessions of those who sell and of those who buy: invitations taken up, registrations, log-ins, log-outs.
//!
//! **Invariant:** a log-in with an unknown address answers as one with a wrong password does, as late, with the same body.

mod customers;
mod staff;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use platform::{Env, Ids, OsRandom, Passwords, aws::Connecting, password::Cost};
use store::Store;
use web::{Routes, routes};

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

/// The function's routes, with their documentation.
pub fn routes() -> Routes<Deps> {
    routes![
        staff::activate::activate_staff,
        staff::session::log_in_staff,
        staff::session::log_out_staff,
        staff::me::get_staff_me
    ]
    .merge(web::channel::in_every_channel(|| {
        routes![
            customers::register::register_customer,
            customers::session::log_in_customer,
            customers::session::log_out_customer,
            customers::me::get_customer_me
        ]
    }))
}

/// The function, ready to run.
pub fn app(deps: Deps) -> axum::Router {
    web::finish(routes().into_router(), deps)
}

pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
