//! The first step: a feed is read once, cut into chunks and counted.

use std::time::Duration;

use domain::{
    ImportId, RequestId, VendorId,
    feed::{Reader, Summary},
    import::{ImportJob, ImportStatus, Plan, Work},
};
use platform::batch::Failure;
use store::{import, origin::Origin};

use crate::{
    Deps, ask,
    chunks::Chunks,
    give_up, of_store, or_give_up,
    pull::PullError,
    source::{Feed, Stopped},
};

/// How long reading the whole source may take.
const LIMIT: Duration = Duration::from_secs(90);

pub(crate) async fn plan(deps: &Deps, vendor: VendorId, id: ImportId) -> Result<(), Failure> {
    let job = import::get(&deps.store, vendor, id).await.map_err(of_store)?;
    let origin = Origin::function("import-processor", job.correlation_id.clone());
    origin.scope(async { or_give_up(deps, &job, work_on(deps, &job).await).await }).await
}

async fn work_on(deps: &Deps, job: &ImportJob) -> Result<(), Failure> {
    let job = import::begin(&deps.store, job).await.map_err(of_store)?;
    if job.status != ImportStatus::Running {
        return Ok(());
    }
    let job = if job.plan.is_some() {
        job
    } else {
        let read = tokio::time::timeout(LIMIT, read(deps, &job)).await;
        match read.unwrap_or_else(|_| Err(PullError::TooSlow.into())) {
            Ok((plan, rows)) => import::plan(&deps.store, &job, &plan, rows).await.map_err(of_store)?,
            Err(Stopped::For(failure)) => return give_up(&deps.store, &job, failure).await,
            Err(Stopped::Now(error)) => return Err(Failure::retry(error)),
        }
    };
    ask_for_chunks(deps, &job).await
}

/// Reads the source into chunks under a key that no other reading has.
async fn read(deps: &Deps, job: &ImportJob) -> Result<(Plan, u32), Stopped> {
    let mut feed = Feed::open(deps, job).await?;
    let mut reader = Reader::new();
    let mut chunks = Chunks::new(deps, job, deps.ids.next::<RequestId>().to_string());
    while let Some(bytes) = feed.next().await? {
        for row in reader.push(&bytes).map_err(|refusal| Stopped::For((&refusal).into()))? {
            chunks.add(&row).await?;
        }
    }
    let (rows, summary) = reader.finish().map_err(|refusal| Stopped::For((&refusal).into()))?;
    for row in rows {
        chunks.add(&row).await?;
    }
    let Summary { rows, delimiter, encoding } = summary;
    let (id, chunks) = chunks.close().await?;
    tracing::info!(import.id = %job.id, import.rows = rows, import.chunks = chunks, feed.encoding = encoding, "the feed was read");
    Ok((Plan { id, chunks, delimiter: delimiter.to_owned(), encoding: encoding.to_owned() }, rows))
}

/// Asks for each chunk that is not done yet; ends the job where none is left.
pub(crate) async fn ask_for_chunks(deps: &Deps, job: &ImportJob) -> Result<(), Failure> {
    let Some(plan) = job.plan.as_ref().filter(|_| job.status == ImportStatus::Running) else {
        return Ok(());
    };
    let left = import::chunks_left(&deps.store, job).await.map_err(of_store)?;
    if left.is_empty() {
        let job = import::get(&deps.store, job.vendor_id, job.id).await.map_err(of_store)?;
        import::finish(&deps.store, &job).await.map_err(of_store)?;
        return Ok(());
    }
    let stage = |chunk| {
        let (vendor_id, import_id, plan) = (job.vendor_id, job.id, plan.id.clone());
        Work::Stage { vendor_id, import_id, plan, chunk }
    };
    let steps: Vec<Work> = left.into_iter().map(stage).collect();
    ask(deps, &steps).await
}
