//! Shipments: one parcel stream per vendor of an order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    IllegalTransition, LineId, Money, OrderId, ProductId, ShipmentId, Tenant, Timestamp, VariantId, VendorId,
    address::Address,
    text::{Name, Sku, Text},
};

/// `PENDING -> PROCESSING -> SHIPPED -> DELIVERED`, `PENDING|PROCESSING -> CANCELLED`, `DELIVERED -> RETURNED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ShipmentStatus {
    Pending,
    Processing,
    Shipped,
    Delivered,
    Cancelled,
    Returned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShipmentEvent {
    Process,
    Ship,
    Deliver,
    Cancel,
    Return,
}

impl ShipmentStatus {
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Processing, Self::Shipped, Self::Delivered, Self::Cancelled, Self::Returned];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Processing => "PROCESSING",
            Self::Shipped => "SHIPPED",
            Self::Delivered => "DELIVERED",
            Self::Cancelled => "CANCELLED",
            Self::Returned => "RETURNED",
        }
    }

    pub fn on(self, event: ShipmentEvent) -> Result<Self, IllegalTransition> {
        use ShipmentEvent as E;
        match (self, event) {
            (Self::Pending | Self::Processing, E::Process) => Ok(Self::Processing),
            (Self::Processing | Self::Shipped, E::Ship) => Ok(Self::Shipped),
            (Self::Shipped | Self::Delivered, E::Deliver) => Ok(Self::Delivered),
            (Self::Pending | Self::Processing | Self::Cancelled, E::Cancel) => Ok(Self::Cancelled),
            (Self::Delivered | Self::Returned, E::Return) => Ok(Self::Returned),
            _ => Err(IllegalTransition {
                machine: "shipment",
                state: self.as_str(),
                event: match event {
                    E::Process => "process",
                    E::Ship => "ship",
                    E::Deliver => "deliver",
                    E::Cancel => "cancel",
                    E::Return => "return",
                },
            }),
        }
    }
}

/// A vendor's part of a confirmed order, as the vendor sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shipment {
    pub id: ShipmentId,
    pub vendor_id: VendorId,
    pub order_id: OrderId,
    /// The order's tenant: the market's orders are the platform's.
    pub channel: Tenant,
    pub status: ShipmentStatus,
    pub lines: Vec<ShipmentLine>,
    pub items_total: Money,
    pub address: Address,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Text<60>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<Text<80>>,
    pub estimated_delivery: Timestamp,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    pub version: u64,
}

/// What is in the parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentLine {
    pub id: LineId,
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub sku: Sku,
    pub title: Name,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    pub quantity: u32,
}

/// How a parcel can be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracking {
    pub carrier: Text<60>,
    pub tracking_number: Text<80>,
}

impl Shipment {
    /// The vendor starts to work on it; `None` where it already has.
    pub fn process(&self, now: Timestamp) -> Result<Option<Self>, IllegalTransition> {
        self.moved(ShipmentEvent::Process, |next| next.processed_at = Some(now))
    }

    /// The parcel is handed to the carrier; `None` where it already was, with this tracking number.
    pub fn ship(&self, tracking: Tracking, now: Timestamp) -> Result<Option<Self>, IllegalTransition> {
        let again = self.status == ShipmentStatus::Shipped;
        if again && self.tracking_number.as_ref() != Some(&tracking.tracking_number) {
            return Err(IllegalTransition { machine: "shipment", state: "SHIPPED", event: "ship otherwise" });
        }
        self.moved(ShipmentEvent::Ship, |next| {
            next.carrier = Some(tracking.carrier);
            next.tracking_number = Some(tracking.tracking_number);
            next.shipped_at = Some(now);
        })
    }

    /// The parcel has arrived; `None` where it already had.
    pub fn deliver(&self, now: Timestamp) -> Result<Option<Self>, IllegalTransition> {
        self.moved(ShipmentEvent::Deliver, |next| next.delivered_at = Some(now))
    }

    /// It will not be sent.
    pub fn cancelled(&self) -> Result<Self, IllegalTransition> {
        Ok(self.moved(ShipmentEvent::Cancel, |_| {})?.unwrap_or_else(|| self.clone()))
    }

    fn moved(
        &self,
        event: ShipmentEvent,
        change: impl FnOnce(&mut Self),
    ) -> Result<Option<Self>, IllegalTransition> {
        let status = self.status.on(event)?;
        if status == self.status {
            return Ok(None);
        }
        let mut next = Self { status, version: self.version + 1, ..self.clone() };
        change(&mut next);
        Ok(Some(next))
    }
}
