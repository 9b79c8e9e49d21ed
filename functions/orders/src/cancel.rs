use axum::extract::State;
use domain::OrderId;
use ordering::{Cancelled, Error};
use web::{ApiError, Channel, ErrorBody, Json, MaybeCustomer, Path, Query, Result, order_body::OrderBody};

use crate::{
    Deps,
    show::{OrderPath, TokenQuery, visible},
};

/// Cancel an order
///
/// Until a vendor works on it. Before it is paid, its payment is cancelled first, then its goods are released, and its cart can be used again; what was paid
/// goes back in full.
#[utoipa::path(
    post,
    path = "/orders/{id}/cancel",
    tag = "orders",
    params(("id" = OrderId, Path), TokenQuery),
    responses(
        (status = 200, description = "It is cancelled", body = OrderBody),
        (status = 404, description = "No such order, or not yours", body = ErrorBody),
        (status = 409, description = "`order_in_progress`: a vendor works on it or has sent it; `payment_processing`", body = ErrorBody),
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
    let cancelled = deps.ordering.call_off(&order.channel, order.id).await;
    match cancelled.map_err(refusal)? {
        Cancelled::Yes(order) => Ok(Json((*order).into())),
        Cancelled::Paid | Cancelled::InProgress => {
            Err(ApiError::conflict("order_in_progress", "A vendor works on the order, or has sent it."))
        }
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
