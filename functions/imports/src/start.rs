//! A new import.

use axum::{extract::State, http::StatusCode};
use domain::{
    ImportId, UploadId,
    import::{Failure, ImportJob, ImportStatus, Source, Work},
    vendor::Vendor,
};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    ApiError, ErrorBody, Json, Result, Staff,
    idempotent::{Once, made},
};

use crate::{
    Deps,
    body::{ImportBody, SourceKind, objects_failed},
};

/// The failure of a job that nobody could be asked to do.
const NOT_STARTED: &str = "not_started";

/// Which feed is to be imported.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewImport {
    source: SourceKind,
    /// Of the feed that was uploaded, where that is the source.
    #[serde(default)]
    upload_id: Option<UploadId>,
}

/// Starts an import: from the address of the settings, or of a feed that was uploaded.
#[utoipa::path(
    post, path = "/api/v1/vendor/marketplace/import", tag = "imports",
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat under the same key gets the first answer.")),
    request_body = NewImport,
    responses(
        (status = 202, body = ImportBody),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`: there is no such upload"),
        (status = 409, body = ErrorBody, description = "`marketplace_not_configured`, `upload_missing`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`"),
        (status = 503, body = ErrorBody, description = "`unavailable`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn start_import(
    State(deps): State<Deps>,
    staff: Staff,
    Once(once): Once,
    Json(body): Json<NewImport>,
) -> Result<(StatusCode, Json<ImportBody>)> {
    let staff = staff.writing()?;
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    let source = source(&deps, &vendor, &body).await?;
    let (currency, language) = match vendor.marketplace {
        Some(settings) => (settings.currency, Some(settings.language)),
        None => (vendor.currency, None),
    };
    let job = ImportJob::new(deps.ids.next(), vendor.id, source, currency, language, deps.store.now());
    let job = match store::import::create_once(&deps.store, &job, once.as_ref()).await {
        // By a call that was stopped, or could ask nobody to do it.
        Err(store::Error::MadeBefore(id)) => made_before(&deps, made(&id)?, job).await?,
        other => other.map(|()| job)?,
    };
    let job = if job.status == ImportStatus::Pending { ask(&deps, job).await? } else { job };
    Ok((StatusCode::ACCEPTED, Json(job.into())))
}

/// The job that was made before; another one in its place where that ended because nobody could be asked to do it.
async fn made_before(deps: &Deps, id: ImportId, another: ImportJob) -> Result<ImportJob> {
    let before = store::import::get(&deps.store, another.vendor_id, id).await?;
    if before.failure.as_ref().is_none_or(|failure| failure.code != NOT_STARTED) {
        return Ok(before);
    }
    store::import::create(&deps.store, &another).await?;
    Ok(another)
}

async fn source(deps: &Deps, vendor: &Vendor, body: &NewImport) -> Result<Source> {
    match (body.source, body.upload_id) {
        (SourceKind::Url, None) => {
            let settings = vendor.marketplace.as_ref().ok_or_else(|| {
                ApiError::conflict("marketplace_not_configured", "Set where the feed comes from first.")
            })?;
            Ok(Source::Url { url: settings.csv_url.clone() })
        }
        (SourceKind::Url, Some(_)) => {
            Err(ApiError::invalid("upload_id", "A feed comes from an address or from an upload."))
        }
        (SourceKind::Upload, None) => Err(ApiError::invalid("upload_id", "Say which upload.")),
        (SourceKind::Upload, Some(upload_id)) => {
            let upload = store::import::upload(&deps.store, vendor.id, upload_id).await?;
            match deps.objects.head(&upload.key).await.map_err(objects_failed)? {
                Some(_) => Ok(Source::Upload { upload_id, key: upload.key }),
                None => {
                    Err(ApiError::conflict("upload_missing", "Nothing was uploaded yet.").param("upload_id"))
                }
            }
        }
    }
}

/// Asks for the job to be done. A job that nobody was told of fails at once: it must not look as if it were about to begin.
async fn ask(deps: &Deps, job: ImportJob) -> Result<ImportJob> {
    let work = Work::Plan { vendor_id: job.vendor_id, import_id: job.id };
    let body = serde_json::to_string(&work).map_err(|_| ApiError::internal())?;
    match deps.queue.send(vec![body]).await {
        Ok(failed) if failed.is_empty() => return Ok(job),
        Ok(_) => tracing::warn!(import.id = %job.id, "the queue refused an import"),
        Err(error) => {
            tracing::warn!(import.id = %job.id, error = &error as &dyn std::error::Error, "the queue did not answer");
        }
    }
    let failure =
        Failure { code: NOT_STARTED.to_owned(), message: "It could not be started. Try again.".to_owned() };
    store::import::fail(&deps.store, &job, &failure).await?;
    Err(ApiError::unavailable())
}
