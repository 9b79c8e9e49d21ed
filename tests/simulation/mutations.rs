//! The rules can be broken, and it is seen: each way in which the code could be wrong violates one within a few seeds.

use std::collections::BTreeSet;

use souk_tests::simulation::{Mutation, Plan, run, shrink};

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
