//! `DELETE /products/{id}`: out of the catalogue for good.

use axum::{extract::State, http::StatusCode};
use store::product;
use web::{ErrorBody, IfMatch, Path, Result, Staff};

use crate::{Deps, body::Named};

/// How often it is tried while somebody else changes the product.
const ATTEMPTS: usize = 8;

#[utoipa::path(
    delete, path = "/api/v1/vendor/products/{id}", tag = "products",
    params(Named, ("If-Match" = Option<String>, Header, description = "The version that was seen.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`stock_held`: units are in carts or unpaid orders"),
        (status = 412, body = ErrorBody, description = "`version_conflict`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_product(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
    seen: IfMatch,
) -> Result<StatusCode> {
    let staff = staff.writing()?;
    for _ in 0..ATTEMPTS {
        let listing = product::get(&deps.store, staff.vendor, named.id).await?;
        seen.check(listing.product.version)?;
        match product::delete(&deps.store, &listing).await {
            Err(store::Error::VersionConflict) => {}
            other => return Ok(other.map(|()| StatusCode::NO_CONTENT)?),
        }
    }
    Err(store::Error::VersionConflict.into())
}
