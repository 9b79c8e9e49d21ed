//! Making a run that violates a rule smaller: without the customers and the faults that the violation does not need (delta debugging, after Zeller).

use std::{collections::BTreeSet, sync::Arc};

use super::run::{Left, Outcome, Plan, run};

/// Leaves out what can be left out while a rule is still violated, in so many runs at the most; answers the plan that is left, and what came of it.
pub fn shrink(plan: Plan, mut runs: u32) -> (Plan, Outcome) {
    let outcome = run(plan.clone());
    let mut smallest = (plan, outcome);
    let (customers, drawn) = (smallest.1.customers, smallest.1.drawn);
    reduce(&mut smallest, &mut runs, customers, |left, few| left.customers = Some(few));
    // With fewer customers fewer faults are drawn.
    let drawn = drawn.min(smallest.1.drawn);
    reduce(&mut smallest, &mut runs, drawn, |left, few| left.faults = Some(few));
    smallest
}

/// Leaves out halves, then quarters, then eighths, and so on, of what is numbered up to `count`.
fn reduce(
    smallest: &mut (Plan, Outcome),
    runs: &mut u32,
    count: u64,
    set: impl Fn(&mut Left, Arc<BTreeSet<u64>>),
) {
    let mut left: Vec<u64> = (0..count).collect();
    let mut size = left.len().div_ceil(2);
    while size > 0 && *runs > 0 {
        let mut at = 0;
        while at < left.len() && *runs > 0 {
            let end = left.len().min(at + size);
            let few: Vec<u64> = left[..at].iter().chain(&left[end..]).copied().collect();
            let mut plan = smallest.0.clone();
            set(&mut plan.left, Arc::new(few.iter().copied().collect()));
            *runs -= 1;
            let outcome = run(plan.clone());
            if outcome.violations.is_empty() {
                at = end;
            } else {
                (left, *smallest) = (few, (plan, outcome));
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
}
