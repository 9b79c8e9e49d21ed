//! Mails that are claimed before they are sent: once, or twice where a fault falls between.

use std::time::Duration;

use serde_json::json;
use table::{Condition, Write};

use crate::{Error, Store, codec::Kind, codec::item, keys};

/// How long one claim keeps others away, should its holder be stopped before it has sent.
const LEASE: Duration = Duration::from_secs(60);
/// How long a sent mail is remembered: longer than any event is delivered again.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// What a claim came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Ours: send it, then say so with [`sent`].
    Ours,
    /// It was sent before.
    Sent,
    /// Somebody is at it.
    InFlight,
}

/// Claims the mail of an event.
pub async fn claim(store: &Store, event_id: &str) -> Result<Claim, Error> {
    let now = store.now();
    let claimed = item(
        keys::mail(event_id),
        Kind::Mail,
        &json!({"state": "claimed", "until": (now + LEASE).ms(), "ttl": (now + KEPT).secs()}),
    )?;
    let free = Condition::Absent.or(Condition::equals("state", "claimed").and(Condition::at_most("until", now.ms())));
    match store.table.write(Write::put_if(claimed, free)).await {
        Ok(_) => Ok(Claim::Ours),
        Err(error) if error.is_condition_failed() => {
            let state = error.failed().first().and_then(|failed| failed.item.as_ref()?.str("state").map(str::to_owned));
            Ok(if state.as_deref() == Some("sent") { Claim::Sent } else { Claim::InFlight })
        }
        Err(error) => Err(error.into()),
    }
}

/// Marks a claimed mail as sent.
pub async fn sent(store: &Store, event_id: &str) -> Result<(), Error> {
    let kept = (store.now() + KEPT).secs();
    let done = item(keys::mail(event_id), Kind::Mail, &json!({"state": "sent", "ttl": kept}))?;
    store.table.write(Write::put(done)).await?;
    Ok(())
}
