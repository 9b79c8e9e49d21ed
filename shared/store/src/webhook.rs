//! Authentic webhooks that nothing was made of: kept as they came, for a person to look at.
//!
//! Those that something may be made of once their cause is mended are in a list, by which `make redrive Q=stripe-webhook` finds them.

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

/// Where a webhook came to; each has a secret of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/`: what Stripe tells the platform.
    Platform,
    /// `/connect`: what it tells of connected accounts.
    Connect,
}

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

impl Why {
    /// Whether it is our fault, or may be: it is worth to be brought again.
    fn may_be_mended(self) -> bool {
        match self {
            Self::Unparsable | Self::Mismatch => true,
            Self::UnknownType | Self::Foreign | Self::Connect => false,
        }
    }
}

#[derive(Serialize)]
struct Record<'a> {
    why: Why,
    endpoint: Endpoint,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    /// Of a body that is no UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

/// Keeps a body under its event's id; a second delivery of it changes nothing.
pub async fn keep(
    store: &Store,
    endpoint: Endpoint,
    why: Why,
    event_id: &str,
    body: &[u8],
) -> Result<(), Error> {
    let text = std::str::from_utf8(body).ok();
    let body_base64 = text.is_none().then(|| STANDARD.encode(body));
    let record = Record { why, endpoint, body: text, body_base64 };
    let ttl = (store.now() + KEPT).secs();
    let mut made = item(keys::webhook(event_id), Kind::Webhook, &record)?.with("ttl", ttl);
    if why.may_be_mended() {
        made = made.with("L1PK", keys::WEBHOOKS).with("L1SK", event_id);
    }
    store.write_where_it_holds(Write::create(made)).await
}

#[cfg(test)]
mod tests {
    use table::{Query, schema::LISTING};

    use super::*;

    #[tokio::test]
    async fn a_body_is_kept_whole_whatever_its_bytes() {
        let store = crate::testing::World::new().store;
        let body = br#"{"id":"evt_1"}"#;
        keep(&store, Endpoint::Platform, Why::UnknownType, "evt_1", body).await.unwrap();
        keep(&store, Endpoint::Connect, Why::Unparsable, "evt_2", b"\xff\xfe").await.unwrap();
        let kept = async |id| store.table.get(&keys::webhook(id)).await.unwrap().unwrap().doc;
        let first = kept("evt_1").await;
        assert_eq!((&first["why"], &first["body"]), (&"unknown_type".into(), &r#"{"id":"evt_1"}"#.into()));
        assert_eq!(first["endpoint"], "platform");
        let second = kept("evt_2").await;
        assert_eq!((&second["why"], &second["body_base64"]), (&"unparsable".into(), &"//4=".into()));
        assert_eq!(second["endpoint"], "connect");
        assert!(second["ttl"].as_i64().unwrap() > store.now().secs());
    }

    #[tokio::test]
    async fn what_may_be_mended_is_in_the_list_and_nothing_else_is() {
        let store = crate::testing::World::new().store;
        for (id, why) in [
            ("evt_1", Why::Unparsable),
            ("evt_2", Why::UnknownType),
            ("evt_3", Why::Foreign),
            ("evt_4", Why::Mismatch),
            ("evt_5", Why::Connect),
        ] {
            keep(&store, Endpoint::Platform, why, id, b"{}").await.unwrap();
        }
        let list = Query::index(&LISTING, keys::WEBHOOKS);
        let listed = store.table.query(&list).await.unwrap().items;
        let listed: Vec<_> = listed.iter().map(|item| item.key.clone()).collect();
        assert_eq!(listed, [keys::webhook("evt_1"), keys::webhook("evt_4")]);
    }
}
