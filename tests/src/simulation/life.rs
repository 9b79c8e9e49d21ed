mod ending;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::body::Body;
use domain::variant::VariantRef;
use http::{Request, header};
use payments::IntentId;
use platform::Clock;
use serde_json::Value;
use tokio::{sync::Notify, time::sleep};

use super::{
    chaos::Chaos,
    courier,
    dice::Dice,
    mutation::Mutation,
    queue::Queue,
    run::Plan,
    world::{Answer, Shop, World, answer},
};

/// How often a client asks again for what failed.
const TRIES: u32 = 5;
/// How long it waits for a call under its key that does not answer any more: longer than that has the key for itself.
const LEASE: Duration = Duration::from_secs(61);

/// A market that lives: its world, the chaos in it, and all who are at something.
pub(super) struct Life {
    pub(super) world: World,
    pub(super) chaos: Arc<Chaos>,
    pub(super) mutation: Option<Mutation>,
    replays: usize,
    seed: u64,
    /// The first record of the stream that is not of the furnishing.
    pub(super) began: u64,
    shops: Vec<Shop>,
    /// What can be bought, or could once.
    goods: Mutex<Vec<VariantRef>>,
    /// Something was written: the stream has something to bring.
    pub(super) written: Notify,
    /// Something happened at Stripe: there may be something to deliver.
    pub(super) stripe_moved: Notify,
    /// Deliveries that are under way.
    under_way: AtomicUsize,
    tallies: Tallies,
}

#[derive(Debug, Default)]
struct Tallies {
    orders: Mutex<BTreeSet<String>>,
    /// The sequence numbers of records that the stream gave up.
    lost_records: Mutex<BTreeSet<u64>>,
    /// The ids of the events that the bus took, where they are compared with what happened.
    published: Mutex<BTreeSet<String>>,
    dead_letters: AtomicU64,
    /// Intents that were captured although they had been cancelled.
    late: Mutex<BTreeSet<String>>,
    /// What was seen on the way that must not be.
    seen: Mutex<Vec<String>>,
    /// What was acknowledged, where it is to come again.
    acknowledged: Mutex<Vec<Delivered>>,
}

/// Something that reached its function and was acknowledged.
#[derive(Debug)]
pub(super) enum Delivered {
    Message(Queue, String),
    /// Where it went, and its body.
    Webhook(&'static str, String),
}

impl Life {
    pub(super) fn new(
        world: World,
        chaos: Arc<Chaos>,
        plan: Plan,
        shops: Vec<Shop>,
        goods: Vec<VariantRef>,
    ) -> Self {
        let began = world.table.records_from(1).last().map_or(1, |record| record.sequence + 1);
        Self {
            world,
            chaos,
            mutation: plan.mutation,
            replays: plan.replays,
            seed: plan.seed,
            began,
            shops,
            goods: Mutex::new(goods),
            written: Notify::new(),
            stripe_moved: Notify::new(),
            under_way: AtomicUsize::new(0),
            tallies: Tallies::default(),
        }
    }

    pub(super) fn shops(&self) -> &[Shop] {
        &self.shops
    }

    pub(super) fn dice(&self, actor: u64) -> Dice {
        Dice::of(self.seed, actor)
    }

    /// One of the goods.
    pub(super) fn any_good(&self, dice: &mut Dice) -> VariantRef {
        *dice.pick(&self.goods.lock().unwrap())
    }

    /// There is something new to be bought.
    pub(super) fn offer(&self, place: VariantRef) {
        self.goods.lock().unwrap().push(place);
    }

    pub(super) async fn log_in(&self, shop: &Shop) -> String {
        self.chaos.tick();
        self.world.log_in(&shop.vendor).await
    }

    pub(super) fn goods_of(&self, shop: &Shop) -> Vec<VariantRef> {
        self.goods.lock().unwrap().iter().filter(|place| place.vendor_id == shop.vendor.id).copied().collect()
    }

    /// How long it is until a time of the functions' clock.
    pub(super) fn until(&self, ms: i64) -> Duration {
        self.chaos.tick();
        Duration::from_millis(u64::try_from(ms - self.world.clock.now().ms()).unwrap_or_default())
    }

    /// A function ended: what it wrote is on its way.
    pub(super) fn moved(self: &Arc<Self>) {
        self.written.notify_one();
        self.stripe_moved.notify_one();
        courier::carry(self);
    }

    /// Lets a delivery go its way; nothing is at rest before it has arrived.
    pub(super) fn spawn(self: &Arc<Self>, delivery: impl Future<Output = ()> + Send + 'static) {
        self.under_way.fetch_add(1, SeqCst);
        let life = self.clone();
        tokio::spawn(async move {
            delivery.await;
            life.under_way.fetch_sub(1, SeqCst);
        });
    }

