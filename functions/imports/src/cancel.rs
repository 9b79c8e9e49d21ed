//! The end of an import that is not wanted any more.

use axum::extract::State;
use domain::{ImportId, import::ImportEvent};
use store::import;
use web::{ErrorBody, Json, Path, Result, Staff};

use crate::{Deps, body::ImportBody, jobs::Address};

/// Ends an import that has not ended yet; one that is cancelled stays so. What it has staged stays staged.
///
/// Rows that are being staged at this moment may still be; they are not counted.
#[utoipa::path(
    post, path = "/api/v1/vendor/marketplace/imports/{id}/cancel", tag = "imports",
    params(
        ("id" = ImportId, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat under the same key gets the first answer."),
    ),
    responses(
        (status = 200, body = ImportBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`invalid_state`: it has ended"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn cancel_import(
    State(deps): State<Deps>,
    staff: Staff,
    Path(address): Path<Address>,
) -> Result<Json<ImportBody>> {
    let vendor = staff.writing()?.vendor;
    let job = import::cancel(&deps.store, vendor, address.id).await?;
    // Who asks again is told the same; who comes after its end is refused.
    job.status.on(ImportEvent::Cancelled)?;
    Ok(Json(job.into()))
}
