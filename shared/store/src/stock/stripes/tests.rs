use std::sync::{Arc, Mutex};

use domain::{
    moves::{Holding, Move, Moves, Place},
    variant::{Adjustment, StockReason},
};
use table::memory::{self, Call, Failure, Fault, Gate};

use super::*;
use crate::{
    stock::{
        self, Refused,
        tests::{place, put, stocked},
        transact,
    },
    testing::World,
};

/// What a cart or an order of this number does with units of the variant, whose line was made when it was spread over so many stripes.
async fn shift(
    world: &World,
    who: u32,
    stripes: u8,
    units: u32,
    from: Place,
    to: Place,
) -> Result<(), Error> {
    let held = |place| Holding { variant: stock::tests::place(), units, place, stripes };
    let moves = Moves::between([held(from)], [held(to)]);
    let mine = Write::put(table::Item::new(Key::new(format!("CART#{who}"), "CART"), table::Doc::new()));
    transact(&world.store, vec![mine], &moves, None, Vec::new()).await.map_err(Refused::unless_seen)
}

async fn levels(world: &World) -> [i64; 5] {
    let Stock { on_hand, available, reserved, allocated, sold } =
        stock::get(&world.store, &place()).await.unwrap().stock;
    assert_eq!(on_hand, available + reserved + allocated);
    [on_hand, available, reserved, allocated, sold]
}

/// What is available on the variant's own item and on its shelves.
async fn available(world: &World, count: u8) -> Vec<i64> {
    let mut all = vec![own(&world.store, &place()).await.unwrap().stock.available];
    let shelves = read_spots(&world.store, &place(), (0..count).map(Spot::Shelf)).await.unwrap();
    all.extend(shelves.iter().map(|(_, shelf)| shelf.stock.available));
    all
}

#[tokio::test]
async fn units_are_spread_evenly_and_come_home() {
    let world = stocked(11).await;
    let opened = open(&world.store, &place(), 4).await.unwrap();
    assert_eq!((opened.stripes.count, opened.stock.on_hand, opened.stock.available), (4, 11, 11));
    assert_eq!(available(&world, 4).await, [3, 2, 2, 2, 2]);
    let again = open(&world.store, &place(), 4).await.unwrap();
    assert_eq!((again.stripes, again.stock), (opened.stripes, opened.stock));
    assert!(matches!(open(&world.store, &place(), 5).await, Err(Error::Striped)));
    let closed = close(&world.store, &place()).await.unwrap();
    assert_eq!((closed.stripes.count, closed.stock.available), (0, 11));
    assert_eq!(world.table.dump().iter().filter(|item| item.str("entity") == Some("stripe")).count(), 0);
    close(&world.store, &place()).await.unwrap();
    assert_eq!(levels(&world).await, [11, 11, 0, 0, 0]);
}

#[tokio::test]
async fn all_units_are_sold_from_wherever_they_lie_and_no_more() {
    use Place::{Allocated, Available, Reserved, Sold};
    let world = stocked(10).await;
    open(&world.store, &place(), 4).await.unwrap();
    for who in 0..5 {
        shift(&world, who, 4, 2, Available, Reserved).await.unwrap();
    }
    assert_eq!(levels(&world).await, [10, 0, 10, 0, 0]);
    let refused = shift(&world, 9, 4, 1, Available, Reserved).await;
    assert!(matches!(refused, Err(Error::InsufficientStock { available: 0, .. })), "{refused:?}");
    for who in 0..5 {
        shift(&world, 20 + who, 4, 2, Reserved, Allocated).await.unwrap();
    }
    assert_eq!(levels(&world).await, [10, 0, 0, 10, 0]);
    for who in 0..4 {
        shift(&world, 20 + who, 4, 2, Allocated, Sold).await.unwrap();
    }
    shift(&world, 24, 4, 2, Allocated, Available).await.unwrap();
    assert_eq!(levels(&world).await, [2, 2, 0, 0, 8]);
    shift(&world, 20, 4, 2, Sold, Available).await.unwrap();
    assert_eq!(levels(&world).await, [4, 4, 0, 0, 6]);
}

#[tokio::test]
async fn more_than_any_shelf_has_is_brought_together() {
    let world = stocked(12).await;
    open(&world.store, &place(), 4).await.unwrap();
    shift(&world, 1, 4, 11, Place::Available, Place::Reserved).await.unwrap();
    assert_eq!(levels(&world).await, [12, 1, 11, 0, 0]);
    let refused = shift(&world, 2, 4, 2, Place::Available, Place::Reserved).await;
    assert!(matches!(refused, Err(Error::InsufficientStock { available: 1, .. })), "{refused:?}");
    shift(&world, 2, 4, 1, Place::Available, Place::Reserved).await.unwrap();
    assert_eq!(levels(&world).await, [12, 0, 12, 0, 0]);
}

