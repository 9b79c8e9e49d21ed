use axum::extract::State;
use domain::{OrderId, account::AdminRole};
use http::StatusCode;
use serde::Deserialize;
use web::{
    Admin, ApiError, ErrorBody, Json, Path,
    idempotent::Once,
    refund::{RefundAsk, RefundBody, refund},
};

use crate::Deps;

/// The order that an address names.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct NamedOrder {
    id: OrderId,
}

/// Refunds any part of an order, or all that is left of it. Each vendor's share goes back with it, and the commission.
#[utoipa::path(
    post,
    path = "/api/v1/admin/orders/{id}/refunds",
    tag = "admin",
    params(NamedOrder, ("Idempotency-Key" = Option<String>, Header, description = "Kept for 24 hours.")),
    request_body = RefundAsk,
    responses(
        (status = 201, body = RefundBody),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody, description = "`forbidden`: admins and support alone"),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "`refund_too_large` with what is left, `not_refundable`, `payment_disputed`, `too_many_refunds`, `idempotency_in_progress`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`, `idempotency_key_reused`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn refund_order(
    State(deps): State<Deps>,
    admin: Admin,
    Path(named): Path<NamedOrder>,
    Once(once): Once,
    Json(ask): Json<RefundAsk>,
) -> web::Result<(StatusCode, Json<RefundBody>)> {
    if admin.role == AdminRole::Moderator {
        return Err(ApiError::forbidden());
    }
    let order = store::order::find(&deps.store, named.id).await?;
    let (tools, place) = ((&deps.store, &deps.ids), (&order.channel, order.id));
    let refunded = refund(tools, place, None, ask, once.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(refunded)))
}
