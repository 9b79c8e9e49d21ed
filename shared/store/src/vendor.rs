//! Vendors, and the names of their shops.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use domain::{
    Timestamp, VendorId,
    account::Staff,
    shipping::Shipping,
    slug::Slug,
    vendor::{Marketplace, Vendor, VendorStatus},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use table::{Condition, Item, Query, Update, Write, schema};

use crate::{
    Error, Store, account,
    codec::{Indexed, Kind, item, read, value},
    idempotency::{self, Scope},
    keys, mail,
    page::{Paging, Slice, newest_first},
};

/// Vendors by their slugs, as they were a little while ago.
#[derive(Default)]
pub(crate) struct Cache(Mutex<BTreeMap<Slug, (Timestamp, Vendor)>>);

/// How old a cached vendor may be: this long after it was suspended it may still be seen. Only vendors that sell are kept, so that a shop
/// which opens is seen at once.
const FRESH: Duration = Duration::from_secs(30);
const CAPACITY: usize = 1_000;

#[derive(Serialize, Deserialize)]
struct Owner {
    vendor_id: VendorId,
}

/// Makes a vendor with its invited owner.
///
/// # Errors
/// [`Error::Taken`] with `slug` or `email`.
pub async fn create(store: &Store, vendor: &Vendor, owner: &Staff) -> Result<(), Error> {
    create_once(store, vendor, owner, None).await
}

/// [`create`], for a call under a key.
///
/// # Errors
/// [`Error::MadeBefore`] when a vendor was made under this key before.
pub async fn create_once(
    store: &Store,
    vendor: &Vendor,
    owner: &Staff,
    once: Option<&Scope>,
) -> Result<(), Error> {
    let slug = item(keys::unique_slug(&vendor.slug), Kind::Unique, &Owner { vendor_id: vendor.id })?;
    let mut writes = vec![
        Write::create(slug),
        account::claim_staff_email(owner)?,
        Write::create(vendor_item(vendor)?),
        Write::create(account::staff_item(owner)?),
        mail::ask(&domain::mail::key(vendor.id, "vendor.created"), &keys::vendor(vendor.id), store.now())?,
    ];
    let last = writes.len();
    writes.extend(once.map(|once| idempotency::once_made(once, vendor.id)));
    store.table.transact(writes, None).await.map_err(|error| {
        let failed = error.failed().first().map(|failed| failed.action);
        idempotency::made_before(&error, last).unwrap_or_else(|| match failed {
            Some(0) => Error::Taken("slug"),
            Some(1) => Error::Taken("email"),
            _ => error.into(),
        })
    })
}

pub async fn get(store: &Store, id: VendorId) -> Result<Vendor, Error> {
    read(store.table.get(&keys::vendor(id)).await?.ok_or(Error::NotFound)?)
}

