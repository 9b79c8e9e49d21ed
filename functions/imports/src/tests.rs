use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use domain::{
    ImportId, StagedId, Tenant, UploadId,
    account::StaffRole,
    feed::{
        FeedRow, Reach, Reader, RowError,
        sample::{self, Style},
    },
    import::{ImportStatus, Plan, Work},
    vendor::Vendor,
};
use platform::{
    Gate,
    fault::Fault,
    objects::{MemoryObjects, Upload},
    queue::MemoryQueue,
};
use serde_json::{Value, json};
use store::{import, session::Principal, staged};
use web::testing::{Answer, Call, World, never_made};

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

    /// An import that has staged so many rows, as import-processor would have done it.
    async fn imported(&self, rows: u32) -> ImportId {
        self.configure().await;
        let started = self.post("/import", json!({"source": "url"})).await.json();
        let id: ImportId = serde_json::from_value(started["id"].clone()).unwrap();
        let job = import::get(&self.world.store, self.vendor.id, id).await.unwrap();
        let job = import::begin(&self.world.store, &job).await.unwrap();
        let plan =
            Plan { id: "p".to_owned(), chunks: 1, delimiter: "tab".to_owned(), encoding: "utf-8".to_owned() };
        let job = import::plan(&self.world.store, &job, &plan, rows).await.unwrap();
        let (ids, tally) =
            staged::stage(&self.world.store, self.vendor.id, id, feed_rows(rows)).await.unwrap();
        let job = import::chunk_done(&self.world.store, &job, 1, ids, tally).await.unwrap();
        import::finish(&self.world.store, &job).await.unwrap();
        id
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

/// A queue that takes nothing.
struct Closed;

#[async_trait]
impl Gate for Closed {
    async fn enter(&self, _: &str) -> Fault {
        Fault::Before
    }
}

#[tokio::test]
async fn where_the_feed_comes_from_is_set_and_read() {
    let shop = Shop::new().await;
    assert_eq!(shop.call(Call::get(SETTINGS)).await.error(), (404, "not_found".to_owned()));
    let body =
        json!({"csv_url": "http://feeds.example.com:8080/a?b=c", "currency": "CHF", "language": "fr-LU"});
    let set = shop.call(Call::put(SETTINGS).json(&body)).await;
    assert_eq!((set.status, set.json()), (200, body.clone()));
    assert_eq!(shop.call(Call::put(SETTINGS).json(&body)).await.json(), body);
    assert_eq!(shop.call(Call::get(SETTINGS)).await.json(), body);
}

#[tokio::test]
async fn an_address_is_validated_before_it_is_saved() {
    let shop = Shop::new().await;
    let long = format!("https://example.com/{}", "x".repeat(2_000));
    for (url, code) in [
        ("", "invalid_value"),
        ("feeds.example.com", "invalid_value"),
        ("ftp://feeds.example.com/", "invalid_value"),
        ("https://ann:pw@example.com/", "invalid_value"),
        (long.as_str(), "invalid_value"),
        ("http://localhost/", "feed_address_refused"),
        ("http://127.0.0.1:9000/", "feed_address_refused"),
        ("http://169.254.169.254/latest", "feed_address_refused"),
        ("http://[fd00:ec2::254]/", "feed_address_refused"),
    ] {
        let answer = shop.call(Call::put(SETTINGS).json(&settings(url))).await;
        assert_eq!(answer.error(), (422, code.to_owned()), "{url}");
        assert_eq!(answer.json()["error"]["param"], "csv_url");
    }
    for (field, value, status) in [
        ("language", json!("german"), 422),
        ("language", json!("DE"), 422),
        ("language", json!("de-lu"), 422),
        ("language", json!(5), 400),
        ("currency", json!("EURO"), 422),
        ("more", json!(1), 400),
    ] {
        let mut body = settings("https://feeds.example.com/");
        body[field] = value;
        assert_eq!(shop.call(Call::put(SETTINGS).json(&body)).await.status, status, "{body}");
    }
    assert_eq!(shop.call(Call::get(SETTINGS)).await.status, 404);
    let laptop = Shop::with(MemoryQueue::new(), Reach::PublicAndLoopback).await;
    assert_eq!(laptop.call(Call::put(SETTINGS).json(&settings("http://127.0.0.1:9000/"))).await.status, 200);
}

#[tokio::test]
async fn an_import_from_the_address_is_pending_and_asked_for() {
    let shop = Shop::new().await;
    let refused = shop.post("/import", json!({"source": "url"})).await;
    assert_eq!(refused.error(), (409, "marketplace_not_configured".to_owned()));
    shop.configure().await;
    let started = shop.post("/import", json!({"source": "url"})).await;
    let job = started.json();
    assert_eq!((started.status, &job["status"], &job["source"]), (202, &json!("pending"), &json!("url")));
    let sent = shop.queue.take_sent();
    assert_eq!(sent.len(), 1);
    let import_id = serde_json::from_value(job["id"].clone()).unwrap();
    let work: Work = serde_json::from_str(&sent[0]).unwrap();
    assert_eq!(work, Work::Plan { vendor_id: shop.vendor.id, import_id });
    let read = shop.get(&format!("/imports/{}", job["id"].as_str().unwrap())).await;
    assert_eq!((read.status, read.json()), (200, job.clone()));
    assert_eq!(shop.get("/imports").await.json(), json!({"data": [job], "next_cursor": null}));
}

#[tokio::test]
async fn a_feed_is_uploaded_and_then_imported() {
    let shop = Shop::new().await;
    let answer = shop.post("/uploads", json!({"filename": "feed.csv", "content_length": 5})).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let body = answer.json();
    let source = json!({"source": "upload", "upload_id": body["upload_id"]});
    assert_eq!(shop.post("/import", source.clone()).await.error(), (409, "upload_missing".to_owned()));
    let upload = Upload {
        url: body["upload"]["url"].as_str().unwrap().to_owned(),
        method: body["upload"]["method"].as_str().unwrap().to_owned(),
        headers: serde_json::from_value(body["upload"]["headers"].clone()).unwrap(),
    };
    assert_eq!(upload.method, "PUT");
    shop.objects.upload(&upload, Bytes::from_static(b"id,ti")).await.unwrap();
    assert!(shop.objects.keys()[0].starts_with(&format!("feeds/{}/", shop.vendor.id)));
    let started = shop.post("/import", source.clone()).await;
    assert_eq!((started.status, started.json()["upload_id"].clone()), (202, body["upload_id"].clone()));

    let foreign =
        Call::post(&format!("{BASE}/import")).json(&source).by(&shop.stranger().await).on(&shop.app).await;
    let unknown = json!({"source": "upload", "upload_id": never_made::<UploadId>()});
    assert_eq!(foreign.bytes(), shop.post("/import", unknown).await.bytes());
    assert_eq!(foreign.status, 404);
}

#[tokio::test]
async fn what_can_not_be_imported_is_refused() {
    let shop = Shop::new().await;
    shop.configure().await;
    for (path, body, status) in [
        ("/uploads", json!({"filename": "a.csv", "content_length": 0}), 422),
        ("/uploads", json!({"filename": "a.csv", "content_length": 104_857_601}), 422),
        ("/uploads", json!({"filename": "", "content_length": 1}), 422),
        ("/uploads", json!({"filename": "a.csv", "content_length": -1}), 422),
        ("/uploads", json!({"filename": "a.csv"}), 400),
        ("/import", json!({}), 400),
        ("/import", json!({"source": "ftp"}), 422),
        ("/import", json!({"source": "upload"}), 422),
        ("/import", json!({"source": "upload", "upload_id": "x"}), 422),
        ("/import", json!({"source": "url", "upload_id": never_made::<UploadId>()}), 422),
        ("/import", json!({"source": "url", "url": "https://else.example/"}), 400),
    ] {
        let answer = shop.post(path, body.clone()).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.body);
    }
    assert!(shop.queue.take_sent().is_empty());
}

