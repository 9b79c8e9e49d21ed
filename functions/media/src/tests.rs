use std::sync::Arc;

use axum::{Router, body::Body};
use domain::{
    Id, MediaId, ProductId, StaffId, Timestamp, VendorId,
    account::StaffRole,
    media::{File, MAX_BYTES, PictureType, RejectReason, Rendition, Size, upload_key},
    product::MAX_IMAGES,
};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use platform::{Clock, Ids, ManualClock, Secret, SeededRandom, objects::MemoryObjects};
use serde_json::{Value, json};
use store::{
    Store,
    product::Listing,
    session::{self, Principal, Session},
};
use table::memory::Memory;
use tower::ServiceExt;

use super::*;

struct World {
    app: Router,
    store: Store,
    objects: Arc<MemoryObjects>,
    clock: Arc<ManualClock>,
}

const VENDOR: u128 = 7;
const RIVAL: u128 = 8;

async fn world() -> World {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
    let seconds = clock.clone();
    let table = Memory::new(Arc::new(move || seconds.now().secs()));
    let store = Store::new(Arc::new(table), clock.clone());
    let objects = Arc::new(MemoryObjects::new(clock.clone()));
    let deps = Deps {
        store: store.clone(),
        settings: Settings {
            cookie_prefix: String::new(),
            allowed_origins: vec!["https://console".to_owned()],
        },
        ids: Ids::new(clock.clone(), Arc::new(SeededRandom::new(1))),
        objects: objects.clone(),
        media_base_url: "https://cdn".to_owned(),
    };
    for (token, vendor, role) in [
        ("owner", VENDOR, StaffRole::Owner),
        ("viewer", VENDOR, StaffRole::Viewer),
        ("rival", RIVAL, StaffRole::Owner),
    ] {
        let (staff_id, vendor_id) = (StaffId::from_bits(1), VendorId::from_bits(vendor));
        let session = Session::starting(Principal::Staff { staff_id, vendor_id, role }, clock.now());
        session::create(&store, &Secret::new(token.to_owned()), &session).await.unwrap();
    }
    World { app: app(deps), store, objects, clock }
}

