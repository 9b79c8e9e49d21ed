//! Orders: one purchase, with a shipment per vendor in it, one payment, and its timeline.
//!
//! An order is changed by pure functions, here; what the change does to stock is the difference of its holdings
//! ([`Order::moves_to`]). **Invariant:** all lines of an order are held alike: `HARD` while it is unpaid, `SOLD` once it is
//! confirmed, `RELEASED` when it was cancelled before. Of a confirmed order, the lines of a cancelled parcel are back on the shelf.

mod confirm;
mod dispute;
mod due;
mod part;
mod place;
mod price;
mod refund;
mod status;
#[cfg(test)]
pub(crate) mod testing;
mod withdraw;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use confirm::Confirmed;
pub use dispute::{Decided, Dispute, DisputeReport, Verdict};
pub use part::OrderShipment;
pub use place::{Purchase, Terms};
pub use price::{Priced, PricedPart, Taxed};
pub use refund::{MAX_REFUNDS, Refund, RefundAsked, RefundError, RefundRequest, Refunded};
pub use status::{OrderEvent, OrderStatus};
pub use withdraw::Withdrawn;

use crate::{
    CartId, Currency, CustomerId, IllegalTransition, LineId, Money, OrderId, Tenant, Timestamp,
    address::Address,
    cart::{Cart, is_unstriped},
    email::Email,
    hold::{Hold, HoldEvent},
    ledger::Unbalanced,
    moves::{Holding, Moves},
    payment::{Payment, PaymentEvent},
    shipment::{Shipment, ShipmentStatus},
    tax::TaxRate,
    text::{Name, Sku, Text},
    variant::VariantRef,
};

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
    /// Stripe would not take such a payment.
    PaymentRefused,
    /// What was paid for can't be had.
    OutOfStock,
    /// The vendors will not send it.
    Vendor,
}

impl CancelReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Unpaid => "unpaid",
            Self::PaymentCancelled => "payment_cancelled",
            Self::PaymentRefused => "payment_refused",
            Self::OutOfStock => "out_of_stock",
            Self::Vendor => "vendor",
        }
    }
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
    /// What goes back of what was paid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<RefundAsked>,
    /// When Stripe told that money which had gone back to the buyer came to us again; none once that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_doubted_at: Option<Timestamp>,
    /// What the buyer's bank took of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<Dispute>,
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
    /// How many of them were refunded.
    #[serde(default, skip_serializing_if = "is_none")]
    pub refunded: u32,
    /// Over how many stripes its variant was spread when it was put into the cart.
    #[serde(default, skip_serializing_if = "is_unstriped")]
    pub stripes: u8,
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

/// Units that were not refunded are not stored.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_none(units: &u32) -> bool {
    *units == 0
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

/// Why an order does not take a step that its money goes with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    #[error(transparent)]
    Ledger(#[from] Unbalanced),
}

impl Order {
    /// The tax within what it costs, by rate.
    pub fn taxes(&self) -> Vec<Taxed> {
        let parts: Vec<Taxed> = self.shipments.iter().flat_map(|part| self.taxes_of(part)).collect();
        price::merged(&parts)
    }

    /// The tax within a vendor's part, by rate: of its lines, and of what is taken for sending them.
    pub fn taxes_of(&self, part: &OrderShipment) -> Vec<Taxed> {
        let mut by_rate: BTreeMap<TaxRate, i64> = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.variant.vendor_id == part.vendor_id) {
            *by_rate.entry(line.tax_rate).or_default() += line.unit_price * i64::from(line.quantity);
        }
        price::taxes(by_rate, part.shipping_total)
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
        next.end(reason, now);
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

    /// Whether a cart holds exactly what was ordered.
    pub fn is_of(&self, cart: &Cart) -> bool {
        let mut ordered: Vec<_> = self.lines.iter().map(|line| (line.variant, line.quantity)).collect();
        let mut waiting: Vec<_> = cart.lines.iter().map(|line| (line.variant, line.quantity)).collect();
        ordered.sort_unstable();
        waiting.sort_unstable();
        ordered == waiting
    }

    /// What its lines hold.
    pub fn holdings(&self) -> impl Iterator<Item = Holding> + '_ {
        self.lines.iter().map(|line| Holding {
            variant: line.variant,
            units: line.quantity,
            place: self.hold_of(line).place(),
            stripes: line.stripes,
        })
    }

    /// How a line is held.
    pub fn hold_of(&self, line: &OrderLine) -> Hold {
        let cancelled = self.shipment_of(line).is_some_and(|part| part.status == ShipmentStatus::Cancelled);
        if self.hold == Hold::Sold && cancelled { Hold::Restocked } else { self.hold }
    }

    pub fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.currency)
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
