//! `POST /orders/{id}/refunds`: the vendor gives money of its part back.

use axum::{extract::State, http::StatusCode};
use web::{
    ErrorBody, Json, Path, Result, Staff,
    idempotent::Once,
    refund::{RefundAsk, RefundBody, refund},
};

use crate::{Deps, body::NamedOrder, orders::with_part_of};

/// Refunds units of the vendor's lines and what was taken for sending them, or all that is left of its part. The vendor's share and the commission go
/// back with it, never more than was paid.
#[utoipa::path(
    post, path = "/api/v1/vendor/orders/{id}/refunds", tag = "fulfilment",
    params(NamedOrder, ("Idempotency-Key" = Option<String>, Header, description = "Kept for 24 hours.")),
    request_body = RefundAsk,
    responses(
        (status = 201, body = RefundBody),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "No such order, or no part of it is yours"),
        (status = 409, body = ErrorBody, description = "`refund_too_large` with what is left, `not_refundable`, `payment_disputed`, `too_many_refunds`, `idempotency_in_progress`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`, `idempotency_key_reused`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn refund_vendor_order(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<NamedOrder>,
    Once(once): Once,
    Json(ask): Json<RefundAsk>,
) -> Result<(StatusCode, Json<RefundBody>)> {
    let staff = staff.writing()?;
    let (order, _) = with_part_of(&deps, &staff, named.id).await?;
    let (tools, place) = ((&deps.store, &deps.ids), (&order.channel, order.id));
    let refunded = refund(tools, place, Some(staff.vendor), ask, once.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(refunded)))
}
