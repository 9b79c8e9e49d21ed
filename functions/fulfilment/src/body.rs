//! A shipment as its vendor sees it.

use domain::{
    Money, OrderId, ShipmentId, Timestamp,
    address::Address,
    shipment::{Shipment, ShipmentLine, ShipmentStatus},
    text::Text,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The shipment that an address names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Named {
    pub(crate) id: ShipmentId,
}

/// A vendor's part of a paid order.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShipmentBody {
    id: ShipmentId,
    order_id: OrderId,
    status: ShipmentStatus,
    lines: Vec<ShipmentLine>,
    totals: ShipmentTotals,
    ship_to: Address,
    carrier: Option<Text<60>>,
    tracking_number: Option<Text<80>>,
    estimated_delivery: Timestamp,
    created_at: Timestamp,
    processed_at: Option<Timestamp>,
    shipped_at: Option<Timestamp>,
    delivered_at: Option<Timestamp>,
    version: u64,
}

/// What the goods of a shipment cost the customer.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShipmentTotals {
    items: Money,
}

impl From<Shipment> for ShipmentBody {
    fn from(shipment: Shipment) -> Self {
        Self {
            id: shipment.id,
            order_id: shipment.order_id,
            status: shipment.status,
            lines: shipment.lines,
            totals: ShipmentTotals { items: shipment.items_total },
            ship_to: shipment.address,
            carrier: shipment.carrier,
            tracking_number: shipment.tracking_number,
            estimated_delivery: shipment.estimated_delivery,
            created_at: shipment.created_at,
            processed_at: shipment.processed_at,
            shipped_at: shipment.shipped_at,
            delivered_at: shipment.delivered_at,
            version: shipment.version,
        }
    }
}
