//! Mails that are claimed before they are sent: once, or twice where a fault falls between.
//!
//! A mail that something new asks for is noted with it, in one transaction, and is due until it has gone: the sweeper looks for it where its event was
//! lost. (What becomes of an order is looked for with the order.)

use std::{sync::Arc, time::Duration};

use domain::{Timestamp, mail::GONE_BY};
use serde::{Deserialize, Serialize};
use serde_json::json;
use table::{Condition, Doc, Key, Update, Write};

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read},
    keys,
};

/// How long one claim keeps others away, should its holder be stopped before it has sent.
const LEASE: Duration = Duration::from_secs(60);
/// How long a sent mail is remembered: longer than any event is delivered again.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// A mail that has not gone: what asked for it, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub at: Timestamp,
    pub pk: String,
    pub sk: String,
    /// What lies there now; `None` where it is gone.
    pub doc: Option<Arc<Doc>>,
}

/// What is noted of a mail that was asked for.
#[derive(Serialize, Deserialize)]
struct Note {
    state: String,
    /// The item that asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_at: Option<Timestamp>,
    /// When it is forgotten, epoch seconds.
    ttl: i64,
}

/// Notes that something asks for a mail.
pub(crate) fn ask(key: &str, about: &Key, now: Timestamp) -> Result<Write, Error> {
    let due = now + GONE_BY;
    let note = Note {
        state: "asked".to_owned(),
        about: Some((about.pk.clone(), about.sk.clone())),
        asked_at: Some(now),
        ttl: (now + KEPT).secs(),
    };
    let noted = item(keys::mail(key), Kind::Mail, &note)?;
    Ok(Write::create(noted.with_due_shard(key, Some(due)).with("DUESK", due.to_string())))
}

/// A mail that was asked for and has not gone.
pub async fn asked(store: &Store, key: &str) -> Result<Option<Asked>, Error> {
    let Some(found) = store.table.get(&keys::mail(key)).await? else { return Ok(None) };
    let note: Note = read(found)?;
    let (Some((pk, sk)), Some(at)) = (note.about, note.asked_at) else { return Ok(None) };
    let there = store.table.get(&Key::new(&pk, &sk)).await?;
    Ok(Some(Asked { at, pk, sk, doc: there.map(|item| item.doc) }))
}

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
    // What was noted when it was asked for stays: until it has gone, it is due.
    let claimed = Update::new()
        .set("entity", Kind::Mail.as_str())
        .set("state", "claimed")
        .set("until", (now + LEASE).ms())
        .set("ttl", (now + KEPT).secs());
    let free = Condition::Absent
        .or(Condition::equals("state", "asked"))
        .or(Condition::equals("state", "claimed").and(Condition::at_most("until", now.ms())));
    match store.table.write(Write::update_if(keys::mail(key), claimed, free)).await {
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
    store.write_where_it_holds(Write::update_if(keys::mail(key), lapsed, unsent)).await
}

/// Forgets a claim under which there was nothing to tell, as if nobody had asked; a mail that was sent stays sent.
pub async fn forget(store: &Store, key: &str) -> Result<(), Error> {
    let unsent = Condition::equals("state", "claimed");
    store.write_where_it_holds(Write::delete_if(keys::mail(key), unsent)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        due::{self, What},
        testing::World,
    };

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
    async fn what_was_asked_for_is_due_until_it_has_gone() {
        let world = World::new();
        let about = Key::new("T#platform#CUSTOMER#x", "CUSTOMER");
        world
            .store
            .table
            .transact(vec![ask("x:customer.registered", &about, world.store.now()).unwrap()], None)
            .await
            .unwrap();
        let due = async || {
            let far = world.store.now().plus_days(1);
            let mut all = Vec::new();
            for shard in 0..due::SHARDS {
                all.extend(due::scan(&world.store, shard, far, 10).await.unwrap());
            }
            all.into_iter().map(|due| (due.what, due.at)).collect::<Vec<_>>()
        };
        let expected = [(What::Mail("x:customer.registered".to_owned()), world.store.now() + GONE_BY)];
        assert_eq!(due().await, expected);
        let noted = asked(&world.store, "x:customer.registered").await.unwrap().unwrap();
        assert_eq!((noted.at, noted.pk, noted.doc), (world.store.now(), about.pk, None));
        for _ in 0..2 {
            assert_eq!(claim(&world.store, "x:customer.registered").await.unwrap(), Claim::Ours);
            assert_eq!(due().await, expected);
            release(&world.store, "x:customer.registered").await.unwrap();
        }
        sent(&world.store, "x:customer.registered").await.unwrap();
        assert_eq!(
            (due().await, asked(&world.store, "x:customer.registered").await.unwrap()),
            (vec![], None)
        );
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
    async fn a_claim_that_is_forgotten_leaves_nothing_and_what_was_sent_stays() {
        let world = World::new();
        for key in ["nothing", "gone"] {
            claim(&world.store, key).await.unwrap();
        }
        sent(&world.store, "gone").await.unwrap();
        for key in ["nothing", "gone", "never"] {
            forget(&world.store, key).await.unwrap();
        }
        let left: Vec<_> = world.table.dump().into_iter().map(|item| item.key).collect();
        assert_eq!(left, [keys::mail("gone")]);
        assert_eq!(claim(&world.store, "nothing").await.unwrap(), Claim::Ours);
        assert_eq!(claim(&world.store, "gone").await.unwrap(), Claim::Sent);
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
