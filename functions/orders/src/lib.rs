//! Orders as customers see them: tracking, cancelling before payment, a customer's list.

mod cancel;
mod list;
mod show;

use std::sync::Arc;

use ordering::Ordering;
use payments::LiveStripe;
use platform::{
    Env, Ids, OsRandom, SystemClock,
    aws::{self, Aws},
};
use store::Store;
use web::{Routes, routes};

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub ordering: Ordering,
    pub settings: web::Settings,
}

impl Deps {
    pub async fn from_env() -> Result<Self, lambda_http::Error> {
        let env = Env::process();
        let (aws, table, settings, url, key) = env.read(|env| {
            (
                aws::Settings::read(env),
                env.text("TABLE_NAME"),
                web::Settings::read(env),
                env.url("STRIPE_API_URL"),
                env.secret("STRIPE_API_KEY"),
            )
        })?;
        let store = Store::on_aws(&Aws::new(aws)?, &table).await?;
        let stripe = Arc::new(LiveStripe::new(&url, key.reveal())?);
        let ids = Ids::new(Arc::new(SystemClock), Arc::new(OsRandom));
        Ok(Self { ordering: Ordering { store, stripe, ids }, settings })
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
