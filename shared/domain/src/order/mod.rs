//! Orders: one purchase, with a shipment per vendor in it, one payment, and its timeline.
//!
//! An order is changed by pure functions, here; what the change does to stock is the difference of its holdings
//! ([`Order::moves_to`]). **Invariant:** all lines of an order are held alike: `HARD` while it is unpaid, `SOLD` once it is
//! confirmed, `RELEASED` when it was cancelled unpaid.

mod confirm;
mod place;
mod price;
mod status;

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use confirm::{Confirmed, NotConfirmed};
pub use place::{Purchase, Terms};
pub use price::{Priced, PricedPart, Taxed};
pub use status::{OrderEvent, OrderStatus};

use crate::{
    CartId, Currency, CustomerId, IllegalTransition, LineId, Money, OrderId, ShipmentId, Tenant, Timestamp,
    VendorId,
    address::Address,
    email::Email,
    hold::{Hold, HoldEvent},
    moves::{Holding, Moves},
    payment::{Payment, PaymentEvent},
    shipment::{Shipment, ShipmentStatus},
    tax::TaxRate,
    text::{Name, Sku, Text},
    variant::VariantRef,
};

/// How much of what was paid went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refund {
    #[default]
    None,
    Partial,
    Full,
}

/// Who or what ended an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The buyer asked for it.
    Buyer,
    /// It was not paid while its stock was held.
    Unpaid,
    /// Stripe cancelled the payment.
    PaymentCancelled,
}

/// One purchase.
#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    pub id: OrderId,
    /// The market's orders are the platform's.
    pub channel: Tenant,
    pub cart_id: CartId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    pub email: Email,
    pub shipping_address: Address,
    /// What a guest shows to see the order; nobody can guess it.
    pub token: String,
    pub status: OrderStatus,
    pub hold: Hold,
    pub currency: Currency,
    pub lines: Vec<OrderLine>,
    #[serde(flatten)]
    pub totals: Totals,
    pub shipments: Vec<OrderShipment>,
    #[serde(flatten)]
    pub payment: Payment,
    #[serde(default)]
    pub refund: Refund,
    pub timeline: Vec<Moment>,
    /// When its hard holds end, unless it is paid by then.
    pub held_until: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<CancelReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_delivery: Option<Timestamp>,
    /// When the sweeper looks at it next: set once, and moved on by the sweeper, so that a change costs no index write.
    #[serde(rename = "DUESK", default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

/// What was bought, as it was offered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    pub id: LineId,
    #[serde(flatten)]
    pub variant: VariantRef,
    pub sku: Sku,
    pub title: Name,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    pub quantity: u32,
    /// In minor units of the order's currency.
    pub unit_price: i64,
    pub tax_rate: TaxRate,
}

/// Amounts in minor units of the order's currency. `total = items + shipping`; `tax` is the part within.
///
/// They lie at the top of the order's item: a capture is compared with `total` in the write itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    #[serde(rename = "items_total")]
    pub items: i64,
    #[serde(rename = "shipping_total")]
    pub shipping: i64,
    #[serde(rename = "tax_total")]
    pub tax: i64,
    pub total: i64,
}

/// A vendor's part of the order. Before the order is confirmed it is provisional, and the vendor does not see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderShipment {
    pub id: ShipmentId,
    pub vendor_id: VendorId,
    pub status: ShipmentStatus,
    pub items_total: i64,
    /// What is taken for sending it.
    #[serde(default)]
    pub shipping_total: i64,
    /// The tax within both, by rate.
    #[serde(default)]
    pub taxes: Vec<Taxed>,
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

/// When an order came to a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Moment {
    pub status: OrderStatus,
    pub timestamp: Timestamp,
    /// Of the parcel, where it came to `SHIPPED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tracking_number: Option<Text<80>>,
}

impl Order {
    /// The tax within what it costs, by rate.
    pub fn taxes(&self) -> Vec<Taxed> {
        price::merged(self.shipments.iter().flat_map(|part| &part.taxes))
    }

    /// The parcel that a line comes in.
    pub fn shipment_of(&self, line: &OrderLine) -> Option<&OrderShipment> {
        self.shipments.iter().find(|part| part.vendor_id == line.variant.vendor_id)
    }

