//! A flash sale: everybody at once for one variant, on a table whose partitions take no more than DynamoDB's do.
//!
//! Each buyer goes all of the way, through the functions: cart, checkout, payment, Stripe's webhook, the stream, the bus, the confirmation. Each call of the table
//! takes some milliseconds, and a partition of it or of an index that has borne its write units of a second throttles.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Timestamp,
    variant::{Stock, VariantRef},
};
use http::StatusCode;
use platform::{ManualClock, batch::Failure};
use serde_json::{Value, json};
use stripe_fake::Outgoing;
use table::{
    Record,
    memory::{self, Call, Gate, Partition},
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    Answer, START_MS, Surroundings, World,
    dice::Dice,
    queue::Queue,
    world::{endpoint, message, purchase},
};

/// What of it is given.
#[derive(Clone, Copy, Debug)]
pub struct Sale {
    pub seed: u64,
    /// Over how many stripes the units are spread; none where they are sold from the variant's own item.
    pub stripes: u8,
    pub units: u32,
    /// Each wants one unit.
    pub buyers: u64,
    /// All of them come within so long.
    pub within: Duration,
    /// How many write units a partition takes in a second.
    pub bound: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Sold {
    /// Units that were sold in each second of the sale.
    pub by_second: Vec<u64>,
    /// Buyers who were told that there is none left.
    pub refused: u64,
    pub stock: Stock,
    /// Write units that each shelf has borne, and each tally.
    pub shelves: Vec<u64>,
    pub tallies: Vec<u64>,
    /// Of all partitions those that have borne most.
    pub hottest: Vec<(Partition, u64)>,
}

impl Sold {
    pub fn units(&self) -> u64 {
        self.by_second.iter().sum()
    }

    /// Units a second, on the average of the whole seconds of the sale: the first and the last are none.
    pub fn pace(&self) -> f64 {
        let [_, whole @ .., _] = self.by_second.as_slice() else { return 0.0 };
        whole.iter().sum::<u64>() as f64 / whole.len().max(1) as f64
    }

