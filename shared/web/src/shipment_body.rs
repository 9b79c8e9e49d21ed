//! A shipment as its vendor and the platform see it.

use domain::{
    Money, OrderId, ShipmentId, Timestamp, VendorId,
    address::Address,
    shipment::{Shipment, ShipmentLine, ShipmentStatus},
    text::Text,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A vendor's part of a paid order.
#[derive(Serialize, ToSchema)]
pub struct ShipmentBody {
    pub id: ShipmentId,
    pub vendor: VendorId,
    pub order_id: OrderId,
    pub status: ShipmentStatus,
    pub lines: Vec<ShipmentLine>,
    pub totals: ShipmentTotals,
    pub ship_to: Address,
    pub carrier: Option<Text<60>>,
    pub tracking_number: Option<Text<80>>,
    pub estimated_delivery: Timestamp,
    pub created_at: Timestamp,
    pub processed_at: Option<Timestamp>,
    pub shipped_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub version: u64,
}

/// What the goods of a shipment cost the customer.
#[derive(Serialize, ToSchema)]
pub struct ShipmentTotals {
    pub items: Money,
}

impl From<Shipment> for ShipmentBody {
    fn from(shipment: Shipment) -> Self {
        Self {
            id: shipment.id,
            vendor: shipment.vendor_id,
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
