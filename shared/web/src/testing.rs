//! What the tests of HTTP functions stand on: a store in memory, shops with their staff, and calls of a router.

#![expect(clippy::unwrap_used, reason = "a test that can't make its world has failed")]

use std::sync::Arc;

use axum::{Router, body::Body};
use domain::{
    Currency, Id, Timestamp, VendorId,
    account::{Staff, StaffRole},
    text::Name,
    vendor::{Vendor, VendorStatus},
};
use http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt;
use platform::{Clock, Ids, ManualClock, SeededRandom};
use serde_json::Value;
use store::{
    Store,
    session::{self, Principal, Session},
};
use table::{
    Table, Update, Write,
    memory::{Gate, Memory},
};
use tower::ServiceExt;

use crate::Settings;

/// A store in memory, at a time that stands still.
pub struct World {
    pub store: Store,
    pub table: Arc<Memory>,
    pub clock: Arc<ManualClock>,
    pub ids: Ids,
}

impl Default for World {
    fn default() -> Self {
        Self::made(|table| table)
    }
}

impl World {
    /// A store whose calls pass a gate first.
    pub fn behind(gate: Arc<dyn Gate>) -> Self {
        Self::made(|table| table.with_gate(gate))
    }

    fn made(gated: impl FnOnce(Memory) -> Memory) -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-21T08:00:00Z".parse().unwrap()));
        let seconds = clock.clone();
        let table = Arc::new(gated(Memory::new(Arc::new(move || seconds.now().secs()))));
        let ids = Ids::new(clock.clone(), Arc::new(SeededRandom::new(7)));
        Self { store: Store::new(table.clone(), clock.clone()), table, clock, ids }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn settings(&self) -> Settings {
        Settings {
            cookie_prefix: "__Host-".to_owned(),
            allowed_origins: vec!["https://console.example.com".to_owned()],
        }
    }

    /// A shop in Luxembourg that sells in euros.
    pub async fn shop(&self, slug: &str) -> Vendor {
        self.shop_that_is(slug, VendorStatus::Active).await
    }

    pub async fn shop_that_is(&self, slug: &str, status: VendorStatus) -> Vendor {
        self.opened(slug, "LU", status).await
    }

    /// A shop in another country.
    pub async fn shop_in(&self, slug: &str, country: &str) -> Vendor {
        self.opened(slug, country, VendorStatus::Active).await
    }

    async fn opened(&self, slug: &str, country: &str, status: VendorStatus) -> Vendor {
        let (id, owner): (VendorId, _) = (self.ids.next(), self.ids.next());
        let place = (country.parse().unwrap(), Currency::EUR);
        let mut vendor =
            Vendor::new(id, owner, slug.parse().unwrap(), Name::try_from(slug).unwrap(), place, self.now());
        vendor.status = status;
        let email = format!("owner@{slug}.example").parse().unwrap();
        let staff = Staff::invited(owner, id, email, StaffRole::Owner, self.now());
        store::vendor::create(&self.store, &vendor, &staff).await.unwrap();
        vendor
    }

    /// Logs somebody of a shop's staff in; answers the token.
    pub async fn log_in(&self, vendor: &Vendor, role: StaffRole) -> String {
        let staff_id = self.ids.next();
        self.log_in_as(Principal::Staff { staff_id, vendor_id: vendor.id, role }).await
    }

    /// Logs anybody in; answers the token.
    pub async fn log_in_as(&self, principal: Principal) -> String {
        let token = self.ids.token();
        let session = Session::starting(principal, self.now());
        session::create(&self.store, &token, &session).await.unwrap();
        token.reveal().clone()
    }
}

/// Leaves what was done under idempotency keys as if each call had been stopped between its work and its answer, over a minute ago.
pub async fn forget_answers(table: &Memory) {
    let records = table.dump().into_iter().filter(|item| item.key.pk.starts_with("IDEMPOTENCY#"));
    for record in records {
        let forgotten = Update::new().remove("answer").set("leased_until", 0);
        table.write(Write::update(record.key, forgotten)).await.unwrap();
    }
}

/// A request to be made.
#[derive(Debug)]
pub struct Call(Request<Body>);

/// What it was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Call {
    pub fn new(method: &str, path: &str) -> Self {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method.parse::<Method>().unwrap();
        *request.uri_mut() = path.parse().unwrap();
        Self(request)
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    pub fn put(path: &str) -> Self {
        Self::new("PUT", path)
    }

    pub fn patch(path: &str) -> Self {
        Self::new("PATCH", path)
    }

    pub fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    /// Shows a token.
    #[must_use]
    pub fn by(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    #[must_use]
    pub fn with(mut self, header: &'static str, value: &str) -> Self {
        self.0.headers_mut().insert(header, value.parse().unwrap());
        self
    }

    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.text(body.to_string())
    }

    /// A body that says it is JSON.
    #[must_use]
    pub fn text(mut self, body: impl Into<String>) -> Self {
        *self.0.body_mut() = Body::from(body.into());
        self.with("content-type", "application/json")
    }

    pub async fn on(self, app: &Router) -> Answer {
        let response = app.clone().oneshot(self.0).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
}

impl Answer {
    /// The body, which has to be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The code of an error's answer.
    pub fn code(&self) -> String {
        self.json().pointer("/error/code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The status and the code of an error's answer.
    pub fn error(&self) -> (u16, String) {
        (self.status, self.code())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn etag(&self) -> Option<&str> {
        self.header(header::ETAG.as_str())
    }

    /// All of the answer that a caller can compare.
    pub fn bytes(&self) -> (u16, Vec<(String, String)>, String) {
        let headers = self.headers.iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        (self.status, headers.collect(), self.body.clone())
    }
}

/// An id that nothing was made under.
pub fn never_made<I: Id>() -> I {
    I::from_bits(u128::MAX)
}
