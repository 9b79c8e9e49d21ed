//! What Stripe says of payments, written down in whichever order it comes.

use std::time::Duration;

use domain::{
    Money, OrderId, Tenant, Timestamp,
    order::{Order, OrderStatus},
    payment::{PaymentEvent, PaymentState},
};
use serde_json::json;
use table::{Condition, Update, Write};

use crate::{Error, Store, codec::read, due, keys};

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

/// Records what Stripe says, whatever was recorded before and in whichever order it comes. One write, two where the money is late, or did not come after all.
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

/// Notes that a refund has failed, as Stripe tells: the sweeper finds out what that asks for. One read, and one write where that was not known.
///
/// # Errors
/// [`Error::NotFound`] where there is no such order.
pub async fn doubt_refund(store: &Store, channel: &Tenant, id: OrderId, refund: &str) -> Result<(), Error> {
    let order = super::get(store, channel, id).await?;
    if order.refunds.iter().any(|one| one.id == refund && !one.may_fail()) {
        return Ok(());
    }
    let now = store.now();
    let update = Update::new().set("refund_doubted_at", now.to_string()).add("version", 1);
    let update = due::at(update, &id.to_string(), now);
    match store.table.write(Write::update_if(keys::order(channel, id), update, Condition::Present)).await {
        Err(error) if error.is_condition_failed() => Err(Error::NotFound),
        other => Ok(other.map(|_| ())?),
    }
}

/// The write that is right nearly always, so that nothing has to be read.
fn first_write(report: &Report) -> Option<(Update, Condition)> {
    let (state, status, from): (_, _, &[PaymentState]) = match report.event {
        PaymentEvent::Captured => (PaymentState::Captured, OrderStatus::Paid, &PaymentState::OPEN),
        // One that was under way for days is looked at more closely.
        PaymentEvent::Failed => (
            PaymentState::Failed,
            OrderStatus::PaymentFailed,
            &[PaymentState::Created, PaymentState::RequiresAction],
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
    let mut update = told(report, state, status);
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
        // Money counts whenever it is told of; of all else the latest. Of one moment a failure is the latest.
        let at = report.at.ms();
        let known =
            |at| Condition::lacks("payment_reported_ms").or(Condition::at_most("payment_reported_ms", at));
        let stands = from.iter().filter(|state| **state != PaymentState::Failed);
        let stands = Condition::one_of("payment_state", stands.map(|state| state.as_str()));
        conditions.push(known(at - 1).or(known(at).and(stands)));
    }
    Some((update, Condition::All(conditions)))
}

fn told(report: &Report, state: PaymentState, status: OrderStatus) -> Update {
    let at = report.at.to_string();
    let moment = json!({"status": status.as_str(), "timestamp": at});
    let update = Update::new()
        .set("status", status.as_str())
        .set("payment_state", state.as_str())
        .set("intent_id", report.intent_id.as_str())
        .set("payment_reported_ms", report.at.ms())
        .set("updated_at", at)
        .append("timeline", vec![moment])
        .add("version", 1);
    match &report.charge_id {
        Some(charge) => update.set("charge_id", charge.as_str()),
        None => update,
    }
}

/// How long a payment may be under way.
const PROCESSING_DAYS: u32 = 14;
/// How long the goods are kept for another try of the buyer's when a payment has failed that was under way.
const ANOTHER_TRY: Duration = Duration::from_secs(30 * 60);

async fn second_look(store: &Store, order: &Order, report: &Report) -> Result<Recorded, Error> {
    let other_intent = order.payment.intent_id.as_ref().is_some_and(|intent| *intent != report.intent_id);
    if other_intent || order.money(order.totals.total) != report.amount {
        return Ok(Recorded::Mismatch);
    }
    let payment = &order.payment;
    let late = report.event == PaymentEvent::Captured
        && order.status == OrderStatus::Cancelled
        && !payment.state.was_captured();
    let failed = report.event == PaymentEvent::Failed
        && payment.state == PaymentState::Processing
        && order.is_unpaid()
        && payment.reported_ms.is_none_or(|known| known <= report.at.ms());
    let (update, due_at, recorded) = if late {
        let update = Update::new()
            .set("payment_state", PaymentState::Captured.as_str())
            .set("intent_id", report.intent_id.as_str())
            .set("charge_id", report.charge_id.as_deref().unwrap_or_default())
            .set("updated_at", report.at.to_string())
            .add("version", 1);
        (update, report.at, Recorded::Late)
    } else if failed {
        let until = store.now() + ANOTHER_TRY;
        let update = told(report, PaymentState::Failed, OrderStatus::PaymentFailed);
        (update.set("held_until", until.to_string()), until, Recorded::Done)
    } else {
        return Ok(Recorded::Already);
    };
    let update = due::at(update, &order.id.to_string(), due_at);
    let seen = Condition::equals("version", order.version);
    match store.table.write(Write::update_if(keys::order(&order.channel, order.id), update, seen)).await {
        Ok(()) => Ok(recorded),
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        Err(error) => Err(error.into()),
    }
}
