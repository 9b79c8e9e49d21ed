//! Settlements: a vendor's part of the money of each order, and what the vendor owes.
//!
//! A vendor's debt is a counter of its own, one for each currency: it is touched by the transactions that make or pay it alone, so that a vendor that owes
//! nothing, and sells much, has no item that all of its orders write.

use std::collections::BTreeMap;

use domain::{Currency, ShipmentId, VendorId, ledger::Transaction, order::Order, settlement::Settlement};
use serde_json::Value;
use table::{Condition, Item, MAX_BATCH, Query, Update, Write, schema};

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read},
    keys, ledger,
    page::{Paging, Slice, newest_first},
    vendor::fetch,
};

pub async fn get(store: &Store, vendor: VendorId, id: ShipmentId) -> Result<Settlement, Error> {
    read(store.table.get(&keys::settlement(vendor, id)).await?.ok_or(Error::NotFound)?)
}

/// All settlements of a confirmed order.
pub async fn of_order(store: &Store, order: &Order) -> Result<Vec<Settlement>, Error> {
    let keys: Vec<_> = order.shipments.iter().map(|part| keys::settlement(part.vendor_id, part.id)).collect();
    store.table.batch_get(&keys).await?.into_iter().flatten().map(read).collect()
}

/// What vendors owe in a currency; those that owe nothing are left out.
pub async fn debts(
    store: &Store,
    vendors: &[VendorId],
    currency: Currency,
) -> Result<BTreeMap<VendorId, i64>, Error> {
    let mut debts = BTreeMap::new();
    for vendors in vendors.chunks(MAX_BATCH) {
        let keys: Vec<_> = vendors.iter().map(|vendor| keys::debt(*vendor, currency)).collect();
        for (vendor, found) in vendors.iter().zip(store.table.batch_get(&keys).await?) {
            let amount = found.as_ref().and_then(|item| item.doc.get("amount")).and_then(Value::as_i64);
            debts.extend(amount.filter(|amount| *amount > 0).map(|amount| (*vendor, amount)));
        }
    }
    Ok(debts)
}

/// Saves a change of what was seen at the version before (0 where it was not there), with what is posted for it and by how much it changes what the
/// vendor owes.
///
/// # Errors
/// [`Error::VersionConflict`] when it was changed meanwhile, or the vendor does not owe that much.
pub async fn save(
    store: &Store,
    seen: u64,
    after: &Settlement,
    posted: Option<&Transaction>,
    debt: i64,
) -> Result<(), Error> {
    let item = settlement_item(after)?;
    let mut writes = vec![match seen {
        0 => Write::create(item),
        seen => Write::put_if(item, Condition::equals("version", seen)),
    }];
    writes.extend(posted.map(|transaction| ledger::post(&after.channel, transaction)).transpose()?);
    if debt != 0 {
        writes.push(owe(after.vendor_id, after.currency, debt));
    }
    let saved = if writes.len() == 1 {
        store.table.write(writes.remove(0)).await.map(|_| ())
    } else {
        store.table.transact(writes, None).await
    };
    match saved {
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        other => Ok(other?),
    }
}

/// A page of what a vendor has of its orders, newest first, of those of one month.
pub async fn of_month(
    store: &Store,
    vendor: VendorId,
    month: &str,
    paging: &Paging,
) -> Result<Slice<Settlement>, Error> {
    let query = Query::index(&schema::MONTHLY, keys::settlements_of(vendor, month));
    let page = newest_first(store, query, "L2SK", "", paging).await?;
    let found = fetch(store, &page.data).await?;
    Ok(Slice { data: found.into_iter().map(read).collect::<Result<_, _>>()?, next_cursor: page.next_cursor })
}

/// A page of the settlements that wait for a vendor to be ready, those that were made first before.
pub async fn waiting_of(store: &Store, vendor: VendorId, limit: u32) -> Result<Vec<Settlement>, Error> {
    let query = Query::index(&schema::LISTING, keys::waiting_of(vendor)).limit(limit);
    let found = fetch(store, &store.table.query(&query).await?.items).await?;
    found.into_iter().map(read).collect()
}

/// Changes what a vendor owes: more, or less where it owes that much.
fn owe(vendor: VendorId, currency: Currency, amount: i64) -> Write {
    let key = keys::debt(vendor, currency);
    let update = Update::new().set("entity", Kind::Debt.as_str()).add("amount", amount).add("version", 1);
    if amount < 0 {
        Write::update_if(key, update, Condition::at_least("amount", -amount))
    } else {
        Write::update(key, update)
    }
}

fn settlement_item(settlement: &Settlement) -> Result<Item, Error> {
    let (vendor, id) = (settlement.vendor_id, settlement.id);
    let made = item(keys::settlement(vendor, id), Kind::Settlement, settlement)?
        .with("L2PK", keys::settlements_of(vendor, &settlement.created_at.month()))
        .with("L2SK", id.to_string());
    Ok(match settlement.waiting {
        Some(_) => made.with("L1PK", keys::waiting_of(vendor)).with("L1SK", id.to_string()),
        None => made,
    })
}

