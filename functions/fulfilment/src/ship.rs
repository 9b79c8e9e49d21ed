//! `PUT /shipments/{id}/ship`: the parcel is handed to the carrier.

use axum::extract::State;
use domain::{shipment::Tracking, text::Text};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{ErrorBody, Json, Path, Result, Staff, shipment_body::ShipmentBody};

use crate::{Answer, Deps, body::Named, moved};

/// How a parcel can be followed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parcel {
    carrier: Text<60>,
    tracking_number: Text<80>,
}

/// Hands a shipment to its carrier; again with the same tracking number it changes nothing.
#[utoipa::path(
    put, path = "/api/v1/vendor/shipments/{id}/ship", tag = "fulfilment",
    params(Named),
    request_body = Parcel,
    responses(
        (status = 200, body = ShipmentBody),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 404, body = ErrorBody, description = "`not_found`"),
        (status = 409, body = ErrorBody, description = "`invalid_state`: it is not being processed, or was shipped under another number"),
        (status = 422, body = ErrorBody, description = "`invalid_value`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn ship_shipment(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
    Json(body): Json<Parcel>,
) -> Result<Answer> {
    let now = deps.store.now();
    moved(&deps, staff, named.id, |shipment| {
        let tracking =
            Tracking { carrier: body.carrier.clone(), tracking_number: body.tracking_number.clone() };
        shipment.ship(tracking, now)
    })
    .await
}
