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
use http::{Request, header};
use payments::IntentId;
use platform::{Clock, ManualClock};
use serde_json::Value;
use tokio::{sync::Notify, task::JoinSet, time::sleep};

use super::{
    chaos::Chaos,
    courier, customer,
    dice::Dice,
    matrix::Matrix,
    mutation::Mutation,
    rules,
    stripe::FarStripe,
    vendor,
    world::{Answer, Shop, Surroundings, World, answer},
};

/// How often a client asks again for what failed.
const TRIES: u32 = 5;
/// Of a thousand passes, how many go wrong.
const RATE: u64 = 30;
/// Nothing takes longer to come to rest: a debit is under way for days, a cart lives for seven.
const REST_ROUNDS: u32 = 400;

/// A market that lives: its world, the chaos in it, and all who are at something.
pub struct Life {
    pub(super) world: World,
    pub(super) chaos: Arc<Chaos>,
    pub(super) mutation: Option<Mutation>,
    seed: u64,
    shops: Vec<Shop>,
    goods: Vec<VariantRef>,
    /// Something was written: the stream has something to bring.
    pub(super) written: Notify,
    /// Something happened at Stripe: there may be something to deliver.
    pub(super) stripe_moved: Notify,
    /// Deliveries that are under way.
    under_way: AtomicUsize,
    tallies: Tallies,
    faults: Mutex<Vec<String>>,
    late: Mutex<BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct Tallies {
    orders: Mutex<BTreeSet<String>>,
    lost_records: AtomicU64,
    dead_letters: AtomicU64,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub seed: u64,
    pub orders: u64,
    /// Orders of more than one vendor, and such as were paid after they had been cancelled.
    pub of_several_vendors: u64,
    pub captured_late: u64,
    pub lost_records: u64,
    pub dead_letters: u64,
    pub matrix: Matrix,
    pub violations: Vec<String>,
    /// The same for runs in which the same has happened.
    pub hash: u64,
    /// All that happened, where it was asked for.
    pub lines: Vec<String>,
}

/// How a run is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    /// Whether all that happens is told.
    pub traced: bool,
    /// How the code is wrong.
    pub mutation: Option<Mutation>,
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }
}

/// Lets a market of a seed live and come to rest.
pub fn run(plan: Plan) -> Outcome {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(live(plan))
}

async fn live(Plan { seed, traced, mutation }: Plan) -> Outcome {
    let mut dice = Dice::of(seed, 0);
    let clock = Arc::new(ManualClock::at(Timestamp::from_ms(super::START_MS)));
    let chaos = Arc::new(Chaos::new(seed, RATE, clock.clone(), traced));
    let behind = chaos.clone();
    let surroundings = Surroundings {
        table: Some(chaos.clone()),
        others: chaos.clone(),
        stripe: Box::new(move |stripe| Arc::new(FarStripe::new(stripe, behind))),
        mutation,
    };
    let world = World::within(seed, clock, surroundings);
    let (mut shops, mut goods) = (Vec::new(), Vec::new());
    for n in 0..dice.between(2, 4) {
        let shop = world.shop(&format!("shop-{n}")).await;
        for m in 0..dice.between(1, 3) {
            let cents = i64::try_from(dice.between(100, 9_000)).unwrap();
            let on_hand = i64::try_from(dice.between(1, 14)).unwrap();
            goods.push(world.product(&shop, &format!("SKU-{n}-{m}"), cents, on_hand).await);
        }
        shops.push(shop);
    }
    let life = Arc::new(Life {
        world,
        chaos,
        mutation,
        seed,
        shops,
        goods,
        written: Notify::new(),
        stripe_moved: Notify::new(),
        under_way: AtomicUsize::new(0),
        tallies: Tallies::default(),
        faults: Mutex::default(),
        late: Mutex::default(),
    });
    let mut always = JoinSet::new();
    always.spawn(courier::stream(life.clone()));
    always.spawn(courier::webhooks(life.clone()));
    let sweeper = always.spawn(courier::sweeper(life.clone()));
    let mut people = JoinSet::new();
    for n in 0..dice.between(12, 40) {
        people.spawn(customer::live(life.clone(), Dice::of(seed, 1000 + n)));
    }
    for (n, shop) in (2000_u64..).zip(&life.shops) {
        people.spawn(vendor::live(life.clone(), shop.clone(), Dice::of(seed, n)));
    }
    people.spawn(weather(life.clone(), Dice::of(seed, 5)));
    while let Some(ended) = people.join_next().await {
        ended.unwrap();
    }
    sweeper.abort();
    life.chaos.end();
    life.come_to_rest().await;
    let may_be_missing = life.tallies.lost_records.load(SeqCst) + life.tallies.dead_letters.load(SeqCst);
    let mut found = rules::of_life(&life.world);
    found.extend(rules::of_mails(&life.world, may_be_missing, life.chaos.faults_of("notifier")));
    life.faults.lock().unwrap().extend(found);
    life.outcome()
}

