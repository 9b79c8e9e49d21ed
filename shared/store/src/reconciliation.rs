//! Runs of the reconciliation, and what they found.

use std::time::Duration;

use domain::{
    ReconciliationId, Timestamp,
    reconciliation::{Difference, Run, RunState},
};
use table::{Condition, Query, Range, Write};

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read},
    keys,
    page::{Paging, Slice, encode},
};

/// How long a run and what it found are kept.
const KEPT: Duration = Duration::from_secs(400 * 24 * 3_600);
/// How many runs are read at a time, where not only the latest is looked at.
const AT_ONCE: u32 = 20;
/// How many differences of a run are kept; all are counted.
pub const MOST_KEPT: u64 = 1_000;

/// The run that was asked for last.
pub async fn latest(store: &Store) -> Result<Option<Run>, Error> {
    let query = Query::partition(keys::reconciliations()).descending().limit(1);
    store.table.query(&query).await?.items.pop().map(read).transpose()
}

/// The latest run that came to its end.
pub async fn latest_ended(store: &Store) -> Result<Option<Run>, Error> {
    let mut ended = None;
    look_back(store, |run| {
        ended = (run.state == RunState::Finished).then_some(run);
        ended.is_none()
    })
    .await?;
    Ok(ended)
}

/// The runs that were asked for since a time, the latest first.
pub async fn since(store: &Store, from: Timestamp) -> Result<Vec<Run>, Error> {
    let mut runs = Vec::new();
    look_back(store, |run| {
        let later = run.asked_at >= from;
        runs.extend(later.then_some(run));
        later
    })
    .await?;
    Ok(runs)
}

/// Shows the runs, the latest first, for as long as the one who looks wants to go on.
async fn look_back(store: &Store, mut goes_on: impl FnMut(Run) -> bool) -> Result<(), Error> {
    let mut query = Query::partition(keys::reconciliations()).descending().limit(AT_ONCE);
    loop {
        let page = store.table.query(&query).await?;
        for found in page.items {
            if !goes_on(read(found)?) {
                return Ok(());
            }
        }
        match page.next {
            Some(next) => query = query.after(Some(next)),
            None => return Ok(()),
        }
    }
}

/// Saves a run that was seen at a version (0 where it is new).
///
/// # Errors
/// [`Error::VersionConflict`] when it was changed meanwhile.
pub async fn save(store: &Store, seen: u64, run: &Run) -> Result<(), Error> {
    let ttl = (run.asked_at + KEPT).secs();
    let made = item(keys::reconciliation(run.id), Kind::Reconciliation, run)?.with("ttl", ttl);
    let write = match seen {
        0 => Write::create(made),
        seen => Write::put_if(made, Condition::equals("version", seen)),
    };
    match store.table.write(write).await {
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        other => Ok(other?),
    }
}

/// Keeps what a run has found, from its `first`th difference on; those beyond [`MOST_KEPT`] are left out.
pub async fn keep(store: &Store, run: &Run, first: u64, found: &[Difference]) -> Result<(), Error> {
    let ttl = (run.asked_at + KEPT).secs();
    for (at, difference) in (first..MOST_KEPT).zip(found) {
        let key = keys::difference(run.id, at);
        store.table.write(Write::put(item(key, Kind::Difference, difference)?.with("ttl", ttl))).await?;
    }
    Ok(())
}

/// A page of what a run has found, in the order in which it was found.
pub async fn differences(
    store: &Store,
    id: ReconciliationId,
    paging: &Paging,
) -> Result<Slice<Difference>, Error> {
    let position = paging.position()?;
    let mut query = Query::partition(keys::differences(id)).limit(paging.limit + 2);
    if let Some(position) = &position {
        query = query.range(Range::From(position.clone()));
    }
    let page = store.table.query(&query).await?;
    let wanted = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let mut items: Vec<_> =
        page.items.into_iter().filter(|item| Some(&item.key.sk) != position.as_ref()).collect();
    let more = items.len() > wanted;
    items.truncate(wanted);
    let next_cursor = items.last().filter(|_| more).map(|last| encode(&last.key.sk));
    Ok(Slice { data: items.into_iter().map(read).collect::<Result<_, _>>()?, next_cursor })
}

#[cfg(test)]
mod tests {
    use domain::{Id, reconciliation::DifferenceKind};

    use super::*;
    use crate::testing::World;

    fn difference(n: usize) -> Difference {
        Difference {
            kind: DifferenceKind::FeeMissing,
            about: format!("ord_{n}"),
            expected: "190 EUR".to_owned(),
            found: "nothing".to_owned(),
        }
    }

    #[tokio::test]
    async fn the_latest_run_is_taken_up_by_one() {
        let world = World::new();
        assert_eq!(latest(&world.store).await.unwrap(), None);
        for n in [1, 2] {
            save(&world.store, 0, &Run::asked(ReconciliationId::from_bits(n), world.now())).await.unwrap();
        }
        let asked = latest(&world.store).await.unwrap().unwrap();
        assert_eq!((asked.id, asked.state), (ReconciliationId::from_bits(2), RunState::Asked));
        let running = Run { state: RunState::Running, version: 2, ..asked.clone() };
        save(&world.store, 1, &running).await.unwrap();
        assert!(matches!(save(&world.store, 1, &running).await, Err(Error::VersionConflict)));
        assert_eq!(latest(&world.store).await.unwrap(), Some(running.clone()));
        assert_eq!(latest_ended(&world.store).await.unwrap(), None);
        let ended = Run { state: RunState::Finished, version: 3, ..running };
        save(&world.store, 2, &ended).await.unwrap();
        save(&world.store, 0, &Run::asked(ReconciliationId::from_bits(3), world.now())).await.unwrap();
        assert_eq!(latest_ended(&world.store).await.unwrap(), Some(ended));
    }

    #[tokio::test]
    async fn runs_are_found_behind_many_that_have_failed() {
        let world = World::new();
        let save = async |n: u128, state| {
            world.clock.advance(Duration::from_secs(60));
            let run = Run { state, ..Run::asked(ReconciliationId::from_bits(n), world.now()) };
            super::save(&world.store, 0, &run).await.unwrap();
            run
        };
        let ended = save(1, RunState::Finished).await;
        let mut failed = Vec::new();
        for n in 2..50 {
            failed.push(save(n, RunState::Failed).await);
        }
        assert_eq!(latest_ended(&world.store).await.unwrap(), Some(ended));
        failed.reverse();
        assert_eq!(since(&world.store, failed[47].asked_at).await.unwrap(), failed);
        assert_eq!(since(&world.store, failed[1].asked_at).await.unwrap(), failed[..2]);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(since(&world.store, world.now()).await.unwrap(), []);
    }

    #[tokio::test]
    async fn what_was_found_is_read_in_pages_and_kept_up_to_a_thousand() {
        let world = World::new();
        let run = Run::asked(ReconciliationId::from_bits(1), world.now());
        let found: Vec<_> = (0..3).map(difference).collect();
        keep(&world.store, &run, 0, &found).await.unwrap();
        keep(&world.store, &run, MOST_KEPT, &[difference(9)]).await.unwrap();
        let page =
            async |cursor| differences(&world.store, run.id, &Paging { limit: 2, cursor }).await.unwrap();
        let first = page(None).await;
        assert_eq!(first.data, found[..2]);
        let last = page(first.next_cursor).await;
        assert_eq!((last.data, last.next_cursor), (found[2..].to_vec(), None));
        let other =
            differences(&world.store, ReconciliationId::from_bits(2), &Paging { limit: 2, cursor: None });
        assert_eq!(other.await.unwrap().data, []);
    }
}