/// Several vendors, in the order of the ids; missing ones are left out.
pub async fn get_all(store: &Store, ids: &[VendorId]) -> Result<Vec<Vendor>, Error> {
    let keys: Vec<_> = ids.iter().map(|id| keys::vendor(*id)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    store.table.batch_get(&keys).await?.into_iter().flatten().map(read).collect()
}

/// The vendor whose shop a request names; up to half a minute old.
pub async fn by_slug(store: &Store, slug: &Slug) -> Result<Vendor, Error> {
    let now = store.now();
    if let Some(vendor) = store.vendors.get(slug, now) {
        return Ok(vendor);
    }
    let unique = store.table.get(&keys::unique_slug(slug)).await?.ok_or(Error::NotFound)?;
    let Owner { vendor_id } = read(unique)?;
    let vendor = get(store, vendor_id).await?;
    if vendor.sells() {
        store.vendors.keep(&vendor, now);
    }
    Ok(vendor)
}

/// A page of vendors, of one status or of all, status by status, newest first.
pub async fn list(
    store: &Store,
    status: Option<VendorStatus>,
    paging: &Paging,
) -> Result<Slice<Vendor>, Error> {
    let prefix = status.map(|status| format!("{}#", status.as_str())).unwrap_or_default();
    let query = Query::index(&schema::LISTING, keys::VENDORS);
    let page = newest_first(store, query, "L1SK", &prefix, paging).await?;
    let found = fetch(store, &page.data).await?;
    Ok(Slice { data: found.into_iter().map(read).collect::<Result<_, _>>()?, next_cursor: page.next_cursor })
}

/// Sets where a vendor's feed comes from.
pub async fn set_marketplace(store: &Store, id: VendorId, settings: &Marketplace) -> Result<Vendor, Error> {
    set(store, id, "marketplace", value(settings)?).await
}

/// Sets where a vendor ships to, and for how much.
pub async fn set_shipping(store: &Store, id: VendorId, settings: &Shipping) -> Result<Vendor, Error> {
    set(store, id, "shipping", value(settings)?).await
}

async fn set(store: &Store, id: VendorId, setting: &'static str, to: Value) -> Result<Vendor, Error> {
    let update = Update::new().set(setting, to).add("version", 1);
    match store.table.update(keys::vendor(id), update, Some(Condition::Present)).await {
        Ok(item) => read(item),
        Err(error) if error.is_condition_failed() => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}

/// Replaces a vendor that was seen at the version before.
pub(crate) fn replace(vendor: &Vendor) -> Result<Write, Error> {
    Ok(Write::put_if(vendor_item(vendor)?, Condition::equals("version", vendor.version - 1)))
}

/// The items that a page of an index names, in its order.
pub(crate) async fn fetch(store: &Store, page: &[Item]) -> Result<Vec<Item>, Error> {
    let keys: Vec<_> = page.iter().map(|item| item.key.clone()).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(table::MAX_BATCH) {
        found.extend(store.table.batch_get(chunk).await?.into_iter().flatten());
    }
    Ok(found)
}

fn vendor_item(vendor: &Vendor) -> Result<Item, Error> {
    let place = format!("{}#{}", vendor.status.as_str(), vendor.id);
    Ok(item(keys::vendor(vendor.id), Kind::Vendor, vendor)?.with("L1PK", keys::VENDORS).with("L1SK", place))
}

impl Cache {
    fn get(&self, slug: &Slug, now: Timestamp) -> Option<Vendor> {
        let entries = self.0.lock().ok()?;
        let (read_at, vendor) = entries.get(slug)?;
        (now < *read_at + FRESH).then(|| vendor.clone())
    }

    fn keep(&self, vendor: &Vendor, now: Timestamp) {
        if let Ok(mut entries) = self.0.lock() {
            if entries.len() >= CAPACITY {
                entries.clear();
            }
            entries.insert(vendor.slug.clone(), (now, vendor.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    async fn set_status(world: &World, vendor: &Vendor, status: VendorStatus) -> Vendor {
        let next = Vendor { status, version: vendor.version + 1, ..vendor.clone() };
        world.store.table.write(replace(&next).unwrap()).await.unwrap();
        next
    }

    #[tokio::test]
    async fn slugs_and_owners_addresses_are_unique_and_a_refused_vendor_leaves_nothing() {
        let world = World::new();
        world.vendor("tea", "owner@example.org").await.unwrap();
        let before = world.table.dump();
        let other = |slug, address| {
            let (vendor, owner) = world.proposed("other", address);
            (Vendor { slug: Slug::try_from(String::from(slug)).unwrap(), ..vendor }, owner)
        };
        for (slug, address, taken) in [
            ("tea", "other@example.org", "slug"),
            ("coffee", "owner@example.org", "email"),
            ("tea", "owner@example.org", "slug"),
        ] {
            let (vendor, owner) = other(slug, address);
            match create(&world.store, &vendor, &owner).await {
                Err(Error::Taken(what)) => assert_eq!(what, taken),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(world.table.dump(), before);
    }

    #[tokio::test]
    async fn a_shop_that_opens_is_seen_at_once_and_one_that_closes_within_half_a_minute() {
        let world = World::new();
        let (pending, _) = world.vendor("tea", "owner@example.org").await.unwrap();
        let status = async || by_slug(&world.store, &pending.slug).await.unwrap().status;
        assert_eq!(status().await, VendorStatus::Pending);
        let active = set_status(&world, &pending, VendorStatus::Active).await;
        assert_eq!(status().await, VendorStatus::Active);
        set_status(&world, &active, VendorStatus::Suspended).await;
        world.clock.advance(FRESH - Duration::from_millis(1));
        assert_eq!(status().await, VendorStatus::Active);
        world.clock.advance(Duration::from_millis(1));
        assert_eq!(status().await, VendorStatus::Suspended);
    }

    #[tokio::test]
    async fn lists_are_paged_to_their_end_with_and_without_a_status() {
        let world = World::new();
        let mut made = Vec::new();
        for number in 0..7 {
            let (vendor, _) =
                world.vendor(&format!("tea-{number}"), &format!("o{number}@example.org")).await.unwrap();
            let active = number % 2 == 0;
            made.push(if active { set_status(&world, &vendor, VendorStatus::Active).await } else { vendor });
        }
        for (status, expected) in
            [(None, 7), (Some(VendorStatus::Active), 4), (Some(VendorStatus::Closed), 0)]
        {
            let mut paging = Paging { limit: 2, cursor: None };
            let mut seen = Vec::new();
            loop {
                let page = list(&world.store, status, &paging).await.unwrap();
                assert!(page.data.len() <= 2);
                seen.extend(page.data);
                let Some(next) = page.next_cursor else { break };
                paging.cursor = Some(next);
            }
            assert_eq!(seen.len(), expected, "{status:?}");
            assert!(seen.iter().all(|vendor| made.contains(vendor)));
            seen.dedup_by_key(|vendor| vendor.id);
            assert_eq!(seen.len(), expected, "{status:?}");
        }
    }

    #[tokio::test]
    async fn a_cursor_of_one_status_does_not_read_another() {
        let world = World::new();
        for number in 0..3 {
            world.vendor(&format!("tea-{number}"), &format!("o{number}@example.org")).await.unwrap();
        }
        let paging = Paging { limit: 1, cursor: None };
        let page = list(&world.store, Some(VendorStatus::Pending), &paging).await.unwrap();
        let paging = Paging { limit: 1, cursor: page.next_cursor };
        let other = list(&world.store, Some(VendorStatus::Active), &paging).await;
        assert!(matches!(other, Err(Error::BadCursor)));
    }

    #[tokio::test]
    async fn several_vendors_come_in_the_order_of_their_ids_and_missing_ones_not_at_all() {
        let world = World::new();
        let (one, _) = world.vendor("tea", "a@example.org").await.unwrap();
        let (two, _) = world.vendor("coffee", "b@example.org").await.unwrap();
        let missing = world.proposed("milk", "c@example.org").0.id;
        assert_eq!(get_all(&world.store, &[two.id, missing, one.id]).await.unwrap(), [two, one]);
        assert_eq!(get_all(&world.store, &[]).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_feed_is_set_for_a_vendor_that_exists_alone() {
        let world = World::new();
        let (vendor, _) = world.vendor("tea", "a@example.org").await.unwrap();
        let settings = Marketplace {
            csv_url: "https://feeds.example.org/tea.csv".to_owned(),
            currency: domain::Currency::EUR,
            language: "de".to_owned(),
        };
        let set = set_marketplace(&world.store, vendor.id, &settings).await.unwrap();
        assert_eq!((set.marketplace, set.version), (Some(settings.clone()), 2));
        let missing = world.proposed("milk", "c@example.org").0.id;
        assert!(matches!(set_marketplace(&world.store, missing, &settings).await, Err(Error::NotFound)));
    }
}