/// What of a seed's run concerns these violations: the lines that name what they name.
pub fn story(plan: Plan, violations: &[String]) -> Vec<String> {
    let words = violations
        .iter()
        .flat_map(|violation| violation.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    let named: BTreeSet<&str> = words.filter(|word| word.len() > 20 && word.contains('_')).collect();
    // A vendor is in everything, an order in few lines.
    let narrow: BTreeSet<&str> = named.iter().filter(|name| !name.starts_with("ven_")).copied().collect();
    let named = if narrow.is_empty() { named } else { narrow };
    let told = run(Plan { traced: true, ..plan }).lines;
    told.into_iter().filter(|line| named.iter().any(|name| line.contains(name))).collect()
}

/// Now and then the bus is down for a day, or Stripe for minutes, or its webhooks get lost for hours.
async fn weather(life: Arc<Life>, mut dice: Dice) {
    for _ in 0..dice.between(0, 2) {
        sleep(dice.up_to(Duration::from_secs(5400))).await;
        match dice.below(3) {
            0 => {
                life.chaos.change_weather(|weather| weather.bus_down = true);
                sleep(Duration::from_secs(86_400)).await;
                life.chaos.change_weather(|weather| weather.bus_down = false);
            }
            1 => {
                life.chaos.change_weather(|weather| weather.stripe_down = true);
                sleep(dice.up_to(Duration::from_secs(900))).await;
                life.chaos.change_weather(|weather| weather.stripe_down = false);
            }
            _ => {
                life.chaos.change_weather(|weather| weather.webhooks_lost = true);
                sleep(dice.up_to(Duration::from_secs(4 * 3600))).await;
                life.chaos.change_weather(|weather| weather.webhooks_lost = false);
            }
        }
    }
}

impl Life {
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
        let (name, app) = self.world.function(path);
        let mut pause = Duration::from_millis(700);
        for _ in 0..TRIES {
            let mut request = Request::builder().method(method).uri(path);
            if let Some(token) = token {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
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
            self.faults.lock().unwrap().push(otherwise());
        }
    }

    pub(super) fn placed(&self, placed: &Value) {
        self.tallies.orders.lock().unwrap().insert(placed["order"]["id"].as_str().unwrap().to_owned());
    }

    pub(super) fn lost_records(&self) {
        self.tallies.lost_records.fetch_add(1, SeqCst);
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
            self.late.lock().unwrap().insert(intent.as_str().to_owned());
        }
        self.chaos.note((intent.as_str(), "late"), || format!("stripe {intent} captured late"));
        self.stripe_moved.notify_one();
    }

    /// The customer cancels; answers whether that was possible.
    pub(super) async fn cancel(self: &Arc<Self>, (id, token): (&str, &str)) -> bool {
        let path = format!("/api/v1/public/market/orders/{id}/cancel?token={token}");
        self.ask("POST", &path, None, None).await.is_some_and(|answer| answer.status == 200)
    }

    pub(super) async fn sweep(&self) {
        let swept =
            self.chaos.invoke("reservation-expiry", reservation_expiry::handle(&self.world.sweeper)).await;
        self.moved();
        self.chaos.note("swept", || format!("swept {:?}", swept.map(Result::ok)));
    }

    /// Lets time pass until nothing is under way and nothing is due any more; vendors ship what is left to ship.
    async fn come_to_rest(self: &Arc<Self>) {
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

    fn outcome(&self) -> Outcome {
        let orders = self.tallies.orders.lock().unwrap().len() as u64;
        let several =
            rules::orders(&self.world).iter().filter(|order| order.shipments.len() > 1).count() as u64;
        Outcome {
            seed: self.seed,
            orders,
            of_several_vendors: several,
            captured_late: self.late.lock().unwrap().len() as u64,
            lost_records: self.tallies.lost_records.load(SeqCst),
            dead_letters: self.tallies.dead_letters.load(SeqCst),
            matrix: self.chaos.matrix(),
            violations: self.faults.lock().unwrap().clone(),
            hash: self.chaos.hash(),
            lines: self.chaos.lines(),
        }
    }
}

fn intent_of(placed: &Value) -> IntentId {
    // Its client secret begins with its id.
    let secret = placed["payment"]["client_secret"].as_str().unwrap();
    secret.split("_secret").next().unwrap().parse().unwrap()
}
