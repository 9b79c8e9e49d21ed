//! Many buyers, few units, and functions that are killed meanwhile.

use std::{
    fmt::Display,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use platform::Env;
use serde_json::json;
use souk_tests::deployed::stack::Stack;

use crate::{
    books,
    buyers::{self, BUYERS},
    killer::{Killed, Killer},
    own_stack::{Holds, OwnStack},
    rest::Rest,
};

const UNITS: i64 = 100;
/// The functions on an order's way; all of them have to have been killed.
const WANTED: [&str; 6] =
    ["cart", "checkout", "order-lifecycle", "outbox-relay", "reservation-expiry", "stripe-webhook"];
/// Long enough for buyers who need not wait, short enough to be waited for.
const HOLDS: Holds = Holds { soft_s: 20, hard_s: 60 };

/// Says it at once: what a test prints otherwise is shown only when it has failed.
fn tell(what: impl Display) {
    let _untold = writeln!(std::io::stderr(), "siege: {what}");
}

/// What decides who is killed when: `SIEGE_SEED`, or any number.
fn seed() -> u64 {
    let given = Env::process().read(|env| env.optional("SIEGE_SEED")).unwrap();
    given.map_or_else(
        || {
            let mut random = [0; 8];
            getrandom::fill(&mut random).unwrap();
            u64::from_le_bytes(random)
        },
        |seed| seed.parse().unwrap(),
    )
}

/// Sweeps more often than once a minute, so that the sweeper too is killed while it works.
async fn sweep_on(stack: Stack) {
    loop {
        let _killed_or_not = stack.invocation("reservation-expiry", &json!({})).try_send().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn listed(killed: &Killed) -> String {
    killed.iter().map(|(name, times)| format!("{name} {times}")).collect::<Vec<_>>().join(", ")
}

/// What was lost on the way is found by its due time: a killed order-lifecycle's messages are away for longer than the sweeper waits.
#[tokio::test]
async fn of_100_units_that_200_buyers_want_while_functions_are_killed_every_one_is_sold_or_available() {
    if !Killer::can_see() {
        return tell("skipped: only Linux shows whose child a process is");
    }
    let seed = seed();
    let own = OwnStack::up(HOLDS);
    tell(format_args!("SIEGE_SEED={seed}; what the functions say lies in {}/logs", own.state.display()));
    let shop = own.stack.shop("siege").await;
    let unit = shop.goods("UNIT", 1000, UNITS).await;

    let over = Arc::new(AtomicBool::new(false));
    let (killer, ending) = (Killer::of(&own.state, seed), over.clone());
    let killing = tokio::spawn(async move { killer.rage(&WANTED, &ending).await });
    let sweeping = tokio::spawn(sweep_on(own.stack.clone()));
    let (placed, again) = buyers::come(&shop, &unit).await;
    over.store(true, Ordering::Relaxed);
    let killed = killing.await.unwrap();
    sweeping.abort();
    tell(format_args!(
        "{BUYERS} buyers came, {} ordered, {again} calls were made again; killed: {}",
        placed.len(),
        listed(&killed)
    ));
    for name in WANTED {
        assert!(killed.contains_key(name), "{name} was never killed: {}", listed(&killed));
    }

    let rest = Rest::of(&shop, &unit).await;
    let sold = books::check_stock(&shop, &unit, UNITS, &rest).await;
    books::check_orders(&rest, &placed).await;
    books::check_money(&own.stack, &rest).await;
    books::check_parcels(&shop, &rest).await;
    let (orders, confirmed) = (rest.orders.len(), rest.confirmed().len());
    assert!(0 < confirmed && confirmed < orders, "{confirmed} of {orders} orders were confirmed");
    tell(format_args!(
        "{UNITS} units = {sold} sold + {} available; {orders} orders, {confirmed} of them confirmed, at rest after {} s",
        UNITS - sold,
        rest.after.as_secs()
    ));
}