#[tokio::test]
async fn lines_from_before_and_after_the_stripes_find_their_counters() {
    use Place::{Allocated, Available, Reserved, Sold};
    let world = stocked(10).await;
    shift(&world, 1, 0, 3, Available, Reserved).await.unwrap();
    open(&world.store, &place(), 3).await.unwrap();
    // A line of before takes more, is ordered and sold.
    shift(&world, 1, 0, 2, Available, Reserved).await.unwrap();
    shift(&world, 1, 0, 5, Reserved, Allocated).await.unwrap();
    shift(&world, 2, 3, 4, Available, Reserved).await.unwrap();
    assert_eq!(levels(&world).await, [10, 1, 4, 5, 0]);
    close(&world.store, &place()).await.unwrap();
    assert_eq!(own(&world.store, &place()).await.unwrap().stripes.count, 0);
    // A line of the stripes is ordered and sold when they are gone.
    shift(&world, 2, 3, 4, Reserved, Allocated).await.unwrap();
    shift(&world, 2, 3, 4, Allocated, Sold).await.unwrap();
    shift(&world, 1, 0, 5, Allocated, Sold).await.unwrap();
    shift(&world, 3, 3, 1, Available, Reserved).await.unwrap();
    assert_eq!(levels(&world).await, [1, 0, 1, 0, 9]);
    assert!(stock::get(&world.store, &place()).await.unwrap().stock.adds_up());
}

#[tokio::test]
async fn a_look_takes_over_what_was_counted_and_evens_the_shelves_out() {
    use Place::{Allocated, Available, Reserved, Sold};
    let world = stocked(9).await;
    open(&world.store, &place(), 3).await.unwrap();
    for who in 0..4 {
        shift(&world, who, 3, 1, Available, Reserved).await.unwrap();
    }
    shift(&world, 0, 3, 1, Reserved, Allocated).await.unwrap();
    shift(&world, 0, 3, 1, Allocated, Sold).await.unwrap();
    let next = look(&world.store, &place()).await.unwrap();
    assert_eq!(next, Some(world.now() + level::EACH));
    let known = own(&world.store, &place()).await.unwrap();
    let counted = Stock { on_hand: 8, available: 5, reserved: 3, allocated: 0, sold: 1 };
    assert_eq!((known.known(), known.version), (counted, 2));
    let free = available(&world, 3).await;
    assert_eq!(free.iter().sum::<i64>(), 5, "{free:?}");
    assert!(free.iter().all(|units| (1..=2).contains(units)), "{free:?}");
    assert_eq!(levels(&world).await, [8, 5, 3, 0, 1]);
    // And changes nothing more.
    let before = world.table.dump();
    look(&world.store, &place()).await.unwrap();
    assert_eq!(world.table.dump(), before);
}

#[tokio::test]
async fn stripes_sell_at_the_price_of_now_and_only_what_is_for_sale() {
    let world = stocked(6).await;
    let opened = open(&world.store, &place(), 2).await.unwrap();
    let off = Update::new().set("sellable", false);
    world.store.table.write(Write::update(keys::variant(&place()), off)).await.unwrap();
    follow(&world.store, &Variant { sellable: false, ..opened.clone() }).await.unwrap();
    let refused = shift(&world, 1, 2, 1, Place::Available, Place::Reserved).await;
    assert!(matches!(refused, Err(Error::NotForSale(_))), "{refused:?}");
    // What was not told the stripes, the next look tells them.
    let on = Update::new()
        .set("sellable", true)
        .set("price", value(&Money { amount: 77, ..opened.price }).unwrap());
    world.store.table.write(Write::update(keys::variant(&place()), on)).await.unwrap();
    look(&world.store, &place()).await.unwrap();
    shift(&world, 1, 2, 1, Place::Available, Place::Reserved).await.unwrap();
    for (_, stripe) in read_all(&world.store, &place(), 2).await.unwrap() {
        assert_eq!((stripe.price.amount, stripe.sellable), (77, true));
    }
}

#[tokio::test]
async fn an_older_price_that_comes_late_does_not_take_the_place_of_a_newer_one() {
    let world = stocked(6).await;
    let older = open(&world.store, &place(), 2).await.unwrap();
    let newer = Variant { price: Money { amount: 77, ..older.price }, ..older.clone() };
    let saved = Update::new().set("price", value(&newer.price).unwrap());
    world.store.table.write(Write::update(keys::variant(&place()), saved)).await.unwrap();
    for told in [&older, &newer, &older] {
        follow(&world.store, told).await.unwrap();
    }
    let stripes = read_all(&world.store, &place(), 2).await.unwrap();
    let prices: Vec<i64> = stripes.iter().map(|(_, stripe)| stripe.price.amount).collect();
    assert_eq!(prices, [77; 6]);
}

