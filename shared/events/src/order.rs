//! What orders, their payments and their shipments tell.

use domain::{
    Tenant, Timestamp,
    order::{Order, OrderStatus, Refund},
    payment::PaymentState,
    shipment::{Shipment, ShipmentStatus},
};
use serde::Deserialize;

use crate::{
    EventType,
    data::{CartItem, OrderCreated, PaymentChanged, ShipmentChanged},
    derive::{Images, Told},
    reminder::changed,
};

/// What counts of an order.
#[derive(PartialEq, Deserialize)]
pub(crate) struct OrderWas {
    status: OrderStatus,
    payment_state: PaymentState,
    #[serde(default)]
    refund: Refund,
}

/// What counts of a shipment.
#[derive(PartialEq, Deserialize)]
pub(crate) struct ShipmentWas {
    status: ShipmentStatus,
}

pub(crate) fn events(order: &Images<OrderWas, Order>) -> Vec<Told> {
    let new = &order.new;
    let Some(old) = order.old.as_ref() else {
        return vec![Told::new(EventType::OrderCreated, new.channel, new.created_at, &created(new))];
    };
    let mut told = Vec::new();
    if old.payment_state != new.payment.state {
        let kind = match new.payment.state {
            PaymentState::Captured => Some(EventType::PaymentCaptured),
            PaymentState::Failed => Some(EventType::PaymentFailed),
            _ => None,
        };
        told.extend(kind.map(|kind| Told::new(kind, new.channel, new.updated_at, &payment(new))));
    }
    if old.refund != new.refund && new.refund != Refund::None {
        told.push(Told::new(EventType::PaymentRefunded, new.channel, new.updated_at, &payment(new)));
    }
    if old.status != new.status {
        let kind = match new.status {
            OrderStatus::Paid => Some(EventType::OrderPaid),
            OrderStatus::Confirmed => Some(EventType::OrderConfirmed),
            OrderStatus::Cancelled => Some(EventType::OrderCancelled),
            _ => None,
        };
        let data = changed(new, old.status, new.status);
        for kind in kind.into_iter().chain([EventType::OrderStatusChanged]) {
            told.push(Told::new(kind, new.channel, new.updated_at, &data));
        }
    }
    told
}

pub(crate) fn shipment_events(shipment: &Images<ShipmentWas, Shipment>, seen_at: Timestamp) -> Vec<Told> {
    let new = &shipment.new;
    let (kind, at) = match &shipment.old {
        None => (EventType::ShipmentCreated, new.created_at),
        Some(_) => (EventType::ShipmentStatusUpdated, since(new).unwrap_or(seen_at)),
    };
    let data = ShipmentChanged {
        shipment_id: new.id,
        vendor_id: new.vendor_id,
        order_id: new.order_id,
        channel: new.channel,
        status: new.status,
        carrier: new.carrier.clone(),
        tracking_number: new.tracking_number.clone(),
    };
    vec![Told::new(kind, Tenant::Vendor(new.vendor_id), at, &data)]
}

/// When a shipment came to its status, where it says so itself.
fn since(shipment: &Shipment) -> Option<Timestamp> {
    match shipment.status {
        ShipmentStatus::Pending => Some(shipment.created_at),
        ShipmentStatus::Processing => shipment.processed_at,
        ShipmentStatus::Shipped => shipment.shipped_at,
        ShipmentStatus::Delivered => shipment.delivered_at,
        ShipmentStatus::Cancelled | ShipmentStatus::Returned => None,
    }
}

fn created(order: &Order) -> OrderCreated {
    let item = |line: &domain::order::OrderLine| CartItem {
        item_id: line.id,
        product_id: line.variant.product_id,
        variant_id: line.variant.variant_id,
        vendor_id: line.variant.vendor_id,
        sku: line.sku.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
    };
    OrderCreated {
        order_id: order.id,
        channel: order.channel,
        cart_id: order.cart_id,
        customer_id: order.customer_id,
        total: order.money(order.totals.total),
        items: order.lines.iter().map(item).collect(),
    }
}

fn payment(order: &Order) -> PaymentChanged {
    PaymentChanged {
        payment_id: order.payment.id,
        order_id: order.id,
        channel: order.channel,
        customer_id: order.customer_id,
        amount: order.money(order.totals.total),
        payment_intent_id: order.payment.intent_id.clone(),
    }
}