    /// Asks a function, again where it failed; none where it goes on failing.
    pub(super) async fn ask(
        self: &Arc<Self>,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Option<Answer> {
        self.ask_under(None, (method, path), token, body).await
    }

    /// The same, under an idempotency key.
    pub(super) async fn ask_under(
        self: &Arc<Self>,
        key: Option<&str>,
        (method, path): (&str, &str),
        token: Option<&str>,
        body: Option<Value>,
    ) -> Option<Answer> {
        let (name, app) = self.world.function(path);
        let mut pause = Duration::from_millis(700);
        for _ in 0..TRIES {
            let mut request = Request::builder().method(method).uri(path);
            if let Some(token) = token {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            let request = match &body {
                Some(body) => request
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(Body::from(body.to_string())),
                None => request.body(Body::empty()),
            };
            let answered = self.chaos.invoke(name, answer(app, request.unwrap())).await;
            self.moved();
            let lost = self.chaos.answer_lost(name);
            let status = answered.as_ref().map_or(502, |answer| answer.status.as_u16());
            self.answered(name, status);
            self.chaos.note((method, path, status, lost), || {
                let body = answered.as_ref().map_or(String::new(), |answer| answer.body.to_string());
                format!("{method} {path} {status}{} {body}", if lost { " (lost)" } else { "" })
            });
            match answered {
                Some(answer) if status == 409 && answer.code() == "idempotency_in_progress" => {
                    sleep(LEASE).await
                }
                Some(answer) if status < 500 && !lost => return Some(answer),
                _ => sleep(pause).await,
            }
            pause *= 2;
        }
        None
    }

    /// No fault is a fault of ours: a function answers 503, or is stopped, which the gateway tells as 502.
    pub(super) fn answered(&self, function: &str, status: u16) {
        self.expect(status < 500 || matches!(status, 502 | 503), || format!("{function} answered {status}"));
    }

    pub(super) fn expect(&self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.tallies.seen.lock().unwrap().push(otherwise());
        }
    }

    pub(super) fn placed(&self, placed: &Value) {
        self.tallies.orders.lock().unwrap().insert(placed["order"]["id"].as_str().unwrap().to_owned());
    }

    pub(super) fn lost(&self, sequence: u64) {
        self.tallies.lost_records.lock().unwrap().insert(sequence);
    }

    pub(super) fn published(&self, id: &str) {
        if self.compares_events() {
            self.tallies.published.lock().unwrap().insert(id.to_owned());
        }
    }

    /// Computing all events once more takes a seventh of a run: one in four does.
    fn compares_events(&self) -> bool {
        self.seed % 4 == 1
    }

    pub(super) fn dead_letter(&self) {
        self.tallies.dead_letters.fetch_add(1, SeqCst);
    }

    /// The customer's client confirms the payment with Stripe; answers whether it went well.
    pub(super) fn confirm(&self, placed: &Value, method: &str) -> bool {
        self.chaos.tick();
        let intent = intent_of(placed);
        let confirmed = self.world.stripe.confirm(&intent, method).is_ok();
        self.chaos
            .note((intent.as_str(), method, confirmed), || format!("stripe {intent} {method} {confirmed}"));
        self.stripe_moved.notify_one();
        confirmed
    }

    /// The bank makes up its mind, or the customer shows who it is.
    pub(super) fn finish(&self, placed: &Value, succeed: bool) -> bool {
        self.chaos.tick();
        let intent = intent_of(placed);
        let finished = self.world.stripe.finish(&intent, succeed).is_ok() && succeed;
        self.chaos.note((intent.as_str(), finished), || format!("stripe {intent} finished {finished}"));
        self.stripe_moved.notify_one();
        finished
    }

    /// The money arrives after the intent was cancelled, or not at all.
    pub(super) fn capture_late(&self, placed: &Value) {
        self.chaos.tick();
        let (intent, now) = (intent_of(placed), self.world.clock.now().ms());
        if self.world.stripe.machine().capture_late(intent.as_str(), now) {
            self.tallies.late.lock().unwrap().insert(intent.as_str().to_owned());
        }
        self.chaos.note((intent.as_str(), "late"), || format!("stripe {intent} captured late"));
        self.stripe_moved.notify_one();
    }

    /// The customer cancels; answers whether that was possible.
    pub(super) async fn cancel(self: &Arc<Self>, (id, token): (&str, &str)) -> bool {
        let path = format!("/api/v1/public/market/orders/{id}/cancel?token={token}");
        self.ask("POST", &path, None, None).await.is_some_and(|answer| answer.status == 200)
    }

    /// The sweeper runs; answers whether to its end.
    pub(super) async fn sweep(self: &Arc<Self>) -> bool {
        let swept =
            self.chaos.invoke("reservation-expiry", reservation_expiry::handle(&self.world.sweeper)).await;
        self.moved();
        let done = matches!(swept, Some(Ok(_)));
        self.chaos.note("swept", || format!("swept {:?}", swept.map(Result::ok)));
        done
    }

    /// A delivery did its work.
    pub(super) fn acknowledged(&self, delivered: impl FnOnce() -> Delivered) {
        if self.replays > 0 {
            self.tallies.acknowledged.lock().unwrap().push(delivered());
        }
    }
}

pub(super) fn intent_of(placed: &Value) -> IntentId {
    // Its client secret begins with its id.
    let secret = placed["payment"]["client_secret"].as_str().unwrap();
    secret.split("_secret").next().unwrap().parse().unwrap()
}
