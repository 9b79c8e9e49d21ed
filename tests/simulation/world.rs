//! The world that the functions live in, and the ways from one to the next that are Lambda's on AWS.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use domain::{
    Currency, Id, Money, ProductId, StaffId, Tenant, Timestamp, VariantId, VendorId,
    account::{AccountStatus, Staff, StaffRole},
    category::Category,
    product::{Product, ProductStatus},
    tax::TaxRate,
    text::{Description, Name, Sku},
    variant::{Stock, Variant, VariantRef},
    vendor::{Vendor, VendorStatus},
};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use ordering::Ordering;
use platform::{Clock, Ids, ManualClock, Random, Secret, SeededRandom, bus::MemoryBus};
use serde_json::{Map, Value, json};
use store::{
    Store,
    product::Listing,
    session::{self, Principal, Session},
};
use stripe_fake::InProcessStripe;
use table::{
    Patient,
    dynamodb::to_wire,
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
                settings,
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

    // ---- what customers and vendors do

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

    // ---- what happens by itself

    /// Lets everything that is under way arrive, until nothing is left.
    pub(crate) async fn settle(&self) {
        loop {
            let moved = self.deliver_webhooks().await + self.relay().await + self.consume().await;
            if moved == 0 {
                return;
            }
        }
    }

    /// Time passes, and the sweeper comes at its end.
    pub(crate) async fn later(&self, by: Duration) -> reservation_expiry::Swept {
        self.clock.advance(by);
        let swept = reservation_expiry::handle(&self.sweeper).await.unwrap();
        self.note(format!("swept {swept:?}"));
        self.settle().await;
        swept
    }

    pub(crate) async fn deliver_webhooks(&self) -> usize {
        let mut delivered = 0;
        while let Some(delivery) = self.stripe.next_delivery() {
            let mut accepted = false;
            for _ in 0..self.deliveries {
                let status = self.webhook("/", &delivery.body, &delivery.signature).await.status;
                self.note(format!("webhook {} {status}", delivery.event_type));
                accepted |= status.is_success();
            }
            self.stripe.settle(delivery, accepted);
            delivered += 1;
        }
        delivered
    }

    pub(crate) async fn webhook(&self, path: &str, body: &str, signature: &str) -> Answer {
        let request =
            Request::post(path).header("stripe-signature", signature).body(Body::from(body.to_owned()));
        answer(&self.apps.webhook, request.unwrap()).await
    }

    async fn relay(&self) -> usize {
        use std::sync::atomic::Ordering::SeqCst;
        let from = self.read_until.load(SeqCst);
        let records = self.table.records_from(from);
        let Some(last) = records.last() else {
            return 0;
        };
        self.read_until.store(last.sequence + 1, SeqCst);
        let wire = |item: &Option<table::Item>| item.as_ref().map(to_wire);
        for _ in 0..self.deliveries {
            let batch = records.iter().map(|record| {
                json!({"dynamodb": {
                    "SequenceNumber": record.sequence.to_string(),
                    "ApproximateCreationDateTime": self.clock.now().secs(),
                    "OldImage": wire(&record.old),
                    "NewImage": wire(&record.new),
                }})
            });
            let batch = json!({"Records": batch.collect::<Vec<_>>()});
            let answer = outbox_relay::handle(&self.relay, serde_json::from_value(batch).unwrap()).await;
            assert_eq!(answer.failures, []);
        }
        records.len()
    }

    async fn consume(&self) -> usize {
        let entries = self.bus.take_published();
        for entry in &entries {
            self.note(format!("event {} {}", entry.detail_type, entry.id));
            let detail: Value = serde_json::from_str(&entry.detail).unwrap();
            let message = json!({"detail-type": entry.detail_type, "source": entry.source, "detail": detail});
            for _ in 0..self.deliveries {
                order_lifecycle::handle(&self.lifecycle, &message.to_string()).await.unwrap();
            }
        }
        entries.len()
    }

    // ---- how the world is furnished

    /// A vendor that sells, with its owner logged in.
    pub(crate) async fn shop(&self, slug: &str) -> Shop {
        let now = self.clock.now();
        let staff_id: StaffId = self.ids.next();
        let place = ("LU".parse().unwrap(), Currency::EUR);
        let vendor = Vendor {
            status: VendorStatus::Active,
            ..Vendor::new(
                self.ids.next(),
                staff_id,
                slug.parse().unwrap(),
                Name::try_from(slug).unwrap(),
                place,
                now,
            )
        };
        let owner = Staff {
            id: staff_id,
            vendor_id: vendor.id,
            email: format!("{slug}@example.org").parse().unwrap(),
            role: StaffRole::Owner,
            status: AccountStatus::Active,
            ..serde_json::from_value(json!({
                "id": staff_id, "vendor_id": vendor.id, "email": "x@example.org", "role": "owner",
                "status": "active", "created_at": now, "version": 1,
            }))
            .unwrap()
        };
        store::vendor::create(&self.store, &vendor, &owner).await.unwrap();
        let token = self.ids.token();
        let principal = Principal::Staff { staff_id, vendor_id: vendor.id, role: StaffRole::Owner };
        session::create(&self.store, &token, &Session::starting(principal, now)).await.unwrap();
        Shop { vendor, token: token.reveal().clone() }
    }

    /// A published product of one variant, with so many on the shelf.
    pub(crate) async fn product(&self, shop: &Shop, sku: &str, cents: i64, on_hand: i64) -> VariantRef {
        let now = self.clock.now();
        let (id, variant_id): (ProductId, VariantId) = (self.ids.next(), self.ids.next());
        let vendor_id: VendorId = shop.vendor.id;
        let (sku, title) = (Sku::try_from(sku).unwrap(), Name::try_from(sku).unwrap());
        let price = Money::new(cents, Currency::EUR);
        let tax_rate = TaxRate::try_from(1700).unwrap();
        let product = Product {
            id,
            vendor_id,
            sku: sku.clone(),
            title: title.clone(),
            description: Description::try_from("Good.").unwrap(),
            category: Category::try_from("Tea".to_owned()).unwrap(),
            brand: None,
            gtin: None,
            tags: Vec::new(),
            price,
            tax_rate,
            status: ProductStatus::Published,
            variants: 1,
            images: Vec::new(),
            staged_id: None,
            created_at: now,
            updated_at: now,
            published_at: Some(now),
            version: 1,
        };
        let variant = Variant {
            id: variant_id,
            product_id: id,
            vendor_id,
            sku,
            title,
            options: std::collections::BTreeMap::new(),
            price,
            own_price: false,
            tax_rate,
            image_url: None,
            sellable: true,
            stock: Stock { on_hand, available: on_hand, reserved: 0, allocated: 0 },
            created_at: now,
            version: 1,
            revision: 1,
        };
        let place = variant.place();
        store::product::create(&self.store, &Listing { product, variants: vec![variant] }).await.unwrap();
        place
    }

    pub(crate) async fn stock(&self, place: &VariantRef) -> Stock {
        store::stock::get(&self.store, place).await.unwrap().stock
    }

    /// A guest's new cart in the market.
    pub(crate) async fn cart(&self) -> String {
        let made = self.call("POST", "/api/v1/public/market/cart", None, None).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn add(&self, cart: &str, place: &VariantRef, quantity: u32) -> Answer {
        let body = json!({"variant_id": place.variant_id, "quantity": quantity});
        self.post(&format!("/api/v1/public/market/cart/{cart}/items"), body).await
    }

    pub(crate) async fn check_out(&self, cart: &str) -> Answer {
        self.post(&format!("/api/v1/public/market/cart/{cart}/checkout"), purchase()).await
    }

    /// The intent of an order.
    pub(crate) async fn intent_of(&self, order: &str) -> String {
        let order = store::order::get(&self.store, &Tenant::Platform, order.parse().unwrap()).await.unwrap();
        order.payment.intent_id.unwrap()
    }

    pub(crate) async fn order(&self, placed: &Value) -> Value {
        let (id, token) =
            (placed["order"]["id"].as_str().unwrap(), placed["order"]["token"].as_str().unwrap());
        self.get(&format!("/api/v1/public/market/orders/{id}?token={token}")).await.expect(200)
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