/// Lets transactions that touch some shelves fail, as long as they are to.
struct Busy {
    shelves: Vec<Key>,
    with: Mutex<Option<Failure>>,
    failed: Mutex<u32>,
}

#[async_trait::async_trait]
impl Gate for Busy {
    async fn enter(&self, call: &Call) -> Fault {
        let touched =
            call.kind == memory::Kind::Transact && call.keys.iter().any(|key| self.shelves.contains(key));
        match *self.with.lock().unwrap() {
            Some(failure) if touched => {
                *self.failed.lock().unwrap() += 1;
                Fault::Before(failure)
            }
            _ => Fault::None,
        }
    }
}

/// A variant that is sold in so many stripes, of which those are busy from now on.
async fn busy(on_hand: i64, count: u8, shelves: &[u8], with: Failure) -> (World, Arc<Busy>) {
    let shelves = shelves.iter().map(|shelf| Spot::Shelf(*shelf).key(&place())).collect();
    let gate = Arc::new(Busy { shelves, with: Mutex::new(None), failed: Mutex::new(0) });
    let world = World::behind(gate.clone());
    put(&world, on_hand).await;
    open(&world.store, &place(), count).await.unwrap();
    *gate.with.lock().unwrap() = Some(with);
    (world, gate)
}

async fn receive(world: &World, units: i64) {
    let adjustment = Adjustment { delta: units, reason: StockReason::Received, at: world.now() };
    stock::adjust(&world.store, &place(), &adjustment, 1_000, None).await.unwrap();
}

#[tokio::test]
async fn a_stripe_that_is_too_busy_stays_for_the_next_look_and_the_others_are_levelled() {
    for failure in [Failure::Conflict, Failure::Throttled] {
        let (world, gate) = busy(12, 4, &[1], failure).await;
        receive(&world, 8).await;
        let next = look(&world.store, &place()).await.unwrap();
        assert_eq!(next, Some(world.now() + level::EACH), "{failure:?}");
        assert_eq!(available(&world, 4).await, [2, 5, 3, 5, 5], "{failure:?}");
        *gate.with.lock().unwrap() = Some(Failure::Unavailable);
        assert!(look(&world.store, &place()).await.is_err(), "a table that does not answer is no busy one");
        *gate.with.lock().unwrap() = Some(failure);
        // Who gives the stripes up is not refused for it.
        let closing = close(&world.store, &place()).await.unwrap();
        assert_eq!((closing.stripes.count, closing.stripes.closing), (4, true), "{failure:?}");
        assert_eq!(available(&world, 4).await, [17, 0, 3, 0, 0], "{failure:?}");
        *gate.with.lock().unwrap() = None;
        assert_eq!(look(&world.store, &place()).await.unwrap(), None, "{failure:?}");
        assert_eq!(levels(&world).await, [20, 20, 0, 0, 0], "{failure:?}");
    }
}

#[tokio::test]
async fn stripes_that_somebody_is_at_are_not_taken_away_yet() {
    let (world, gate) = busy(0, 2, &[1], Failure::Conflict).await;
    let closing = close(&world.store, &place()).await.unwrap();
    assert_eq!((closing.stripes.count, closing.stripes.closing), (2, true));
    *gate.with.lock().unwrap() = None;
    assert_eq!(look(&world.store, &place()).await.unwrap(), None);
}

#[tokio::test]
async fn where_all_is_too_busy_it_is_not_tried_for_ever() {
    let (world, gate) = busy(16, 8, &[0, 1, 2, 3, 4, 5, 6, 7], Failure::Throttled).await;
    receive(&world, 8).await;
    look(&world.store, &place()).await.unwrap();
    assert_eq!(*gate.failed.lock().unwrap(), 3);
}

#[test]
fn moves_of_many_are_spread_evenly() {
    let take = Move { available: -1, reserved: 1, stripes: 16, ..Move::default() };
    let order = Move { reserved: -1, allocated: 1, ..take };
    let order = Move { available: 0, ..order };
    let sell = Move { reserved: 0, allocated: -1, sold: 1, on_hand: -1, ..order };
    let mut counts = std::collections::BTreeMap::new();
    for n in 0..16_000_u32 {
        let seed = seed(&Key::new(format!("T#platform#CART#{n:026}"), "CART"));
        for change in [take, order, sell] {
            *counts.entry(format!("{:?}", Spot::of(&change, seed))).or_insert(0) += 1;
        }
    }
    assert_eq!(counts.len(), 48);
    assert!(counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
    assert_eq!(Spot::of(&Move { stripes: 0, ..take }, 5), Spot::Own);
}
