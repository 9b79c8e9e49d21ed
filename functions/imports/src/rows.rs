//! What an import staged, and what it refused.

use axum::extract::State;
use domain::{ImportId, feed::RowError, staged::StagedStatus};
use serde::Deserialize;
use store::staged::{self, Narrowed};
use utoipa::IntoParams;
use web::{ApiError, ErrorBody, Json, Listed, PageQuery, Path, Query, Result, Staff, given::unless_blank};

use crate::{Deps, body::StagedBody, jobs::Address};

/// The longest text to look for.
const MAX_TEXT: usize = 200;

/// Which rows are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StagedFilter {
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(nullable = false)]
    status: Option<StagedStatus>,
    /// What the title, the code or the brand holds, in any case.
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(max_length = 200, nullable = false)]
    q: Option<String>,
}

/// Lists what an import staged, in the order of the feed, as it is now. With a filter a page may be short and yet have a next one.
#[utoipa::path(
    get, path = "/api/v1/vendor/marketplace/imports/{id}/products", tag = "imports",
    params(("id" = ImportId, Path), PageQuery, StagedFilter),
    responses(
        (status = 200, body = Listed<StagedBody>),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_import_products(
    State(deps): State<Deps>,
    staff: Staff,
    Path(address): Path<Address>,
    Query(page): Query<PageQuery>,
    Query(filter): Query<StagedFilter>,
) -> Result<Json<Listed<StagedBody>>> {
    if filter.q.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT) {
        return Err(ApiError::malformed("invalid_query", "Look for up to 200 characters.").param("q"));
    }
    let paging = page.paging()?;
    store::import::get(&deps.store, staff.vendor, address.id).await?;
    let narrowed = Narrowed { status: filter.status, text: filter.q };
    let page = staged::of_import(&deps.store, staff.vendor, address.id, &narrowed, &paging).await?;
    Ok(Json(page.map(StagedBody::from).into()))
}

/// Lists what was wrong with an import's rows, in the order of the feed; of very many the first thousand or so.
#[utoipa::path(
    get, path = "/api/v1/vendor/marketplace/imports/{id}/errors", tag = "imports",
    params(("id" = ImportId, Path), PageQuery),
    responses(
        (status = 200, body = Listed<RowError>),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_import_errors(
    State(deps): State<Deps>,
    staff: Staff,
    Path(address): Path<Address>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<RowError>>> {
    let paging = page.paging()?;
    store::import::get(&deps.store, staff.vendor, address.id).await?;
    Ok(Json(store::import::errors(&deps.store, staff.vendor, address.id, &paging).await?.into()))
}