    /// How many times the mean the one that has borne most has borne.
    pub fn skew(borne: &[u64]) -> f64 {
        let mean = borne.iter().sum::<u64>() as f64 / borne.len().max(1) as f64;
        borne.iter().max().map_or(0.0, |most| *most as f64 / mean)
    }
}

/// Time passes with each call of the table.
struct Distance {
    clock: Arc<ManualClock>,
    begin: Instant,
    dice: Mutex<Dice>,
}

impl Distance {
    async fn pass(&self) {
        let way = self.dice.lock().unwrap().between(3, 12);
        sleep(Duration::from_millis(way)).await;
        let ms = i64::try_from(self.begin.elapsed().as_millis()).unwrap();
        self.clock.set(Timestamp::from_ms(START_MS + ms));
    }
}

#[async_trait]
impl Gate for Distance {
    async fn enter(&self, _: &Call) -> memory::Fault {
        self.pass().await;
        memory::Fault::None
    }
}

/// Sells until nobody wants any more, and all that was paid for is confirmed; then ends the sale.
///
/// # Panics
/// Where a rule is violated, or something does not end.
pub async fn sell(sale: Sale) -> Sold {
    let clock = Arc::new(ManualClock::at(Timestamp::from_ms(START_MS)));
    let dice = Mutex::new(Dice::of(sale.seed, 1));
    let distance = Arc::new(Distance { clock: clock.clone(), begin: Instant::now(), dice });
    let surroundings =
        Surroundings { table: Some(distance), bound: Some(sale.bound), ..Surroundings::default() };
    let world = Arc::new(World::within(sale.seed, clock, surroundings));
    let shop = world.shop("flash").await;
    let place = world.product(&shop, "UNIT", 1_000, sale.units.into()).await;
    let stripes = format!("/inventory/stock/{}/stripes", place.variant_id);
    if sale.stripes > 0 {
        world.console(&shop, "PUT", &stripes, json!({"count": sale.stripes})).await.expect(200);
    }
    let begun = world.table.records_from(1).len() as u64 + 1;
    let before: BTreeMap<Partition, u64> = world.table.borne().into_iter().collect();
    let (refused, under_way) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let carrier = tokio::spawn(carry(world.clone(), begun, under_way.clone()));
    let mut buyers = JoinSet::new();
    for n in 0..sale.buyers {
        let (world, refused) = (world.clone(), refused.clone());
        let mut dice = Dice::of(sale.seed, 10 + n);
        buyers.spawn(async move {
            sleep(dice.up_to(sale.within)).await;
            if !buy(&world, &place).await {
                refused.fetch_add(1, SeqCst);
            }
        });
    }
    while let Some(bought) = buyers.join_next().await {
        bought.unwrap();
    }
    let borne: Vec<(Partition, u64)> = world
        .table
        .borne()
        .into_iter()
        .map(|(partition, units)| (partition.clone(), units - before.get(&partition).unwrap_or(&0)))
        .collect();
    // What is under way arrives; then what was spread comes home.
    let mut quiet = 0;
    while quiet < 3 {
        sleep(Duration::from_secs(10)).await;
        quiet = if under_way.load(SeqCst) == 0 { quiet + 1 } else { 0 };
    }
    if sale.stripes > 0 {
        world.console(&shop, "DELETE", &stripes, json!({})).await.expect(200);
        while store::stock::stripes::look(&world.store, &place).await.unwrap().is_some() {
            sleep(Duration::from_secs(60)).await;
        }
    }
    carrier.abort();
    super::rules::check(&world);
    let of = |kind: &str| {
        let theirs = |partition: &Partition| partition.index.is_none() && partition.pk.contains(kind);
        borne.iter().filter(|(partition, _)| theirs(partition)).map(|(_, units)| *units).collect()
    };
    let (shelves, tallies) = (of("#STRIPE#"), of("#TALLY#"));
    let mut hottest = borne;
    hottest.sort_by_key(|(_, units)| std::cmp::Reverse(*units));
    hottest.truncate(12);
    let stock = world.stock(&place).await;
    let by_second = by_second(&world.table.records_from(begun));
    Sold { by_second, refused: refused.load(SeqCst), stock, shelves, tallies, hottest }
}

/// Whether somebody who wants a unit got one.
async fn buy(world: &World, place: &VariantRef) -> bool {
    let market = "/api/v1/public/market/cart";
    let made = again(world, market, json!({})).await.expect(201);
    let cart = format!("{market}/{}", made["id"].as_str().unwrap());
    let unit = json!({"variant_id": place.variant_id, "quantity": 1});
    let added = again(world, &format!("{cart}/items"), unit).await;
    if added.code() == "insufficient_stock" {
        return false;
    }
    added.expect(200);
    let placed = again(world, &format!("{cart}/checkout"), purchase()).await.expect(201);
    let secret = placed["payment"]["client_secret"].as_str().unwrap();
    let (intent, _) = secret.split_once("_secret").unwrap();
    world.pay(intent, "pm_card_visa");
    true
}

/// Posts until there is an answer to go by.
async fn again(world: &World, path: &str, body: Value) -> Answer {
    for _ in 0..60 {
        let answer = world.post(path, body.clone()).await;
        let later = answer.status == StatusCode::SERVICE_UNAVAILABLE || answer.code() == "conflict";
        if !later {
            return answer;
        }
        sleep(Duration::from_secs(1)).await;
    }
    panic!("a buyer was never answered");
}

/// Brings webhooks, and what the stream tells, to where they go.
async fn carry(world: Arc<World>, begun: u64, under_way: Arc<AtomicU64>) {
    let mut read_until = begun;
    loop {
        sleep(Duration::from_millis(20)).await;
        while let Some(delivery) = world.stripe.next_delivery() {
            spawn(&under_way, webhook(world.clone(), delivery));
        }
        let records = world.table.records_from(read_until);
        read_until += records.len() as u64;
        for batch in records.chunks(100) {
            spawn(&under_way, publish(world.clone(), batch.to_vec(), under_way.clone()));
        }
    }
}

fn spawn(under_way: &Arc<AtomicU64>, work: impl Future<Output = ()> + Send + 'static) {
    under_way.fetch_add(1, SeqCst);
    let under_way = under_way.clone();
    tokio::spawn(async move {
        work.await;
        under_way.fetch_sub(1, SeqCst);
    });
}

async fn webhook(world: Arc<World>, delivery: Outgoing) {
    while !world
        .webhook(endpoint(&delivery), &delivery.body, &world.signed(&delivery.body))
        .await
        .status
        .is_success()
    {
        sleep(Duration::from_secs(5)).await;
    }
    world.stripe.settle(delivery, true);
}

async fn publish(world: Arc<World>, batch: Vec<Record>, under_way: Arc<AtomicU64>) {
    world.relayed(&batch).await;
    for event in world.bus.take_published() {
        for queue in Queue::of(&event.detail_type) {
            spawn(&under_way, deliver(world.clone(), *queue, message(&event)));
        }
    }
}

async fn deliver(world: Arc<World>, queue: Queue, body: String) {
    while let Err(Failure::Retry(_)) = queue.handle(&world, &body).await {
        sleep(Duration::from_secs(5)).await;
    }
}

/// Units that were sold in each second, by the orders that were confirmed in it.
fn by_second(history: &[Record]) -> Vec<u64> {
    let confirmed = history.iter().filter(|record| {
        let is =
            |item: Option<&Arc<table::Item>>| item.is_some_and(|item| item.doc.contains_key("confirmed_at"));
        record.key.sk == "ORDER" && is(record.new.as_ref()) && !is(record.old.as_ref())
    });
    let times: Vec<i64> = confirmed.map(|record| record.at).collect();
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else { return Vec::new() };
    (*first..=*last).map(|second| times.iter().filter(|at| **at == second).count() as u64).collect()
}
