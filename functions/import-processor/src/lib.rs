//! Reads a vendor's feed into staged products, in steps, each a message of the queue.
//!
//! The first reads the source, cuts it into chunks of some hundred rows on the work bucket, counts them and sends a message for each. The
//! second stages the rows of one chunk and counts them into the job. Chunks are staged in any order and at the same time. The third looks at
//! a job that is due because it has not got on: it sends again what is left, or ends the job.
//!
//! **Invariant:** every step can be stopped anywhere and done again: what a first reading left behind is never looked at, a plan is made
//! once, rows are compared before they are written, a chunk is counted once, and whoever counts the last one ends the job. So a message too
//! many does nothing, and a step of a job that has ended does nothing either.

mod chunks;
mod deps;
mod look;
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
/// [`Failure::Permanent`] where its job is not there; [`Failure::Retry`] where it is no message that can be read, or a service did not answer.
pub async fn handle(deps: &Deps, message: &str) -> Result<(), Failure> {
    match serde_json::from_str(message).map_err(Failure::retry)? {
        Work::Plan { vendor_id, import_id } => plan::plan(deps, vendor_id, import_id).await,
        Work::Stage { vendor_id, import_id, plan, chunk } => {
            stage::stage(deps, vendor_id, import_id, &plan, chunk).await
        }
        Work::Look { vendor_id, import_id } => look::look(deps, vendor_id, import_id).await,
    }
}

/// Asks for steps to be done.
async fn ask(deps: &Deps, steps: &[Work]) -> Result<(), Failure> {
    let bodies = steps.iter().map(serde_json::to_string).collect::<Result<_, _>>();
    let failed = deps.queue.send(bodies.map_err(Failure::permanent)?).await.map_err(of_platform)?;
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::retry(format!("{} messages were not sent", failed.len())))
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
