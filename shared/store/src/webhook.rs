//! Authentic webhooks that nothing was made of: kept as they came, for a person to look at.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use table::Write;

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item},
    keys,
};

/// How long they are kept.
const KEPT: Duration = Duration::from_secs(60 * 24 * 3_600);

/// Why nothing was made of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It could not be read.
    Unparsable,
    /// Its type is not handled.
    UnknownType,
    /// It speaks of no order of ours.
    Foreign,
    /// It speaks of another amount, currency or payment than its order's.
    Mismatch,
    /// It speaks of a connected account.
    Connect,
}

#[derive(Serialize)]
struct Record<'a> {
    why: Why,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    /// Of a body that is no UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

/// Keeps a body under its event's id; a second delivery of it changes nothing.
pub async fn keep(store: &Store, why: Why, event_id: &str, body: &[u8]) -> Result<(), Error> {
    let text = std::str::from_utf8(body).ok();
    let record = Record { why, body: text, body_base64: text.is_none().then(|| STANDARD.encode(body)) };
    let ttl = (store.now() + KEPT).secs();
    let made = item(keys::webhook(event_id), Kind::Webhook, &record)?.with("ttl", ttl);
    store.write_where_it_holds(Write::create(made)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_kept_whole_whatever_its_bytes() {
        let store = crate::testing::World::new().store;
        keep(&store, Why::UnknownType, "evt_1", br#"{"id":"evt_1"}"#).await.unwrap();
        keep(&store, Why::Unparsable, "evt_2", b"\xff\xfe").await.unwrap();
        let kept = async |id| store.table.get(&keys::webhook(id)).await.unwrap().unwrap().doc;
        let first = kept("evt_1").await;
        assert_eq!((&first["why"], &first["body"]), (&"unknown_type".into(), &r#"{"id":"evt_1"}"#.into()));
        let second = kept("evt_2").await;
        assert_eq!((&second["why"], &second["body_base64"]), (&"unparsable".into(), &"//4=".into()));
        assert!(second["ttl"].as_i64().unwrap() > store.now().secs());
    }
}
