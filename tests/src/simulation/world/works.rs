//! What feeds and pictures go through on their way into the catalogue.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use axum::body::Bytes;
use domain::feed::Reach;
use import_processor::{Answer, Http, Pull, Resolver};
use platform::{
    Ids, ManualClock, Source,
    batch::Failure,
    objects::{MemoryObjects, Upload},
    queue::MemoryQueue,
};
use reqwest::Url;
use serde_json::{Value, json};
use store::Store;

/// The rows of a chunk: few, so that a small feed has several.
pub const CHUNK_ROWS: usize = 10;
const MEDIA_URL: &str = "https://media.example";

/// The buckets, the queue and the functions behind them.
pub struct Works {
    /// Where feeds are uploaded to, and what import-processor makes of them.
    pub feeds: Arc<MemoryObjects>,
    /// Uploads of pictures, and their renditions.
    pub pictures: Arc<MemoryObjects>,
    /// Asks import-processor for a step.
    pub queue: Arc<MemoryQueue>,
    pub(in crate::simulation) processor: import_processor::Deps,
    pub(in crate::simulation) thumbnailer: thumbnailer::Deps,
}

/// No feed comes from elsewhere here.
struct NoWeb;

#[async_trait]
impl Resolver for NoWeb {
    async fn resolve(&self, _: &str, _: u16) -> io::Result<Vec<IpAddr>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Http for NoWeb {
    async fn get(&self, _: &Url, _: &[SocketAddr]) -> Result<Answer, Source> {
        Err("there is no web".into())
    }
}

impl Works {
    pub(super) fn new(
        (store, ids): (&Store, &Ids),
        clock: Arc<ManualClock>,
        gate: Arc<dyn platform::Gate>,
    ) -> Self {
        let feeds = Arc::new(MemoryObjects::behind(clock.clone(), gate.clone()));
        let pictures = Arc::new(MemoryObjects::behind(clock, gate.clone()));
        let queue = Arc::new(MemoryQueue::behind(gate));
        let processor = import_processor::Deps {
            store: store.clone(),
            ids: ids.clone(),
            objects: feeds.clone(),
            queue: queue.clone(),
            pull: Pull { resolver: Arc::new(NoWeb), http: Arc::new(NoWeb), reach: Reach::Public },
            chunk_rows: CHUNK_ROWS,
        };
        let thumbnailer = thumbnailer::Deps {
            store: store.clone(),
            objects: pictures.clone(),
            media_base_url: MEDIA_URL.to_owned(),
        };
        Self { feeds, pictures, queue, processor, thumbnailer }
    }

    pub(super) fn imports(&self, settings: web::Settings) -> imports::Deps {
        imports::Deps {
            store: self.processor.store.clone(),
            settings,
            ids: self.processor.ids.clone(),
            objects: self.feeds.clone(),
            queue: self.queue.clone(),
            reach: Reach::Public,
        }
    }

    pub(super) fn media(&self, settings: web::Settings) -> media::Deps {
        media::Deps {
            store: self.processor.store.clone(),
            settings,
            ids: self.processor.ids.clone(),
            objects: self.pictures.clone(),
            media_base_url: MEDIA_URL.to_owned(),
        }
    }

    /// Does a step of an import.
    pub async fn process(&self, message: &str) -> Result<(), Failure> {
        import_processor::handle(&self.processor, message).await
    }

    /// What the object store tells of pictures that were uploaded since the last time: the messages of thumbnailer's queue.
    pub(in crate::simulation) fn take_uploaded(&self) -> Vec<String> {
        let uploaded = self.pictures.take_created().into_iter().filter(|key| key.starts_with("uploads/"));
        uploaded
            .map(|key| json!({"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": key}}}]}))
            .map(|told| told.to_string())
            .collect()
    }
}

/// Uploads a body as an answer (`upload` of it) allows.
pub async fn upload(objects: &MemoryObjects, allowed: &Value, body: Vec<u8>) {
    let text = |field: &str| allowed[field].as_str().unwrap().to_owned();
    let headers = serde_json::from_value(allowed["headers"].clone()).unwrap();
    let upload = Upload { url: text("url"), method: text("method"), headers };
    objects.upload(&upload, Bytes::from(body)).await.unwrap();
}
