//! Who makes a change, and the request that began it all: written into every item of a tenant's that changes, so that its events tell (rule 10).
//!
//! A task carries its origin beside it, as it carries its tracing span: no handler passes it on by hand, and none can forget to.

use std::{
    fmt::Display,
    future::Future,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use table::{Condition, Error, Item, Key, Page, Query, Table, Update, Write};

tokio::task_local! {
    static ORIGIN: Origin;
}

/// Where a change comes from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    correlation_id: Option<String>,
    actor: Arc<OnceLock<String>>,
}

impl Origin {
    /// A request of somebody who may still turn out to be a principal.
    pub fn request(correlation_id: Option<String>) -> Self {
        Self { correlation_id, actor: Arc::default() }
    }

    /// What a function does by itself, following from a request or from none.
    pub fn function(name: &str, correlation_id: Option<String>) -> Self {
        let origin = Self::request(correlation_id);
        let _first = origin.actor.set(name.to_owned());
        origin
    }

    /// Runs a future whose changes come from here.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        ORIGIN.scope(self, future).await
    }
}

/// Tells who makes the request; the first to be told stays.
pub fn acting(principal: impl Display) {
    // Outside of a request there is nobody to note it for.
    let _noted = ORIGIN.try_with(|origin| origin.actor.set(principal.to_string()).is_ok());
}

/// The table, with every change of a tenant's item signed.
pub(crate) struct Signed(pub(crate) Arc<dyn Table>);

#[async_trait]
impl Table for Signed {
    async fn get(&self, key: &Key) -> Result<Option<Item>, Error> {
        self.0.get(key).await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Error> {
        self.0.batch_get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, Error> {
        self.0.query(query).await
    }

    async fn write(&self, write: Write) -> Result<(), Error> {
        self.0.write(sign(write)).await
    }

    async fn update(&self, key: Key, update: Update, condition: Option<Condition>) -> Result<Item, Error> {
        let update = if is_tenants(&key) { signed(update) } else { update };
        self.0.update(key, update, condition).await
    }

    async fn transact(&self, writes: Vec<Write>, token: Option<&str>) -> Result<(), Error> {
        self.0.transact(writes.into_iter().map(sign).collect(), token).await
    }
}

fn sign(write: Write) -> Write {
    match write {
        Write::Put { mut item, condition } if is_tenants(&item.key) => {
            item.doc_mut().extend(marks().map(|(name, value)| (name.to_owned(), value.into())));
            Write::Put { item, condition }
        }
        Write::Update { key, update, condition } if is_tenants(&key) => {
            Write::Update { key, update: signed(update), condition }
        }
        other => other,
    }
}

fn signed(update: Update) -> Update {
    marks().fold(update, |update, (name, value)| update.set(name, value))
}

/// What is known of who makes the request, and why.
fn marks() -> impl Iterator<Item = (&'static str, String)> {
    let origin = ORIGIN.try_with(Origin::clone).ok();
    let marks = origin
        .map(|origin| [("actor", origin.actor.get().cloned()), ("correlation_id", origin.correlation_id)]);
    marks.into_iter().flatten().filter_map(|(name, value)| Some((name, value?)))
}

/// Sessions, pointers and claims tell nobody anything.
fn is_tenants(key: &Key) -> bool {
    key.pk.starts_with("T#")
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn item(pk: &str) -> Item {
        Item::new(Key::new(pk, "X"), Map::new())
    }

    #[tokio::test]
    async fn a_tenants_change_tells_who_made_it_and_why() {
        let signed = Origin::request(Some("req-1".to_owned()))
            .scope(async {
                acting("stf_1");
                acting("stf_2");
                (sign(Write::put(item("T#platform#X"))), sign(Write::put(item("SESSION#x"))))
            })
            .await;
        let Write::Put { item: told, .. } = signed.0 else { panic!() };
        assert_eq!(
            serde_json::Value::Object((*told.doc).clone()),
            json!({"actor": "stf_1", "correlation_id": "req-1"})
        );
        assert_eq!(signed.1, Write::put(item("SESSION#x")));
    }

    #[tokio::test]
    async fn an_update_is_signed_too_and_nothing_outside_of_a_scope() {
        let key = Key::new("T#platform#X", "X");
        let plain = Write::update(key.clone(), Update::new().add("n", 1));
        assert_eq!(sign(plain.clone()), plain);
        let signed = Origin::function("sweeper", None).scope(async { sign(plain) }).await;
        assert_eq!(signed, Write::update(key, Update::new().add("n", 1).set("actor", "sweeper")));
    }
}
