//! Idempotency keys, one after the other.

/// The keys under which one thing is asked of Stripe, one after the other: each but the first only when Stripe keeps a failure under the one before.
/// They follow from what is asked for, so that whoever repeats the step comes to the same one.
pub fn keys(first: String) -> impl Iterator<Item = String> {
    let others: Vec<String> = (2..=KEYS).map(|n| format!("{first}:{n}")).collect();
    std::iter::once(first).chain(others)
}

/// More than a day's failures, each of which takes hours of retries, would use up.
const KEYS: u32 = 9;
