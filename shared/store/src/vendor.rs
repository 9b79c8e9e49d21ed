//! Vendors, and the names of their shops.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use domain::{
    Timestamp, VendorId,
    account::Staff,
    payouts::{Payouts, PayoutsStatus},
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

/// Notes the account that a vendor is paid to; a repeat notes the same.
///
/// # Errors
/// [`Error::VersionConflict`] where it has another.
pub async fn open_account(store: &Store, id: VendorId, payouts: &Payouts) -> Result<Vendor, Error> {
    let account = payouts.account_id.as_deref().unwrap_or_default();
    let ours = Condition::lacks("stripe_account").or(Condition::equals("stripe_account", account));
    match store.table.update(keys::vendor(id), told(payouts)?, Some(Condition::Present.and(ours))).await {
        Ok(item) => read(item),
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        Err(error) => Err(error.into()),
    }
}

/// Writes down how a vendor's account stands, unless something newer is known; answers whether it was news. One write.
pub async fn report_account(store: &Store, id: VendorId, payouts: &Payouts) -> Result<bool, Error> {
    let account = payouts.account_id.as_deref().unwrap_or_default();
    let at = payouts.reported_ms.unwrap_or_default();
    // Stripe tells the second alone: of two reports of one second, one that says the same is a repeat.
    let others = PayoutsStatus::ALL.into_iter().filter(|status| *status != payouts.status);
    let others = others.map(|status| value(&status)).collect::<Result<Vec<_>, _>>()?;
    let otherwise =
        Condition::equals("payouts_reported_ms", at).and(Condition::one_of("payouts_status", others));
    let newer = Condition::lacks("payouts_reported_ms")
        .or(Condition::at_most("payouts_reported_ms", at - 1))
        .or(otherwise);
    let still = Condition::equals("stripe_account", account).and(newer);
    match store.table.write(Write::update_if(keys::vendor(id), told(payouts)?, still)).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_condition_failed() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn told(payouts: &Payouts) -> Result<Update, Error> {
    let mut update = Update::new()
        .set("stripe_account", payouts.account_id.as_deref().unwrap_or_default())
        .set("payouts_status", value(&payouts.status)?)
        .set("payouts_wanted", value(&payouts.wanted)?)
        .set("payouts_reported_ms", payouts.reported_ms.unwrap_or_default())
        .add("version", 1);
    update = match &payouts.held_back {
        Some(reason) => update.set("payouts_held_back", reason.as_str()),
        None => update.remove("payouts_held_back"),
    };
    Ok(update)
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
