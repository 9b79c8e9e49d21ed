//! Where a vendor ships to, and for how much.

use axum::extract::State;
use domain::shipping::Shipping;
use web::{ApiError, ErrorBody, Json, Result, Staff};

use crate::Deps;

/// Answers where the vendor ships to, and for how much. One that never said so ships everywhere for nothing.
#[utoipa::path(
    get, path = "/api/v1/vendor/settings/shipping", tag = "fulfilment",
    responses(
        (status = 200, body = Shipping),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_shipping(State(deps): State<Deps>, staff: Staff) -> Result<Json<Shipping>> {
    Ok(Json(store::vendor::get(&deps.store, staff.vendor).await?.shipping))
}

/// Sets where the vendor ships to, and for how much: orders that are placed from now on go by it.
#[utoipa::path(
    put, path = "/api/v1/vendor/settings/shipping", tag = "fulfilment",
    request_body = Shipping,
    responses(
        (status = 200, body = Shipping),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn set_shipping(
    State(deps): State<Deps>,
    staff: Staff,
    Json(body): Json<Shipping>,
) -> Result<Json<Shipping>> {
    let staff = staff.writing()?;
    let shipping = body.checked().map_err(|bad| ApiError::invalid(bad.field, format!("{}.", bad.why)))?;
    let vendor = store::vendor::set_shipping(&deps.store, staff.vendor, &shipping).await?;
    Ok(Json(vendor.shipping))
}
