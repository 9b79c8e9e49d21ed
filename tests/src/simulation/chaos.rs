//! Where time passes and things go wrong: each call of a port comes by here.

use std::{
    collections::{BTreeSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};

use async_trait::async_trait;
use domain::Timestamp;
use platform::ManualClock;
use table::memory::{self, Call, Failure};
use tokio::time::Instant;

use super::{
    START_MS,
    dice::Dice,
    matrix::{Kind, Matrix, Site},
};

/// How long Lambda lets a function run, at the most of ours.
const LONGEST_CALL: Duration = Duration::from_millis(40);

/// A place that was passed no more often than this goes wrong so many times as often: what happens seldom is tried, too.
const RARE: u64 = 2;
const TIMES_WHERE_RARE: u64 = 40;

tokio::task_local! {
    static INVOCATION: Invocation;
}

/// A call of a function.
#[derive(Clone)]
struct Invocation {
    function: &'static str,
    stopped: Arc<AtomicBool>,
}

/// What has gone wrong for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// The bus takes nothing.
    pub bus_down: bool,
    /// Stripe does not answer.
    pub stripe_down: bool,
    /// Stripe's webhooks get lost.
    pub webhooks_lost: bool,
}

/// Passes, delays, fails and stops calls, and notes all that happens.
pub struct Chaos {
    clock: Arc<ManualClock>,
    begin: Instant,
    state: Mutex<State>,
}

struct State {
    dice: Dice,
    /// Of a thousand passes, how many go wrong.
    rate: u64,
    weather: Weather,
    matrix: Matrix,
    hasher: DefaultHasher,
    /// Kept only where somebody wants to read it.
    lines: Option<Vec<String>>,
    /// How many faults were drawn, and which of them come to be; all, unless they are named.
    drawn: u64,
    left: Option<Arc<BTreeSet<u64>>>,
}

impl State {
    /// Notes that a place is passed which has these kinds of faults; answers which befalls it, so many times as often as the rate has it.
    fn draw(&mut self, site: Site, kinds: &[Kind], times: u64) -> Option<Kind> {
        let passed = self.matrix.pass(site, kinds);
        let times = if passed <= RARE { times * TIMES_WHERE_RARE } else { times };
        if kinds.is_empty() || !self.dice.chance(self.rate * times) {
            return None;
        }
        let kind = *self.dice.pick(kinds);
        let number = self.drawn;
        self.drawn += 1;
        if self.left.as_ref().is_some_and(|left| !left.contains(&number)) {
            return None;
        }
        self.matrix.note(site, kind);
        Some(kind)
    }
}

impl Chaos {
    /// Chaos of a seed, where so many of a thousand passes go wrong.
    ///
    /// `left` names which of its faults come to be, where not all do.
    pub fn new(
        seed: u64,
        rate: u64,
        clock: Arc<ManualClock>,
        traced: bool,
        left: Option<Arc<BTreeSet<u64>>>,
    ) -> Self {
        let state = State {
            dice: Dice::of(seed, 1),
            rate,
            weather: Weather::default(),
            matrix: Matrix::default(),
            hasher: DefaultHasher::new(),
            lines: traced.then(Vec::new),
            drawn: 0,
            left,
        };
        Self { clock, begin: Instant::now(), state: Mutex::new(state) }
    }

    /// Whether an answer of a function, which did all that it was asked, does not reach who asked.
    pub(super) fn answer_lost(&self, function: &'static str) -> bool {
        let site = Site { function, call: "answer", about: "" };
        self.lock().draw(site, &[Kind::After], 1).is_some()
    }

    /// From now on nothing goes wrong.
    pub fn end(&self) {
        let mut state = self.lock();
        state.rate = 0;
        state.weather = Weather::default();
    }

    pub fn weather(&self) -> Weather {
        self.lock().weather
    }

    pub fn change_weather(&self, change: impl FnOnce(&mut Weather)) {
        change(&mut self.lock().weather);
    }

    pub fn matrix(&self) -> Matrix {
        self.lock().matrix.clone()
    }

    /// How many faults were drawn so far, whether they came to be or not.
    pub(super) fn drawn(&self) -> u64 {
        self.lock().drawn
    }

    /// A number that is the same for runs in which the same has happened.
    pub fn hash(&self) -> u64 {
        self.lock().hasher.finish()
    }

    pub fn lines(&self) -> Vec<String> {
        self.lock().lines.clone().unwrap_or_default()
    }

    /// Notes what happened; `line` is made only where it is read.
    pub(super) fn note(&self, what: impl Hash, line: impl FnOnce() -> String) {
        let at = self.begin.elapsed();
        let mut state = self.lock();
        (at.as_millis(), what).hash(&mut state.hasher);
        if let Some(lines) = &mut state.lines {
            lines.push(format!("{:>12.3} {}", at.as_secs_f64(), line()));
        }
    }

    /// Sets the functions' clock to the time that has passed here.
    pub(super) fn tick(&self) {
        let ms = i64::try_from(self.begin.elapsed().as_millis()).unwrap();
        self.clock.set(Timestamp::from_ms(START_MS + ms));
    }

