use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::{
    Timestamp,
    shipping::{Rate, Shipping, Zone},
};
use platform::ManualClock;
use tokio::{task::JoinSet, time::sleep};

use super::{
    bank, catalogue,
    chaos::Chaos,
    courier, customer,
    dice::Dice,
    life::Life,
    matrix::Matrix,
    mutation::Mutation,
    rules::Kinds,
    stripe::FarStripe,
    vendor,
    world::{Shop, Surroundings, World},
};

/// Of a thousand passes, how many go wrong: in one market few, in another many, so that what needs a storm is seen and so is what needs calm.
const RATES: [u64; 3] = [4, 12, 30];
/// How many people come to a market at the least, and at the most unless its plan says otherwise.
const CUSTOMERS: (u64, u64) = (12, 150);

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub seed: u64,
    pub orders: u64,
    pub kinds: Kinds,
    /// Orders that were paid after they had been cancelled.
    pub captured_late: u64,
    pub lost_records: u64,
    pub dead_letters: u64,
    pub matrix: Matrix,
    pub violations: Vec<String>,
    /// The same for runs in which the same has happened.
    pub hash: u64,
    /// All that happened, where it was asked for.
    pub lines: Vec<String>,
    /// How many customers there would have been, and how many faults, had none been left out.
    pub customers: u64,
    pub drawn: u64,
}

/// How a run is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    /// How many people come at the most: what there is once in a market, its sweeper above all, is paid for by all of them.
    pub crowd: u64,
    /// Whether all that happens is told.
    pub traced: bool,
    /// How the code is wrong.
    pub mutation: Option<Mutation>,
    /// How often every message comes once more, in any order, when all has come to rest.
    pub replays: usize,
    /// What of the run is left, where it is to be made smaller.
    pub left: Left,
}

/// What of a run is left: those of its customers, and those of the faults that befall it; all of them, unless they are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    pub customers: Option<Arc<BTreeSet<u64>>>,
    pub faults: Option<Arc<BTreeSet<u64>>>,
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        Self { seed, crowd: CUSTOMERS.1, traced: false, mutation: None, replays: 0, left: Left::default() }
    }
}

/// Lets a market of a seed live and come to rest.
pub fn run(plan: Plan) -> Outcome {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(live(plan))
}

async fn live(plan: Plan) -> Outcome {
    let Plan { seed, crowd, traced, mutation, .. } = plan;
    let Left { customers: left, faults } = plan.left.clone();
    let mut dice = Dice::of(seed, 0);
    let clock = Arc::new(ManualClock::at(Timestamp::from_ms(super::START_MS)));
    let rate = *dice.pick(&RATES);
    let chaos = Arc::new(Chaos::new(seed, rate, clock.clone(), traced, faults));
    let behind = chaos.clone();
    let surroundings = Surroundings {
        table: Some(chaos.clone()),
        others: chaos.clone(),
        stripe: Box::new(move |stripe| Arc::new(FarStripe::new(stripe, behind))),
        mutation,
        bound: None,
    };
    let world = World::within(seed, clock, surroundings);
    let customers = dice.between(CUSTOMERS.0, crowd);
    let (mut shops, mut goods) = (Vec::new(), Vec::new());
    for n in 0..dice.between(3, 6) {
        let shop = opened(&world, &format!("shop-{n}"), &mut dice).await;
        if dice.chance(500) {
            let amount = i64::try_from(dice.between(0, 900)).unwrap();
            let zone =
                Zone { countries: BTreeSet::new(), rate: Rate::Flat { amount }, free_from: Some(9_000) };
            let shipping = Shipping { zones: vec![zone] };
            store::vendor::set_shipping(&world.store, shop.vendor.id, &shipping).await.unwrap();
        }
        for m in 0..dice.between(1, 3) {
            let cents = i64::try_from(dice.between(100, 9_000)).unwrap();
            // Some things are rare, whatever the crowd.
            let on_hand = i64::try_from(dice.between(1, 2 + customers / 2)).unwrap();
            let place = world.product(&shop, &format!("SKU-{n}-{m}"), cents, on_hand).await;
            if dice.chance(500) {
                let few = u32::try_from(dice.between(0, 5)).unwrap();
                store::stock::set_threshold(&world.store, &place, Some(few)).await.unwrap();
            }
            goods.push(place);
        }
        shops.push(shop);
    }
    let life = Arc::new(Life::new(world, chaos, plan, shops, goods));
    let mut always = JoinSet::new();
    always.spawn(courier::stream(life.clone()));
    always.spawn(courier::webhooks(life.clone()));
    let sweeper = always.spawn(courier::sweeper(life.clone()));
    let mut people = JoinSet::new();
    for n in (0..customers).filter(|n| left.as_ref().is_none_or(|left| left.contains(n))) {
        people.spawn(customer::live(life.clone(), n, Dice::of(seed, 1000 + n)));
    }
    for (n, shop) in (2000_u64..).zip(life.shops()) {
        people.spawn(vendor::live(life.clone(), shop.clone(), Dice::of(seed, n)));
    }
    for (n, shop) in (3000_u64..).zip(life.shops()) {
        people.spawn(vendor::sell_in_stripes(life.clone(), shop.clone(), Dice::of(seed, n)));
    }
    people.spawn(catalogue::support(life.clone(), Dice::of(seed, 7)));
    people.spawn(bank::stripe(life.clone(), Dice::of(seed, 8)));
    people.spawn(weather(life.clone(), Dice::of(seed, 5)));
    while let Some(ended) = people.join_next().await {
        ended.unwrap();
    }
    sweeper.abort();
    life.chaos.end();
    life.make_up().await;
    vendor::close_stripes(&life).await;
    life.come_to_rest().await;
    life.replay().await;
    life.reconcile().await;
    Outcome { customers, ..life.outcome() }
}

/// A vendor that is paid, mostly; some open their account later, and to some Stripe turns out to let no money go.
async fn opened(world: &World, slug: &str, dice: &mut Dice) -> Shop {
    match dice.below(12) {
        0 => world.new_shop(slug).await,
        1 => {
            let mut shop = world.new_shop(slug).await;
            let account = world.account(&shop, "US").await;
            shop.vendor = world.told(&shop, &account).await;
            shop
        }
        _ => world.shop(slug).await,
    }
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
