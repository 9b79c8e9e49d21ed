use axum::extract::State;
use domain::{OrderId, order::CancelReason};
use ordering::{Cancelled, Error};
use web::{ApiError, Channel, ErrorBody, Json, MaybeCustomer, Path, Query, Result, order_body::OrderBody};

use crate::{
    Deps,
    show::{OrderPath, TokenQuery, visible},
};

/// Cancel an order
///
/// Only before it is paid. Its payment is cancelled first, then its goods are released, and its cart can be used again.
#[utoipa::path(
    post,
    path = "/orders/{id}/cancel",
    tag = "orders",
    params(("id" = OrderId, Path), TokenQuery),
    responses(
        (status = 200, description = "It is cancelled", body = OrderBody),
        (status = 404, description = "No such order, or not yours", body = ErrorBody),
        (status = 409, description = "`order_paid`, `payment_processing`", body = ErrorBody),
        (status = 503, description = "Stripe does not answer: try again", body = ErrorBody),
    ),
)]
pub(crate) async fn cancel_order(
    State(deps): State<Deps>,
    channel: Channel,
    MaybeCustomer(customer): MaybeCustomer,
    Path(path): Path<OrderPath>,
    Query(query): Query<TokenQuery>,
) -> Result<Json<OrderBody>> {
    let order = visible(&deps, &channel, path.id, customer, query.token.as_ref()).await?;
    let cancelled = deps.ordering.cancel_unpaid(&order.channel, order.id, CancelReason::Buyer).await;
    match cancelled.map_err(refusal)? {
        Cancelled::Yes(order) => Ok(Json((*order).into())),
        Cancelled::Paid => Err(ApiError::conflict("order_paid", "The order is paid.")),
        Cancelled::Processing => Err(ApiError::conflict("payment_processing", "The payment is under way.")),
    }
}

fn refusal(error: Error) -> ApiError {
    let transient = error.is_transient();
    match error {
        Error::Store(error) => error.into(),
        error if transient => {
            tracing::warn!(error = &error as &dyn std::error::Error, "Stripe does not answer");
            ApiError::unavailable()
        }
        error => {
            tracing::error!(error = &error as &dyn std::error::Error, "an order could not be cancelled");
            ApiError::internal()
        }
    }
}
