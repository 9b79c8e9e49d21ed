//! Mails of orders whose events were lost: the notifier is asked for them again (rule 10). It sends none twice.

use domain::{Timestamp, order::Order};
use events::{Envelope, mail_key, reminders};
use serde_json::json;

use crate::{
    Deps,
    sweep::{Error, ask},
};

/// Asks for those mails of an order that should have gone by `now` and have not; answers whether there are any.
pub(crate) async fn remind(deps: &Deps, order: &Order, now: Timestamp) -> Result<bool, Error> {
    let asked: Vec<(String, Envelope)> = reminders(order)
        .into_iter()
        .filter(|event| Order::may_remind(event.occurred_at, now))
        .map(|event| (mail_key(&event), event))
        .collect();
    if asked.is_empty() {
        return Ok(false);
    }
    let keys: Vec<&str> = asked.iter().map(|(key, _)| key.as_str()).collect();
    let unsent = store::mail::unsent(&deps.ordering.store, &keys).await.map_err(ordering::Error::from)?;
    let missing = asked.iter().filter(|(key, _)| unsent.contains(&key.as_str()));
    let messages: Vec<String> = missing.map(|(_, event)| entry(event)).collect();
    if messages.is_empty() {
        return Ok(false);
    }
    tracing::warn!(order.id = %order.id, mails = messages.len(), "mails that have not gone are asked for again");
    ask(&*deps.mails, messages).await?;
    Ok(true)
}

/// An event as the bus would bring it.
fn entry(event: &Envelope) -> String {
    json!({"detail-type": event.kind.as_str(), "source": event.kind.source(), "detail": event}).to_string()
}
