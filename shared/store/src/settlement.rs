//! Settlements: a vendor's part of the money of each order, and what the vendor owes.
//!
//! A vendor's debt is a counter of its own, one for each currency: it is touched by the transactions that make or pay it alone, so that a vendor that owes
//! nothing, and sells much, has no item that all of its orders write.

use std::collections::BTreeMap;

use domain::{
    Currency, ShipmentId, Tenant, VendorId,
    ledger::Transaction,
    order::Order,
    settlement::{Settlement, Waiting},
};
use serde_json::Value;
use table::{Condition, Item, MAX_BATCH, Query, Update, Write, schema};

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read},
    due, keys, ledger,
    monthly::Monthly,
};

/// How many are woken with one look at the list.
const AT_ONCE: u32 = 500;

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

/// Makes all that waits for a vendor to be ready due now. Answers how many there are.
pub async fn wake(store: &Store, vendor: VendorId) -> Result<usize, Error> {
    let mut query = Query::index(&schema::LISTING, keys::waiting_of(vendor)).limit(AT_ONCE);
    let mut woken = 0;
    loop {
        let page = store.table.query(&query).await?;
        for found in page.items {
            let Some(id) = found.key.pk.rsplit('#').next() else { continue };
            let update = due::at(Update::new(), id, store.now());
            // Whoever is at it meanwhile has taken it off the list.
            let waits = Condition::equals("L1PK", keys::waiting_of(vendor));
            store.write_where_it_holds(Write::update_if(found.key, update, waits)).await?;
            woken += 1;
        }
        match page.next {
            Some(next) => query = query.after(Some(next)),
            None => return Ok(woken),
        }
    }
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
    let made = item(keys::settlement(vendor, id), Kind::Settlement, settlement)?.with_month(
        &Tenant::Vendor(vendor),
        Settlement::KIND,
        settlement.created_at,
        &id.to_string(),
    );
    let made = made.with_due_shard(&id.to_string(), settlement.due);
    Ok(match settlement.waiting {
        Some(Waiting::NotReady) => made.with("L1PK", keys::waiting_of(vendor)).with("L1SK", id.to_string()),
        Some(Waiting::NotPayable | Waiting::NotSettled) | None => made,
    })
}

#[cfg(test)]
mod tests {
    use domain::{
        Id, LedgerTransactionId, OrderId,
        ledger::{Kind as Posted, entries},
    };

    use super::*;
    use crate::{
        due::{self, What},
        monthly::newest,
        page::{Paging, Slice},
        testing::World,
    };

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
            due: None,
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

    async fn due(world: &World) -> Vec<What> {
        let mut found = Vec::new();
        for shard in 0..due::SHARDS {
            found.extend(due::scan(&world.store, shard, world.now(), 10).await.unwrap());
        }
        found.into_iter().map(|due| due.what).collect()
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
    async fn those_that_wait_are_woken_and_those_of_a_month_are_found() {
        let world = World::new();
        let (one, two) = (opened(&world, 1).await, opened(&world, 2).await);
        let vendor = one.vendor_id;
        assert_eq!((wake(&world.store, vendor).await.unwrap(), due(&world).await), (0, vec![]));
        let never = one.waiting(Waiting::NotPayable, world.now());
        save(&world.store, one.version, &never, None, 0).await.unwrap();
        assert_eq!((wake(&world.store, vendor).await.unwrap(), due(&world).await), (0, vec![]));
        let waits = two.waiting(Waiting::NotReady, world.now());
        save(&world.store, two.version, &waits, None, 0).await.unwrap();
        assert_eq!(due(&world).await, []);
        assert_eq!(wake(&world.store, vendor).await.unwrap(), 1);
        assert_eq!(due(&world).await, [What::Settlement(vendor, two.id)]);
        let waits = get(&world.store, vendor, two.id).await.unwrap();
        let goes_on = waits.paying(7_200, 0, world.now());
        save(&world.store, waits.version, &goes_on, None, 0).await.unwrap();
        // It is the sweeper who puts it off.
        assert_eq!((wake(&world.store, vendor).await.unwrap(), due(&world).await.len()), (0, 1));
        let page = async |cursor| {
            let (whose, paging) = ((Tenant::Vendor(vendor), Some(world.now())), Paging { limit: 1, cursor });
            newest(&world.store, whose, &paging, |_: &Settlement| true).await.unwrap()
        };
        let first = page(None).await;
        assert_eq!(first.data, [goes_on]);
        let last = page(first.next_cursor).await;
        assert_eq!(last.data, [never]);
        assert_eq!(page(last.next_cursor).await, Slice { data: vec![], next_cursor: None });
    }
}
