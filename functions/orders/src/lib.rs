//! Orders as customers see them: tracking, cancelling before payment, a customer's list.

mod cancel;
mod list;
mod show;

use ordering::Ordering;
use platform::{Env, aws::Connecting};
use store::Store;
use web::{Routes, routes};

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub ordering: Ordering,
    pub settings: web::Settings,
}

impl Deps {
    pub async fn from_env() -> Result<(Self, Connecting), lambda_http::Error> {
        let (ordering, settings) =
            Env::process().read(|env| (ordering::Settings::read(env), web::Settings::read(env)))?;
        let (ordering, connecting) = Ordering::open(ordering).await?;
        Ok((Self { ordering, settings }, connecting))
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
    web::channel::in_every_channel(|| routes![show::get_order, cancel::cancel_order, list::list_my_orders])
}

/// The function, ready to run.
pub fn app(deps: Deps) -> axum::Router {
    web::finish(routes().into_router(), deps)
}

pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
