//! What the vendor means to publish.

use axum::extract::State;
use domain::{StagedId, staged::StagedEvent};
use serde::Deserialize;
use store::{Error, staged};
use web::{ErrorBody, Json, Path, Result, Staff};

use crate::{Deps, body::StagedBody};

/// How often a change is tried again that met another one.
pub(crate) const TURNS: usize = 4;

#[derive(Debug, Deserialize)]
pub(crate) struct StagedAddress {
    pub(crate) id: StagedId,
}

/// Selects a staged product; one that is selected stays so.
#[utoipa::path(
    post, path = "/api/v1/vendor/marketplace/products/{id}/select", tag = "imports",
    params(("id" = StagedId, Path)),
    responses(
        (status = 200, body = StagedBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`invalid_state`: it is published or rejected"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn select_staged_product(
    State(deps): State<Deps>,
    staff: Staff,
    Path(address): Path<StagedAddress>,
) -> Result<Json<StagedBody>> {
    let vendor = staff.writing()?.vendor;
    for _ in 0..TURNS {
        let seen = staged::get(&deps.store, vendor, address.id).await?;
        if seen.status.on(StagedEvent::Selected)? == seen.status {
            return Ok(Json(seen.into()));
        }
        match staged::select(&deps.store, &seen).await {
            Err(Error::VersionConflict) => {}
            selected => return Ok(Json(selected?.into())),
        }
    }
    Err(Error::VersionConflict.into())
}
