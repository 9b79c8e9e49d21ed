//! The world that the functions live in, and the ways from one to the next that are Lambda's on AWS.

mod answer;
mod arrivals;
mod furnish;
mod surroundings;
mod works;

pub use answer::Answer;
pub(super) use answer::answer;
pub(super) use arrivals::{endpoint, message};
pub use surroundings::Surroundings;
pub use works::{CHUNK_ROWS, Works, upload};

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use domain::{Id, Timestamp, vendor::Vendor};
use http::{Request, header};
use ordering::{Ordering, Settling};
use platform::{
    Clock, Ids, ManualClock, Passwords, Random, Secret, SeededRandom, bus::MemoryBus, mail::MemoryMailer,
    password::Cost, queue::MemoryQueue,
};
use serde_json::{Value, json};
use store::Store;
use stripe_fake::InProcessStripe;
use table::{
    Patient,
    memory::{Gate, Memory},
};

use super::mutation::Mutant;

/// When every run begins: 2026-11-21T08:00:00Z.
pub const START_MS: i64 = 1_795_248_000_000;
pub const SOFT_HOLD: Duration = Duration::from_secs(15 * 60);
pub const HARD_HOLD: Duration = Duration::from_secs(30 * 60);
/// Where vendors' staff works.
pub(in crate::simulation) const CONSOLE: &str = "https://console.souk.example";
const WEBHOOK_SECRET: &str = "whsec_simulation";

/// All functions and what they stand on.
pub struct World {
    pub clock: Arc<ManualClock>,
    pub table: Arc<Memory>,
    pub store: Store,
    pub stripe: InProcessStripe,
    pub ids: Ids,
    pub mailer: Arc<MemoryMailer>,
    pub(super) bus: Arc<MemoryBus>,
    /// What the sweeper reminds the notifier of.
    pub(super) mails: Arc<MemoryQueue>,
    pub works: Works,
    apps: Apps,
    pub(super) lifecycle: order_lifecycle::Deps,
    pub(super) notifier: notifier::Deps,
    pub(super) relay: outbox_relay::Deps,
    pub(super) sweeper: reservation_expiry::Deps,
    reconciler: reconciler::Deps,
    /// How often each delivery comes.
    deliveries: usize,
    pub(super) read_until: std::sync::atomic::AtomicU64,
    trace: std::sync::Mutex<Vec<String>>,
}

struct Apps {
    accounts: Router,
    admin: Router,
    catalog: Router,
    products: Router,
    imports: Router,
    inventory: Router,
    media: Router,
    cart: Router,
    checkout: Router,
    orders: Router,
    payouts: Router,
    fulfilment: Router,
    webhook: Router,
}

/// A vendor of the world, and how its staff calls.
#[derive(Clone)]
pub struct Shop {
    pub vendor: Vendor,
    pub token: String,
}

