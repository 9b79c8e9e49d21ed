//! `GET /shipments/{id}`: what to pack, and where it goes.

use axum::extract::State;
use store::shipment;
use web::{ErrorBody, Path, Result, Staff, shipment_body::ShipmentBody};

use crate::{Answer, Deps, answer, body::Named};

#[utoipa::path(
    get, path = "/api/v1/vendor/shipments/{id}", tag = "fulfilment",
    params(Named),
    responses(
        (status = 200, body = ShipmentBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_shipment(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
) -> Result<Answer> {
    Ok(answer(shipment::get(&deps.store, staff.vendor, named.id).await?))
}
