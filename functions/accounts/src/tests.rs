mod customers;
mod staff;

use std::sync::Arc;

use axum::{Router, body::Body};
use domain::{
    Currency, Timestamp,
    account::{Staff, StaffRole},
    vendor::Vendor,
};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use platform::{Clock, Ids, ManualClock, Passwords, Secret, SeededRandom, password::Cost};
use serde_json::{Value, json};
use store::{Store, invitation};
use table::memory::Memory;
use tower::ServiceExt;

use crate::{Deps, app};

const ORIGIN: &str = "https://shop.example.com";

struct World {
    deps: Deps,
    table: Arc<Memory>,
    clock: Arc<ManualClock>,
    app: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-21T08:00:00.000Z".parse().unwrap()));
        let seconds = clock.clone();
        let table = Arc::new(Memory::new(Arc::new(move || seconds.now().secs())));
        let random = Arc::new(SeededRandom::new(1));
        let deps = Deps {
            store: Store::new(table.clone(), clock.clone()),
            settings: web::Settings {
                cookie_prefix: "__Host-".to_owned(),
                allowed_origins: vec![ORIGIN.to_owned()],
            },
            ids: Ids::new(clock.clone(), random.clone()),
            passwords: Passwords::new(Cost::WEAK, random),
        };
        let app = app(deps.clone());
        Self { deps, table, clock, app }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A vendor whose owner has not been there yet.
    async fn vendor(&self, slug: &str, owner: &str) -> (Vendor, Staff) {
        let ids = &self.deps.ids;
        let (id, owner_id) = (ids.next(), ids.next());
        let place = ("LU".parse().unwrap(), Currency::EUR);
        let vendor =
            Vendor::new(id, owner_id, slug.parse().unwrap(), "Tea".try_into().unwrap(), place, self.now());
        let staff = Staff::invited(owner_id, id, owner.parse().unwrap(), StaffRole::Owner, self.now());
        store::vendor::create(&self.deps.store, &vendor, &staff).await.unwrap();
        (vendor, staff)
    }

    async fn invite(&self, staff: &Staff) -> Secret<String> {
        let token = self.deps.ids.token();
        let invited = invitation::Invited::Staff { vendor_id: staff.vendor_id, staff_id: staff.id };
        invitation::create(&self.deps.store, &token, invited).await.unwrap();
        token
    }

    /// A vendor that sells, and its owner's session.
    async fn shop(&self, slug: &str, owner: &str) -> (Vendor, String) {
        let (vendor, staff) = self.vendor(slug, owner).await;
        let token = self.invite(&staff).await;
        let body = json!({"token": token.reveal(), "password": "correct horse", "name": "Ada"});
        let answer = self.post("/api/v1/vendor/auth/activate", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        (vendor, answer.token())
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(text) => {
                request = request.header("content-type", "application/json");
                Body::from(text)
            }
            None => Body::empty(),
        };
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], Some(body.to_string())).await
    }

    async fn by_token(&self, method: &str, path: &str, token: &str) -> Answer {
        self.send(method, path, &[("authorization", &format!("Bearer {token}"))], None).await
    }

    /// By cookie, as one of our pages calls.
    async fn by_page(&self, method: &str, path: &str, cookie: &str) -> Answer {
        let headers = [("cookie", cookie), ("origin", ORIGIN), ("x-requested-by", "page")];
        self.send(method, path, &headers, None).await
    }
}

impl Answer {
    fn token(&self) -> String {
        self.body["token"].as_str().unwrap().to_owned()
    }

    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    fn is(&self, status: u16, code: &str) -> bool {
        (self.status.as_u16(), self.code()) == (status, code)
    }

    /// The cookie's name and value, and its attributes.
    fn cookie(&self) -> (String, String) {
        let text = self.headers.get("set-cookie").unwrap().to_str().unwrap();
        let (pair, attributes) = text.split_once("; ").unwrap();
        (pair.to_owned(), attributes.to_owned())
    }
}

/// Every body that a route must refuse, with the answer's status and code.
async fn refuses(world: &World, path: &str, good: &Value, cases: &[(&str, Value, u16, &str)]) {
    for (field, value, status, code) in cases {
        let mut body = good.clone();
        match value {
            Value::Null => {
                body.as_object_mut().unwrap().remove(*field);
            }
            value => body[*field] = value.clone(),
        }
        let answer = world.post(path, body).await;
        assert!(answer.is(*status, code), "{path} {field}: {} {}", answer.status, answer.body);
    }
    let answer = world.send("POST", path, &[], Some("{".to_owned())).await;
    assert!(answer.is(400, "invalid_json"), "{}", answer.body);
    let answer = world.send("POST", path, &[("content-type", "text/plain")], None).await;
    assert!(answer.is(415, "unsupported_media_type"), "{}", answer.body);
    let huge = format!("{{\"password\": \"{}\"}}", "x".repeat(300 * 1024));
    let answer = world.send("POST", path, &[], Some(huge)).await;
    assert!(answer.is(413, "payload_too_large"), "{}", answer.body);
    let answer = world.send("GET", path, &[], None).await;
    assert!(answer.is(405, "method_not_allowed"), "{}", answer.body);
}
