//! The third step: a job that has not got on is pushed, or ended where pushing is of no use.
//!
//! That this is a message of the queue like the others, and not done where the due time is found, keeps all decisions about jobs in one
//! function, and makes a look wait its turn behind the messages that it would send again.

use domain::{
    ImportId, VendorId,
    import::{ImportJob, Work},
};
use platform::batch::Failure;
use store::{import, origin::Origin};

use crate::{Deps, ask, of_store, or_give_up, plan::ask_for_chunks};

pub(crate) async fn look(deps: &Deps, vendor: VendorId, id: ImportId) -> Result<(), Failure> {
    let job = import::get(&deps.store, vendor, id).await.map_err(of_store)?;
    if job.due_at().is_none_or(|due| due > deps.store.now()) {
        tracing::info!(import.id = %id, import.status = job.status.as_str(), "it has ended, or gets on");
        return Ok(());
    }
    let origin = Origin::function("import-processor", job.correlation_id.clone());
    origin.scope(async { or_give_up(deps, &job, push(deps, &job).await).await }).await
}

async fn push(deps: &Deps, job: &ImportJob) -> Result<(), Failure> {
    if let Some(failure) = job.stalled() {
        tracing::error!(import.id = %job.id, vendor.id = %job.vendor_id, import.pushes = job.pushes, error.code = failure.code, "the import does not get on");
        import::give_up(&deps.store, job, &failure).await.map_err(of_store)?;
        return Ok(());
    }
    if job.plan.is_some() {
        ask_for_chunks(deps, job).await?;
    } else {
        ask(deps, &[Work::Plan { vendor_id: job.vendor_id, import_id: job.id }]).await?;
    }
    // Noted only now: a look that is stopped before comes again and sends again, where one that was noted would count as done.
    let job = import::pushed(&deps.store, job).await.map_err(of_store)?;
    tracing::warn!(import.id = %job.id, import.status = job.status.as_str(), import.pushes = job.pushes, "the import was pushed");
    Ok(())
}
