use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::body::Body;
use domain::{Timestamp, variant::VariantRef};
use events::{Change, of_change};
use http::{Request, header};
use payments::IntentId;
use platform::{Clock, batch::Failure};
use serde_json::Value;
use tokio::{sync::Notify, time::sleep};

use super::{
    chaos::Chaos,
    courier,
    dice::Dice,
    mutation::Mutation,
    queue::Queue,
    rules,
    run::{Outcome, Plan},
    vendor,
    world::{Answer, Shop, World, answer},
};

/// How often a client asks again for what failed.
const TRIES: u32 = 5;
/// Nothing takes longer to come to rest: a debit is under way for days, a cart lives for seven.
const REST_ROUNDS: u32 = 400;

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
    goods: Vec<VariantRef>,
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
    Webhook(String),
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
            goods,
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

    pub(super) fn goods(&self) -> &[VariantRef] {
        &self.goods
    }

    pub(super) async fn log_in(&self, shop: &Shop) -> String {
        self.chaos.tick();
        self.world.log_in(&shop.vendor).await
    }

    pub(super) fn goods_of(&self, shop: &Shop) -> Vec<VariantRef> {
        self.goods.iter().filter(|place| place.vendor_id == shop.vendor.id).copied().collect()
    }

    /// How long it is until a time of the functions' clock.
    pub(super) fn until(&self, ms: i64) -> Duration {
        self.chaos.tick();
        Duration::from_millis(u64::try_from(ms - self.world.clock.now().ms()).unwrap_or_default())
    }

    /// A function ended: what it wrote is on its way.
    pub(super) fn moved(&self) {
        self.written.notify_one();
        self.stripe_moved.notify_one();
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

    /// Rule 9 the other way round: what was committed is published, but for records that the stream gave up.
    fn all_was_published(&self) {
        if !self.compares_events() {
            return;
        }
        let (lost, published) =
            (self.tallies.lost_records.lock().unwrap(), self.tallies.published.lock().unwrap());
        let history = self.world.table.records_from(self.began);
        for record in history.iter().filter(|record| !lost.contains(&record.sequence)) {
            let change = Change {
                pk: &record.key.pk,
                sk: &record.key.sk,
                old: record.old.as_ref().map(|item| &item.doc),
                new: record.new.as_ref().map(|item| &item.doc),
                seen_at: Timestamp::from_secs(record.at),
            };
            for event in of_change(&change).unwrap() {
                let kind = event.kind.as_str();
                self.expect(published.contains(&event.id), || {
                    format!("{kind} of {} was never published", record.key)
                });
            }
        }
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

    pub(super) async fn sweep(self: &Arc<Self>) {
        let swept =
            self.chaos.invoke("reservation-expiry", reservation_expiry::handle(&self.world.sweeper)).await;
        self.moved();
        self.chaos.note("swept", || format!("swept {:?}", swept.map(Result::ok)));
        courier::remind(self);
    }

    /// Lets time pass until nothing is under way and nothing is due any more; vendors ship what is left to ship.
    pub(super) async fn come_to_rest(self: &Arc<Self>) {
        for _ in 0..REST_ROUNDS {
            self.settle().await;
            let mut shipped = 0;
            for shop in &self.shops {
                shipped += vendor::move_shipments(self, shop).await;
            }
            if shipped > 0 {
                continue;
            }
            let Some(due) = self.next_due().await else {
                return;
            };
            sleep(self.until(due.ms()) + Duration::from_secs(1)).await;
            self.sweep().await;
        }
        let due = self.next_due().await;
        self.expect(false, || format!("there is no rest: something is still due at {due:?}"));
    }

    /// Lets arrive what is under way.
    async fn settle(&self) {
        loop {
            sleep(Duration::from_secs(3)).await;
            let on_its_way =
                self.under_way.load(SeqCst) > 0 || self.world.stripe.machine().pending_deliveries() > 0;
            if !on_its_way {
                // What was just written reaches the bus.
                self.written.notify_one();
                sleep(Duration::from_secs(400)).await;
                if self.under_way.load(SeqCst) == 0 {
                    return;
                }
            }
            sleep(Duration::from_secs(60)).await;
        }
    }

    async fn next_due(&self) -> Option<Timestamp> {
        let mut next = None;
        for shard in 0..store::due::SHARDS {
            let far = self.world.clock.now().plus_days(10_000);
            let due = store::due::scan(&self.world.store, shard, far, 1).await.unwrap();
            next = due.into_iter().map(|due| due.at).chain(next).min();
        }
        next
    }

    /// A delivery did its work.
    pub(super) fn acknowledged(&self, delivered: impl FnOnce() -> Delivered) {
        if self.replays > 0 {
            self.tallies.acknowledged.lock().unwrap().push(delivered());
        }
    }

    /// Brings every delivery again, as often as the plan has it and in any order: nothing may come of it (rule 7).
    pub(super) async fn replay(&self) {
        if self.replays == 0 {
            return;
        }
        let messages = std::mem::take(&mut *self.tallies.acknowledged.lock().unwrap());
        let (before, mails) = (self.world.table.dump(), self.world.mailer.sent().len());
        let mut all: Vec<usize> = (0..self.replays).flat_map(|_| 0..messages.len()).collect();
        self.dice(6).shuffle(&mut all);
        for at in all {
            let done = match &messages[at] {
                Delivered::Message(queue, body) => {
                    !matches!(queue.handle(&self.world, body).await, Err(Failure::Retry(_)))
                }
                Delivered::Webhook(body) => {
                    self.world.webhook("/", body, &self.world.signed(body)).await.status == 200
                }
            };
            self.expect(done, || format!("came again and was not done: {:?}", messages[at]));
        }
        let sent = self.world.mailer.sent().len() - mails;
        self.expect(sent == 0, || format!("{sent} mails were sent for messages that came again"));
        let after = self.world.table.dump();
        self.expect(after.len() == before.len(), || "what came again made or took away items".to_owned());
        for item in after.iter().filter(|item| !before.contains(item)) {
            self.expect(false, || format!("what came again changed {:?}: {:?}", item.key, item.doc));
        }
    }

    /// What came of it, when it has come to rest.
    pub(super) fn outcome(&self) -> Outcome {
        let Tallies { orders, lost_records, dead_letters, late, seen, .. } = &self.tallies;
        self.all_was_published();
        let lost_records = lost_records.lock().unwrap().len() as u64;
        let dead_letters = dead_letters.load(SeqCst);
        let mut violations = seen.lock().unwrap().clone();
        let faults = self.chaos.matrix().faults_of("notifier");
        let (broken, several) = rules::judged(&self.world, faults);
        violations.extend(broken);
        Outcome {
            seed: self.seed,
            orders: orders.lock().unwrap().len() as u64,
            of_several_vendors: several,
            captured_late: late.lock().unwrap().len() as u64,
            lost_records,
            dead_letters,
            matrix: self.chaos.matrix(),
            violations,
            hash: self.chaos.hash(),
            lines: self.chaos.lines(),
            customers: 0,
            drawn: self.chaos.drawn(),
        }
    }
}

fn intent_of(placed: &Value) -> IntentId {
    // Its client secret begins with its id.
    let secret = placed["payment"]["client_secret"].as_str().unwrap();
    secret.split("_secret").next().unwrap().parse().unwrap()
}
