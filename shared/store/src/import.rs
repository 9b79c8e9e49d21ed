//! Import jobs, their uploads, their chunks and the errors of their rows.
//!
//! **Invariant:** a chunk's counts are added to its job exactly once: the job itself has a mark for each chunk that is done, set in the same
//! write, so that ten workers on one job need no transactions, which would only meet each other there.
//!
//! **Invariant:** a job is in the `due` index from the write that makes it to the write that ends it.

mod errors;
mod push;

use std::time::Duration;

use domain::{
    ImportId, StagedId, UploadId, VendorId,
    import::{Failure, ImportJob, ImportStatus, Plan, Tally, Upload},
};
use serde::{Deserialize, Serialize};
use table::{Condition, Item, Key, Query, Range, Update, Write, schema};

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read, value},
    idempotency::{self, Scope},
    keys, mail,
    page::{Paging, Slice, newest_first},
    vendor::fetch,
};

pub use errors::{errors, keep_errors};
pub use push::{give_up, pushed};

/// How long an upload may be imported: as long as the work bucket keeps it.
const UPLOAD_KEPT: Duration = Duration::from_secs(60 * 86_400);
/// How many writes are on their way at the same time.
pub(crate) const WRITES_AT_ONCE: usize = 16;

/// The rows of a chunk that were staged, in the order of the feed.
#[derive(Serialize, Deserialize)]
struct Chunk {
    plan: String,
    staged: Vec<StagedId>,
}

pub async fn create_upload(store: &Store, upload: &Upload) -> Result<(), Error> {
    let until = (upload.created_at + UPLOAD_KEPT).secs();
    let made = item(keys::upload(upload.vendor_id, upload.id), Kind::Upload, upload)?.with("ttl", until);
    store.table.write(Write::create(made)).await?;
    Ok(())
}

pub async fn upload(store: &Store, vendor: VendorId, id: UploadId) -> Result<Upload, Error> {
    read(store.table.get(&keys::upload(vendor, id)).await?.ok_or(Error::NotFound)?)
}

/// Notes a job that is to be done.
pub async fn create(store: &Store, job: &ImportJob) -> Result<(), Error> {
    create_once(store, job, None).await
}

/// [`create`], for a call under a key.
///
/// # Errors
/// [`Error::MadeBefore`] when a job was made under this key before.
pub async fn create_once(store: &Store, job: &ImportJob, once: Option<&Scope>) -> Result<(), Error> {
    let mut made = item(key(job.vendor_id, job.id), Kind::Import, job)?
        .with("L1PK", keys::imports_of(job.vendor_id))
        .with("L1SK", job.id.to_string())
        .with_due_shard(&job.id.to_string(), job.due_at());
    if let Some(due) = job.due_at() {
        made = made.with("DUESK", due.to_string());
    }
    let Some(once) = once else {
        return Ok(store.table.write(Write::create(made)).await?);
    };
    let writes = vec![Write::create(made), idempotency::once_made(once, job.id)];
    let failed = |error| idempotency::made_before(&error, 1).unwrap_or_else(|| error.into());
    store.table.transact(writes, None).await.map_err(failed)
}

pub async fn get(store: &Store, vendor: VendorId, id: ImportId) -> Result<ImportJob, Error> {
    read(store.table.get(&key(vendor, id)).await?.ok_or(Error::NotFound)?)
}

/// A page of a vendor's jobs, newest first.
pub async fn list(store: &Store, vendor: VendorId, paging: &Paging) -> Result<Slice<ImportJob>, Error> {
    let query = Query::index(&schema::LISTING, keys::imports_of(vendor));
    let page = newest_first(store, query, "L1SK", "", paging).await?;
    let found = fetch(store, &page.data).await?;
    Ok(Slice { data: found.into_iter().map(read).collect::<Result<_, _>>()?, next_cursor: page.next_cursor })
}

/// Starts a job that is pending; answers the job as it then is, started by whomever.
///
/// One that has failed or was cancelled stays so: a late message is no wish to start it again.
pub async fn begin(store: &Store, job: &ImportJob) -> Result<ImportJob, Error> {
    if job.status != ImportStatus::Pending {
        return Ok(job.clone());
    }
    let now = store.now().to_string();
    let update = moved(&now).set("status", ImportStatus::Running.as_str()).set("started_at", now);
    let pending = Condition::equals("status", ImportStatus::Pending.as_str());
    change(store, key(job.vendor_id, job.id), update, pending).await
}

/// Says how the feed was read; answers the job as it then is, with this plan or that of somebody who was faster.
pub async fn plan(store: &Store, job: &ImportJob, plan: &Plan, rows_total: u32) -> Result<ImportJob, Error> {
    let update = moved(&store.now().to_string()).set("plan", value(plan)?).set("rows_total", rows_total);
    change(store, key(job.vendor_id, job.id), update, running().and(Condition::lacks("plan"))).await
}

/// Ends a job that can't go on; one that has ended already stays as it is.
pub async fn fail(store: &Store, job: &ImportJob, failure: &Failure) -> Result<ImportJob, Error> {
    let update = ended(ImportStatus::Failed, store).set("failure", value(failure)?);
    end(store, job, update, unfinished()).await
}

/// Ends a job in a way that its vendor is told of, where the condition holds; answers it as it then is. One that had ended when it was seen stays so.
///
/// That the vendor is to be told is noted first: what is stopped between the two is looked at until the job has ended.
async fn end(
    store: &Store,
    job: &ImportJob,
    update: Update,
    condition: Condition,
) -> Result<ImportJob, Error> {
    if job.due_at().is_none() {
        return Ok(job.clone());
    }
    let place = key(job.vendor_id, job.id);
    let told = domain::mail::key(job.id, "import.completed");
    store.write_where_it_holds(mail::ask(&told, &place, store.now())?).await?;
    change(store, place, update, condition).await
}

