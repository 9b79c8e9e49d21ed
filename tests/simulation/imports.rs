//! Imports whose messages are lost or never do their work: the sweeper finds them, and each ends.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes},
};
use domain::{
    feed::{
        Reach,
        sample::{self, Style},
    },
    import::Work,
};
use http::{Request, header};
use http_body_util::BodyExt;
use import_processor::{Answer, Http, Pull, Resolver};
use ordering::Ordering;
use platform::{
    Clock, Source,
    objects::{MemoryObjects, Upload},
    queue::MemoryQueue,
};
use reqwest::Url;
use reservation_expiry::Swept;
use serde_json::{Value, json};
use store::due;
use tower::ServiceExt;

use souk_tests::simulation::{Shop, World};

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

/// A vendor with its feeds, and the three functions that look after them.
struct Feeds {
    world: World,
    shop: Shop,
    objects: Arc<MemoryObjects>,
    queue: Arc<MemoryQueue>,
    api: Router,
    processor: import_processor::Deps,
    sweeper: reservation_expiry::Deps,
}

/// The rows of the feed, and of a chunk of it.
const ROWS: u32 = 30;
const CHUNK_ROWS: usize = 10;

impl Feeds {
    async fn new() -> Self {
        let world = World::new(1);
        let shop = world.shop("tea").await;
        let objects = Arc::new(MemoryObjects::new(world.clock.clone()));
        let queue = Arc::new(MemoryQueue::new());
        let api = imports::app(imports::Deps {
            store: world.store.clone(),
            settings: web::Settings { cookie_prefix: String::new(), allowed_origins: Vec::new() },
            ids: world.ids.clone(),
            objects: objects.clone(),
            queue: queue.clone(),
            reach: Reach::Public,
        });
        let processor = import_processor::Deps {
            store: world.store.clone(),
            ids: world.ids.clone(),
            objects: objects.clone(),
            queue: queue.clone(),
            pull: Pull { resolver: Arc::new(NoWeb), http: Arc::new(NoWeb), reach: Reach::Public },
            chunk_rows: CHUNK_ROWS,
        };
        let ordering = Ordering {
            store: world.store.clone(),
            stripe: Arc::new(world.stripe.clone()),
            ids: world.ids.clone(),
        };
        let sweeper = reservation_expiry::Deps {
            ordering,
            imports: queue.clone(),
            mails: Arc::new(MemoryQueue::new()),
        };
        Self { world, shop, objects, queue, api, processor, sweeper }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/vendor/marketplace{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.shop.token))
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.api.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    /// Uploads a feed and starts its import; answers its id.
    async fn started(&self) -> String {
        let feed = sample::feed(Style::Plain, ROWS, 0);
        let announced = json!({"filename": "feed.csv", "content_length": feed.len()});
        let (_, made) = self.call("POST", "/uploads", Some(announced)).await;
        let upload = Upload {
            url: made["upload"]["url"].as_str().unwrap().to_owned(),
            method: made["upload"]["method"].as_str().unwrap().to_owned(),
            headers: serde_json::from_value(made["upload"]["headers"].clone()).unwrap(),
        };
        self.objects.upload(&upload, Bytes::from(feed)).await.unwrap();
        let source = json!({"source": "upload", "upload_id": made["upload_id"]});
        let (status, job) = self.call("POST", "/import", Some(source)).await;
        assert_eq!(status, 202, "{job}");
        job["id"].as_str().unwrap().to_owned()
    }

    async fn job(&self, id: &str) -> Value {
        self.call("GET", &format!("/imports/{id}"), None).await.1
    }

    async fn staged(&self, id: &str) -> usize {
        let (_, page) = self.call("GET", &format!("/imports/{id}/products?limit=100"), None).await;
        page["data"].as_array().unwrap().len()
    }

    /// Delivers until nothing waits; a message that `lost` names is lost. Answers how many were handled.
    async fn deliver(&self, lost: impl Fn(&Work) -> bool) -> usize {
        let mut handled = 0;
        loop {
            let sent = self.queue.take_sent();
            if sent.is_empty() {
                return handled;
            }
            for body in sent {
                if !lost(&serde_json::from_str(&body).unwrap()) {
                    import_processor::handle(&self.processor, &body).await.unwrap();
                    handled += 1;
                }
            }
        }
    }

    async fn sweep(&self) -> Swept {
        reservation_expiry::handle(&self.sweeper).await.unwrap()
    }

    /// So many minutes pass: in each the sweeper comes, and what it asks for is done. Answers how many imports it asked about.
    async fn minutes(&self, minutes: u32, lost: impl Fn(&Work) -> bool) -> u32 {
        let mut asked = 0;
        for _ in 0..minutes {
            self.world.clock.advance(Duration::from_secs(60));
            let swept = self.sweep().await;
            assert_eq!(swept.failed, 0);
            asked += swept.imports;
            self.deliver(&lost).await;
        }
        asked
    }

