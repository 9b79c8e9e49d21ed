use domain::{
    Currency, Id, Money, ProductId, VariantId, VendorId,
    moves::{Moves, Place},
    tax::TaxRate,
    text::{Name, Sku},
    variant::{Stock, StockReason},
};
use table::{
    Item,
    memory::{Call, Fault, Gate},
};

use super::*;
use crate::{
    codec::{Kind, item},
    testing::World,
};

pub(super) fn place() -> VariantRef {
    VariantRef {
        vendor_id: VendorId::from_bits(1),
        product_id: ProductId::from_bits(2),
        variant_id: VariantId::from_bits(3),
    }
}

pub(super) fn variant_item(world: &World, place: VariantRef, on_hand: i64) -> Item {
    let variant = Variant {
        id: place.variant_id,
        product_id: place.product_id,
        vendor_id: place.vendor_id,
        sku: Sku::try_from("A").unwrap(),
        title: Name::try_from("A").unwrap(),
        options: Default::default(),
        price: Money::new(100, Currency::EUR),
        own_price: false,
        weight_grams: None,
        stripes: Default::default(),
        low_stock_threshold: None,
        adjustment: None,
        counts: 0,
        tax_rate: TaxRate::default(),
        image_url: None,
        sellable: true,
        stock: Stock { on_hand, available: on_hand, ..Stock::default() },
        created_at: world.now(),
        version: 1,
        revision: 1,
    };
    item(keys::variant(&place), Kind::Variant, &variant).unwrap()
}

/// A world with one variant, of which there are some.
pub(super) async fn stocked(on_hand: i64) -> World {
    let world = World::new();
    put(&world, on_hand).await;
    world
}

pub(super) async fn put(world: &World, on_hand: i64) {
    world.store.table.write(Write::put(variant_item(world, place(), on_hand))).await.unwrap();
}

pub(super) async fn shift(world: &World, units: u32, from: Place, to: Place) -> Result<(), Error> {
    let mut moves = Moves::none();
    moves.shift(place(), units, from, to);
    move_all(world, &moves, Vec::new()).await
}

pub(super) async fn move_all(world: &World, moves: &Moves, head: Vec<Write>) -> Result<(), Error> {
    transact(&world.store, head, moves, None, Vec::new()).await.map_err(Refused::unless_seen)
}

async fn now(world: &World) -> (i64, i64, i64, i64) {
    let stock = get(&world.store, &place()).await.unwrap().stock;
    assert!(stock.adds_up(), "{stock:?}");
    (stock.on_hand, stock.available, stock.reserved, stock.allocated)
}

#[tokio::test]
async fn units_move_from_the_shelf_to_the_customer() {
    use Place::{Allocated, Available, Reserved, Sold};
    let world = stocked(10).await;
    for (units, from, to, left) in [
        (4, Available, Reserved, (10, 6, 4, 0)),
        (1, Reserved, Available, (10, 7, 3, 0)),
        (3, Reserved, Allocated, (10, 7, 0, 3)),
        (2, Available, Allocated, (10, 5, 0, 5)),
        (4, Allocated, Sold, (6, 5, 0, 1)),
        (1, Allocated, Available, (6, 6, 0, 0)),
        (4, Sold, Available, (10, 10, 0, 0)),
    ] {
        shift(&world, units, from, to).await.unwrap();
        assert_eq!(now(&world).await, left, "{from:?} -> {to:?}");
    }
}

#[tokio::test]
async fn nobody_gets_what_is_not_there() {
    let world = stocked(2).await;
    let refused = shift(&world, 3, Place::Available, Place::Reserved).await;
    assert!(matches!(refused, Err(Error::InsufficientStock { available: 2, .. })), "{refused:?}");
    for (from, to) in [
        (Place::Reserved, Place::Available),
        (Place::Reserved, Place::Allocated),
        (Place::Allocated, Place::Sold),
        (Place::Allocated, Place::Available),
    ] {
        assert!(shift(&world, 1, from, to).await.is_err(), "{from:?} -> {to:?}");
    }
    assert_eq!(now(&world).await, (2, 2, 0, 0));
}

#[tokio::test]
async fn what_is_off_the_shelf_is_not_taken_but_comes_back() {
    let world = stocked(5).await;
    shift(&world, 2, Place::Available, Place::Reserved).await.unwrap();
    let off = Update::new().set("sellable", false);
    world.store.table.write(Write::update(keys::variant(&place()), off)).await.unwrap();
    let refused = shift(&world, 1, Place::Available, Place::Reserved).await;
    assert!(matches!(refused, Err(Error::NotForSale(_))), "{refused:?}");
    shift(&world, 1, Place::Reserved, Place::Allocated).await.unwrap();
    shift(&world, 1, Place::Reserved, Place::Available).await.unwrap();
    assert_eq!(now(&world).await, (5, 4, 0, 1));
}

#[tokio::test]
async fn a_variant_that_is_gone_is_not_for_sale() {
    let world = World::new();
    let refused = shift(&world, 1, Place::Available, Place::Reserved).await;
    assert!(matches!(refused, Err(Error::NotForSale(_))), "{refused:?}");
    assert!(world.table.dump().is_empty());
}

