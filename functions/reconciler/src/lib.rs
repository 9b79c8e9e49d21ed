//! The reconciliation: nightly, and when an admin asks for it, the books, orders, stock and Stripe are compared, and each difference is told with its cause.
//!
//! It is called every few minutes and mostly finds nothing to do. A run is done in one call; one that was stopped is begun anew when its lease is over, and a
//! night's that has failed is tried again.
//! **Invariant:** it changes nothing but its own items.

mod money;
mod stock;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use domain::{
    Timestamp,
    reconciliation::{Difference, Run, RunState, of_balance},
};
use ordering::StripeSettings;
use payments::{Connect, Stripe, StripeError, Transfers};
use platform::{Env, Ids, aws::Connecting};
use serde::Serialize;
use store::{Store, origin::Origin, reconciliation};

/// How long one call may take: longer than the function's timeout.
const LEASE: Duration = Duration::from_secs(16 * 60);
/// How long it works on a run before it gives up.
const BUDGET: Duration = Duration::from_secs(13 * 60);
/// From which hour of the day (UTC) on a nightly run is begun.
const NIGHT_HOUR: i64 = 2;
/// How often a night's run is begun that does not come to its end.
const TRIES: usize = 5;
/// How long after one that has failed the next is begun.
const AGAIN: Duration = Duration::from_secs(3_600);

/// What the function stands on.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub stripe: Arc<dyn Stripe>,
    pub transfers: Arc<dyn Transfers>,
    pub connect: Arc<dyn Connect>,
    pub ids: Ids,
}

impl Deps {
    pub async fn from_env() -> Result<(Self, Connecting), lambda_runtime::Error> {
        let (store, stripe) =
            Env::process().read(|env| (store::Settings::read(env), StripeSettings::read(env)))?;
        let (store, connecting) = Store::open(store).await?;
        let stripe = Arc::new(stripe.live()?);
        let deps = Self {
            store,
            stripe: stripe.clone(),
            transfers: stripe.clone(),
            connect: stripe,
            ids: Ids::system(),
        };
        Ok((deps, connecting))
    }
}

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("Stripe did not say what it has")]
    Stripe(#[from] StripeError),
    #[error("there is too much for one run")]
    TooMuch,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Looked {
    /// Nobody has asked for a run, and the night's is done.
    Nothing,
    /// A run came to its end, with so many differences.
    Ran { orders: u64, differences: u64 },
}

/// Runs what was asked for, or the night's, if there is something to run.
///
/// # Errors
/// What the run failed by; it counts as failed. A night's is tried again later, others when they are asked for again.
pub async fn handle(deps: &Deps) -> Result<Looked, Error> {
    Origin::function("reconciler", None).scope(look(deps)).await
}

async fn look(deps: &Deps) -> Result<Looked, Error> {
    let now = deps.store.now();
    let Some(before) = to_run(deps, now).await? else { return Ok(Looked::Nothing) };
    let running = Run {
        state: RunState::Running,
        nightly: before.nightly,
        leased_until: Some(now + LEASE),
        version: before.version + 1,
        ..Run::asked(before.id, before.asked_at)
    };
    match reconciliation::save(&deps.store, before.version, &running).await {
        // Somebody else has it.
        Err(store::Error::VersionConflict) => return Ok(Looked::Nothing),
        other => other?,
    }
    let mut work = Work { deps, run: running, until: now + BUDGET };
    let outcome = work.compare().await;
    let state = if outcome.is_ok() { RunState::Finished } else { RunState::Failed };
    let ended = Run {
        state,
        leased_until: None,
        finished_at: Some(deps.store.now()),
        version: work.run.version + 1,
        ..work.run.clone()
    };
    reconciliation::save(&deps.store, work.run.version, &ended).await?;
    let differences = ended.found();
    match outcome {
        Err(error) => {
            tracing::error!(run.id = %ended.id, error = &error as &dyn std::error::Error, alarm = "reconciliation_failed", "not reconciled");
            return Err(error);
        }
        Ok(()) if differences > 0 => {
            tracing::error!(run.id = %ended.id, differences, alarm = "differences", "the books differ");
        }
        Ok(()) => tracing::info!(run.id = %ended.id, orders = ended.orders, "reconciled"),
    }
    Ok(Looked::Ran { orders: ended.orders, differences })
}

/// The run to take up: one that was asked for, or was stopped, or, by night, a new one.
async fn to_run(deps: &Deps, now: Timestamp) -> Result<Option<Run>, Error> {
    match reconciliation::latest(&deps.store).await? {
        Some(run) if run.state == RunState::Asked => return Ok(Some(run)),
        Some(run) if run.state == RunState::Running && !run.is_leased(now) => return Ok(Some(run)),
        Some(run) if run.state == RunState::Running => return Ok(None),
        _ => {}
    }
    let day = now.secs().div_euclid(86_400);
    let night = Timestamp::from_secs(day * 86_400 + NIGHT_HOUR * 3_600);
    if now < night {
        return Ok(None);
    }
    // What admins ask for is no night's, whenever it is run.
    let mut tries = reconciliation::since(&deps.store, night).await?;
    tries.retain(|run| run.nightly);
    let done = tries.iter().any(|run| run.state == RunState::Finished);
    let failed_at = tries.iter().filter_map(|run| run.finished_at).max();
    if done || tries.len() >= TRIES || failed_at.is_some_and(|at| at + AGAIN > now) {
        return Ok(None);
    }
    let new = Run { nightly: true, ..Run::asked(deps.ids.next(), now) };
    reconciliation::save(&deps.store, 0, &new).await?;
    Ok(Some(new))
}

/// A run on its way.
struct Work<'a> {
    deps: &'a Deps,
    run: Run,
    until: Timestamp,
}

impl Work<'_> {
    async fn compare(&mut self) -> Result<(), Error> {
        // The balance is read before the orders: what has moved it by then they know, or are still to learn.
        let read_at = self.deps.store.now();
        let there = self.deps.transfers.balance().await?;
        // Variants are read before those that hold them, so that one that changed meanwhile is known by its revision.
        let variants = self.variants().await?;
        let mut held = self.carts().await?;
        let booked = self.orders(&mut held, read_at).await?;
        self.vendors().await?;
        self.stock(&variants, &held).await?;
        self.found(&of_balance(&booked, &there)).await
    }

    /// Counts and keeps what was found.
    async fn found(&mut self, found: &[Difference]) -> Result<(), Error> {
        reconciliation::keep(&self.deps.store, &self.run, self.run.found(), found).await?;
        for one in found {
            tracing::warn!(
                kind = one.kind.as_str(),
                about = one.about,
                expected = one.expected,
                found = one.found,
                "differs"
            );
            *self.run.differences.entry(one.kind).or_default() += 1;
        }
        Ok(())
    }

    fn in_time(&self) -> Result<(), Error> {
        if self.deps.store.now() < self.until { Ok(()) } else { Err(Error::TooMuch) }
    }
}