    /// Not paid yet, and not ended.
    pub fn is_unpaid(&self) -> bool {
        matches!(
            self.status,
            OrderStatus::Pending | OrderStatus::PaymentProcessing | OrderStatus::PaymentFailed
        )
    }

    /// Shown as provisional until it is confirmed.
    pub fn is_provisional(&self) -> bool {
        self.confirmed_at.is_none()
    }

    /// Ends an unpaid order whose intent is cancelled: its holds are released.
    pub fn cancelled(&self, reason: CancelReason, now: Timestamp) -> Result<Self, IllegalTransition> {
        let mut next = self.stepped(OrderEvent::Cancelled, now)?;
        next.payment.state = self.payment.state.on(PaymentEvent::Cancelled)?;
        next.hold = self.hold.on(HoldEvent::Release)?;
        next.cancelled_at = Some(now);
        next.cancel_reason = Some(reason);
        for shipment in &mut next.shipments {
            shipment.status = ShipmentStatus::Cancelled;
        }
        Ok(next)
    }

    /// Follows its vendors' shipments; `None` where it already has.
    pub fn following(&self, shipments: &[Shipment], now: Timestamp) -> Option<Self> {
        let mut next = self.clone();
        for shipment in shipments {
            for part in next.shipments.iter_mut().filter(|part| part.id == shipment.id) {
                part.status = shipment.status;
                part.carrier = shipment.carrier.clone();
                part.tracking_number = shipment.tracking_number.clone();
                part.shipped_at = shipment.shipped_at;
                part.delivered_at = shipment.delivered_at;
            }
        }
        let statuses: Vec<_> = next.shipments.iter().map(|part| part.status).collect();
        for status in self.status.towards(OrderStatus::of_shipments(&statuses)) {
            next.status = status;
            let tracking_number = (status == OrderStatus::Shipped)
                .then(|| next.shipments.iter().find_map(|part| part.tracking_number.clone()))
                .flatten();
            next.timeline.push(Moment { status, timestamp: now, tracking_number });
        }
        if next.shipments == self.shipments && next.status == self.status {
            return None;
        }
        next.updated_at = now;
        next.version += 1;
        Some(next)
    }

    /// The stock that a change moves.
    pub fn moves_to(&self, next: &Self) -> Moves {
        Moves::between(self.holdings(), next.holdings())
    }

    /// What its lines hold.
    pub fn holdings(&self) -> impl Iterator<Item = Holding> + '_ {
        self.lines.iter().map(|line| Holding {
            variant: line.variant,
            units: line.quantity,
            place: self.hold.place(),
        })
    }

    pub fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.currency)
    }

    /// When the sweeper has to look at it, from its last change on: unpaid ones at the end of their holds, paid ones soon, those on
    /// their way each day. Nothing once it is at rest.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.status {
            OrderStatus::Pending | OrderStatus::PaymentProcessing | OrderStatus::PaymentFailed => {
                Some(self.held_until)
            }
            OrderStatus::Paid | OrderStatus::InventoryUnavailable => {
                Some(self.updated_at + Duration::from_secs(120))
            }
            OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Shipped => {
                Some(self.updated_at.plus_days(1))
            }
            OrderStatus::Delivered => None,
            // A capture that came too late still has to go back.
            OrderStatus::Cancelled => {
                let owed = self.payment.state == crate::payment::PaymentState::Captured
                    && self.refund != Refund::Full;
                owed.then(|| self.updated_at + Duration::from_secs(120))
            }
        }
    }

    /// When it has to be looked at after the sweeper has done at `now` what was to be done: parcels are under way for days, all else is looked at in
    /// the sweeper's next run.
    pub fn due_after(&self, now: Timestamp) -> Option<Timestamp> {
        let pace = match self.status {
            OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Shipped => now.plus_days(1),
            _ => now + Duration::from_secs(60),
        };
        self.due_at().map(|at| at.max(pace))
    }

    fn stepped(&self, event: OrderEvent, now: Timestamp) -> Result<Self, IllegalTransition> {
        let status = self.status.on(event)?;
        let mut next = Self { status, updated_at: now, version: self.version + 1, ..self.clone() };
        if status != self.status {
            next.timeline.push(Moment { status, timestamp: now, tracking_number: None });
        }
        Ok(next)
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
