//! `PUT /inventory/stock`: a vendor counts what it has.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
};
use domain::VariantId;
use serde::Deserialize;
use store::{product, stock};
use utoipa::ToSchema;
use web::{
    ApiError, ErrorBody, IfMatch, Json, Result, Staff,
    etag::{etag, version_conflict},
};

use crate::{Deps, MAX_ON_HAND, StockBody};

/// How many units of a variant there are, those held for customers among them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStock {
    variant_id: VariantId,
    #[schema(minimum = 0, maximum = 1_000_000)]
    on_hand: i64,
}

#[utoipa::path(
    put, path = "/api/v1/vendor/inventory/stock", tag = "inventory",
    params(("If-Match" = Option<String>, Header, description = "The version that was seen.")),
    request_body = NewStock,
    responses(
        (status = 200, body = StockBody),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`stock_held`: more units are held for customers; `sold_in_stripes`"),
        (status = 412, body = ErrorBody, description = "`version_conflict`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn set_stock(
    State(deps): State<Deps>,
    staff: Staff,
    IfMatch(seen): IfMatch,
    Json(body): Json<NewStock>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<StockBody>)> {
    let staff = staff.writing()?;
    if !(0..=MAX_ON_HAND).contains(&body.on_hand) {
        return Err(ApiError::invalid("on_hand", format!("There are 0 to {MAX_ON_HAND} of a variant.")));
    }
    let place = product::variant_of(&deps.store, staff.vendor, body.variant_id).await?;
    let variant = match stock::set_on_hand(&deps.store, &place, body.on_hand, seen).await {
        Err(store::Error::VersionConflict) if seen.is_some() => return Err(version_conflict()),
        other => other?,
    };
    Ok(([etag(variant.version)], Json(variant.into())))
}
