//! Mails whose events were lost: the notifier is asked for them again (rule 10). It sends none twice.

use domain::{
    Timestamp,
    mail::{REMIND_EACH, may_remind},
    order::Order,
};
use events::{Change, Envelope, low_stock, mail_key, of_change, reminders};
use serde_json::json;

use crate::{
    Deps,
    sweep::{Error, ask},
};

/// Asks for those mails of an order, and of goods that its sale may have made few, which should have gone by `now` and have not; answers whether there
/// are any.
pub(crate) async fn remind(deps: &Deps, order: &Order, now: Timestamp) -> Result<bool, Error> {
    let mut events = reminders(order);
    events.retain(|event| may_remind(event.occurred_at, now));
    if let Some(sold_at) = order.confirmed_at.filter(|at| may_remind(*at, now)) {
        let places: Vec<_> = order.lines.iter().map(|line| line.variant).collect();
        let goods = store::stock::get_all(deps.store(), &places).await.map_err(ordering::Error::from)?;
        events.extend(goods.iter().filter_map(|variant| low_stock(variant, sold_at)));
    }
    let asked: Vec<(String, Envelope)> = events.into_iter().map(|event| (mail_key(&event), event)).collect();
    if asked.is_empty() {
        return Ok(false);
    }
    let keys: Vec<&str> = asked.iter().map(|(key, _)| key.as_str()).collect();
    let unsent = store::mail::unsent(deps.store(), &keys).await.map_err(ordering::Error::from)?;
    let missing = asked.iter().filter(|(key, _)| unsent.contains(&key.as_str()));
    let messages: Vec<String> = missing.map(|(_, event)| entry(event)).collect();
    if messages.is_empty() {
        return Ok(false);
    }
    tracing::warn!(order.id = %order.id, mails = messages.len(), "mails that have not gone are asked for again");
    ask(&*deps.mails, messages).await?;
    Ok(true)
}

/// Asks for a mail that something new asked for, whose event is told once more from what lies there now; answers when to look for it again.
pub(crate) async fn look_for(deps: &Deps, key: &str, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let asked = store::mail::asked(deps.store(), key).await.map_err(ordering::Error::from)?;
    let Some(asked) = asked.filter(|asked| asked.doc.is_some()) else { return Ok(None) };
    let change =
        Change { pk: &asked.pk, sk: &asked.sk, old: None, new: asked.doc.as_deref(), seen_at: asked.at };
    let told = of_change(&change).map_err(|error| Error::NotAsked(error.into()))?;
    let event = told.iter().find(|event| mail_key(event) == key);
    match (event, may_remind(asked.at, now)) {
        (Some(event), true) => {
            tracing::warn!(mail.key = key, "a mail that has not gone is asked for again");
            ask(&*deps.mails, vec![entry(event)]).await?;
        }
        // An import that has not ended yet tells nothing.
        (None, true) => {}
        (Some(_), false) => {
            tracing::error!(mail.key = key, alarm = "mail_given_up", "a mail was never sent");
            return Ok(None);
        }
        (None, false) => return Ok(None),
    }
    Ok(Some(now + REMIND_EACH))
}

/// An event as the bus would bring it.
fn entry(event: &Envelope) -> String {
    json!({"detail-type": event.kind.as_str(), "source": event.kind.source(), "detail": event}).to_string()
}
