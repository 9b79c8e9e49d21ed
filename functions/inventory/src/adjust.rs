//! `POST /inventory/stock/{variant_id}/adjust`: more or fewer than there were, whatever there are.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
};
use domain::variant::{Adjustment, StockReason};
use serde::Deserialize;
use store::{product, stock};
use utoipa::ToSchema;
use web::{ApiError, ErrorBody, Json, Path, Result, Staff, etag, idempotent::Once};

use crate::{Deps, MAX_ON_HAND, StockBody, read::Named};

/// By how many units the vendor's stock differs from what the books say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    /// Added, or taken away where it is below zero; not zero.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    delta: i64,
    reason: StockReason,
}

/// Adds units to a variant's stock, or takes them away. What is held for customers can't be taken.
#[utoipa::path(
    post, path = "/api/v1/vendor/inventory/stock/{variant_id}/adjust", tag = "inventory",
    params(Named, ("Idempotency-Key" = Option<String>, Header, description = "A repeat under the same key changes nothing and gets the first answer.")),
    request_body = Difference,
    responses(
        (status = 200, body = StockBody),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`stock_held`: more would be taken than is not held for customers, `available` says how many are held; `too_many`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn adjust_stock(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
    Once(once): Once,
    Json(body): Json<Difference>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<StockBody>)> {
    let staff = staff.writing()?;
    if body.delta == 0 || !(-MAX_ON_HAND..=MAX_ON_HAND).contains(&body.delta) {
        let message = format!("A difference is from 1 to {MAX_ON_HAND} units, or as many below zero.");
        return Err(ApiError::invalid("delta", message));
    }
    let place = product::variant_of(&deps.store, staff.vendor, named.variant_id).await?;
    let made = Adjustment { delta: body.delta, reason: body.reason, at: deps.store.now() };
    let variant = match stock::adjust(&deps.store, &place, &made, MAX_ON_HAND, once.as_ref()).await {
        Err(store::Error::HeldStock { held }) => {
            let error = ApiError::from(store::Error::HeldStock { held });
            return Err(error.param("delta"));
        }
        other => other?,
    };
    Ok(([etag(variant.version)], Json(variant.into())))
}