    /// How many things will ever be due.
    async fn due(&self) -> usize {
        let mut due = 0;
        let ever = self.world.clock.now().plus_days(1_000);
        for shard in 0..due::SHARDS {
            due += due::scan(&self.world.store, shard, ever, 100).await.unwrap().len();
        }
        due
    }
}

fn nothing(_: &Work) -> bool {
    false
}

fn chunk_2(step: &Work) -> bool {
    matches!(step, Work::Stage { chunk: 2, .. })
}

/// How an import is told to stand: its status, its failure, and its rows total, done and created.
fn told(job: &Value) -> (&str, Option<&str>, [u64; 3]) {
    let counts = ["rows_total", "rows_done", "created"].map(|field| job[field].as_u64().unwrap());
    (job["status"].as_str().unwrap(), job["failure"]["code"].as_str(), counts)
}

#[tokio::test]
async fn an_import_whose_message_was_lost_is_done_within_a_quarter_of_an_hour() {
    let feeds = Feeds::new().await;
    let id = feeds.started().await;
    assert_eq!(feeds.queue.take_sent().len(), 1);
    assert_eq!(feeds.minutes(11, nothing).await, 0);
    assert_eq!(told(&feeds.job(&id).await), ("pending", None, [0, 0, 0]));
    assert_eq!(feeds.minutes(4, nothing).await, 1);
    assert_eq!(told(&feeds.job(&id).await), ("completed", None, [30, 30, 30]));
    assert_eq!((feeds.due().await, feeds.staged(&id).await), (0, 30));
}

#[tokio::test]
async fn a_chunk_whose_message_was_lost_is_staged_and_counted_once() {
    let feeds = Feeds::new().await;
    let id = feeds.started().await;
    feeds.deliver(chunk_2).await;
    assert_eq!(told(&feeds.job(&id).await), ("running", None, [30, 20, 20]));
    // The queue may still have it for an hour.
    assert_eq!(feeds.minutes(59, nothing).await, 0);
    assert_eq!(feeds.minutes(2, nothing).await, 1);
    assert_eq!(told(&feeds.job(&id).await), ("completed", None, [30, 30, 30]));
    assert_eq!((feeds.due().await, feeds.staged(&id).await), (0, 30));
}

#[tokio::test]
async fn a_chunk_that_is_never_done_ends_its_import_and_the_vendor_is_told() {
    let feeds = Feeds::new().await;
    let id = feeds.started().await;
    feeds.deliver(chunk_2).await;
    let asked = feeds.minutes(5 * 60, chunk_2).await;
    assert_eq!(asked, domain::import::MAX_PUSHES + 1);
    let job = feeds.job(&id).await;
    assert_eq!(told(&job), ("failed", Some("stalled"), [30, 20, 20]));
    assert!(job["finished_at"].is_string());
    assert_eq!((feeds.due().await, feeds.staged(&id).await), (0, 20));
}

#[tokio::test]
async fn a_cancelled_import_stays_as_it_was_whatever_arrives_late() {
    let feeds = Feeds::new().await;
    let id = feeds.started().await;
    let plan = feeds.queue.take_sent();
    import_processor::handle(&feeds.processor, &plan[0]).await.unwrap();
    let chunks = feeds.queue.take_sent();
    import_processor::handle(&feeds.processor, &chunks[0]).await.unwrap();
    let (status, job) = feeds.call("POST", &format!("/imports/{id}/cancel"), None).await;
    assert_eq!((status, told(&job)), (200, ("cancelled", None, [30, 10, 10])));
    assert_eq!(feeds.due().await, 0);
    let before = feeds.world.table.dump();
    for late in plan.iter().chain(&chunks) {
        import_processor::handle(&feeds.processor, late).await.unwrap();
    }
    assert_eq!(feeds.minutes(2 * 60, nothing).await, 0);
    assert!(feeds.world.table.dump() == before, "the table has changed");
    assert_eq!((feeds.job(&id).await, feeds.staged(&id).await), (job, 10));
}

#[tokio::test]
async fn sweeps_that_meet_ask_once_and_what_has_ended_is_left_alone() {
    let feeds = Feeds::new().await;
    let id = feeds.started().await;
    feeds.deliver(chunk_2).await;
    feeds.world.clock.advance(Duration::from_secs(2 * 3600));
    // The first finds it due, the second what the first has done.
    assert_eq!((feeds.sweep().await.imports, feeds.sweep().await.imports), (1, 0));
    let look = feeds.queue.take_sent().remove(0);
    for _ in 0..2 {
        import_processor::handle(&feeds.processor, &look).await.unwrap();
    }
    assert_eq!(feeds.deliver(nothing).await, 1);
    assert_eq!(told(&feeds.job(&id).await), ("completed", None, [30, 30, 30]));

    let before = feeds.world.table.dump();
    import_processor::handle(&feeds.processor, &look).await.unwrap();
    feeds.world.clock.advance(Duration::from_secs(86_400));
    assert_eq!((feeds.sweep().await, feeds.deliver(nothing).await), (Swept::default(), 0));
    assert!(feeds.world.table.dump() == before, "the table has changed");
}
