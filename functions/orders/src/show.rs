use axum::extract::State;
use domain::{CustomerId, OrderId, order::Order};
use platform::Secret;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{ApiError, Channel, ErrorBody, Json, MaybeCustomer, Path, Query, Result, order_body::OrderBody};

use crate::Deps;

#[derive(Debug, Deserialize)]
pub(crate) struct OrderPath {
    pub(crate) id: OrderId,
}

/// What shows an order to a guest.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenQuery {
    /// The order's token. A customer's own orders need none.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub(crate) token: Option<Secret<String>>,
}

/// Track an order
#[utoipa::path(
    get,
    path = "/orders/{id}",
    tag = "orders",
    params(("id" = OrderId, Path), TokenQuery),
    responses(
        (status = 200, body = OrderBody),
        (status = 404, description = "No such order, or not yours", body = ErrorBody),
    ),
)]
pub(crate) async fn get_order(
    State(deps): State<Deps>,
    channel: Channel,
    MaybeCustomer(customer): MaybeCustomer,
    Path(path): Path<OrderPath>,
    Query(query): Query<TokenQuery>,
) -> Result<Json<OrderBody>> {
    let order = visible(&deps, &channel, path.id, customer, query.token.as_ref()).await?;
    Ok(Json(order.into()))
}

/// An order that the caller may see: by its token, or as the customer who made it.
pub(crate) async fn visible(
    deps: &Deps,
    channel: &Channel,
    id: OrderId,
    customer: Option<CustomerId>,
    token: Option<&Secret<String>>,
) -> Result<Order> {
    let order = store::order::get(&deps.ordering.store, &channel.tenant(), id).await?;
    let by_token = token.is_some_and(|token| token.is(&order.token));
    let by_account = customer.is_some() && order.customer_id == customer;
    if by_token || by_account { Ok(order) } else { Err(ApiError::not_found()) }
}
