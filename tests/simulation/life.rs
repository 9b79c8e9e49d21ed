//! Markets that live under faults, and come to rest with every rule kept.

use souk_tests::simulation::{Matrix, Plan, rules::Kinds, run, story};

/// Each of these has shown a fault of ours once, or stands for the many that have not.
const SEEDS: [u64; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 17, 20];

#[test]
fn markets_under_faults_come_to_rest_with_every_rule_kept() {
    let mut all = Matrix::default();
    let (mut orders, mut kinds) = (0, Kinds::default());
    for seed in SEEDS {
        let outcome = run(Plan::of(seed));
        let violations = outcome.violations;
        assert!(
            violations.is_empty(),
            "seed {seed}: {violations:#?}\n{:#?}",
            story(Plan::of(seed), &violations)
        );
        all.add(&outcome.matrix);
        orders += outcome.orders;
        kinds.add(outcome.kinds);
    }
    assert!(orders > 100 && kinds.of_several_vendors * 10 > orders * 3, "{orders} orders, {kinds:?}");
    assert!(kinds.refunded > 0 && kinds.disputed > 0 && kinds.in_debt > 0, "{orders} orders, {kinds:?}");
    assert!(all.faults() > orders, "{} faults in {orders} orders", all.faults());
}

#[test]
fn every_message_ten_times_more_changes_nothing_and_sends_nothing() {
    for seed in [31, 32, 33] {
        let outcome = run(Plan { replays: 10, ..Plan::of(seed) });
        assert!(outcome.orders > 5, "seed {seed}: {} orders", outcome.orders);
        assert!(outcome.violations.is_empty(), "seed {seed}: {:#?}", outcome.violations);
    }
}

#[test]
fn one_seed_makes_one_life() {
    let traced = Plan { traced: true, ..Plan::of(21) };
    let (one, two, other) = (run(traced.clone()), run(traced), run(Plan::of(22)));
    assert_eq!(one.lines, two.lines);
    assert_eq!((one.hash, &one.matrix), (two.hash, &two.matrix));
    assert_ne!(one.hash, other.hash);
}
