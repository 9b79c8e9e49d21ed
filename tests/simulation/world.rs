//! The world that the functions live in, and the ways from one to the next that are Lambda's on AWS.

// The benchmark includes this file by its path, from where a plain `mod` would look beside it.
#[path = "world/arrivals.rs"]
mod arrivals;
#[path = "world/furnish.rs"]
mod furnish;

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use domain::{Id, Timestamp, vendor::Vendor};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use ordering::Ordering;
use platform::{Clock, Ids, ManualClock, Random, Secret, SeededRandom, bus::MemoryBus};
use serde_json::{Map, Value, json};
use store::Store;
use stripe_fake::InProcessStripe;
use table::{
    Patient,
    memory::{Gate, Memory},
};
use tower::ServiceExt;

/// When every run begins: 2026-11-21T08:00:00Z.
pub(crate) const START_MS: i64 = 1_795_248_000_000;
pub(crate) const SOFT_HOLD: Duration = Duration::from_secs(15 * 60);
pub(crate) const HARD_HOLD: Duration = Duration::from_secs(30 * 60);
const WEBHOOK_SECRET: &str = "whsec_simulation";

/// All functions and what they stand on.
pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) table: Arc<Memory>,
    pub(crate) store: Store,
    pub(crate) stripe: InProcessStripe,
    pub(crate) ids: Ids,
    bus: Arc<MemoryBus>,
    apps: Apps,
    lifecycle: order_lifecycle::Deps,
    relay: outbox_relay::Deps,
    sweeper: reservation_expiry::Deps,
    /// How often each delivery comes.
    deliveries: usize,
    read_until: std::sync::atomic::AtomicU64,
    trace: std::sync::Mutex<Vec<String>>,
}

struct Apps {
    cart: Router,
    checkout: Router,
    orders: Router,
    fulfilment: Router,
    webhook: Router,
}

/// An answer of a function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The body of an answer that has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
}

/// A vendor of the world, and how its staff calls.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) vendor: Vendor,
    pub(crate) token: String,
}

impl World {
    /// A world where each delivery comes once.
    pub(crate) fn new(seed: u64) -> Self {
        Self::with(seed, 1, None)
    }

    /// A world where each delivery comes several times, and calls of the table pass a gate.
    pub(crate) fn with(seed: u64, deliveries: usize, gate: Option<Arc<dyn Gate>>) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_ms(START_MS)));
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(seed));
        let seconds = clock.clone();
        let mut memory = Memory::new(Arc::new(move || seconds.now().secs()));
        if let Some(gate) = gate {
            memory = memory.with_gate(gate);
        }
        let table = Arc::new(memory);
        let store = Store::new(Arc::new(Patient::new(table.clone())), clock.clone());
        let ids = Ids::new(clock.clone(), random);
        let ms = clock.clone();
        let stripe = InProcessStripe::new(seed, WEBHOOK_SECRET, move || ms.now().ms());
        let ordering = Ordering { store: store.clone(), stripe: Arc::new(stripe.clone()), ids: ids.clone() };
        let settings = web::Settings { cookie_prefix: String::new(), allowed_origins: Vec::new() };
        let bus = Arc::new(MemoryBus::new());
        let apps = Apps {
            cart: cart::app(cart::Deps {
                store: store.clone(),
                settings: settings.clone(),
                ids: ids.clone(),
                soft_hold: SOFT_HOLD,
            }),
            checkout: checkout::app(checkout::Deps {
                ordering: ordering.clone(),
                settings: settings.clone(),
                hard_hold: HARD_HOLD,
                storefront_url: "https://souk.example".to_owned(),
            }),
            orders: orders::app(orders::Deps { ordering: ordering.clone(), settings: settings.clone() }),
            fulfilment: fulfilment::app(fulfilment::Deps {
                store: store.clone(),
                settings: settings.clone(),
            }),
            webhook: stripe_webhook::app(stripe_webhook::Deps {
                store: store.clone(),
                secret: Secret::new(WEBHOOK_SECRET.to_owned()),
                connect_secret: Secret::new("whsec_connect".to_owned()),
            }),
        };
        Self {
            lifecycle: order_lifecycle::Deps { ordering: ordering.clone() },
            relay: outbox_relay::Deps { bus: bus.clone() },
            sweeper: reservation_expiry::Deps {
                ordering,
                imports: Arc::new(platform::queue::MemoryQueue::new()),
            },
            clock,
            table,
            store,
            stripe,
            ids,
            bus,
            apps,
            deliveries,
            read_until: 1.into(),
            trace: std::sync::Mutex::default(),
        }
    }

    /// Everything that happened, a line each.
    pub(crate) fn trace(&self) -> Vec<String> {
        self.trace.lock().unwrap().clone()
    }

    fn note(&self, line: String) {
        self.trace.lock().unwrap().push(line);
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let app = match path {
            path if path.contains("/checkout") => &self.apps.checkout,
            path if path.contains("/cart") => &self.apps.cart,
            path if path.contains("/orders") => &self.apps.orders,
            path if path.contains("/vendor/shipments") => &self.apps.fulfilment,
            path => panic!("no function answers {path}"),
        };
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let answer = answer(app, request.body(body).unwrap()).await;
        self.note(format!("{method} {path} {} {}", answer.status, answer.body));
        answer
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, None, Some(body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None, None).await
    }

    /// A vendor moves a shipment on.
    pub(crate) async fn move_shipment(
        &self,
        shop: &Shop,
        id: &str,
        step: &str,
        body: Option<Value>,
    ) -> Answer {
        self.call("PUT", &format!("/api/v1/vendor/shipments/{id}/{step}"), Some(&shop.token), body).await
    }

    /// The customer confirms the payment with Stripe.
    pub(crate) fn pay(&self, intent: &str, method: &str) {
        let paid = self.stripe.confirm(&intent.parse().unwrap(), method);
        self.note(format!("stripe {intent} {method} {}", paid.is_ok()));
    }
}

/// Who buys in these worlds.
pub(crate) fn purchase() -> Value {
    json!({
        "email": "ada@example.org",
        "shipping_address": {
            "name": "Ada", "line1": "1 Rue du Marché", "city": "Luxembourg", "postal_code": "1728", "country": "LU",
        },
    })
}

async fn answer(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Object(Map::new()));
    Answer { status, body }
}

/// An id whose bits are a number, for things that were never made.
pub(crate) fn never_made<I: Id>() -> I {
    I::from_bits(7)
}
