//! How an import begins.

use async_trait::async_trait;
use bytes::Bytes;
use domain::{UploadId, import::Work};
use platform::{Gate, fault::Fault, objects::Upload};

use super::*;

/// A queue that takes nothing.
struct Closed;

#[async_trait]
impl Gate for Closed {
    async fn enter(&self, _: &str) -> Fault {
        Fault::Before
    }
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
    // A key does not stand for what never began.
    for jobs in [2, 3] {
        let answer = start_under_a_key(&shop).await;
        assert_eq!(answer.error(), (503, "unavailable".to_owned()));
        assert_eq!(shop.get("/imports").await.json()["data"].as_array().unwrap().len(), jobs);
    }
}

async fn start_under_a_key(shop: &Shop) -> Answer {
    let call = Call::post(&format!("{BASE}/import")).json(&json!({"source": "url"}));
    shop.call(call.with("idempotency-key", "k-1")).await
}

#[tokio::test]
async fn one_key_starts_one_import() {
    let shop = Shop::new().await;
    shop.configure().await;
    let (first, again) = (start_under_a_key(&shop).await, start_under_a_key(&shop).await);
    assert_eq!((first.status, again.status, &again.body), (202, 202, &first.body));
    assert_eq!(shop.queue.take_sent().len(), 1);
}

#[tokio::test]
async fn an_import_is_started_once_under_a_key_though_its_call_was_stopped() {
    let shop = Shop::new().await;
    shop.configure().await;
    let first = start_under_a_key(&shop).await;
    forget_answers(&shop.world.table).await;
    let again = start_under_a_key(&shop).await;
    assert_eq!((again.status, again.json()), (202, first.json()));
    // Nobody knows whether it was asked for before: a job does its work once however often it is.
    assert_eq!(shop.queue.take_sent().len(), 2);
    let jobs = shop.call(Call::get(&format!("{BASE}/imports"))).await.json();
    assert_eq!(jobs["data"].as_array().unwrap().len(), 1);
}
