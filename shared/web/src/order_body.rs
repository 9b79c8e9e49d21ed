//! Orders as customers see them: one shape for checkout, tracking and a customer's list.

use std::collections::BTreeMap;

use domain::{
    Currency, LineId, Money, OrderId, PaymentId, ProductId, ShipmentId, Timestamp, VariantId, VendorId,
    address::Address,
    order::{CancelReason, Moment, Order, OrderStatus, Refund, Taxed, Totals},
    payment::PaymentState,
    shipment::ShipmentStatus,
    text::{Name, Sku},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{product_body::Percent, refund::RefundBody};

/// What an order costs. `total = items + shipping`; `tax` is the part within.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TotalsBody {
    pub items: Money,
    pub shipping: Money,
    pub tax: Money,
    pub total: Money,
    /// The tax by rate, the lowest first.
    pub taxes: Vec<TaxBody>,
}

/// What is taxed at a rate: `gross = net + tax`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TaxBody {
    pub rate: Percent,
    pub gross: Money,
    pub net: Money,
    pub tax: Money,
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderBody {
    pub id: OrderId,
    pub status: OrderStatus,
    /// Until it is confirmed.
    pub provisional: bool,
    pub payment_id: PaymentId,
    pub payment_status: PaymentState,
    pub refund_status: Refund,
    pub refunds: Vec<RefundBody>,
    pub totals: TotalsBody,
    pub lines: Vec<OrderLineBody>,
    pub shipments: Vec<OrderShipmentBody>,
    pub shipping_address: Address,
    pub timeline: Vec<Moment>,
    pub estimated_delivery: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<CancelReason>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What was bought.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderLineBody {
    pub id: LineId,
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub vendor: VendorId,
    /// The parcel that it comes in.
    pub shipment_id: Option<ShipmentId>,
    pub sku: Sku,
    pub title: Name,
    pub options: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    pub quantity: u32,
    /// How many of them were refunded.
    pub refunded: u32,
    pub unit_price: Money,
    pub subtotal: Money,
}

/// A vendor's part of the order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderShipmentBody {
    pub id: ShipmentId,
    pub vendor: VendorId,
    pub status: ShipmentStatus,
    pub items_total: Money,
    pub shipping_total: Money,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub shipped_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
}

impl TotalsBody {
    pub fn of(order: &Order) -> Self {
        Self::new(order.currency, order.totals, order.taxes())
    }

    /// Of amounts in minor units of a currency.
    pub fn new(currency: Currency, totals: Totals, taxes: Vec<Taxed>) -> Self {
        let money = |amount| Money::new(amount, currency);
        Self {
            items: money(totals.items),
            shipping: money(totals.shipping),
            tax: money(totals.tax),
            total: money(totals.total),
            taxes: taxes.into_iter().map(|taxed| TaxBody::new(currency, taxed)).collect(),
        }
    }
}

impl TaxBody {
    pub fn new(currency: Currency, taxed: Taxed) -> Self {
        let money = |amount| Money::new(amount, currency);
        Self {
            rate: Percent(taxed.rate),
            gross: money(taxed.gross),
            net: money(taxed.gross - taxed.tax),
            tax: money(taxed.tax),
        }
    }
}

impl From<Order> for OrderBody {
    fn from(order: Order) -> Self {
        let lines = order.lines.iter().map(|line| OrderLineBody {
            id: line.id,
            product_id: line.variant.product_id,
            variant_id: line.variant.variant_id,
            vendor: line.variant.vendor_id,
            shipment_id: order.shipment_of(line).map(|part| part.id),
            sku: line.sku.clone(),
            title: line.title.clone(),
            options: line.options.clone(),
            image_url: line.image_url.clone(),
            quantity: line.quantity,
            refunded: line.refunded,
            unit_price: order.money(line.unit_price),
            subtotal: order.money(line.unit_price * i64::from(line.quantity)),
        });
        let shipments = order.shipments.iter().map(|part| OrderShipmentBody {
            id: part.id,
            vendor: part.vendor_id,
            status: part.status,
            items_total: order.money(part.items_total),
            shipping_total: order.money(part.shipping_total),
            carrier: part.carrier.clone().map(String::from),
            tracking_number: part.tracking_number.clone().map(String::from),
            shipped_at: part.shipped_at,
            delivered_at: part.delivered_at,
        });
        Self {
            id: order.id,
            status: order.status,
            provisional: order.is_provisional(),
            payment_id: order.payment.id,
            payment_status: order.payment.state,
            refund_status: order.refund,
            refunds: order.refunds.iter().map(|refund| RefundBody::new(&order, refund)).collect(),
            totals: TotalsBody::of(&order),
            lines: lines.collect(),
            shipments: shipments.collect(),
            shipping_address: order.shipping_address,
            timeline: order.timeline,
            estimated_delivery: order.estimated_delivery,
            cancel_reason: order.cancel_reason,
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}
