//! `PUT /shipments/{id}/cancel`: the vendor can't send it.

use axum::extract::State;
use domain::{
    order::{CancelReason, StepError},
    shipment::Shipment,
};
use store::{order, shipment};
use web::{ApiError, ErrorBody, Path, Result, Staff, shipment_body::ShipmentBody};

use crate::{ATTEMPTS, Answer, Deps, answer, body::Named};

/// Cancels a parcel before it leaves the house: its goods go back on the shelf, and its money to the buyer.
#[utoipa::path(
    put, path = "/api/v1/vendor/shipments/{id}/cancel", tag = "fulfilment",
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
pub(crate) async fn cancel_shipment(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<Named>,
) -> Result<Answer> {
    let staff = staff.writing()?;
    for _ in 0..ATTEMPTS {
        let before = shipment::get(&deps.store, staff.vendor, named.id).await?;
        if before.cancelled()? == before {
            return Ok(answer(before));
        }
        match withdraw(&deps, before).await {
            Err(Withdrawing::Outrun) => {}
            Err(Withdrawing::Refused(error)) => return Err(error),
            Ok(after) => return Ok(answer(after)),
        }
    }
    Err(store::Error::VersionConflict.into())
}

enum Withdrawing {
    /// Order or parcel were changed meanwhile.
    Outrun,
    Refused(ApiError),
}

impl From<store::Error> for Withdrawing {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::VersionConflict => Self::Outrun,
            other => Self::Refused(other.into()),
        }
    }
}

async fn withdraw(deps: &Deps, before: Shipment) -> Result<Shipment, Withdrawing> {
    let order = order::get(&deps.store, &before.channel, before.order_id).await?;
    let parcels = [before];
    let withdrawn = order
        .withdrawn(&parcels, CancelReason::Vendor, deps.ids.next(), deps.store.now())
        .map_err(|error| match error {
            StepError::Illegal(error) => Withdrawing::Refused(error.into()),
            StepError::Ledger(error) => {
                tracing::error!(order.id = %order.id, error = &error as &dyn std::error::Error, "a parcel can't be taken back");
                Withdrawing::Refused(ApiError::internal())
            }
        })?;
    order::withdraw(&deps.store, (&order, &parcels), &withdrawn).await?;
    let [before] = parcels;
    Ok(withdrawn.shipments.into_iter().next().unwrap_or(before))
}
