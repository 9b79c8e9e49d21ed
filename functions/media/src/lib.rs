//! A vendor's pictures: leave to upload one, and what became of it (000, 2.4).

mod create;
mod show;
#[cfg(test)]
mod tests;

use std::{error::Error, sync::Arc};

use axum::Router;
use platform::{
    Aws, Env, Ids, ObjectStore,
    aws::{self, Connecting, Service},
    objects::S3Objects,
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
    /// Where uploads go.
    pub objects: Arc<dyn ObjectStore>,
    /// Where the variants are served from, without a slash at its end.
    pub media_base_url: String,
}

impl Deps {
    /// Reads the configuration and begins to open the connections. Signing an upload needs none.
    pub async fn from_env() -> Result<(Self, Connecting), Box<dyn Error + Send + Sync>> {
        let (aws, table, settings, bucket, media_base_url) = Env::process().read(|env| {
            let (bucket, base_url) = (env.text("MEDIA_BUCKET"), env.url("MEDIA_BASE_URL"));
            (aws::Settings::read(env), env.text("TABLE_NAME"), Settings::read(env), bucket, base_url)
        })?;
        let (aws, connecting) = Aws::open(aws, &[Service::DynamoDb]).await?;
        let store = Store::on_aws(&aws, &table);
        let objects = Arc::new(S3Objects::new(aws.config(), bucket));
        Ok((Self { store, settings, ids: Ids::system(), objects, media_base_url }, connecting))
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
    routes![create::create_media, show::get_media]
}

/// A POST is no work to be done once: a second one makes a second medium, which nobody sees until something is uploaded.
pub fn app(deps: Deps) -> Router {
    web::finish(routes().into_router(), deps)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