#[tokio::test]
async fn the_refusal_names_the_variant_that_failed() {
    let world = stocked(5).await;
    let scarce = VariantRef { variant_id: VariantId::from_bits(9), ..place() };
    world.store.table.write(Write::put(variant_item(&world, scarce, 1))).await.unwrap();
    let mut moves = Moves::none();
    moves.shift(place(), 5, Place::Available, Place::Reserved);
    moves.shift(scarce, 2, Place::Available, Place::Reserved);
    let elsewhere = keys::variant(&VariantRef { variant_id: VariantId::from_bits(8), ..place() });
    let told = move_all(&world, &moves, vec![Write::check(elsewhere, Condition::Absent)]).await.unwrap_err();
    assert!(
        matches!(told, Error::InsufficientStock { variant, available: 1 } if variant == scarce.variant_id),
        "{told:?}"
    );
    assert_eq!(now(&world).await, (5, 5, 0, 0));
}

#[tokio::test]
async fn counting_changes_the_version_and_holding_does_not() {
    let world = stocked(0).await;
    let counted = set_on_hand(&world.store, &place(), 8, None).await.unwrap();
    assert_eq!((counted.stock.on_hand, counted.version), (8, 2));
    shift(&world, 3, Place::Available, Place::Allocated).await.unwrap();
    assert_eq!(get(&world.store, &place()).await.unwrap().version, 2);
    shift(&world, 1, Place::Allocated, Place::Sold).await.unwrap();
    assert_eq!(get(&world.store, &place()).await.unwrap().version, 3);
    assert_eq!(now(&world).await, (7, 5, 0, 2));
    let same = set_on_hand(&world.store, &place(), 7, None).await.unwrap();
    assert_eq!(same.version, 3);
}

#[tokio::test]
async fn what_is_held_can_not_be_counted_away() {
    let world = stocked(5).await;
    shift(&world, 2, Place::Available, Place::Reserved).await.unwrap();
    shift(&world, 1, Place::Available, Place::Allocated).await.unwrap();
    assert!(matches!(set_on_hand(&world.store, &place(), 2, None).await, Err(Error::HeldStock { held: 3 })));
    set_on_hand(&world.store, &place(), 3, None).await.unwrap();
    assert_eq!(now(&world).await, (3, 0, 2, 1));
}

#[tokio::test]
async fn what_is_above_the_limit_may_become_less_and_not_more() {
    let world = stocked(12).await;
    let by = async |delta: i64| {
        let adjustment = Adjustment { delta, reason: StockReason::Correction, at: world.now() };
        adjust(&world.store, &place(), &adjustment, 10, None).await.map(|variant| variant.stock.on_hand)
    };
    assert!(matches!(by(1).await, Err(Error::TooMany)));
    for left in [11, 10, 9] {
        assert_eq!(by(-1).await.unwrap(), left);
    }
    assert_eq!(by(1).await.unwrap(), 10);
    assert!(matches!(by(1).await, Err(Error::TooMany)));
    assert!(matches!(by(-11).await, Err(Error::HeldStock { held: 0 })));
    assert_eq!(now(&world).await, (10, 10, 0, 0));
}

#[tokio::test]
async fn a_count_of_an_old_version_loses() {
    let world = stocked(5).await;
    set_on_hand(&world.store, &place(), 6, Some(1)).await.unwrap();
    assert!(matches!(set_on_hand(&world.store, &place(), 7, Some(1)).await, Err(Error::VersionConflict)));
    assert_eq!(now(&world).await.0, 6);
    let other = VariantRef { vendor_id: VendorId::from_bits(9), ..place() };
    assert!(matches!(set_on_hand(&world.store, &other, 7, None).await, Err(Error::NotFound)));
}

/// Sells a unit, once, between a count's read and its write.
struct Meanwhile(std::sync::Mutex<Option<std::sync::Arc<table::memory::Memory>>>);

#[async_trait::async_trait]
impl Gate for Meanwhile {
    async fn enter(&self, call: &Call) -> Fault {
        if call.kind == table::memory::Kind::Write {
            let table = self.0.lock().unwrap().take();
            if let Some(table) = table {
                let sold = Update::new().add("on_hand", -1).add("available", -1).add("version", 1);
                table::Table::write(&*table, Write::update(keys::variant(&place()), sold)).await.unwrap();
            }
        }
        Fault::None
    }
}

#[tokio::test]
async fn a_sale_between_reading_and_writing_is_not_lost() {
    let gate = std::sync::Arc::new(Meanwhile(std::sync::Mutex::new(None)));
    let world = World::behind(gate.clone());
    put(&world, 5).await;
    *gate.0.lock().unwrap() = Some(world.table.clone());
    let counted = set_on_hand(&world.store, &place(), 9, None).await.unwrap();
    assert_eq!((counted.stock.on_hand, counted.version), (9, 3));
    *gate.0.lock().unwrap() = Some(world.table.clone());
    assert!(matches!(set_on_hand(&world.store, &place(), 4, Some(3)).await, Err(Error::VersionConflict)));
    assert_eq!(now(&world).await.0, 8);
}