#[tokio::test]
async fn an_import_that_nobody_was_told_of_has_failed() {
    let shop = Shop::with(MemoryQueue::behind(Arc::new(Closed)), Reach::Public).await;
    shop.configure().await;
    assert_eq!(shop.post("/import", json!({"source": "url"})).await.error(), (503, "unavailable".to_owned()));
    let listed = shop.get("/imports").await.json();
    assert_eq!(
        (&listed["data"][0]["status"], &listed["data"][0]["failure"]["code"]),
        (&json!("failed"), &json!("not_started"))
    );
}

#[tokio::test]
async fn one_key_starts_one_import() {
    let shop = Shop::new().await;
    shop.configure().await;
    let start = async || {
        let call = Call::post(&format!("{BASE}/import")).json(&json!({"source": "url"}));
        shop.call(call.with("idempotency-key", "k-1")).await
    };
    let (first, again) = (start().await, start().await);
    assert_eq!((first.status, again.status, &again.body), (202, 202, &first.body));
    assert_eq!(shop.queue.take_sent().len(), 1);
}

#[tokio::test]
async fn what_was_imported_is_looked_through_and_selected() {
    let shop = Shop::new().await;
    let id = shop.imported(60).await;
    let job = shop.get(&format!("/imports/{id}")).await.json();
    assert_eq!(
        (&job["status"], &job["rows_total"], &job["created"]),
        (&json!("completed"), &json!(60), &json!(60))
    );
    let page = shop.get(&format!("/imports/{id}/products?limit=2")).await.json();
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    let row = &page["data"][0];
    assert_eq!(
        (&row["sku"], &row["status"], &row["tax_rate"]),
        (&json!("SKU-00001"), &json!("staged"), &json!(17))
    );
    assert_eq!(row["price"], json!({"amount": sample::price_of(1, 0), "currency": "EUR"}));
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = shop.get(&format!("/imports/{id}/products?limit=2&cursor={cursor}")).await.json();
    assert_eq!(next["data"][0]["sku"], "SKU-00003");

    let selected = shop.select(7).await;
    assert_eq!((selected.status, &selected.json()["status"]), (200, &json!("selected")));
    assert_eq!(shop.select(7).await.json(), selected.json());
    let found = shop.get(&format!("/imports/{id}/products?status=selected")).await.json();
    assert_eq!(found["data"], json!([selected.json()]));
    let found = shop.get(&format!("/imports/{id}/products?q=sku-0005&status=")).await.json();
    assert_eq!(found["data"].as_array().unwrap().len(), 10);
    for query in ["status=nothing", "limit=0", "limit=101", "cursor=x", "limit=abc"] {
        assert_eq!(shop.get(&format!("/imports/{id}/products?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn errors_of_rows_are_told_in_pages() {
    let shop = Shop::new().await;
    let id = shop.imported(1).await;
    let job = import::get(&shop.world.store, shop.vendor.id, id).await.unwrap();
    assert_eq!(job.status, ImportStatus::Completed);
    let errors: Vec<RowError> = (2..=4)
        .map(|row| RowError {
            row,
            column: Some("price".to_owned()),
            value: Some("free".to_owned()),
            code: "invalid_price".to_owned(),
            message: "This is no price.".to_owned(),
        })
        .collect();
    import::keep_errors(&shop.world.store, &job, &errors).await.unwrap();
    let page = shop.get(&format!("/imports/{id}/errors?limit=2")).await.json();
    assert_eq!(page["data"], json!(errors[..2]));
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = shop.get(&format!("/imports/{id}/errors?limit=2&cursor={cursor}")).await.json();
    assert_eq!(next, json!({"data": errors[2..], "next_cursor": null}));
}

#[tokio::test]
async fn a_selected_row_becomes_a_product_with_its_stock() {
    let shop = Shop::new().await;
    shop.imported(20).await;
    assert_eq!(shop.publish(7, json!({})).await.error(), (409, "invalid_state".to_owned()));
    shop.select(7).await;
    let published = shop.publish(7, json!({})).await;
    assert_eq!(published.status, 201, "{}", published.body);
    let product = published.json();
    assert_eq!(
        (&product["sku"], &product["status"], &product["staged_id"]),
        (&json!("SKU-00007"), &json!("published"), &json!(shop.staged(7)))
    );
    assert_eq!((&product["category"], &product["tax_rate"]), (&json!("Wohnen > Licht"), &json!(17)));
    let variant = &product["variants"][0];
    assert_eq!(
        (&variant["price"]["amount"], &variant["available"]),
        (&json!(sample::price_of(7, 0)), &json!(7 * 31 % 40))
    );
    assert_eq!(product["images"][0]["url"], "https://img.example.com/00007/1.jpg");
    assert!(product["gtin"].is_string());
    let again = shop.publish(7, json!({"title": "Other"})).await;
    assert_eq!((again.status, again.json()), (200, product.clone()));
    assert_eq!(shop.select(7).await.error(), (409, "invalid_state".to_owned()));
    let row = staged::get(&shop.world.store, shop.vendor.id, shop.staged(7)).await.unwrap();
    assert_eq!((json!(row.product_id), row.status.as_str()), (product["id"].clone(), "published"));
}

#[tokio::test]
async fn what_the_vendor_changes_stands_in_place_of_the_feeds() {
    let shop = Shop::new().await;
    shop.imported(20).await;
    shop.select(8).await;
    let body = json!({
        "sku": "MINE-8", "title": "My teapot", "description": "Mine.", "category": "Home", "tax_rate": 8.1,
        "price": {"amount": 4_200, "currency": "EUR"}, "on_hand": 12,
    });
    let product = shop.publish(8, body.clone()).await.json();
    for field in ["sku", "title", "description", "category", "price", "tax_rate"] {
        assert_eq!(product[field], body[field], "{field}");
    }
    assert_eq!(
        product["variants"][0]["stock"],
        json!({"on_hand": 12, "available": 12, "reserved": 0, "allocated": 0})
    );
    shop.select(9).await;
    assert_eq!(shop.publish(9, json!({"sku": "MINE-8"})).await.error(), (409, "sku_taken".to_owned()));
    for (change, status, code) in [
        (json!({"price": {"amount": 0, "currency": "EUR"}}), 422, "invalid_value"),
        (json!({"price": {"amount": 100_000_000, "currency": "EUR"}}), 422, "invalid_value"),
        (json!({"price": {"amount": 5, "currency": "USD"}}), 422, "currency_mismatch"),
        (json!({"on_hand": 1_000_001}), 422, "invalid_value"),
        (json!({"on_hand": -1}), 422, "invalid_value"),
        (json!({"title": ""}), 422, "invalid_value"),
        (json!({"colour": "red"}), 400, "invalid_body"),
        (json!({"title": 5}), 400, "invalid_body"),
    ] {
        let answer = shop.publish(9, change.clone()).await;
        assert_eq!(answer.error(), (status, code.to_owned()), "{change}: {}", answer.body);
    }
    assert_eq!(shop.publish(9, json!({})).await.status, 201);
}

#[tokio::test]
async fn a_row_whose_product_was_deleted_can_be_published_anew() {
    let shop = Shop::new().await;
    shop.imported(3).await;
    shop.select(1).await;
    let first = shop.publish(1, json!({})).await.json();
    let id = serde_json::from_value(first["id"].clone()).unwrap();
    let listing = store::product::get(&shop.world.store, shop.vendor.id, id).await.unwrap();
    store::product::delete(&shop.world.store, &listing).await.unwrap();
    let second = shop.publish(1, json!({})).await;
    assert_eq!(second.status, 201, "{}", second.body);
    assert_ne!(second.json()["id"], first["id"]);
}

/// Each route, with an id in it where there is one.
fn routes(import: &str, row: &str) -> Vec<Call> {
    let settings = settings("https://feeds.example.com/");
    vec![
        Call::get(SETTINGS),
        Call::put(SETTINGS).json(&settings),
        Call::post(&format!("{BASE}/uploads")).json(&json!({"filename": "a.csv", "content_length": 1})),
        Call::post(&format!("{BASE}/import")).json(&json!({"source": "url"})),
        Call::get(&format!("{BASE}/imports")),
        Call::get(&format!("{BASE}/imports/{import}")),
        Call::get(&format!("{BASE}/imports/{import}/products")),
        Call::get(&format!("{BASE}/imports/{import}/errors")),
        Call::post(&format!("{BASE}/products/{row}/select")),
        Call::post(&format!("{BASE}/products/{row}/publish")).json(&json!({})),
    ]
}

#[tokio::test]
async fn only_a_vendors_staff_is_let_in_and_only_those_who_may_change() {
    let shop = Shop::new().await;
    let id = shop.imported(1).await.to_string();
    let row = shop.staged(1).to_string();
    let customer = Principal::Customer { customer_id: never_made(), channel: Tenant::Vendor(shop.vendor.id) };
    let customer = shop.world.log_in_as(customer).await;
    for call in routes(&id, &row) {
        let asked = format!("{call:?}");
        assert_eq!(call.on(&shop.app).await.error(), (401, "unauthenticated".to_owned()), "{asked}");
    }
    for call in routes(&id, &row) {
        assert_eq!(call.by(&customer).on(&shop.app).await.status, 401);
    }
    let viewer = shop.world.log_in(&shop.vendor, StaffRole::Viewer).await;
    let mut statuses = Vec::new();
    for call in routes(&id, &row) {
        statuses.push(call.by(&viewer).on(&shop.app).await.status);
    }
    assert_eq!(statuses, [200, 403, 403, 403, 200, 200, 200, 200, 403, 403]);
}

#[tokio::test]
async fn anothers_import_and_row_answer_like_ones_that_were_never_made() {
    let shop = Shop::new().await;
    let id = shop.imported(1).await.to_string();
    let row = shop.staged(1).to_string();
    let stranger = shop.stranger().await;
    let never = (never_made::<ImportId>().to_string(), never_made::<StagedId>().to_string());
    for (theirs, nobodys) in routes(&id, &row).into_iter().zip(routes(&never.0, &never.1)).skip(5) {
        let theirs = theirs.by(&stranger).on(&shop.app).await;
        assert_eq!(theirs.status, 404);
        assert_eq!(theirs.bytes(), nobodys.by(&stranger).on(&shop.app).await.bytes());
    }
    let listed = Call::get(&format!("{BASE}/imports")).by(&stranger).on(&shop.app).await;
    assert_eq!(listed.json()["data"], json!([]));
}
