//! `PUT /shipments/{id}/cancel`: the vendor can't send it.

use axum::extract::State;
use domain::shipment::ShipmentEvent;
use store::shipment;
use web::{ApiError, ErrorBody, Path, Result, Staff, shipment_body::ShipmentBody};

use crate::{Answer, Deps, answer, body::Named};

/// Refuses: a vendor sees a shipment once its order is paid, and what is paid is ended by a refund.
#[utoipa::path(
    put, path = "/api/v1/vendor/shipments/{id}/cancel", tag = "fulfilment",
    params(Named),
    responses(
        (status = 200, body = ShipmentBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`order_paid`, `invalid_state`: it has left the house"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn cancel_shipment(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
) -> Result<Answer> {
    let shipment = shipment::get(&deps.store, staff.writing()?.vendor, named.id).await?;
    if shipment.status.on(ShipmentEvent::Cancel)? == shipment.status {
        return Ok(answer(shipment));
    }
    Err(ApiError::conflict("order_paid", "The order is paid: it can't be cancelled any more."))
}
