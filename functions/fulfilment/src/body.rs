//! What the addresses name.

use domain::{OrderId, ShipmentId};
use serde::Deserialize;
use utoipa::IntoParams;

/// The shipment that an address names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Named {
    pub(crate) id: ShipmentId,
}

/// The order that an address names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct NamedOrder {
    pub(crate) id: OrderId,
}
