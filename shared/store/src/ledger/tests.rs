use std::{collections::BTreeMap, time::Duration};

use domain::{
    Currency, Id, LedgerTransactionId, OrderId, Tenant, Timestamp, VendorId,
    ledger::{Kind, Transaction, entries},
};

use super::*;
use crate::{page::Paging, testing::World};

const VENDOR: u128 = 1;
const DAY: Duration = Duration::from_secs(86_400);

fn vendor() -> VendorId {
    VendorId::from_bits(VENDOR)
}

/// A transfer to the vendor, whose id goes with the time.
fn transfer(n: u128, amount: i64, currency: Currency, at: Timestamp) -> Transaction {
    let (id, order) = (LedgerTransactionId::from_bits(n), OrderId::from_bits(n));
    Transaction::balanced(id, Kind::Transfer, order, currency, entries::transfer(vendor(), amount), at)
        .unwrap()
}

async fn page(world: &World, span: Span, cursor: Option<String>) -> (Vec<i64>, Option<String>) {
    let found = statement(&world.store, vendor(), span, &Paging { limit: 2, cursor }).await.unwrap();
    (found.data.iter().map(|line| line.amount.amount).collect(), found.next_cursor)
}

#[tokio::test]
async fn a_statement_is_read_by_span_newest_first() {
    let world = World::new();
    let opened = world.now();
    for n in 1..=5_u128 {
        let amount = i64::try_from(n).unwrap();
        state(&world.store, &transfer(n, amount, Currency::EUR, world.now())).await.unwrap();
        world.clock.advance(DAY * 8);
    }
    let all = Span { from: opened, until: None };
    let (first, cursor) = page(&world, all, None).await;
    let (second, cursor) = page(&world, all, cursor).await;
    let (third, end) = page(&world, all, cursor).await;
    assert_eq!((first, second, third, end), (vec![5, 4], vec![3, 2], vec![1], None));
    let some = Span { from: opened + DAY * 8, until: Some(opened + DAY * 24) };
    assert_eq!(page(&world, some, None).await, (vec![3, 2], None));
    let balance = balances(&world.store, vendor(), Span { from: opened, until: Some(opened + DAY * 24) });
    assert_eq!(balance.await.unwrap(), BTreeMap::from([(Currency::EUR, -6)]));
}

#[tokio::test]
async fn what_is_posted_in_two_currencies_is_not_added_up() {
    let world = World::new();
    for (n, currency) in [(1, Currency::EUR), (2, "JPY".parse().unwrap()), (3, Currency::EUR)] {
        state(&world.store, &transfer(n, 7, currency, world.now())).await.unwrap();
    }
    let found = balances(&world.store, vendor(), Span { from: world.now(), until: None }).await.unwrap();
    assert_eq!(found, BTreeMap::from([(Currency::EUR, -14), ("JPY".parse().unwrap(), -7)]));
}

#[tokio::test]
async fn the_sum_of_a_closed_month_is_kept_until_a_line_comes_late() {
    let world = World::new();
    let opened = world.now();
    let span = Span { from: opened, until: None };
    state(&world.store, &transfer(1, 7, Currency::EUR, opened)).await.unwrap();
    let sum = async || balances(&world.store, vendor(), span).await.unwrap()[&Currency::EUR];
    let kept = async || {
        let key = keys::statement_sum(vendor(), &opened.month());
        world.store.table.get(&key).await.unwrap().is_some()
    };
    assert_eq!((sum().await, kept().await), (-7, false));
    world.clock.advance(DAY * 90);
    assert_eq!((sum().await, kept().await), (-7, true));
    // It is read, and not folded again.
    world.store.table.write(Write::delete(line_of(&world, opened).await)).await.unwrap();
    assert_eq!(sum().await, -7);
    state(&world.store, &transfer(2, 5, Currency::EUR, opened)).await.unwrap();
    assert_eq!((kept().await, sum().await), (false, -5));
}

async fn line_of(world: &World, at: Timestamp) -> table::Key {
    let partition = Query::partition(keys::statement_partition(vendor(), &at.month()));
    world.store.table.query(&partition).await.unwrap().items.remove(0).key
}

#[tokio::test]
async fn an_orders_lines_are_its_vendors_alone() {
    let world = World::new();
    let posted = transfer(1, 7, Currency::EUR, world.now());
    post_once(&world.store, &Tenant::Platform, &posted).await.unwrap();
    post_once(&world.store, &Tenant::Platform, &posted).await.unwrap();
    let of = async |channel, vendor| {
        of_order_and_vendor(&world.store, &channel, posted.order_id, vendor).await.unwrap().len()
    };
    assert_eq!(of(Tenant::Platform, vendor()).await, 1);
    assert_eq!(of(Tenant::Platform, VendorId::from_bits(9)).await, 0);
    assert_eq!(of(Tenant::Vendor(vendor()), vendor()).await, 0);
}
