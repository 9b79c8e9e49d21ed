use domain::{
    OrderId, Tenant, Timestamp,
    order::{Order, OrderLine, OrderStatus},
    payment::PaymentState,
};
use events::data::{OrderChanged, PaymentChanged};
use platform::batch::Failure;
use serde_json::{Value, json};

use super::{Place, options, place};
use crate::{
    Deps,
    handle::of_store,
    letter::{Letter, LetterKind},
    money::written,
};

/// To the buyer: what was bought, what it cost, when it comes.
pub(crate) async fn confirmed(deps: &Deps, data: &OrderChanged) -> Result<Option<Letter>, Failure> {
    let (order, shop) = read(deps, data.channel, data.order_id).await?;
    let money = |amount| written(order.money(amount));
    let context = json!({
        "shop": shop.name,
        "order": order.id,
        "lines": order.lines.iter().map(|line| shown(&order, line)).collect::<Vec<_>>(),
        "items": money(order.totals.items),
        "shipping": money(order.totals.shipping),
        "total": money(order.totals.total),
        "tax": money(order.totals.tax),
        "delivery": order.estimated_delivery.map(day),
        "address": address(&order),
        "link": link(&order, &shop),
    });
    Ok(Some(Letter { kind: LetterKind::OrderConfirmed, to: order.email, context }))
}

/// To the buyer: that nothing will come, and what becomes of the money.
pub(crate) async fn cancelled(deps: &Deps, data: &OrderChanged) -> Result<Option<Letter>, Failure> {
    let (order, shop) = read(deps, data.channel, data.order_id).await?;
    if order.status != OrderStatus::Cancelled {
        // It was paid after all, and is filled.
        return Ok(None);
    }
    let context = json!({
        "shop": shop.name,
        "order": order.id,
        "total": written(order.money(order.totals.total)),
        "reason": order.cancel_reason,
        "captured": order.payment.state == PaymentState::Captured,
        "address": address(&order),
        "link": link(&order, &shop),
    });
    Ok(Some(Letter { kind: LetterKind::OrderCancelled, to: order.email, context }))
}

/// To the buyer: what of the money has gone back.
pub(crate) async fn refunded(deps: &Deps, data: &PaymentChanged) -> Result<Option<Letter>, Failure> {
    let (order, shop) = read(deps, data.channel, data.order_id).await?;
    let refund = order.refunds.iter().find(|refund| data.refund_id.as_ref() == Some(&refund.id));
    let context = json!({
        "shop": shop.name,
        "order": order.id,
        "amount": written(data.amount),
        "why": refund.and_then(|refund| refund.reason.as_ref()),
        "address": address(&order),
        "link": link(&order, &shop),
    });
    Ok(Some(Letter { kind: LetterKind::OrderRefunded, to: order.email, context }))
}

async fn read(deps: &Deps, channel: Tenant, id: OrderId) -> Result<(Order, Place), Failure> {
    let order = store::order::get(&deps.store, &channel, id).await.map_err(of_store)?;
    let place = place(deps, order.channel).await?;
    Ok((order, place))
}

fn shown(order: &Order, line: &OrderLine) -> Value {
    let price = line.unit_price.saturating_mul(i64::from(line.quantity));
    json!({
        "quantity": line.quantity,
        "title": line.title,
        "options": options(&line.options),
        "price": written(order.money(price)),
    })
}

/// All parts, so that a template can ask whether one is there.
fn address(order: &Order) -> Value {
    let address = &order.shipping_address;
    json!({
        "name": address.name,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
    })
}

/// Who has the link may see the order: guests have no other way.
fn link(order: &Order, shop: &Place) -> String {
    format!("{}/orders/{}?token={}", shop.url, order.id, order.token)
}

/// The calendar day in UTC, `2026-11-21`: what every reader takes for the same day.
fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}
