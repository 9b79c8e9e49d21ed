//! `PUT /inventory/stock/{variant_id}/threshold`: when a vendor wants to be told that a variant runs out.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
};
use serde::Deserialize;
use store::{product, stock};
use utoipa::ToSchema;
use web::{ApiError, ErrorBody, Json, Path, Result, Staff, etag};

use crate::{Deps, MAX_ON_HAND, StockBody, read::Named};

/// At how many units the vendor is told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Threshold {
    /// `null` is never.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(minimum = 0, maximum = 1_000_000)]
    low_stock_threshold: Option<u32>,
}

/// Sets at how many units on hand the vendor's staff get a mail.
#[utoipa::path(
    put, path = "/api/v1/vendor/inventory/stock/{variant_id}/threshold", tag = "inventory",
    params(Named),
    request_body = Threshold,
    responses(
        (status = 200, body = StockBody),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn set_threshold(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
    Json(body): Json<Threshold>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<StockBody>)> {
    let staff = staff.writing()?;
    if body.low_stock_threshold.is_some_and(|units| i64::from(units) > MAX_ON_HAND) {
        let message = format!("A threshold is from 0 to {MAX_ON_HAND} units.");
        return Err(ApiError::invalid("low_stock_threshold", message));
    }
    let place = product::variant_of(&deps.store, staff.vendor, named.variant_id).await?;
    let variant = stock::set_threshold(&deps.store, &place, body.low_stock_threshold).await?;
    Ok(([etag(variant.version)], Json(variant.into())))
}
