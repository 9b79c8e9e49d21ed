//! `make soak SEEDS=n START=first`: markets of many seeds live and come to rest, and the rules are checked over each. `make flash`: one variant for everybody at
//! once.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
    time::{Duration, Instant},
};

use souk_tests::simulation::{
    Matrix, Plan,
    flash::{Sale, Sold, sell},
    rules::Kinds,
    run, shrink, story,
};

/// What a partition of DynamoDB bears in a second, in write units.
const PARTITION: u64 = 1_000;

/// How much more than the mean a stripe of a flash sale may bear.
const MOST_SKEW: f64 = 1.3;

/// How many people come to a market at the most, of two markets to each: in a small one, what vendors do beside the orders is more of what happens.
const CROWDS: [u64; 2] = [400, 40];
/// How many violations are told with their story.
const TOLD: usize = 3;
/// How many runs making one smaller may take.
const RUNS: u32 = 100;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flash = arguments.first().is_some_and(|first| first == "flash");
    let numbers = arguments.iter().skip(usize::from(flash)).map(|argument| argument.parse());
    match (flash, numbers.collect::<Result<Vec<u64>, _>>().as_deref()) {
        (false, Ok(&[seeds, first])) => soak(seeds, first),
        (true, Ok(&[stripes, units, seconds])) => flash_sale(stripes, units, seconds),
        _ => {
            eprintln!(
                "usage: soak <how many seeds> <the first of them>, or soak flash <stripes> <units> <seconds>"
            );
            ExitCode::FAILURE
        }
    }
}

/// Sells units of one variant to as many buyers who all come within some seconds.
fn flash_sale(stripes: u64, units: u64, seconds: u64) -> ExitCode {
    let (Ok(stripes), Ok(of_it)) = (u8::try_from(stripes), u32::try_from(units)) else {
        eprintln!("there are up to 32 stripes, and up to a million units");
        return ExitCode::FAILURE;
    };
    let within = Duration::from_secs(seconds);
    let sale = Sale { seed: 1, stripes, units: of_it, buyers: units, within, bound: PARTITION };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let sold = match runtime {
        Ok(runtime) => runtime.block_on(sell(sale)),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("sold in each second: {:?}", sold.by_second);
    println!("left: {:?}", sold.stock);
    for (what, borne) in [("shelves", &sold.shelves), ("tallies", &sold.tallies)] {
        println!("write units of {what}: {borne:?}, at the most {:.2} times the mean", Sold::skew(borne));
    }
    for (partition, borne) in &sold.hottest {
        println!("{borne:>8} write units of {} {}", partition.index.unwrap_or("the table"), partition.pk);
    }
    println!(
        "stripes={stripes} units={} refused={} units_per_second={:.0}",
        sold.units(),
        sold.refused,
        sold.pace()
    );
    let even = [&sold.shelves, &sold.tallies].into_iter().all(|borne| Sold::skew(borne) <= MOST_SKEW);
    if sold.units() == units && even { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn soak(seeds: u64, first: u64) -> ExitCode {
    let begun = Instant::now();
    let mut all = Matrix::default();
    let (mut orders, mut late, mut lost, mut dead, mut violations) = (0, 0, 0, 0, 0);
    let mut kinds = Kinds::default();
    for seed in first..first + seeds {
        let outcome = run(plan(seed));
        all.add(&outcome.matrix);
        orders += outcome.orders;
        kinds.add(outcome.kinds);
        late += outcome.captured_late;
        lost += outcome.lost_records;
        dead += outcome.dead_letters;
        if !outcome.violations.is_empty() {
            violations += 1;
            if violations <= TOLD {
                tell(seed, &outcome.violations);
            }
        }
        progress(seed + 1 - first, seeds, orders, begun);
    }
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!();
    println!("{all}\n");
    let empty = all.empty_cells();
    for (site, kind) in &empty {
        println!("never: {kind:?} at {} {} {}", site.function, site.call, site.about);
    }
    let Kinds { of_several_vendors, refunded, disputed, in_debt } = kinds;
    println!(
        "of several vendors={of_several_vendors} refunded={refunded} disputed={disputed} in_debt={in_debt}"
    );
    println!("captured_late={late} lost_records={lost} dead_letters={dead}");
    println!(
        "seeds={seeds} orders={orders} faults={} violations={violations} orders_per_second={:.0}",
        all.faults(),
        orders as f64 / seconds
    );
    if violations == 0 && empty.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn plan(seed: u64) -> Plan {
    let crowd = if seed.is_multiple_of(2) { CROWDS[0] } else { CROWDS[1] };
    Plan { crowd, ..Plan::of(seed) }
}

/// Tells what a seed violated, then makes the run as small as it gets, and tells what of that concerns what is violated there.
fn tell(seed: u64, violations: &[String]) {
    println!("\nseed {seed}:");
    for violation in violations {
        println!("  {violation}");
    }
    let (plan, outcome) = shrink(plan(seed), RUNS);
    let named = |left: &Option<_>| left.as_ref().map_or("all".to_owned(), |left| format!("{left:?}"));
    println!("with customers {} and faults {} alone:", named(&plan.left.customers), named(&plan.left.faults));
    for line in outcome.violations.iter().chain(&story(plan, &outcome.violations)) {
        println!("  {line}");
    }
}

fn progress(done: u64, seeds: u64, orders: u64, begun: Instant) {
    if std::io::stderr().is_terminal() || done.is_multiple_of(100) {
        let rate = orders as f64 / begun.elapsed().as_secs_f64();
        let _untold =
            write!(std::io::stderr(), "\r{done} of {seeds} seeds, {orders} orders, {rate:.0} orders/s   ");
    }
}
