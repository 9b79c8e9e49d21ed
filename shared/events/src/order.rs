//! What orders, their payments and their shipments tell.

use domain::{
    Tenant, Timestamp, VendorId,
    order::{Dispute, Order, OrderStatus, RefundAsked, Verdict},
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
    refunds: Vec<RefundWas>,
    #[serde(default)]
    disputes: Vec<DisputeWas>,
}

#[derive(PartialEq, Deserialize)]
struct RefundWas {
    id: String,
    done_at: Option<Timestamp>,
}

#[derive(PartialEq, Deserialize)]
struct DisputeWas {
    id: String,
    verdict: Option<Verdict>,
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
            PaymentState::Captured if old.payment_state != PaymentState::Disputed => {
                Some(EventType::PaymentCaptured)
            }
            PaymentState::Failed => Some(EventType::PaymentFailed),
            _ => None,
        };
        told.extend(kind.map(|kind| Told::new(kind, new.channel, new.updated_at, &payment(new))));
    }
    told.extend(new.refunds.iter().flat_map(|refund| refund_events(old, new, refund)));
    told.extend(new.disputes.iter().flat_map(|dispute| dispute_events(old, new, dispute)));
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

/// What a refund tells.
pub(crate) fn refund_data(order: &Order, refund: &RefundAsked) -> PaymentChanged {
    PaymentChanged {
        amount: order.money(refund.amount),
        refund_id: Some(refund.id.clone()),
        ..payment(order)
    }
}

/// What a dispute tells a vendor of the order.
pub(crate) fn dispute_data(order: &Order, dispute: &Dispute, vendor: VendorId) -> PaymentChanged {
    PaymentChanged {
        amount: order.money(dispute.amount),
        dispute_id: Some(dispute.id.clone()),
        vendor_id: Some(vendor),
        ..payment(order)
    }
}

/// What says how a dispute was decided.
pub(crate) fn decision(verdict: Verdict) -> EventType {
    match verdict {
        Verdict::Won => EventType::PaymentDisputeWon,
        Verdict::Lost => EventType::PaymentDisputeLost,
    }
}

fn refund_events(old: &OrderWas, new: &Order, refund: &RefundAsked) -> Vec<Told> {
    let was = old.refunds.iter().find(|was| was.id == refund.id);
    let asked = was.is_none().then_some(EventType::PaymentRefundRequested);
    let was_done = was.is_some_and(|was| was.done_at.is_some());
    let given = (refund.was_given() && !was_done).then_some(EventType::PaymentRefunded);
    let data = refund_data(new, refund);
    let news = asked.into_iter().chain(given);
    news.map(|kind| Told::new(kind, new.channel, new.updated_at, &data).part(&refund.id)).collect()
}

fn dispute_events(old: &OrderWas, new: &Order, dispute: &Dispute) -> Vec<Told> {
    let was = old.disputes.iter().find(|was| was.id == dispute.id);
    let opened = was.is_none().then_some(EventType::PaymentDisputed);
    let was_decided = was.is_some_and(|was| was.verdict.is_some());
    let decided = dispute.decided.as_ref().filter(|_| !was_decided).map(|decided| decision(decided.verdict));
    let news: Vec<EventType> = opened.into_iter().chain(decided).collect();
    let each = new.shipments.iter().flat_map(|part| news.iter().map(move |kind| (part.vendor_id, *kind)));
    each.map(|(vendor, kind)| {
        let told =
            Told::new(kind, Tenant::Vendor(vendor), new.updated_at, &dispute_data(new, dispute, vendor));
        told.part(format!("{} {vendor}", dispute.id))
    })
    .collect()
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
        refund_id: None,
        dispute_id: None,
        vendor_id: None,
    }
}
