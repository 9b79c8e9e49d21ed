//! Mails that events ask for: what tells them apart, and what the notifier is reminded by where an order's events were lost.

use domain::{
    Timestamp, mail,
    order::{Order, OrderStatus},
};

use crate::{
    Envelope, EventType,
    data::{AdminInvited, CustomerRegistered, ImportCompleted, OrderChanged, VendorCreated},
    derive,
};

/// What tells a mail from all others: what became of what it is about, whichever event says so; where that may happen again (stock that runs low), the event.
pub fn mail_key(event: &Envelope) -> String {
    let key = |about: String| mail::key(about, event.kind.as_str());
    let found = match event.kind {
        EventType::OrderConfirmed | EventType::OrderCancelled => {
            event.data::<OrderChanged>().map(|data| self::key(event.kind, &data))
        }
        EventType::CustomerRegistered => {
            event.data().map(|data: CustomerRegistered| key(data.customer_id.to_string()))
        }
        EventType::VendorCreated => event.data().map(|data: VendorCreated| key(data.vendor_id.to_string())),
        EventType::AdminInvited => event.data().map(|data: AdminInvited| key(data.admin_id.to_string())),
        EventType::ImportCompleted => {
            event.data().map(|data: ImportCompleted| key(data.import_id.to_string()))
        }
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
    asked.filter_map(|(kind, at, data)| envelope(order, kind, at, &data)).collect()
}

fn envelope(order: &Order, kind: EventType, at: Timestamp, data: &OrderChanged) -> Option<Envelope> {
    Some(Envelope {
        id: derive::id_of(&format!("reminder\n{}", key(kind, data))),
        kind,
        version: 1,
        tenant: order.channel,
        occurred_at: at,
        correlation_id: None,
        actor: None,
        data: serde_json::to_value(data).ok()?,
    })
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
