mod access;
mod cancel;
mod publish;
mod rows;
mod settings;
mod start;

use std::sync::Arc;

use axum::Router;
use domain::{
    ImportId, StagedId,
    account::StaffRole,
    feed::{
        FeedRow, Reach, Reader,
        sample::{self, Style},
    },
    import::{ImportJob, Plan},
    vendor::Vendor,
};
use platform::{objects::MemoryObjects, queue::MemoryQueue};
use serde_json::{Value, json};
use store::{import, staged};
use web::testing::{Answer, Call, World, forget_answers, never_made};

use crate::{Deps, app};

const SETTINGS: &str = "/api/v1/vendor/settings/marketplace";
const BASE: &str = "/api/v1/vendor/marketplace";

/// A shop with an owner who is logged in.
struct Shop {
    world: World,
    objects: Arc<MemoryObjects>,
    queue: Arc<MemoryQueue>,
    app: Router,
    vendor: Vendor,
    owner: String,
}

impl Shop {
    async fn new() -> Self {
        Self::with(MemoryQueue::new(), Reach::Public).await
    }

    async fn with(queue: MemoryQueue, reach: Reach) -> Self {
        let world = World::default();
        let objects = Arc::new(MemoryObjects::new(world.clock.clone()));
        let queue = Arc::new(queue);
        let deps = Deps {
            store: world.store.clone(),
            settings: world.settings(),
            ids: world.ids.clone(),
            objects: objects.clone(),
            queue: queue.clone(),
            reach,
        };
        let vendor = world.shop("tea").await;
        let owner = world.log_in(&vendor, StaffRole::Owner).await;
        Self { app: app(deps), objects, queue, vendor, owner, world }
    }

    async fn call(&self, call: Call) -> Answer {
        call.by(&self.owner).on(&self.app).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Call::get(&format!("{BASE}{path}"))).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Call::post(&format!("{BASE}{path}")).json(&body)).await
    }

    async fn configure(&self) {
        let answer = self.call(Call::put(SETTINGS).json(&settings("https://feeds.example.com/a.csv"))).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// An import that is pending.
    async fn started(&self) -> ImportId {
        self.configure().await;
        let started = self.post("/import", json!({"source": "url"})).await.json();
        serde_json::from_value(started["id"].clone()).unwrap()
    }

    /// An import whose feed is read and of whose chunks none is staged, as import-processor would have done it.
    async fn planned(&self, rows: u32, chunks: u32) -> ImportJob {
        let id = self.started().await;
        let job = import::get(&self.world.store, self.vendor.id, id).await.unwrap();
        let job = import::begin(&self.world.store, &job).await.unwrap();
        let plan =
            Plan { id: "p".to_owned(), chunks, delimiter: "tab".to_owned(), encoding: "utf-8".to_owned() };
        import::plan(&self.world.store, &job, &plan, rows).await.unwrap()
    }

    /// An import that has staged so many rows, as import-processor would have done it.
    async fn imported(&self, rows: u32) -> ImportId {
        let job = self.planned(rows, 1).await;
        let (ids, tally) =
            staged::stage(&self.world.store, self.vendor.id, job.id, feed_rows(rows)).await.unwrap();
        let job = import::chunk_done(&self.world.store, &job, 1, ids, tally).await.unwrap();
        import::finish(&self.world.store, &job).await.unwrap().id
    }

    fn staged(&self, row: u32) -> StagedId {
        staged::id_of(self.vendor.id, &format!("SKU-{row:05}"))
    }

    async fn select(&self, row: u32) -> Answer {
        self.post(&format!("/products/{}/select", self.staged(row)), json!({})).await
    }

    async fn publish(&self, row: u32, body: Value) -> Answer {
        self.post(&format!("/products/{}/publish", self.staged(row)), body).await
    }

    async fn stranger(&self) -> String {
        let other = self.world.shop("coffee").await;
        self.world.log_in(&other, StaffRole::Owner).await
    }
}

fn settings(url: &str) -> Value {
    json!({"csv_url": url, "currency": "EUR", "language": "de"})
}

fn feed_rows(rows: u32) -> Vec<FeedRow> {
    let mut reader = Reader::new();
    let mut read = reader.push(sample::feed(Style::Google, rows, 0).as_bytes()).unwrap();
    read.extend(reader.finish().unwrap().0);
    let eur = domain::Currency::EUR;
    read.into_iter().map(|raw| FeedRow::read(raw.row, &raw.fields, eur).unwrap()).collect()
}
