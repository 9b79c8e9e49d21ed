//! `GET /inventory/stock/{variant_id}`: how many there are.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
};
use domain::VariantId;
use serde::Deserialize;
use store::{product, stock};
use utoipa::IntoParams;
use web::{ErrorBody, Json, Path, Result, Staff, etag};

use crate::{Deps, StockBody};

/// The variant that an address names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Named {
    pub(crate) variant_id: VariantId,
}

#[utoipa::path(
    get, path = "/api/v1/vendor/inventory/stock/{variant_id}", tag = "inventory",
    params(Named),
    responses(
        (status = 200, body = StockBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_stock(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<StockBody>)> {
    let place = product::variant_of(&deps.store, staff.vendor, named.variant_id).await?;
    let variant = stock::get(&deps.store, &place).await?;
    Ok(([etag(variant.version)], Json(variant.into())))
}