#[cfg(test)]
mod tests {
    use domain::{
        Id, LedgerTransactionId, OrderId, Tenant,
        ledger::{Kind as Posted, entries},
        settlement::Waiting,
    };

    use super::*;
    use crate::testing::World;

    fn settlement(world: &World, n: u128) -> Settlement {
        let now = world.now();
        Settlement {
            id: ShipmentId::from_bits(n),
            vendor_id: VendorId::from_bits(1),
            order_id: OrderId::from_bits(1),
            channel: Tenant::Platform,
            currency: Currency::EUR,
            charge_id: "ch_1".to_owned(),
            earned: 7_200,
            taken_back: 0,
            withheld: 0,
            owing: 0,
            moves: Vec::new(),
            asked: 0,
            waiting: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    async fn opened(world: &World, n: u128) -> Settlement {
        let made = settlement(world, n);
        save(&world.store, 0, &made, None, 0).await.unwrap();
        made
    }

    async fn debt(world: &World) -> i64 {
        let vendor = VendorId::from_bits(1);
        let debts = debts(&world.store, &[vendor, VendorId::from_bits(2)], Currency::EUR).await.unwrap();
        debts.get(&vendor).copied().unwrap_or_default()
    }

    #[tokio::test]
    async fn a_change_is_saved_once_with_what_is_posted() {
        let world = World::new();
        let part = opened(&world, 1).await;
        let asked = part.paying(7_200, 0, world.now());
        save(&world.store, part.version, &asked, None, 0).await.unwrap();
        let made = asked.made(0, "tr_1", world.now()).unwrap();
        let transfer = Transaction::balanced(
            LedgerTransactionId::from_bits(9),
            Posted::Transfer,
            part.order_id,
            part.currency,
            entries::transfer(part.vendor_id, 7_200),
            world.now(),
        )
        .unwrap();
        save(&world.store, asked.version, &made, Some(&transfer), 0).await.unwrap();
        assert_eq!(get(&world.store, part.vendor_id, part.id).await.unwrap(), made);
        let again = save(&world.store, asked.version, &made, Some(&transfer), 0).await;
        assert!(matches!(again, Err(Error::VersionConflict)));
        let posted = ledger::of_order(&world.store, &part.channel, part.order_id).await.unwrap();
        assert_eq!(posted, [transfer]);
    }

    #[tokio::test]
    async fn two_who_open_it_do_not_both() {
        let world = World::new();
        let part = opened(&world, 1).await;
        let again = save(&world.store, 0, &part, None, 0).await;
        assert!(matches!(again, Err(Error::VersionConflict)));
        let asked = part.paying(7_200, 0, world.now());
        save(&world.store, part.version, &asked, None, 0).await.unwrap();
        let late = save(&world.store, part.version, &part.taking_back("tr_1", 1, world.now()), None, 0).await;
        assert!(matches!(late, Err(Error::VersionConflict)));
        assert_eq!(get(&world.store, part.vendor_id, part.id).await.unwrap(), asked);
    }

    #[tokio::test]
    async fn a_debt_is_paid_no_further_than_it_goes() {
        let world = World::new();
        let part = opened(&world, 1).await;
        assert_eq!(debt(&world).await, 0);
        let owes = part.owing(5_000, world.now());
        save(&world.store, part.version, &owes, None, 5_000).await.unwrap();
        assert_eq!(debt(&world).await, 5_000);
        let next = opened(&world, 2).await;
        let too_much = next.paying(0, 5_001, world.now());
        let refused = save(&world.store, next.version, &too_much, None, -5_001).await;
        assert!(matches!(refused, Err(Error::VersionConflict)));
        assert_eq!(get(&world.store, next.vendor_id, next.id).await.unwrap(), next);
        let paid = next.paying(2_200, 5_000, world.now());
        save(&world.store, next.version, &paid, None, -5_000).await.unwrap();
        assert_eq!(debt(&world).await, 0);
    }

    #[tokio::test]
    async fn those_that_wait_and_those_of_a_month_are_found() {
        let world = World::new();
        let (one, two) = (opened(&world, 1).await, opened(&world, 2).await);
        let vendor = one.vendor_id;
        assert_eq!(waiting_of(&world.store, vendor, 10).await.unwrap(), []);
        let waits = two.waiting(Waiting::NotReady, world.now());
        save(&world.store, two.version, &waits, None, 0).await.unwrap();
        assert_eq!(waiting_of(&world.store, vendor, 10).await.unwrap(), std::slice::from_ref(&waits));
        let goes_on = waits.paying(7_200, 0, world.now());
        save(&world.store, waits.version, &goes_on, None, 0).await.unwrap();
        assert_eq!(waiting_of(&world.store, vendor, 10).await.unwrap(), []);
        let paging = Paging { limit: 1, cursor: None };
        let month = one.created_at.month();
        let first = of_month(&world.store, vendor, &month, &paging).await.unwrap();
        assert_eq!(first.data, [goes_on]);
        let rest = Paging { limit: 1, cursor: first.next_cursor };
        let last = of_month(&world.store, vendor, &month, &rest).await.unwrap();
        assert_eq!((last.data, last.next_cursor), (vec![one], None));
    }
}
