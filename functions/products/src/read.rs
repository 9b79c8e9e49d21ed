//! `GET /products/{id}`: a product as its vendor sees it.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
};
use store::product;
use web::{ErrorBody, Json, Path, ProductBody, Result, Staff, etag};

use crate::{Deps, body::Named};

#[utoipa::path(
    get, path = "/api/v1/vendor/products/{id}", tag = "products",
    params(Named),
    responses(
        (status = 200, body = ProductBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_vendor_product(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<ProductBody>)> {
    let listing = product::get(&deps.store, staff.vendor, named.id).await?;
    Ok(([etag(listing.product.version)], Json(listing.into())))
}
