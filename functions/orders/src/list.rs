use axum::extract::State;
use web::{CustomerOf, ErrorBody, Json, Listed, PageQuery, Query, Result, order_body::OrderBody};

use crate::Deps;

/// A customer's own orders
#[utoipa::path(
    get,
    path = "/customers/me/orders",
    tag = "orders",
    params(PageQuery),
    security(("bearer" = [])),
    responses(
        (status = 200, body = Listed<OrderBody>),
        (status = 400, description = "`invalid_cursor`, `invalid_query`", body = ErrorBody),
        (status = 401, description = "`unauthenticated`", body = ErrorBody),
    ),
)]
pub(crate) async fn list_my_orders(
    State(deps): State<Deps>,
    customer: CustomerOf,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<OrderBody>>> {
    let paging = page.paging()?;
    let orders =
        store::order::of_customer(&deps.ordering.store, &customer.channel, customer.id, &paging).await?;
    Ok(Json(orders.map(OrderBody::from).into()))
}