    /// Runs a function; none where it was stopped.
    pub(super) async fn invoke<T>(&self, function: &'static str, work: impl Future<Output = T>) -> Option<T> {
        self.tick();
        let stopped = Arc::new(AtomicBool::new(false));
        let invocation = Invocation { function, stopped: stopped.clone() };
        let mut work = pin!(INVOCATION.scope(invocation, work));
        std::future::poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if stopped.load(SeqCst) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Lets something pass that can go wrong in these ways, so many times as often as the rate has it; answers how it does. Does not come back where the
    /// function is stopped.
    pub(super) async fn pass(
        &self,
        call: &'static str,
        about: &'static str,
        kinds: &[Kind],
        times: u64,
    ) -> Option<Kind> {
        // What is not done by a function furnishes the world.
        let Ok(Invocation { function, stopped }) = INVOCATION.try_with(Clone::clone) else { return None };
        let site = Site { function, call, about };
        let (fault, pause) = {
            let mut state = self.lock();
            let fault = state.draw(site, kinds, times);
            // Mostly others go on meanwhile; now and then a call takes its time.
            let pause = match state.dice.below(16) {
                0 => Some(state.dice.up_to(LONGEST_CALL)),
                1..=6 => None,
                _ => Some(Duration::ZERO),
            };
            (fault, pause)
        };
        match pause {
            Some(Duration::ZERO) => tokio::task::yield_now().await,
            Some(pause) => tokio::time::sleep(pause).await,
            None => {}
        }
        self.tick();
        self.note((site.function, call, about, fault), || {
            let how = fault.map(|kind| format!(" {kind:?}")).unwrap_or_default();
            format!("    {function} {call} {about}{how}")
        });
        if fault == Some(Kind::Stop) {
            stopped.store(true, SeqCst);
            std::future::pending::<()>().await;
        }
        fault
    }

    /// Whether something comes once more.
    pub(super) fn twice(&self, function: &'static str, call: &'static str) -> bool {
        let site = Site { function, call, about: "" };
        // Deliveries are few beside the calls that they lead to.
        self.lock().draw(site, &[Kind::Duplicate], 4).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

#[async_trait]
impl memory::Gate for Chaos {
    async fn enter(&self, call: &Call) -> memory::Fault {
        let about = call.keys.first().map_or("", entity);
        let (name, kinds): (_, &[Kind]) = match call.kind {
            memory::Kind::Get => ("table.get", &READ),
            memory::Kind::BatchGet => ("table.batch_get", &READ),
            memory::Kind::Query => ("table.query", &READ),
            memory::Kind::Write => ("table.write", &WRITE),
            memory::Kind::Transact => ("table.transact", &WRITE),
        };
        match self.pass(name, about, kinds, 1).await {
            Some(Kind::Before) => memory::Fault::Before(Failure::Unavailable),
            Some(Kind::After) => memory::Fault::After,
            Some(Kind::Refused) if call.kind.is_write() => memory::Fault::Before(Failure::Conflict),
            Some(Kind::Refused) => memory::Fault::Before(Failure::Throttled),
            _ => memory::Fault::None,
        }
    }
}

const READ: [Kind; 3] = [Kind::Before, Kind::Refused, Kind::Stop];
const WRITE: [Kind; 4] = [Kind::Before, Kind::After, Kind::Refused, Kind::Stop];

/// What an item is, by its key.
pub(super) fn entity(key: &table::Key) -> &'static str {
    let mut parts = key.pk.split('#');
    match (parts.next().unwrap_or_default(), parts.nth(1)) {
        ("T", Some("CART")) => "cart",
        ("T", Some("ORDER")) => "order",
        ("T", Some("SHIPMENT")) => "shipment",
        ("T", Some("PRODUCT")) => "product",
        ("T", Some("STRIPE" | "TALLY")) => "stripe",
        ("T", Some("VENDOR")) if key.sk.starts_with("DEBT#") => "debt",
        ("T", Some("VENDOR")) => "vendor",
        ("T", Some("SETTLEMENT")) => "settlement",
        ("T", Some("LEDGER")) => "statement",
        ("T", Some("CUSTOMER")) => "customer",
        ("T", Some("STAFF")) => "staff",
        ("T", Some("IMPORT")) => "import",
        ("T", Some("STAGED")) => "staged",
        ("T", Some("UPLOAD")) => "upload",
        ("T", Some("MEDIA")) => "media",
        ("SESSION", _) => "session",
        ("IDEMPOTENCY", _) => "idempotency",
        ("UNIQUE", _) => "unique",
        ("ID", _) => "pointer",
        ("MAIL", _) => "mail",
        ("WEBHOOK", _) => "webhook",
        ("T", Some("RECONCILIATIONS" | "RECONCILIATION")) => "reconciliation",
        ("DISPUTE", _) => "dispute",
        ("DUE", _) => "due",
        _ => "listing",
    }
}

#[async_trait]
impl platform::Gate for Chaos {
    async fn enter(&self, call: &str) -> platform::Fault {
        let (name, kinds): (_, &[Kind]) = match call {
            "bus.publish" => ("bus.publish", &EFFECT),
            "bus.publish.entry" => ("bus.publish entry", &[Kind::Before]),
            "mail.send" => ("mail.send", &EFFECT),
            "queue.send" => ("queue.send", &EFFECT),
            "queue.send.entry" => ("queue.send entry", &[Kind::Before]),
            "objects.put" => ("objects.put", &EFFECT),
            "objects.delete" => ("objects.delete", &EFFECT),
            "objects.get" => ("objects.get", &LOOK),
            "objects.get_range" => ("objects.get_range", &LOOK),
            "objects.head" => ("objects.head", &LOOK),
            _ => ("other", &[]),
        };
        let fault = self.pass(name, "", kinds, 1).await;
        if self.weather().bus_down && call == "bus.publish" {
            return platform::Fault::Before;
        }
        match fault {
            Some(Kind::Before) => platform::Fault::Before,
            Some(Kind::After) => platform::Fault::After,
            _ => platform::Fault::None,
        }
    }
}

const EFFECT: [Kind; 3] = [Kind::Before, Kind::After, Kind::Stop];
const LOOK: [Kind; 2] = [Kind::Before, Kind::Stop];
