use axum::extract::State;
use domain::order::{Order, OrderStatus};
use serde::Deserialize;
use store::monthly;
use utoipa::IntoParams;
use web::{Admin, ErrorBody, Json, Listed, PageQuery, Query, given::unless_blank, order_body::OrderBody};

use crate::{Deps, lists::EVERYBODYS};

/// Which orders are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrderFilter {
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(inline)]
    status: Option<OrderStatus>,
}

/// Lists all orders, newest first. With a filter a page may be short and yet have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/admin/orders",
    tag = "admin",
    params(OrderFilter, PageQuery),
    responses(
        (status = 200, body = Listed<OrderBody>),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_orders(
    State(deps): State<Deps>,
    _: Admin,
    Query(filter): Query<OrderFilter>,
    Query(page): Query<PageQuery>,
) -> web::Result<Json<Listed<OrderBody>>> {
    let wanted = |order: &Order| filter.status.is_none_or(|status| order.status == status);
    let orders = monthly::newest(&deps.store, EVERYBODYS, &page.paging()?, wanted).await?;
    Ok(Json(orders.map(OrderBody::from).into()))
}
