//! Mails that events ask for: what tells them apart, and what the notifier is reminded by where the events of an order or of its goods were lost.

use domain::{
    Tenant, Timestamp, mail,
    order::{Order, OrderStatus},
    variant::Variant,
};
use serde::Serialize;

use crate::{
    Envelope, EventType,
    data::{
        AdminInvited, CustomerRegistered, ImportCompleted, OrderChanged, PaymentChanged, StockChanged,
        VendorCreated,
    },
    derive,
    order::{decision, dispute_data, refund_data},
    variant,
};

/// What tells a mail from all others: what became of what it is about, whichever event says so. What runs low is told once for each time that its vendor
/// has said how many there are.
pub fn mail_key(event: &Envelope) -> String {
    let key = |about: String| mail::key(about, event.kind.as_str());
    let found = match event.kind {
        EventType::OrderConfirmed | EventType::OrderCancelled => {
            event.data::<OrderChanged>().map(|data| self::key(event.kind, &data))
        }
        EventType::PaymentRefunded => event.data().map(|data: PaymentChanged| {
            format!("{}:{}", key(data.order_id.to_string()), data.refund_id.unwrap_or_default())
        }),
        EventType::PaymentDisputed | EventType::PaymentDisputeWon | EventType::PaymentDisputeLost => {
            event.data().map(|data: PaymentChanged| {
                let vendor = data.vendor_id.map(|vendor| vendor.to_string()).unwrap_or_default();
                let about = key(data.order_id.to_string());
                format!("{about}:{}:{vendor}", data.dispute_id.unwrap_or_default())
            })
        }
        EventType::CustomerRegistered => {
            event.data().map(|data: CustomerRegistered| key(data.customer_id.to_string()))
        }
        EventType::VendorCreated => event.data().map(|data: VendorCreated| key(data.vendor_id.to_string())),
        EventType::AdminInvited => event.data().map(|data: AdminInvited| key(data.admin_id.to_string())),
        EventType::ImportCompleted => {
            event.data().map(|data: ImportCompleted| key(data.import_id.to_string()))
        }
        EventType::StockLow => event.data().map(|data: StockChanged| {
            key(format!("{}:{}", data.variant_id, data.counts.unwrap_or_default()))
        }),
        _ => return event.id.clone(),
    };
    found.unwrap_or_else(|_| event.id.clone())
}

/// The events that ask for the mails of an order, as it stands.
pub fn reminders(order: &Order) -> Vec<Envelope> {
    let confirmed = order.confirmed_at.map(|at| {
        let data = changed(order, OrderStatus::Paid, OrderStatus::Confirmed);
        (EventType::OrderConfirmed, at, OrderChanged { reason: None, ..data })
    });
    let cancelled = order.cancelled_at.filter(|_| order.status == OrderStatus::Cancelled).map(|at| {
        let mut before = order.timeline.iter().rev().map(|moment| moment.status);
        let from = before.find(|status| *status != OrderStatus::Cancelled);
        let data = changed(order, from.unwrap_or(OrderStatus::Pending), OrderStatus::Cancelled);
        (EventType::OrderCancelled, at, data)
    });
    let asked = confirmed.into_iter().chain(cancelled);
    let asked = asked.filter_map(|(kind, at, data)| reminder(kind, order.channel, at, &data));
    asked.chain(of_refunds(order)).chain(of_disputes(order)).collect()
}

fn of_refunds(order: &Order) -> impl Iterator<Item = Envelope> {
    let given = order.refunds.iter().filter(|refund| refund.was_given());
    given.filter_map(|refund| {
        let data = refund_data(order, refund);
        reminder(EventType::PaymentRefunded, order.channel, refund.done_at?, &data)
    })
}

fn of_disputes(order: &Order) -> impl Iterator<Item = Envelope> {
    let vendors = order.shipments.iter().map(|part| part.vendor_id);
    let each = vendors.flat_map(|vendor| order.disputes.iter().map(move |dispute| (vendor, dispute)));
    each.flat_map(|(vendor, dispute)| {
        let data = dispute_data(order, dispute, vendor);
        let decided = dispute.decided.as_ref().map(|decided| (decision(decided.verdict), decided.decided_at));
        let asked = [(EventType::PaymentDisputed, dispute.opened_at)].into_iter().chain(decided);
        let tenant = Tenant::Vendor(vendor);
        asked.filter_map(|(kind, at)| reminder(kind, tenant, at, &data)).collect::<Vec<_>>()
    })
}

/// The event that asks for the mail of a variant that runs low, as it stands; none where there is enough of it. `sold_at` is when some were sold.
pub fn low_stock(variant: &Variant, sold_at: Timestamp) -> Option<Envelope> {
    if !variant.is_low() {
        return None;
    }
    // Which of the sales made it low is not known.
    let data = variant::low(variant, 0);
    reminder(EventType::StockLow, Tenant::Vendor(variant.vendor_id), sold_at, &data)
}

fn reminder(kind: EventType, tenant: Tenant, at: Timestamp, data: &impl Serialize) -> Option<Envelope> {
    let mut told = Envelope {
        id: String::new(),
        kind,
        version: 1,
        tenant,
        occurred_at: at,
        correlation_id: None,
        actor: None,
        data: serde_json::to_value(data).ok()?,
    };
    told.id = derive::id_of(&format!("reminder\n{}", mail_key(&told)));
    Some(told)
}

/// An order is confirmed once, and cancelled once for each reason: what was cancelled unpaid may be paid after all, and be called off then.
fn key(kind: EventType, data: &OrderChanged) -> String {
    let reason = data.reason.map(|reason| format!(":{}", reason.as_str())).unwrap_or_default();
    mail::key(data.order_id, kind.as_str()) + &reason
}

/// What a change of an order's status tells.
pub(crate) fn changed(order: &Order, from: OrderStatus, status: OrderStatus) -> OrderChanged {
    OrderChanged {
        order_id: order.id,
        channel: order.channel,
        customer_id: order.customer_id,
        from,
        status,
        total: order.money(order.totals.total),
        vendors: order.shipments.iter().map(|part| part.vendor_id).collect(),
        payment_intent_id: order.payment.intent_id.clone(),
        reason: order.cancel_reason,
    }
}
