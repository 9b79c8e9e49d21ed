mod customers;
mod staff;

use std::sync::Arc;

use axum::Router;
use domain::{
    Currency, Timestamp,
    account::{Staff, StaffRole},
    vendor::Vendor,
};
use http::{HeaderMap, StatusCode};
use platform::{Clock, ManualClock, Passwords, Secret, SeededRandom, password::Cost};
use serde_json::{Value, json};
use store::invitation;
use table::memory::Memory;
use web::testing::{self, Call};

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
        let testing::World { store, table, clock, ids } = testing::World::default();
        let deps = Deps {
            settings: web::Settings {
                cookie_prefix: "__Host-".to_owned(),
                allowed_origins: vec![ORIGIN.to_owned()],
            },
            passwords: Passwords::new(Cost::WEAK, Arc::new(SeededRandom::new(1))),
            store,
            ids,
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

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<String>,
    ) -> Answer {
        let call = Call::new(method, path);
        let call = headers.iter().fold(call, |call, (name, value)| call.with(name, value));
        let call = if let Some(text) = body { call.text(text) } else { call };
        Answer::from(call.on(&self.app).await)
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

impl From<testing::Answer> for Answer {
    fn from(answer: testing::Answer) -> Self {
        Self {
            status: StatusCode::from_u16(answer.status).unwrap(),
            body: if answer.body.is_empty() { Value::Null } else { answer.json() },
            headers: answer.headers,
        }
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
