//! What is noted of a job that does not get on.
//!
//! **Invariant:** who looked at a job decides about the job that it saw: where it has got on since, it stays as it is.

use domain::import::{Failure, ImportJob, ImportStatus};
use table::Condition;

use super::{change, end, ended, key, touched};
use crate::{Error, Store, codec::value};

/// Counts that the work of a job was asked for again, and looks at it next when that has come to nothing; answers the job as it then is.
pub async fn pushed(store: &Store, job: &ImportJob) -> Result<ImportJob, Error> {
    let now = store.now();
    let next = ImportJob { updated_at: now, ..job.clone() };
    let Some(due) = next.due_at() else { return Ok(job.clone()) };
    let update = touched(&now.to_string()).add("pushes", 1).set("DUESK", due.to_string());
    change(store, key(job.vendor_id, job.id), update, unmoved(job)).await
}

/// Ends a job that does not get on; answers the job as it then is.
pub async fn give_up(store: &Store, job: &ImportJob, failure: &Failure) -> Result<ImportJob, Error> {
    let update = ended(ImportStatus::Failed, store).set("failure", value(failure)?);
    end(store, job, update, unmoved(job)).await
}

fn unmoved(job: &ImportJob) -> Condition {
    Condition::equals("version", job.version)
}
