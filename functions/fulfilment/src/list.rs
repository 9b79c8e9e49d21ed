//! `GET /shipments`: what a vendor has to do, and has done.

use axum::extract::State;
use domain::shipment::ShipmentStatus;
use serde::Deserialize;
use store::shipment;
use utoipa::IntoParams;
use web::{
    ErrorBody, Json, Listed, PageQuery, Query, Result, Staff, given::unless_blank,
    shipment_body::ShipmentBody,
};

use crate::Deps;

/// Which shipments are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(nullable = false)]
    status: Option<ShipmentStatus>,
}

/// Lists the vendor's shipments, newest first.
#[utoipa::path(
    get, path = "/api/v1/vendor/shipments", tag = "fulfilment",
    params(PageQuery, Filter),
    responses(
        (status = 200, body = Listed<ShipmentBody>),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_shipments(
    State(deps): State<Deps>,
    staff: Staff,
    Query(page): Query<PageQuery>,
    Query(filter): Query<Filter>,
) -> Result<Json<Listed<ShipmentBody>>> {
    let page = shipment::list(&deps.store, staff.vendor, filter.status, &page.paging()?).await?;
    Ok(Json(page.map(ShipmentBody::from).into()))
}
