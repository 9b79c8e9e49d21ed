//! Disputes that Stripe has told of, by the payment that they are about: how they stand is read at Stripe by whoever looks at them.
//!
//! What Stripe tells of a dispute names no order of ours, and a webhook is one write: the order is found later, over the payment's metadata.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use table::{Condition, Update, Write};

use crate::{
    Error, Store,
    codec::{Kind, read},
    due, keys,
};

/// How long one is kept after the last that was told of it: longer than a bank takes.
const KEPT: Duration = Duration::from_secs(180 * 24 * 3_600);

/// A dispute that was told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Stripe's id, `dp_…`.
    pub id: String,
    /// The payment that it is about.
    pub intent_id: String,
    /// How often there was news of it.
    pub version: u64,
}

/// Notes that a dispute was opened, or decided: it is due to be looked at. A repeat changes nothing, nor does what comes after its decision. One write.
pub async fn tell(store: &Store, id: &str, intent_id: &str, decided: bool) -> Result<(), Error> {
    let now = store.now();
    let mut news = Condition::lacks("id");
    if decided {
        news = news.or(Condition::equals("decided", false));
    }
    let update = Update::new()
        .set("entity", Kind::Dispute.as_str())
        .set("id", id)
        .set("intent_id", intent_id)
        .set("decided", decided)
        .set("ttl", (now + KEPT).secs())
        .add("version", 1);
    let update = due::at(update, id, now);
    store.write_where_it_holds(Write::update_if(keys::dispute(id), update, news)).await
}

pub async fn get(store: &Store, id: &str) -> Result<Told, Error> {
    read(store.table.get(&keys::dispute(id)).await?.ok_or(Error::NotFound)?)
}

/// Notes that all was done that one asked for, unless something else was told of it meanwhile.
pub async fn looked_at(store: &Store, told: &Told) -> Result<(), Error> {
    let update = Update::new().remove("DUEPK").remove("DUESK");
    let still = Condition::equals("version", told.version);
    store.write_where_it_holds(Write::update_if(keys::dispute(&told.id), update, still)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        due::{self, What},
        testing::World,
    };

    #[tokio::test]
    async fn one_is_due_until_it_was_looked_at_as_it_is() {
        let store = World::new().store;
        let due = async || {
            let mut found = Vec::new();
            for shard in 0..due::SHARDS {
                found.extend(due::scan(&store, shard, store.now(), 10).await.unwrap());
            }
            found.into_iter().map(|due| due.what).collect::<Vec<_>>()
        };
        tell(&store, "dp_1", "pi_1", false).await.unwrap();
        let told = get(&store, "dp_1").await.unwrap();
        assert_eq!((told.intent_id.as_str(), told.version), ("pi_1", 1));
        assert_eq!(due().await, [What::Dispute("dp_1".to_owned())]);
        tell(&store, "dp_1", "pi_1", false).await.unwrap();
        assert_eq!(get(&store, "dp_1").await.unwrap(), told, "a repeat");
        tell(&store, "dp_1", "pi_1", true).await.unwrap();
        looked_at(&store, &told).await.unwrap();
        assert_eq!(due().await.len(), 1, "it was decided meanwhile");
        let decided = get(&store, "dp_1").await.unwrap();
        looked_at(&store, &decided).await.unwrap();
        tell(&store, "dp_1", "pi_1", true).await.unwrap();
        tell(&store, "dp_1", "pi_1", false).await.unwrap();
        assert_eq!((get(&store, "dp_1").await.unwrap(), due().await), (decided, vec![]));
        assert!(matches!(get(&store, "dp_2").await, Err(Error::NotFound)));
    }
}
