//! A vendor's part of an order.

use serde::{Deserialize, Serialize};

use crate::{ShipmentId, Timestamp, VendorId, ledger::Part, shipment::ShipmentStatus, text::Text};

/// A vendor's part of the order. Before the order is confirmed it is provisional, and the vendor does not see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderShipment {
    pub id: ShipmentId,
    pub vendor_id: VendorId,
    pub status: ShipmentStatus,
    pub items_total: i64,
    /// What is taken for sending it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub shipping_total: i64,
    /// What of its goods was refunded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub items_refunded: i64,
    /// What of its sending was refunded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub shipping_refunded: i64,
    /// The platform's share in basis points, frozen at the sale.
    pub commission: u32,
    /// The vendor's handling and transit days, frozen too.
    pub delivery_days: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Text<60>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<Text<80>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}

impl OrderShipment {
    /// What of the sale is this vendor's part.
    pub fn sold(&self) -> Part {
        Part {
            vendor_id: self.vendor_id,
            items: self.items_total,
            shipping: self.shipping_total,
            commission: self.commission,
        }
    }

    /// What the buyer paid for it and did not get back.
    pub fn left(&self) -> i64 {
        self.sold().gross() - self.refunded().gross()
    }

    /// What of it was refunded, or lost to the buyer's bank.
    pub fn refunded(&self) -> Part {
        Part { items: self.items_refunded, shipping: self.shipping_refunded, ..self.sold() }
    }
}

/// What is not taken is not stored.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(amount: &i64) -> bool {
    *amount == 0
}