impl World {
    /// A world where each delivery comes once.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, 1, None)
    }

    /// A world where each delivery comes several times, and calls of the table pass a gate.
    pub fn with(seed: u64, deliveries: usize, gate: Option<Arc<dyn Gate>>) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_ms(START_MS)));
        Self {
            deliveries,
            ..Self::within(seed, clock, Surroundings { table: gate, ..Surroundings::default() })
        }
    }

    /// A world in which each delivery comes once.
    pub fn within(seed: u64, clock: Arc<ManualClock>, surroundings: Surroundings) -> Self {
        let Surroundings { table: gate, others, stripe: between, mutation, bound } = surroundings;
        let mutant = Mutant(mutation);
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(seed));
        let seconds = clock.clone();
        let mut memory = Memory::new(Arc::new(move || seconds.now().secs()));
        if let Some(gate) = gate {
            memory = memory.with_gate(gate);
        }
        if let Some(units) = bound {
            memory = memory.with_bound(units);
        }
        let table = Arc::new(memory);
        let over = |clock| Store::new(Arc::new(Patient::new(mutant.table(table.clone()))), clock);
        let store = over(clock.clone());
        let store_of = |function: &str| match mutant.clock(clock.clone(), function) {
            Some(wrong) => over(wrong),
            None => store.clone(),
        };
        let ids = Ids::new(clock.clone(), random.clone());
        let ms = clock.clone();
        let stripe = InProcessStripe::new(seed, WEBHOOK_SECRET, move || ms.now().ms());
        let bank = between(stripe.clone());
        let ordering =
            Ordering { store: store.clone(), stripe: mutant.stripe(bank.clone(), &stripe), ids: ids.clone() };
        let settling = Settling { ordering: ordering.clone(), transfers: mutant.transfers(bank.clone()) };
        let settings =
            web::Settings { cookie_prefix: String::new(), allowed_origins: vec![CONSOLE.to_owned()] };
        let bus = Arc::new(MemoryBus::behind(others.clone()));
        let mails = Arc::new(MemoryQueue::behind(others.clone()));
        let works = Works::new((&store, &ids), clock.clone(), others.clone());
        let mailer = Arc::new(MemoryMailer::behind(others));
        let apps = Apps {
            accounts: accounts::app(accounts::Deps {
                store: store.clone(),
                settings: settings.clone(),
                ids: ids.clone(),
                passwords: Passwords::new(Cost::WEAK, random.clone()),
            }),
            admin: admin::app(admin::Deps {
                store: store.clone(),
                settings: settings.clone(),
                ids: ids.clone(),
                passwords: Passwords::new(Cost::WEAK, random),
            }),
            catalog: catalog::app(catalog::Deps::new(store.clone(), settings.clone())),
            products: products::app(products::Deps {
                store: store.clone(),
                settings: settings.clone(),
                ids: ids.clone(),
            }),
            imports: imports::app(works.imports(settings.clone())),
            media: media::app(works.media(settings.clone())),
            inventory: inventory::app(inventory::Deps { store: store.clone(), settings: settings.clone() }),
            cart: cart::app(cart::Deps {
                store: store_of("cart"),
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
            payouts: payouts::app(payouts::Deps {
                store: store.clone(),
                stripe: bank,
                settings: settings.clone(),
            }),
            fulfilment: fulfilment::app(fulfilment::Deps {
                store: store.clone(),
                settings: settings.clone(),
                ids: ids.clone(),
            }),
            webhook: stripe_webhook::app(stripe_webhook::Deps {
                store: store.clone(),
                secret: Secret::new(WEBHOOK_SECRET.to_owned()),
                connect_secret: Secret::new(WEBHOOK_SECRET.to_owned()),
            }),
        };
        Self {
            lifecycle: order_lifecycle::Deps { settling: settling.clone() },
            notifier: notifier::Deps {
                store: store.clone(),
                mailer: mutant.mailer(mailer.clone()),
                ids: ids.clone(),
                storefront_url: "https://souk.example".to_owned(),
                console_url: CONSOLE.to_owned(),
            },
            relay: outbox_relay::Deps { bus: mutant.bus(bus.clone()) },
            reconciler: reconciler::Deps {
                store: store.clone(),
                stripe: Arc::new(stripe.clone()),
                transfers: Arc::new(stripe.clone()),
                connect: Arc::new(stripe.clone()),
                ids: ids.clone(),
            },
            sweeper: reservation_expiry::Deps {
                settling: Settling {
                    ordering: Ordering { store: store_of("reservation-expiry"), ..ordering },
                    ..settling
                },
                imports: works.queue.clone(),
                mails: mutant.reminders(mails.clone()),
            },
            clock,
            table,
            store,
            stripe,
            ids,
            mailer,
            bus,
            mails,
            works,
            apps,
            deliveries: 1,
            read_until: 1.into(),
            trace: std::sync::Mutex::default(),
        }
    }

    /// Everything that happened, a line each.
    pub fn trace(&self) -> Vec<String> {
        self.trace.lock().unwrap().clone()
    }

    fn note(&self, line: String) {
        self.trace.lock().unwrap().push(line);
    }

    pub async fn call(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
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
        let answer = answer(self.function(path).1, request.body(body).unwrap()).await;
        self.note(format!("{method} {path} {} {}", answer.status, answer.body));
        answer
    }

    /// The function that answers a path, and its name.
    pub(super) fn function(&self, path: &str) -> (&'static str, &Router) {
        match path {
            path if path.ends_with("/checkout") || path.ends_with("/quote") => {
                ("checkout", &self.apps.checkout)
            }
            path if path.contains("/api/v1/admin/") => ("admin", &self.apps.admin),
            path if path.contains("/customers/") => ("accounts", &self.apps.accounts),
            path if path.contains("/cart") => ("cart", &self.apps.cart),
            path if path.contains("/vendor/orders") => ("fulfilment", &self.apps.fulfilment),
            path if path.contains("/orders") => ("orders", &self.apps.orders),
            path if ["/vendor/payments", "/vendor/payouts", "/vendor/transfers"]
                .iter()
                .any(|theirs| path.contains(theirs)) =>
            {
                ("payouts", &self.apps.payouts)
            }
            path if path.ends_with("/vendor/ledger") => ("fulfilment", &self.apps.fulfilment),
            path if path.contains("/vendor/shipments") || path.ends_with("/vendor/settings/shipping") => {
                ("fulfilment", &self.apps.fulfilment)
            }
            path if path.contains("/vendor/marketplace")
                || path.ends_with("/vendor/settings/marketplace") =>
            {
                ("imports", &self.apps.imports)
            }
            path if path.contains("/vendor/media") => ("media", &self.apps.media),
            path if path.contains("/vendor/products") => ("products", &self.apps.products),
            path if path.contains("/vendor/inventory") => ("inventory", &self.apps.inventory),
            path if path.contains("/public/") => ("catalog", &self.apps.catalog),
            path => panic!("no function answers {path}"),
        }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, None, Some(body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None, None).await
    }

    /// What a vendor's owner does in the console: `path` goes on from `/api/v1/vendor`.
    pub async fn console(&self, shop: &Shop, method: &str, path: &str, body: Value) -> Answer {
        self.call(method, &format!("/api/v1/vendor{path}"), Some(&shop.token), Some(body)).await
    }

    /// A vendor moves a shipment on.
    pub async fn move_shipment(&self, shop: &Shop, id: &str, step: &str, body: Option<Value>) -> Answer {
        self.call("PUT", &format!("/api/v1/vendor/shipments/{id}/{step}"), Some(&shop.token), body).await
    }

    /// The customer confirms the payment with Stripe.
    pub fn pay(&self, intent: &str, method: &str) {
        let paid = self.stripe.confirm(&intent.parse().unwrap(), method);
        self.note(format!("stripe {intent} {method} {}", paid.is_ok()));
    }
}

/// Who buys in these worlds.
pub fn purchase() -> Value {
    json!({
        "email": "ada@example.org",
        "shipping_address": {
            "name": "Ada", "line1": "1 Rue du Marché", "city": "Luxembourg", "postal_code": "1728", "country": "LU",
        },
    })
}

/// An id whose bits are a number, for things that were never made.
pub fn never_made<I: Id>() -> I {
    I::from_bits(7)
}
