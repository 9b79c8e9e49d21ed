//! The second step: the rows of one chunk are read and staged.

use domain::{
    ImportId, VendorId,
    feed::{FeedRow, RawRow, RowError},
    import::{ImportJob, ImportStatus, MAX_KEPT_ERRORS, Tally, chunk_key},
};
use platform::batch::Failure;
use store::{import, origin::Origin, staged};

use crate::{Deps, chunks, of_platform, of_store, or_give_up};

pub(crate) async fn stage(
    deps: &Deps,
    vendor: VendorId,
    id: ImportId,
    plan: &str,
    chunk: u32,
) -> Result<(), Failure> {
    let (job, done) = import::is_done(&deps.store, vendor, id, chunk).await.map_err(of_store)?;
    let current = job.plan.as_ref().is_some_and(|current| current.id == plan && chunk <= current.chunks);
    if job.status != ImportStatus::Running || !current {
        tracing::info!(import.id = %id, "nothing is left to do");
        return Ok(());
    }
    let origin = Origin::function("import-processor", job.correlation_id.clone());
    origin.scope(async { or_give_up(deps, &job, work_on(deps, &job, plan, chunk, done).await).await }).await
}

async fn work_on(deps: &Deps, job: &ImportJob, plan: &str, chunk: u32, done: bool) -> Result<(), Failure> {
    if done {
        import::finish(&deps.store, job).await.map_err(of_store)?;
        return Ok(());
    }
    let found =
        deps.objects.get(&chunk_key(job.vendor_id, job.id, plan, chunk)).await.map_err(of_platform)?;
    let object = found.ok_or_else(|| Failure::permanent("a chunk is not there"))?;
    let rows = chunks::read(&object.bytes).map_err(Failure::permanent)?;
    let (rows, errors, failed) = sort(rows, job);
    if !errors.is_empty() {
        chunks::keep_errors(deps, job, plan, chunk, &errors).await.map_err(of_platform)?;
        // Of chunks that are staged at the same time each may fill what is left.
        let room = usize::try_from(MAX_KEPT_ERRORS.saturating_sub(job.rows_failed)).unwrap_or(0);
        let kept = errors.get(..room.min(errors.len())).unwrap_or_default();
        import::keep_errors(&deps.store, job, kept).await.map_err(of_store)?;
    }
    let (ids, tally) = staged::stage(&deps.store, job.vendor_id, job.id, rows).await.map_err(of_store)?;
    let tally = Tally { failed, ..tally };
    let job = import::chunk_done(&deps.store, job, chunk, ids, tally).await.map_err(of_store)?;
    let job = import::finish(&deps.store, &job).await.map_err(of_store)?;
    tracing::info!(import.id = %job.id, import.status = job.status.as_str(), import.rows_done = job.rows_done, "a chunk was staged");
    Ok(())
}

/// Tells the rows that are good from what is wrong with the others, and how many those are.
fn sort(rows: Vec<RawRow>, job: &ImportJob) -> (Vec<FeedRow>, Vec<RowError>, u32) {
    let (mut good, mut errors, mut failed) = (Vec::with_capacity(rows.len()), Vec::new(), 0);
    for RawRow { row, fields, error } in rows {
        let read = match error {
            Some(error) => Err(vec![error]),
            None => FeedRow::read(row, &fields, job.currency),
        };
        match read {
            Ok(row) => good.push(row),
            Err(more) => {
                errors.extend(more);
                failed += 1;
            }
        }
    }
    (good, errors, failed)
}
