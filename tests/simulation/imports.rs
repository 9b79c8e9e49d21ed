//! Imports whose messages are lost or never do their work: the sweeper finds them, and each ends.

use std::time::Duration;

use domain::{
    feed::sample::{self, Style},
    import::Work,
};
use platform::Clock;
use reservation_expiry::Swept;
use serde_json::{Value, json};
use store::due;

use souk_tests::simulation::{CHUNK_ROWS, Shop, World, upload};

/// A vendor that brings in feeds.
struct Feeds {
    world: World,
    shop: Shop,
}

/// The rows of the feed: three chunks.
const ROWS: u32 = 3 * CHUNK_ROWS as u32;

impl Feeds {
    async fn new() -> Self {
        let world = World::new(1);
        let shop = world.shop("tea").await;
        Self { world, shop }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let path = format!("/api/v1/vendor/marketplace{path}");
        let answer = self.world.call(method, &path, Some(&self.shop.token), body).await;
        (answer.status.as_u16(), answer.body.into_value())
    }

    /// Uploads a feed and starts its import; answers its id.
    async fn started(&self) -> String {
        let feed = sample::feed(Style::Plain, ROWS, 0);
        let announced = json!({"filename": "feed.csv", "content_length": feed.len()});
        let (_, made) = self.call("POST", "/uploads", Some(announced)).await;
        upload(&self.world.works.feeds, &made["upload"], feed.into_bytes()).await;
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
            let sent = self.world.works.queue.take_sent();
            if sent.is_empty() {
                return handled;
            }
            for body in sent {
                if !lost(&serde_json::from_str(&body).unwrap()) {
                    self.world.works.process(&body).await.unwrap();
                    handled += 1;
                }
            }
        }
    }

    /// So many minutes pass: in each the sweeper comes, and what it asks for is done. Answers how many imports it asked about.
    async fn minutes(&self, minutes: u32, lost: impl Fn(&Work) -> bool) -> u32 {
        let mut asked = 0;
        for _ in 0..minutes {
            self.world.clock.advance(Duration::from_secs(60));
            let swept = self.world.sweep().await;
            assert_eq!(swept.failed, 0);
            asked += swept.imports;
            self.deliver(&lost).await;
        }
        asked
    }

    /// How many things will ever be due, once what was written has been told.
    async fn due(&self) -> usize {
        self.world.settle().await;
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
    assert_eq!(feeds.world.works.queue.take_sent().len(), 1);
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
    let plan = feeds.world.works.queue.take_sent();
    feeds.world.works.process(&plan[0]).await.unwrap();
    let chunks = feeds.world.works.queue.take_sent();
    feeds.world.works.process(&chunks[0]).await.unwrap();
    let (status, job) = feeds.call("POST", &format!("/imports/{id}/cancel"), None).await;
    assert_eq!((status, told(&job)), (200, ("cancelled", None, [30, 10, 10])));
    assert_eq!(feeds.due().await, 0);
    let before = feeds.world.table.dump();
    for late in plan.iter().chain(&chunks) {
        feeds.world.works.process(late).await.unwrap();
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
    assert_eq!((feeds.world.sweep().await.imports, feeds.world.sweep().await.imports), (1, 0));
    let look = feeds.world.works.queue.take_sent().remove(0);
    for _ in 0..2 {
        feeds.world.works.process(&look).await.unwrap();
    }
    assert_eq!(feeds.deliver(nothing).await, 1);
    assert_eq!(told(&feeds.job(&id).await), ("completed", None, [30, 30, 30]));

    feeds.world.settle().await;
    let before = feeds.world.table.dump();
    feeds.world.works.process(&look).await.unwrap();
    feeds.world.clock.advance(Duration::from_secs(86_400));
    assert_eq!((feeds.world.sweep().await, feeds.deliver(nothing).await), (Swept::default(), 0));
    assert!(feeds.world.table.dump() == before, "the table has changed");
}
