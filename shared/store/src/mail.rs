//! Mails that are claimed before they are sent: once, or twice where a fault falls between.

use std::time::Duration;

use serde_json::json;
use table::{Condition, Update, Write};

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

/// Claims a mail, by what tells it from others.
pub async fn claim(store: &Store, key: &str) -> Result<Claim, Error> {
    let now = store.now();
    let claimed = item(
        keys::mail(key),
        Kind::Mail,
        &json!({"state": "claimed", "until": (now + LEASE).ms(), "ttl": (now + KEPT).secs()}),
    )?;
    let free = Condition::Absent
        .or(Condition::equals("state", "claimed").and(Condition::at_most("until", now.ms())));
    match store.table.write(Write::put_if(claimed, free)).await {
        Ok(_) => Ok(Claim::Ours),
        Err(error) if error.is_condition_failed() => {
            let state = error
                .failed()
                .first()
                .and_then(|failed| failed.item.as_ref()?.str("state").map(str::to_owned));
            Ok(if state.as_deref() == Some("sent") { Claim::Sent } else { Claim::InFlight })
        }
        Err(error) => Err(error.into()),
    }
}

/// Marks a claimed mail as sent.
pub async fn sent(store: &Store, key: &str) -> Result<(), Error> {
    let kept = (store.now() + KEPT).secs();
    let done = item(keys::mail(key), Kind::Mail, &json!({"state": "sent", "ttl": kept}))?;
    store.table.write(Write::put(done)).await?;
    Ok(())
}

/// Which of some mails have not gone. One round trip.
pub async fn unsent<'a>(store: &Store, keys: &[&'a str]) -> Result<Vec<&'a str>, Error> {
    let places: Vec<_> = keys.iter().map(|key| keys::mail(key)).collect();
    let found = store.table.batch_get(&places).await?;
    let gone = |item: &Option<table::Item>| item.as_ref().and_then(|item| item.str("state")) == Some("sent");
    Ok(keys.iter().zip(&found).filter(|(_, item)| !gone(item)).map(|(key, _)| *key).collect())
}

/// Gives a claim back after a failure, so that the next delivery need not wait for its end; a mail that was sent stays sent.
pub async fn release(store: &Store, key: &str) -> Result<(), Error> {
    let lapsed = Update::new().set("until", store.now().ms());
    let unsent = Condition::equals("state", "claimed");
    match store.table.write(Write::update_if(keys::mail(key), lapsed, unsent)).await {
        Err(error) if !error.is_condition_failed() => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_mail_is_claimed_once_at_a_time() {
        let world = World::new();
        assert_eq!(claim(&world.store, "evt_1").await.unwrap(), Claim::Ours);
        assert_eq!(claim(&world.store, "evt_1").await.unwrap(), Claim::InFlight);
        assert_eq!(claim(&world.store, "evt_2").await.unwrap(), Claim::Ours);
    }

    #[tokio::test]
    async fn a_claim_whose_holder_was_stopped_can_be_taken_after_its_lease() {
        let world = World::new();
        claim(&world.store, "evt_1").await.unwrap();
        world.clock.advance(LEASE - Duration::from_millis(1));
        assert_eq!(claim(&world.store, "evt_1").await.unwrap(), Claim::InFlight);
        world.clock.advance(Duration::from_millis(1));
        assert_eq!(claim(&world.store, "evt_1").await.unwrap(), Claim::Ours);
        assert_eq!(claim(&world.store, "evt_1").await.unwrap(), Claim::InFlight);
    }

    #[tokio::test]
    async fn what_is_claimed_has_not_gone_yet() {
        let world = World::new();
        for key in ["gone", "claimed"] {
            claim(&world.store, key).await.unwrap();
        }
        sent(&world.store, "gone").await.unwrap();
        let found = unsent(&world.store, &["gone", "claimed", "never"]).await.unwrap();
        assert_eq!(found, ["claimed", "never"]);
    }

    #[tokio::test]
    async fn a_claim_that_is_given_back_is_free_at_once() {
        let world = World::new();
        claim(&world.store, "evt_1").await.unwrap();
        release(&world.store, "evt_1").await.unwrap();
        assert_eq!(claim(&world.store, "evt_1").await.unwrap(), Claim::Ours);
    }

    #[tokio::test]
    async fn what_was_sent_stays_sent_for_longer_than_events_come_again() {
        let world = World::new();
        claim(&world.store, "evt_1").await.unwrap();
        sent(&world.store, "evt_1").await.unwrap();
        release(&world.store, "evt_1").await.unwrap();
        release(&world.store, "evt_2").await.unwrap();
        world.clock.advance(KEPT);
        assert_eq!(claim(&world.store, "evt_1").await.unwrap(), Claim::Sent);
        assert_eq!(claim(&world.store, "evt_2").await.unwrap(), Claim::Ours);
    }
}
