//! Reads a vendor's feed into staged products, in two kinds of steps, each a message of the queue.
//!
//! The first reads the source, cuts it into chunks of some hundred rows on the work bucket, counts them and sends a message for each. The
//! second stages the rows of one chunk and counts them into the job. Chunks are staged in any order and at the same time.
//!
//! **Invariant:** every step can be stopped anywhere and done again: what a first reading left behind is never looked at, a plan is made
//! once, rows are compared before they are written, a chunk is counted once, and whoever counts the last one ends the job.

mod chunks;
mod deps;
mod plan;
mod pull;
mod source;
mod stage;
#[cfg(test)]
mod tests;

use domain::import::{Failure as JobFailure, ImportJob, Work};
use platform::batch::Failure;
use store::{Store, import};

pub use deps::Deps;
pub use pull::{Answer, Body, Http, Pull, PullError, Resolver};

/// Does the step that a message asks for.
///
/// # Errors
/// [`Failure::Permanent`] where it is no message of ours or its job is not there; [`Failure::Retry`] where a service did not answer.
pub async fn handle(deps: &Deps, message: &str) -> Result<(), Failure> {
    match serde_json::from_str(message).map_err(Failure::permanent)? {
        Work::Plan { vendor_id, import_id } => plan::plan(deps, vendor_id, import_id).await,
        Work::Stage { vendor_id, import_id, plan, chunk } => {
            stage::stage(deps, vendor_id, import_id, &plan, chunk).await
        }
    }
}

/// Ends a job that can't go on.
async fn give_up(store: &Store, job: &ImportJob, failure: JobFailure) -> Result<(), Failure> {
    tracing::warn!(import.id = %job.id, vendor.id = %job.vendor_id, error.code = failure.code, "the import failed");
    import::fail(store, job, &failure).await.map_err(of_store)?;
    Ok(())
}

/// Ends the job of a step that will never be done: it must not look as if it went on.
async fn or_give_up(deps: &Deps, job: &ImportJob, done: Result<(), Failure>) -> Result<(), Failure> {
    let Err(Failure::Permanent(error)) = done else { return done };
    tracing::error!(import.id = %job.id, error = error.as_ref() as &dyn std::error::Error, "a step can't be done");
    give_up(&deps.store, job, ours()).await
}

/// What is told of a fault that is not the vendor's.
fn ours() -> JobFailure {
    JobFailure {
        code: "internal_error".to_owned(),
        message: "Something went wrong on our side. Try again.".to_owned(),
    }
}

fn of_store(error: store::Error) -> Failure {
    if error.is_transient() { Failure::retry(error) } else { Failure::permanent(error) }
}

fn of_platform(error: platform::Error) -> Failure {
    if error.is_retryable() { Failure::retry(error) } else { Failure::permanent(error) }
}
