//! The rules can be broken, and it is seen: each way in which the code could be wrong violates one within a few seeds.

use std::{collections::BTreeSet, sync::Arc};

use domain::Timestamp;
use platform::ManualClock;
use serde_json::json;
use souk_tests::simulation::{Mutation, Plan, START_MS, Surroundings, World, rules, run, shrink};
use table::{Item, Key, Table, Write};

/// How many seeds a mutation has to hide in.
const SEEDS: u64 = 40;

#[test]
fn every_mutation_is_caught() {
    let mut hidden = Vec::new();
    for mutation in Mutation::ALL {
        let mut orders = 0;
        let caught = (1..=SEEDS).find_map(|seed| {
            let outcome = run(Plan { mutation: Some(mutation), ..Plan::of(seed) });
            orders += outcome.orders;
            outcome.violations.first().map(|violation| (seed, violation.clone()))
        });
        match caught {
            Some((seed, violation)) => {
                println!("{mutation:?}: seed {seed}, after {orders} orders: {violation}")
            }
            None => hidden.push(mutation),
        }
    }
    assert!(hidden.is_empty(), "not caught within {SEEDS} seeds: {hidden:?}");
}

#[test]
fn a_run_that_violates_a_rule_is_made_smaller_and_still_does() {
    let plan = Plan { mutation: Some(Mutation::ForgetALine), ..Plan::of(3) };
    let (plan, outcome) = shrink(plan, 60);
    let left = plan.left.customers.as_deref().map(BTreeSet::len);
    // One customer with two things in the cart is enough.
    assert!(left.is_some_and(|left| left <= 3), "{left:?} of {} customers", outcome.customers);
    assert_eq!(plan.left.faults.as_deref().map(BTreeSet::len), Some(0));
    assert!(!outcome.violations.is_empty());
    assert_eq!(run(plan).hash, outcome.hash);
}

/// A cart with as many lines as one holds, checked out, by code that is wrong or is not.
async fn fifty(mutation: Option<Mutation>) -> World {
    let clock = Arc::new(ManualClock::at(Timestamp::from_ms(START_MS)));
    let world = World::within(1, clock, Surroundings { mutation, ..Surroundings::default() });
    let shop = world.shop("tea-house").await;
    let cart = world.cart().await;
    for n in 0..50 {
        let place = world.product(&shop, &format!("SKU-{n}"), 1_000, 5).await;
        world.add(&cart, &place, 1).await.expect(200);
    }
    let more = world.product(&shop, "SKU-50", 1_000, 5).await;
    let full = world.add(&cart, &more, 1).await;
    assert_eq!((full.status.as_u16(), full.code()), (409, "cart_full"));
    world.check_out(&cart).await.expect(201);
    world
}

#[tokio::test(start_paused = true)]
async fn one_line_of_fifty_that_is_forgotten_is_seen() {
    assert_eq!(rules::violations(&fifty(None).await), [""; 0]);
    let violations = rules::violations(&fifty(Some(Mutation::ForgetALine)).await);
    assert!(!violations.is_empty() && violations.len() < 50, "{violations:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_among_another_vendors_is_seen() {
    let world = World::new(1);
    let (tea, pots) = (world.shop("tea-house").await.vendor, world.shop("pot-house").await.vendor);
    let picture = json!({"vendor_id": tea.id});
    for (vendor, violated) in [(&tea, 0), (&pots, 1)] {
        let key = Key::new(format!("T#{}#MEDIA#1", vendor.id), "MEDIA");
        let item = Item::new(key, picture.as_object().unwrap().clone());
        world.table.write(Write::put(item)).await.unwrap();
        assert_eq!(rules::violations(&world).len(), violated);
    }
}