impl World {
    async fn call(&self, method: &str, path: &str, token: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/vendor/media{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn announce(&self, body: Value) -> (StatusCode, Value) {
        self.call("POST", "", "owner", body).await
    }

    async fn product(&self, vendor: u128, images: usize) -> ProductId {
        let id = ProductId::from_bits(vendor);
        let image = json!({"url": "https://feed/1.jpg", "thumbnail_url": "https://feed/1.jpg"});
        let product = json!({
            "id": id, "vendor_id": VendorId::from_bits(vendor), "sku": "A-1", "title": "Bag", "description": "A bag.",
            "category": "Bags", "price": {"amount": 1000, "currency": "EUR"}, "tax_rate": 1700, "status": "draft",
            "variants": 0, "images": vec![image; images], "created_at": self.clock.now(),
            "updated_at": self.clock.now(), "version": 1,
        });
        let product = serde_json::from_value(product).unwrap();
        store::product::create(&self.store, &Listing { product, variants: Vec::new() }).await.unwrap();
        id
    }
}

fn bag() -> Value {
    json!({"filename": "bag.jpg", "content_type": "image/jpeg", "content_length": 3})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = bag();
    body[field] = value;
    body
}

async fn uploaded(world: &World, answer: &Value, bytes: &'static [u8]) -> bool {
    let upload = platform::objects::Upload {
        url: answer["upload"]["url"].as_str().unwrap().to_owned(),
        method: answer["upload"]["method"].as_str().unwrap().to_owned(),
        headers: serde_json::from_value(answer["upload"]["headers"].clone()).unwrap(),
    };
    world.objects.upload(&upload, bytes::Bytes::from_static(bytes)).await.is_ok()
}

#[tokio::test]
async fn an_announced_picture_can_be_uploaded_once_and_waits() {
    let world = world().await;
    let (status, answer) = world.announce(bag()).await;
    assert_eq!(status, StatusCode::CREATED);
    let id: MediaId = answer["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(answer["upload"]["method"], "PUT");
    assert_eq!(
        answer["upload"]["headers"],
        json!({"content-type": "image/jpeg", "content-length": "3", "if-none-match": "*"})
    );
    assert!(!uploaded(&world, &answer, b"four").await);
    assert!(uploaded(&world, &answer, b"abc").await);
    assert!(!uploaded(&world, &answer, b"xyz").await);
    assert_eq!(world.objects.keys(), [upload_key(VendorId::from_bits(VENDOR), id)]);
    let (status, shown) = world.call("GET", &format!("/{id}"), "viewer", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let now = "2027-01-15T08:00:00.000Z";
    let expected = json!({"id": id, "filename": "bag.jpg", "status": "pending", "variants": {}, "created_at": now, "updated_at": now});
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn leave_to_upload_ends_after_a_quarter_of_an_hour() {
    let world = world().await;
    let (_, answer) = world.announce(bag()).await;
    world.clock.advance(std::time::Duration::from_secs(900));
    assert!(!uploaded(&world, &answer, b"abc").await);
}

#[tokio::test]
async fn what_became_of_a_picture_is_shown() {
    let world = world().await;
    let vendor = VendorId::from_bits(VENDOR);
    let product = world.product(VENDOR, 0).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (_, answer) = world.announce(with("product_id", json!(product))).await;
        ids.push(answer["id"].as_str().unwrap().to_owned());
    }
    let made = store::media::get(&world.store, vendor, ids[0].parse().unwrap()).await.unwrap();
    let files = vec![File { kind: PictureType::Jpeg, key: "media/x.jpg".to_owned(), bytes: 9 }];
    let variants =
        Size::ALL.map(|size| (size, Rendition { width: 2, height: 1, files: files.clone() })).into();
    let ready = made.made("e".to_owned(), variants, world.clock.now()).unwrap().unwrap();
    store::media::save(&world.store, &made, &ready).await.unwrap();
    let (_, shown) = world.call("GET", &format!("/{}", ids[0]), "owner", Value::Null).await;
    assert_eq!((&shown["status"], &shown["product_id"]), (&json!("ready"), &json!(product)));
    let large = json!({"url": "https://cdn/media/x.jpg", "width": 2, "height": 1, "bytes": 9,
        "sources": [{"type": "image/jpeg", "url": "https://cdn/media/x.jpg", "bytes": 9}]});
    for size in ["thumbnail", "small", "medium", "large"] {
        assert_eq!(shown["variants"][size], large);
    }

    let refused = store::media::get(&world.store, vendor, ids[1].parse().unwrap()).await.unwrap();
    let rejected =
        refused.refused("e".to_owned(), RejectReason::Corrupt, world.clock.now()).unwrap().unwrap();
    store::media::save(&world.store, &refused, &rejected).await.unwrap();
    let (_, shown) = world.call("GET", &format!("/{}", ids[1]), "owner", Value::Null).await;
    assert_eq!((&shown["status"], &shown["reason"]), (&json!("rejected"), &json!("corrupt")));
    assert_eq!(shown["variants"], json!({}));
}

#[tokio::test]
async fn what_can_not_be_taken_is_told_at_once() {
    let world = world().await;
    let bad = StatusCode::BAD_REQUEST;
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    for (body, status, code, param) in [
        (with("content_type", json!("image/gif")), unprocessable, "invalid_value", json!("content_type")),
        (with("content_type", json!("image/JPEG ")), unprocessable, "invalid_value", json!("content_type")),
        (with("content_length", json!(0)), unprocessable, "invalid_value", json!("content_length")),
        (
            with("content_length", json!(MAX_BYTES + 1)),
            unprocessable,
            "invalid_value",
            json!("content_length"),
        ),
        (with("content_length", json!(-1)), unprocessable, "invalid_value", json!("content_length")),
        (with("content_length", json!("3")), bad, "invalid_body", json!("content_length")),
        (with("filename", json!(" ")), unprocessable, "invalid_value", json!("filename")),
        (with("filename", json!("x".repeat(256))), unprocessable, "invalid_value", json!("filename")),
        (with("product_id", json!("prd_1")), unprocessable, "invalid_value", json!("product_id")),
        (with("vendor_id", json!(VendorId::from_bits(RIVAL))), bad, "invalid_body", json!("vendor_id")),
        (json!({}), bad, "invalid_body", Value::Null),
        (json!([]), bad, "invalid_body", Value::Null),
    ] {
        let (answered, error) = world.announce(body.clone()).await;
        assert_eq!((answered, &error["error"]["code"]), (status, &json!(code)), "{body}");
        assert_eq!(error["error"]["param"], param, "{body}");
    }
    for length in [1, MAX_BYTES] {
        let (status, _) = world.announce(with("content_length", json!(length))).await;
        assert_eq!(status, StatusCode::CREATED);
    }
}

#[tokio::test]
async fn only_those_who_may_change_the_shop_announce() {
    let world = world().await;
    assert_eq!(world.call("POST", "", "viewer", bag()).await.0, StatusCode::FORBIDDEN);
    for (method, path) in [("POST", String::new()), ("GET", format!("/{}", MediaId::from_bits(1)))] {
        let (status, error) = world.call(method, &path, "nobody", bag()).await;
        assert_eq!((status, &error["error"]["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthenticated")));
    }
}

#[tokio::test]
async fn another_vendors_answer_like_what_was_never_made() {
    let world = world().await;
    let (_, answer) = world.announce(bag()).await;
    let path = format!("/{}", answer["id"].as_str().unwrap());
    let foreign = world.call("GET", &path, "rival", Value::Null).await;
    let never = world.call("GET", &format!("/{}", MediaId::from_bits(5)), "rival", Value::Null).await;
    let nonsense = world.call("GET", "/x", "rival", Value::Null).await;
    assert_eq!(foreign.0, StatusCode::NOT_FOUND);
    assert_eq!((&foreign, &never), (&never, &nonsense));

    let theirs = world.product(RIVAL, 0).await;
    let foreign = world.announce(with("product_id", json!(theirs))).await;
    let never = world.announce(with("product_id", json!(ProductId::from_bits(5)))).await;
    assert_eq!(foreign.0, StatusCode::NOT_FOUND);
    assert_eq!(foreign, never);
    assert_eq!(world.objects.keys(), Vec::<String>::new());
}

#[tokio::test]
async fn a_product_takes_no_more_pictures_than_it_may_show() {
    let world = world().await;
    let full = world.product(VENDOR, MAX_IMAGES).await;
    let (status, error) = world.announce(with("product_id", json!(full))).await;
    assert_eq!((status, &error["error"]["code"]), (StatusCode::CONFLICT, &json!("too_many_images")));
}

#[test]
fn the_document_has_both_routes() {
    assert_eq!(
        web::openapi::routes(&openapi()),
        [("POST", "/api/v1/vendor/media".to_owned()), ("GET", "/api/v1/vendor/media/{id}".to_owned())]
    );
}
