//! Due times: when the sweeper looks at an unfinished thing again (rule 10).
//!
//! They are set once and moved on by the sweeper alone, so that a cart which slides its holds with each change writes no index entry, nor an
//! import with each of its chunks.

use domain::{CartId, ImportId, OrderId, ShipmentId, Tenant, Timestamp, VendorId, variant::VariantRef};
use table::{Condition, Key, Query, Range, Update, Write, schema};

use crate::{Error, Store, keys};

/// Something whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub what: What,
    pub at: Timestamp,
    key: Key,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Cart(Tenant, CartId),
    Order(Tenant, OrderId),
    Import(VendorId, ImportId),
    /// A share that waits for its vendor to be ready.
    Settlement(VendorId, ShipmentId),
    /// A variant that is sold in stripes.
    Stripes(VariantRef),
    /// By Stripe's id.
    Dispute(String),
    /// By what tells it from others.
    Mail(String),
}

/// How many are read with one look at all of them.
const AT_ONCE: u32 = 1_000;
/// How many partitions the due times are spread over.
pub const SHARDS: u8 = keys::DUE_SHARDS;

/// Up to `limit` things of a shard that are due, those due longest first.
pub async fn scan(store: &Store, shard: u8, now: Timestamp, limit: u32) -> Result<Vec<Due>, Error> {
    let query = Query::index(&schema::DUE, keys::due(shard)).range(Range::UpTo(now.to_string())).limit(limit);
    let page = store.table.query(&query).await?;
    Ok(page
        .items
        .into_iter()
        .filter_map(|item| {
            let at = item.str("DUESK")?.parse().ok()?;
            Some(Due { what: what(&item.key)?, at, key: item.key })
        })
        .collect())
}

/// The carts that wait for something, of all shards: every cart that holds goods does.
pub async fn carts(store: &Store) -> Result<Vec<(Tenant, CartId)>, Error> {
    let mut carts = Vec::new();
    for shard in 0..SHARDS {
        let mut query = Query::index(&schema::DUE, keys::due(shard)).limit(AT_ONCE);
        loop {
            let page = store.table.query(&query).await?;
            carts.extend(page.items.iter().filter_map(|item| match what(&item.key)? {
                What::Cart(channel, id) => Some((channel, id)),
                _ => None,
            }));
            match page.next {
                Some(next) => query = query.after(Some(next)),
                None => break,
            }
        }
    }
    Ok(carts)
}

/// Moves a due time on, or takes it away, unless somebody else has done so, or has changed the item since it was seen at a version.
pub async fn postpone(
    store: &Store,
    due: &Due,
    to: Option<Timestamp>,
    seen: Option<u64>,
) -> Result<(), Error> {
    let update = match to {
        Some(time) => Update::new().set("DUESK", time.to_string()),
        None => Update::new().remove("DUESK").remove("DUEPK"),
    };
    let mut still = Condition::equals("DUESK", due.at.to_string());
    if let Some(version) = seen {
        still = still.and(Condition::equals("version", version));
    }
    store.write_where_it_holds(Write::update_if(due.key.clone(), update, still)).await
}

/// Makes something of an id due at a time, whatever was due of it before.
pub(crate) fn at(update: Update, id: &str, at: Timestamp) -> Update {
    update.set("DUEPK", keys::due(keys::shard_of(id, SHARDS))).set("DUESK", at.to_string())
}

/// The due time to store: an earlier one stays.
pub(crate) fn lazily(stored: Option<Timestamp>, needed: Option<Timestamp>) -> Option<Timestamp> {
    match (stored, needed) {
        (Some(stored), Some(needed)) => Some(stored.min(needed)),
        (None, needed) => needed,
        (Some(_), None) => None,
    }
}

fn what(key: &Key) -> Option<What> {
    if let Some(mail) = keys::mail_of(key) {
        return Some(What::Mail(mail.to_owned()));
    }
    if let Some(place) = keys::variant_of(key) {
        return Some(What::Stripes(place));
    }
    let id = key.pk.rsplit('#').next()?;
    if key.sk == keys::DISPUTE {
        return Some(What::Dispute(id.to_owned()));
    }
    let tenant = keys::tenant_of(&key.pk)?;
    match (key.sk.as_str(), tenant) {
        ("CART", _) => id.parse().ok().map(|id| What::Cart(tenant, id)),
        ("ORDER", _) => id.parse().ok().map(|id| What::Order(tenant, id)),
        (keys::SETTLEMENT, Tenant::Vendor(vendor)) => id.parse().ok().map(|id| What::Settlement(vendor, id)),
        (keys::JOB, Tenant::Vendor(vendor)) => id.parse().ok().map(|id| What::Import(vendor, id)),
        _ => None,
    }
}
