//! `PUT /shipments/{id}/process`: the vendor starts to pack.

use axum::extract::State;
use web::{ErrorBody, Path, Result, Staff, shipment_body::ShipmentBody};

use crate::{Answer, Deps, body::Named, moved};

/// Starts the work on a shipment; again it changes nothing.
#[utoipa::path(
    put, path = "/api/v1/vendor/shipments/{id}/process", tag = "fulfilment",
    params(Named),
    responses(
        (status = 200, body = ShipmentBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`invalid_state`: it has left the house"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn process_shipment(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
) -> Result<Answer> {
    let now = deps.store.now();
    moved(&deps, staff, named.id, |shipment| shipment.process(now)).await
}