/// Ends a job that its vendor does not want any more; answers it as it then is: cancelled, or ended before.
pub async fn cancel(store: &Store, vendor: VendorId, id: ImportId) -> Result<ImportJob, Error> {
    change(store, key(vendor, id), ended(ImportStatus::Cancelled, store), unfinished()).await
}

/// Ends a job whose last chunk is done; answers it as it then is.
pub async fn finish(store: &Store, job: &ImportJob) -> Result<ImportJob, Error> {
    let Some(Ok(next)) = job.outcome().map(|event| job.status.on(event)) else {
        return Ok(job.clone());
    };
    let all_done = running().and(Condition::equals("chunks_done", job.chunks_done));
    end(store, job, ended(next, store), all_done).await
}

/// The chunks of a job's plan that are not done yet.
pub async fn chunks_left(store: &Store, job: &ImportJob) -> Result<Vec<u32>, Error> {
    let found = store.table.get(&key(job.vendor_id, job.id)).await?.ok_or(Error::NotFound)?;
    let chunks = job.plan.as_ref().map_or(0, |plan| plan.chunks);
    Ok((1..=chunks).filter(|chunk| !found.doc.contains_key(&mark(*chunk))).collect())
}

/// Whether a chunk is done.
pub async fn is_done(
    store: &Store,
    vendor: VendorId,
    id: ImportId,
    chunk: u32,
) -> Result<(ImportJob, bool), Error> {
    let found = store.table.get(&key(vendor, id)).await?.ok_or(Error::NotFound)?;
    let done = found.doc.contains_key(&mark(chunk));
    Ok((read(found)?, done))
}

/// Notes what became of a chunk's rows, and counts them into the job, once however often it is said; answers the job as it then is.
///
/// The list of what was staged is written first: whoever sees the chunk counted finds its rows.
pub async fn chunk_done(
    store: &Store,
    job: &ImportJob,
    chunk: u32,
    staged: Vec<StagedId>,
    tally: Tally,
) -> Result<ImportJob, Error> {
    let Some(plan) = &job.plan else { return Ok(job.clone()) };
    let listed = Chunk { plan: plan.id.clone(), staged };
    store.table.write(Write::put(item(chunk_key(job, chunk), Kind::ImportChunk, &listed)?)).await?;
    let update = moved(&store.now().to_string())
        .set(mark(chunk), true)
        .add("chunks_done", 1)
        .add("rows_done", i64::from(tally.rows()))
        .add("rows_failed", i64::from(tally.failed))
        .add("created", i64::from(tally.created))
        .add("updated", i64::from(tally.updated))
        .add("unchanged", i64::from(tally.unchanged));
    let first = running()
        .and(Condition::Equals("plan".into(), value(plan)?))
        .and(Condition::Lacks(mark(chunk).into()));
    change(store, key(job.vendor_id, job.id), update, first).await
}

/// The first chunk from a number on whose rows are listed, with its number.
pub(crate) async fn chunk_from(
    store: &Store,
    vendor: VendorId,
    id: ImportId,
    from: u32,
) -> Result<Option<(u32, Vec<StagedId>)>, Error> {
    let range = Range::Between(format!("{CHUNK}{from:05}"), format!("{CHUNK}{LAST_CHUNK}"));
    if from > LAST_CHUNK {
        return Ok(None);
    }
    let query = Query::partition(keys::import_partition(vendor, id)).range(range).limit(1);
    let page = store.table.query(&query).await?;
    let Some(found) = page.items.into_iter().next() else { return Ok(None) };
    let number = found.key.sk.strip_prefix(CHUNK).and_then(|number| number.parse().ok()).unwrap_or(u32::MAX);
    let Chunk { staged, .. } = read(found)?;
    Ok(Some((number, staged)))
}

const CHUNK: &str = "CHUNK#";
/// Numbers of chunks have five digits.
const LAST_CHUNK: u32 = 99_999;

fn key(vendor: VendorId, id: ImportId) -> Key {
    Key::new(keys::import_partition(vendor, id), keys::JOB)
}

fn chunk_key(job: &ImportJob, chunk: u32) -> Key {
    Key::new(keys::import_partition(job.vendor_id, job.id), format!("{CHUNK}{chunk:05}"))
}

/// Where the job notes that a chunk is done.
fn mark(chunk: u32) -> String {
    format!("done_{chunk}")
}

fn running() -> Condition {
    Condition::equals("status", ImportStatus::Running.as_str())
}

fn unfinished() -> Condition {
    Condition::one_of("status", [ImportStatus::Pending, ImportStatus::Running].map(ImportStatus::as_str))
}

fn touched(now: &str) -> Update {
    Update::new().set("updated_at", now).add("version", 1)
}

/// A change by which the job gets on.
fn moved(now: &str) -> Update {
    touched(now).set("pushes", 0)
}

/// The last change of a job: it leaves the index of what is due.
fn ended(status: ImportStatus, store: &Store) -> Update {
    let now = store.now().to_string();
    let update = touched(&now).set("status", status.as_str()).set("finished_at", now);
    update.remove("DUEPK").remove("DUESK")
}

/// Changes a job under a condition; where it does not hold, the job is as somebody else made it.
async fn change(store: &Store, job: Key, update: Update, condition: Condition) -> Result<ImportJob, Error> {
    match store.table.update(job, update, Some(Condition::Present.and(condition))).await {
        Ok(written) => read(written),
        Err(error) if error.is_condition_failed() => {
            let there: Option<Item> = error.failed().first().and_then(|failed| failed.item.clone());
            read(there.ok_or(Error::NotFound)?)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
