//! What Stripe says of payments, written down in whichever order it comes.

use domain::{
    Money, OrderId, Tenant, Timestamp,
    order::{Order, OrderStatus},
    payment::{PaymentEvent, PaymentState},
};
use serde_json::json;
use table::{Condition, Update, Write};

use crate::{Error, Store, codec::read, keys};

/// What Stripe says of an order's payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub intent_id: String,
    pub event: PaymentEvent,
    pub amount: Money,
    pub charge_id: Option<String>,
    pub at: Timestamp,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The order says so now.
    Done,
    /// It said so before, or it is past that.
    Already,
    /// The money came after the order had ended: it has to go back.
    Late,
    /// Amount, currency or intent are not the order's: nothing was written, somebody has to look.
    Mismatch,
}

/// Records what Stripe says, whatever was recorded before and in whichever order it comes. One write, two where the money is late.
pub async fn record(
    store: &Store,
    channel: &Tenant,
    id: OrderId,
    report: &Report,
) -> Result<Recorded, Error> {
    let Some((update, condition)) = first_write(report) else {
        return Ok(Recorded::Already);
    };
    match store.table.write(Write::update_if(keys::order(channel, id), update, condition)).await {
        Ok(()) => Ok(Recorded::Done),
        Err(error) if error.is_condition_failed() => {
            let found =
                error.failed().first().and_then(|failed| failed.item.clone()).ok_or(Error::NotFound)?;
            let order: Order = read(found)?;
            second_look(store, &order, report).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The write that is right nearly always, so that nothing has to be read.
fn first_write(report: &Report) -> Option<(Update, Condition)> {
    let (state, status, from): (_, _, &[PaymentState]) = match report.event {
        PaymentEvent::Captured => (PaymentState::Captured, OrderStatus::Paid, &PaymentState::OPEN),
        PaymentEvent::Failed => (
            PaymentState::Failed,
            OrderStatus::PaymentFailed,
            &[PaymentState::Created, PaymentState::RequiresAction, PaymentState::Processing],
        ),
        PaymentEvent::Processing => (
            PaymentState::Processing,
            OrderStatus::PaymentProcessing,
            &[PaymentState::Created, PaymentState::RequiresAction, PaymentState::Failed],
        ),
        PaymentEvent::ActionRequired => (
            PaymentState::RequiresAction,
            OrderStatus::PaymentProcessing,
            &[PaymentState::Created, PaymentState::Failed],
        ),
        PaymentEvent::Cancelled
        | PaymentEvent::Disputed
        | PaymentEvent::DisputeWon
        | PaymentEvent::DisputeLost => return None,
    };
    let at = report.at.to_string();
    let moment = json!({"status": status.as_str(), "timestamp": at});
    let mut update = Update::new()
        .set("status", status.as_str())
        .set("payment_state", state.as_str())
        .set("intent_id", report.intent_id.as_str())
        .set("payment_reported_ms", report.at.ms())
        .set("updated_at", at)
        .append("timeline", vec![moment])
        .add("version", 1);
    if let Some(charge) = &report.charge_id {
        update = update.set("charge_id", charge.as_str());
    }
    if report.event == PaymentEvent::Processing {
        // A bank that takes days keeps the goods for the customer meanwhile.
        update = update.set("held_until", report.at.plus_days(PROCESSING_DAYS).to_string());
    }
    let mut conditions = vec![
        Condition::one_of("status", OrderStatus::UNPAID.map(OrderStatus::as_str)),
        Condition::one_of("payment_state", from.iter().map(|state| state.as_str())),
        Condition::equals("total", report.amount.amount),
        Condition::equals("currency", report.amount.currency.code()),
        Condition::lacks("intent_id").or(Condition::equals("intent_id", report.intent_id.as_str())),
    ];
    if report.event != PaymentEvent::Captured {
        // Money counts whenever it is told of; of all else the latest.
        let known = Condition::at_most("payment_reported_ms", report.at.ms());
        conditions.push(Condition::lacks("payment_reported_ms").or(known));
    }
    Some((update, Condition::All(conditions)))
}

/// How long a payment may be under way.
const PROCESSING_DAYS: u32 = 14;

async fn second_look(store: &Store, order: &Order, report: &Report) -> Result<Recorded, Error> {
    let other_intent = order.payment.intent_id.as_ref().is_some_and(|intent| *intent != report.intent_id);
    if other_intent || order.money(order.totals.total) != report.amount {
        return Ok(Recorded::Mismatch);
    }
    let late = report.event == PaymentEvent::Captured
        && order.status == OrderStatus::Cancelled
        && !order.payment.state.was_captured();
    if !late {
        return Ok(Recorded::Already);
    }
    let update = Update::new()
        .set("payment_state", PaymentState::Captured.as_str())
        .set("intent_id", report.intent_id.as_str())
        .set("charge_id", report.charge_id.as_deref().unwrap_or_default())
        .set("updated_at", report.at.to_string())
        .set("DUEPK", keys::due(keys::shard_of(&order.id.to_string(), keys::DUE_SHARDS)))
        .set("DUESK", report.at.to_string())
        .add("version", 1);
    let seen = Condition::equals("version", order.version);
    match store.table.write(Write::update_if(keys::order(&order.channel, order.id), update, seen)).await {
        Ok(()) => Ok(Recorded::Late),
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        Err(error) => Err(error.into()),
    }
}
