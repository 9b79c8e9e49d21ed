//! `PUT` and `DELETE /inventory/stock/{variant_id}/stripes`: selling what everybody wants at once.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
};
use domain::variant::MAX_STRIPES;
use serde::Deserialize;
use store::{product, stock::stripes};
use utoipa::ToSchema;
use web::{ApiError, ErrorBody, Json, Path, Result, Staff, etag};

use crate::{Deps, StockBody, read::Named};

/// The least that spread anything.
const FEWEST: u8 = 2;

/// Over how many stripes a variant's stock is spread.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spread {
    #[schema(minimum = 2, maximum = 32)]
    count: u8,
}

/// Sells a variant in stripes, for a sale that one partition of the table can't bear. It may be sold meanwhile; a repeat changes nothing.
#[utoipa::path(
    put, path = "/api/v1/vendor/inventory/stock/{variant_id}/stripes", tag = "inventory",
    params(Named),
    request_body = Spread,
    responses(
        (status = 200, body = StockBody),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`sold_in_stripes`: in another number of them"),
        (status = 422, body = ErrorBody, description = "`invalid_value`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn open_stripes(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
    Json(body): Json<Spread>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<StockBody>)> {
    let staff = staff.writing()?;
    if !(FEWEST..=MAX_STRIPES).contains(&body.count) {
        return Err(ApiError::invalid("count", format!("There are {FEWEST} to {MAX_STRIPES} stripes.")));
    }
    let place = product::variant_of(&deps.store, staff.vendor, named.variant_id).await?;
    let variant = stripes::open(&deps.store, &place, body.count).await?;
    Ok(([etag(variant.version)], Json(variant.into())))
}

/// Ends selling a variant in stripes. It may be sold meanwhile; what lies on them comes home at once, or within minutes where they are still sold from.
#[utoipa::path(
    delete, path = "/api/v1/vendor/inventory/stock/{variant_id}/stripes", tag = "inventory",
    params(Named),
    responses(
        (status = 200, body = StockBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn close_stripes(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<StockBody>)> {
    let staff = staff.writing()?;
    let place = product::variant_of(&deps.store, staff.vendor, named.variant_id).await?;
    let variant = stripes::close(&deps.store, &place).await?;
    Ok(([etag(variant.version)], Json(variant.into())))
}
