//! What became of imports.

use axum::extract::State;
use domain::ImportId;
use serde::Deserialize;
use web::{ErrorBody, Json, Listed, PageQuery, Path, Query, Result, Staff};

use crate::{Deps, body::ImportBody};

#[derive(Debug, Deserialize)]
pub(crate) struct Address {
    pub(crate) id: ImportId,
}

/// Lists the vendor's imports, newest first.
#[utoipa::path(
    get, path = "/api/v1/vendor/marketplace/imports", tag = "imports",
    params(PageQuery),
    responses(
        (status = 200, body = Listed<ImportBody>),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_imports(
    State(deps): State<Deps>,
    staff: Staff,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<ImportBody>>> {
    let page = store::import::list(&deps.store, staff.vendor, &page.paging()?).await?;
    Ok(Json(page.map(ImportBody::from).into()))
}

/// Answers how far an import is, or how it ended.
#[utoipa::path(
    get, path = "/api/v1/vendor/marketplace/imports/{id}", tag = "imports",
    params(("id" = ImportId, Path)),
    responses(
        (status = 200, body = ImportBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_import(
    State(deps): State<Deps>,
    staff: Staff,
    Path(address): Path<Address>,
) -> Result<Json<ImportBody>> {
    Ok(Json(store::import::get(&deps.store, staff.vendor, address.id).await?.into()))
}
