//! The rules can be broken, and it is seen: each way in which the code could be wrong violates one within a few seeds.

use souk_tests::simulation::{Mutation, Plan, run};

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
