//! A vendor's feeds: where they come from, the jobs that read them, and what is made of their rows (000, workflow 2).

mod body;
mod cancel;
mod curate;
mod jobs;
mod publish;
mod rows;
mod settings;
mod start;
#[cfg(test)]
mod tests;
mod upload;

use std::{error::Error, sync::Arc};

use axum::Router;
use domain::feed::Reach;
use platform::{
    Aws, Env, Ids, ObjectStore, OsRandom, Queue, SystemClock,
    aws::{self, Connecting, Service},
    objects::S3Objects,
    queue::Sqs,
};
use store::Store;
use utoipa::openapi::OpenApi;
use web::{Context, Routes, Settings, routes};

/// What the handlers work with.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub settings: Settings,
    pub ids: Ids,
    /// The work bucket, where feeds are uploaded to.
    pub objects: Arc<dyn ObjectStore>,
    /// Tells import-processor of new jobs.
    pub queue: Arc<dyn Queue>,
    /// Where feeds may be fetched from.
    pub reach: Reach,
}

impl Deps {
    /// Reads the configuration and begins to open the connections.
    pub async fn from_env() -> Result<(Self, Connecting), Box<dyn Error + Send + Sync>> {
        let (aws, table, settings, bucket, queue, loopback) = Env::process().read(|env| {
            let (bucket, queue) = (env.text("WORK_BUCKET"), env.url("IMPORT_QUEUE_URL"));
            let loopback = env.flag("ALLOW_LOOPBACK_FEEDS");
            (aws::Settings::read(env), env.text("TABLE_NAME"), Settings::read(env), bucket, queue, loopback)
        })?;
        let (aws, connecting) = Aws::open(aws, &[Service::DynamoDb, Service::Sqs]).await?;
        let store = Store::on_aws(&aws, &table);
        let ids = Ids::new(Arc::new(SystemClock), Arc::new(OsRandom));
        let objects = Arc::new(S3Objects::new(aws.config(), bucket));
        let queue = Arc::new(Sqs::new(aws.config(), queue));
        let reach = if loopback { Reach::PublicAndLoopback } else { Reach::Public };
        Ok((Self { store, settings, ids, objects, queue, reach }, connecting))
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
        settings::get_marketplace,
        settings::set_marketplace,
        upload::create_feed_upload,
        start::start_import,
        jobs::list_imports,
        jobs::get_import,
        cancel::cancel_import,
        rows::list_import_products,
        rows::list_import_errors,
        curate::select_staged_product,
        publish::publish_staged_product
    ]
}

pub fn app(deps: Deps) -> Router {
    web::finish(web::idempotent::layer(routes().into_router(), deps.clone()), deps)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
