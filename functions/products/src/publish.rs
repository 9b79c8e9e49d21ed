//! `POST /products/{id}/publish` and `/archive`: onto the shelf, and off it.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
};
use domain::product::ProductEvent;
use web::{ErrorBody, IfMatch, Json, Path, ProductBody, Result, Staff};

use crate::{Deps, body::Named, change::saved};

/// Puts a draft onto the shelf; a published product stays there as it is.
#[utoipa::path(
    post, path = "/api/v1/vendor/products/{id}/publish", tag = "products",
    params(Named, ("If-Match" = Option<String>, Header, description = "The version that was seen.")),
    responses(
        (status = 200, body = ProductBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`invalid_state`: it is archived"),
        (status = 412, body = ErrorBody, description = "`version_conflict`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn publish_product(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
    seen: IfMatch,
) -> Result<([(HeaderName, HeaderValue); 1], Json<ProductBody>)> {
    let now = deps.store.now();
    saved(&deps, staff.writing()?, named.id, seen, |before| Ok(before.on(ProductEvent::Published, now)?))
        .await
}

/// Takes a published product off the shelf for good; a change of its status to `draft` brings it back as a draft.
#[utoipa::path(
    post, path = "/api/v1/vendor/products/{id}/archive", tag = "products",
    params(Named, ("If-Match" = Option<String>, Header, description = "The version that was seen.")),
    responses(
        (status = 200, body = ProductBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`invalid_state`: it is a draft"),
        (status = 412, body = ErrorBody, description = "`version_conflict`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn archive_product(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
    seen: IfMatch,
) -> Result<([(HeaderName, HeaderValue); 1], Json<ProductBody>)> {
    let now = deps.store.now();
    saved(&deps, staff.writing()?, named.id, seen, |before| Ok(before.on(ProductEvent::Archived, now)?)).await
}
