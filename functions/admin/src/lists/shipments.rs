use axum::extract::State;
use domain::shipment::{Shipment, ShipmentStatus};
use serde::Deserialize;
use store::monthly;
use utoipa::IntoParams;
use web::{
    Admin, ErrorBody, Json, Listed, PageQuery, Query, given::unless_blank, shipment_body::ShipmentBody,
};

use crate::{Deps, lists::EVERYBODYS};

/// Which shipments are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShipmentFilter {
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(inline)]
    status: Option<ShipmentStatus>,
}

/// Lists all vendors' shipments, newest first. With a filter a page may be short and yet have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/admin/shipments",
    tag = "admin",
    params(ShipmentFilter, PageQuery),
    responses(
        (status = 200, body = Listed<ShipmentBody>),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_all_shipments(
    State(deps): State<Deps>,
    _: Admin,
    Query(filter): Query<ShipmentFilter>,
    Query(page): Query<PageQuery>,
) -> web::Result<Json<Listed<ShipmentBody>>> {
    let wanted = |shipment: &Shipment| filter.status.is_none_or(|status| shipment.status == status);
    let shipments = monthly::newest(&deps.store, EVERYBODYS, &page.paging()?, wanted).await?;
    Ok(Json(shipments.map(ShipmentBody::from).into()))
}
