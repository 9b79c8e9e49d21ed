use std::collections::BTreeSet;
use std::time::Duration;

use domain::{
    Currency, Id, Money,
    category::Category,
    moves::{Moves, Place},
    tax::TaxRate,
    text::{Name, Sku, Text},
    variant::Stock,
};

use super::*;
use crate::{category::Shelf, stock, testing::World};

fn vendor() -> VendorId {
    VendorId::from_bits(1)
}

fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

fn category(name: &str) -> Category {
    Category::try_from(name.to_owned()).unwrap()
}

/// A product `n` of a vendor's with one variant, on the shelf.
fn listing(world: &World, vendor_id: VendorId, n: u128) -> Listing {
    let sku = Sku::try_from(format!("SKU-{n}")).unwrap();
    let product = Product {
        id: ProductId::from_bits(n),
        vendor_id,
        sku: sku.clone(),
        title: Name::try_from(format!("Product {n}")).unwrap(),
        description: Text::try_from("Of use.").unwrap(),
        category: category("Home"),
        brand: None,
        gtin: None,
        tags: Vec::new(),
        price: eur(1000),
        tax_rate: TaxRate::default(),
        status: ProductStatus::Published,
        variants: 1,
        images: Vec::new(),
        staged_id: None,
        created_at: world.now(),
        updated_at: world.now(),
        published_at: Some(world.now()),
        version: 1,
    };
    let variant = variant(&product, n * 100, sku);
    Listing { product, variants: vec![variant] }
}

fn variant(product: &Product, n: u128, sku: Sku) -> Variant {
    Variant {
        id: VariantId::from_bits(n),
        product_id: product.id,
        vendor_id: product.vendor_id,
        sku,
        title: product.title.clone(),
        options: Default::default(),
        price: product.price,
        own_price: false,
        tax_rate: product.tax_rate,
        image_url: None,
        sellable: true,
        stock: Stock::default(),
        created_at: product.created_at,
        version: 1,
        revision: 1,
    }
}

/// Products 1 to `count`, a second apart, each on the shelf.
async fn filled(count: u128) -> World {
    let world = World::new();
    for n in 1..=count {
        create(&world.store, &listing(&world, vendor(), n)).await.unwrap();
        world.clock.advance(Duration::from_secs(1));
    }
    world
}

fn changed(before: &Listing, change: impl FnOnce(&mut Listing)) -> Listing {
    let mut after = before.clone();
    change(&mut after);
    after.product.version += 1;
    after
}

fn first(limit: u32) -> Paging {
    Paging { limit, cursor: None }
}

fn of(category: &str) -> Browse {
    Browse { category: Some(category.to_owned()), ..Browse::default() }
}

/// All cards of a list, page by page, and how long the pages were.
async fn walked(
    world: &World,
    market_too: bool,
    wanted: &Browse,
    limit: u32,
) -> (Vec<ProductId>, Vec<usize>) {
    let (mut cursor, mut ids, mut lengths) = (None, Vec::new(), Vec::new());
    loop {
        let paging = Paging { limit, cursor };
        let page = if market_too {
            market(&world.store, wanted, &paging).await.unwrap()
        } else {
            shop(&world.store, vendor(), wanted, &paging).await.unwrap()
        };
        lengths.push(page.data.len());
        ids.extend(page.data.into_iter().map(|card| card.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return (ids, lengths);
        }
    }
}

fn newest_down_to_first(count: u128) -> Vec<ProductId> {
    (1..=count).rev().map(ProductId::from_bits).collect()
}

#[tokio::test]
async fn a_product_is_read_with_its_variants_in_one_query() {
    let world = World::new();
    let mut made = listing(&world, vendor(), 1);
    made.variants.push(variant(&made.product, 101, Sku::try_from("SKU-1-L").unwrap()));
    create(&world.store, &made).await.unwrap();
    world.table.meter().take();
    assert_eq!(get(&world.store, vendor(), made.product.id).await.unwrap(), made);
    assert_eq!(world.table.meter().take().round_trips, 1);
}

#[tokio::test]
async fn another_vendors_product_is_not_found() {
    let world = filled(1).await;
    let other = VendorId::from_bits(2);
    assert!(matches!(get(&world.store, other, ProductId::from_bits(1)).await, Err(Error::NotFound)));
    assert!(matches!(variant_of(&world.store, other, VariantId::from_bits(100)).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn the_largest_product_fits_one_transaction() {
    let world = World::new();
    let mut made = listing(&world, vendor(), 1);
    made.variants = (0..domain::product::MAX_VARIANTS)
        .map(|n| variant(&made.product, u128::try_from(n).unwrap(), Sku::try_from(format!("V{n}")).unwrap()))
        .collect();
    assert!(creation(&made).unwrap().len() <= table::MAX_ACTIONS);
    create(&world.store, &made).await.unwrap();
    let renamed = changed(&made, |listing| {
        listing.product.sku = Sku::try_from("other").unwrap();
        listing.product.category = category("Garden");
        for (n, variant) in listing.variants.iter_mut().enumerate() {
            variant.sku = Sku::try_from(format!("W{n}")).unwrap();
        }
    });
    save(&world.store, &made, &renamed).await.unwrap();
    let now = get(&world.store, vendor(), made.product.id).await.unwrap();
    assert_eq!((&now.product, now.skus()), (&renamed.product, renamed.skus()));
    assert!(now.variants.iter().all(|variant| (variant.version, variant.revision) == (1, 2)));
    delete(&world.store, &renamed).await.unwrap();
    assert!(matches!(get(&world.store, vendor(), made.product.id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_code_belongs_to_one_product_of_a_vendor() {
    let world = filled(1).await;
    let mut same = listing(&world, vendor(), 2);
    same.variants[0].sku = Sku::try_from("SKU-1").unwrap();
    assert!(matches!(create(&world.store, &same).await, Err(Error::Taken("sku"))));
    // Nothing of it was written.
    assert!(matches!(get(&world.store, vendor(), same.product.id).await, Err(Error::NotFound)));
    let mut elsewhere = listing(&world, VendorId::from_bits(2), 3);
    elsewhere.product.sku = Sku::try_from("SKU-1").unwrap();
    create(&world.store, &elsewhere).await.unwrap();
}

#[tokio::test]
async fn a_code_that_is_given_up_is_free_again() {
    let world = filled(2).await;
    let one = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let taken = changed(&one, |listing| listing.product.sku = Sku::try_from("SKU-2").unwrap());
    assert!(matches!(save(&world.store, &one, &taken).await, Err(Error::Taken("sku"))));
    let renamed = changed(&one, |listing| {
        listing.product.sku = Sku::try_from("NEW").unwrap();
        listing.variants[0].sku = listing.product.sku.clone();
    });
    save(&world.store, &one, &renamed).await.unwrap();
    let mut third = listing(&world, vendor(), 3);
    third.product.sku = Sku::try_from("SKU-1").unwrap();
    create(&world.store, &third).await.unwrap();
    delete(&world.store, &third).await.unwrap();
    third.product.id = ProductId::from_bits(4);
    third.variants[0].product_id = third.product.id;
    create(&world.store, &third).await.unwrap();
}

#[tokio::test]
async fn a_stale_change_loses() {
    let world = filled(1).await;
    let before = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let after = changed(&before, |listing| listing.product.title = Name::try_from("New").unwrap());
    save(&world.store, &before, &after).await.unwrap();
    assert!(matches!(save(&world.store, &before, &after).await, Err(Error::VersionConflict)));
    assert!(matches!(delete(&world.store, &before).await, Err(Error::VersionConflict)));
    delete(&world.store, &after).await.unwrap();
    assert!(matches!(save(&world.store, &before, &after).await, Err(Error::VersionConflict)));
}

#[tokio::test]
async fn saving_a_product_leaves_its_counters_alone() {
    let world = filled(1).await;
    let before = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    stock::set_on_hand(&world.store, &before.variants[0].place(), 7, None).await.unwrap();
    let after = changed(&before, |listing| listing.variants[0].price = eur(5));
    save(&world.store, &before, &after).await.unwrap();
    let now = stock::get(&world.store, &before.variants[0].place()).await.unwrap();
    assert_eq!((now.price, now.stock.on_hand, now.version), (eur(5), 7, 2));
}

#[tokio::test]
async fn a_product_with_units_in_carts_stays() {
    let world = filled(1).await;
    let made = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let place = made.variants[0].place();
    stock::set_on_hand(&world.store, &place, 5, None).await.unwrap();
    let mut held = Moves::none();
    held.shift(place, 2, Place::Available, Place::Reserved);
    world.store.table.transact(stock::writes(&held), None).await.unwrap();
    assert!(matches!(delete(&world.store, &made).await, Err(Error::HeldStock { held: 2 })));
    assert_eq!(category::of_shop(&world.store, vendor()).await.unwrap().len(), 1);
    assert!(get(&world.store, vendor(), made.product.id).await.is_ok());
}

#[tokio::test]
async fn a_shop_shows_the_newest_first_page_by_page() {
    let world = filled(25).await;
    for wanted in [Browse::default(), of("Home"), of("home")] {
        let (ids, lengths) = walked(&world, false, &wanted, 10).await;
        assert_eq!((ids, lengths), (newest_down_to_first(25), vec![10, 10, 5]), "{wanted:?}");
    }
    assert_eq!(walked(&world, false, &of("Garden"), 10).await.0, []);
    assert_eq!(walked(&world, false, &of(&"x".repeat(5_000)), 10).await.0, []);
}

#[tokio::test]
async fn a_full_last_page_has_no_next_one() {
    let world = filled(20).await;
    for market_too in [false, true] {
        let (ids, lengths) = walked(&world, market_too, &Browse::default(), 10).await;
        assert_eq!((ids, lengths), (newest_down_to_first(20), vec![10, 10]));
    }
}

#[tokio::test]
async fn the_markets_shards_are_merged_into_one_list() {
    let world = filled(40).await;
    let shards: BTreeSet<u8> = newest_down_to_first(40)
        .iter()
        .map(|id| keys::shard_of(&id.to_string(), keys::MARKET_SHARDS))
        .collect();
    assert!(shards.len() > 3, "{shards:?}");
    for wanted in [Browse::default(), of("Home")] {
        let (ids, _) = walked(&world, true, &wanted, 7).await;
        assert_eq!(ids, newest_down_to_first(40), "{wanted:?}");
    }
    world.table.meter().take();
    market(&world.store, &of("home"), &first(20)).await.unwrap();
    assert_eq!(world.table.meter().take().round_trips, 8);
    shop(&world.store, vendor(), &of("home"), &first(20)).await.unwrap();
    assert_eq!(world.table.meter().take().round_trips, 1);
}

#[tokio::test]
async fn products_of_one_moment_are_all_shown_once() {
    let world = World::new();
    for n in 1..=23 {
        create(&world.store, &listing(&world, vendor(), n)).await.unwrap();
    }
    for market_too in [false, true] {
        assert_eq!(walked(&world, market_too, &Browse::default(), 5).await.0, newest_down_to_first(23));
    }
}

#[tokio::test]
async fn a_range_of_prices_reads_on_within_bounds() {
    let world = World::new();
    for n in 1..=620 {
        let mut made = listing(&world, vendor(), n);
        if n == 1 || n % 100 == 0 {
            made.variants[0].price = eur(5);
        }
        create(&world.store, &made).await.unwrap();
        world.clock.advance(Duration::from_secs(1));
    }
    let cheap = Browse { max_price: Some(10), ..Browse::default() };
    world.table.meter().take();
    let page = shop(&world.store, vendor(), &cheap, &first(20)).await.unwrap();
    assert_eq!(world.table.meter().take().round_trips, 5);
    assert!(page.next_cursor.is_some());
    for market_too in [false, true] {
        for limit in [1, 2, 20] {
            let (ids, _) = walked(&world, market_too, &cheap, limit).await;
            let wanted = [600, 500, 400, 300, 200, 100, 1].map(ProductId::from_bits);
            assert_eq!(ids, wanted, "{limit}");
        }
    }
    let dear = Browse { min_price: Some(11), max_price: Some(1000), ..Browse::default() };
    assert_eq!(walked(&world, false, &dear, 100).await.0.len(), 613);
    let none = Browse { min_price: Some(1001), ..Browse::default() };
    assert_eq!(walked(&world, false, &none, 20).await.0, []);
}

#[tokio::test]
async fn a_cursor_that_nobody_gave_is_told_apart_or_finds_nothing() {
    let world = filled(3).await;
    for cursor in ["%", "====", "_w", &"A".repeat(2_000)] {
        let paging = Paging { limit: 2, cursor: Some(cursor.to_owned()) };
        let read = shop(&world.store, vendor(), &Browse::default(), &paging).await;
        assert!(matches!(read, Err(Error::BadCursor)), "{cursor}");
    }
    let before_all = Paging { limit: 2, cursor: Some(crate::page::encode("0")) };
    assert_eq!(shop(&world.store, vendor(), &Browse::default(), &before_all).await.unwrap().data, []);
}

#[tokio::test]
async fn the_card_shows_the_lowest_price() {
    let world = World::new();
    let mut made = listing(&world, vendor(), 1);
    made.variants.push(variant(&made.product, 101, Sku::try_from("S").unwrap()));
    made.variants[1].price = eur(250);
    create(&world.store, &made).await.unwrap();
    let page = shop(&world.store, vendor(), &Browse::default(), &first(1)).await.unwrap();
    assert_eq!(page.data[0].price, eur(250));
}

async fn counted(world: &World) -> (Vec<Shelf>, Vec<Shelf>) {
    let shop = category::of_shop(&world.store, vendor()).await.unwrap();
    (shop, category::of_market(&world.store).await.unwrap())
}

fn shelf(key: &str, name: &str, count: i64) -> Shelf {
    Shelf { key: key.to_owned(), name: name.to_owned(), count }
}

#[tokio::test]
async fn categories_count_what_is_on_the_shelf() {
    let world = filled(12).await;
    create(&world.store, &listing(&world, VendorId::from_bits(2), 50)).await.unwrap();
    assert_eq!(counted(&world).await, (vec![shelf("home", "Home", 12)], vec![shelf("home", "Home", 13)]));

    let before = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let moved = changed(&before, |listing| listing.product.category = category("Garden"));
    save(&world.store, &before, &moved).await.unwrap();
    let both = |home: i64| vec![shelf("garden", "Garden", 1), shelf("home", "Home", home)];
    assert_eq!(counted(&world).await, (both(11), both(12)));

    let archived = moved.on(ProductEvent::Archived, world.now()).unwrap().unwrap();
    save(&world.store, &moved, &archived).await.unwrap();
    assert_eq!(counted(&world).await, (vec![shelf("home", "Home", 11)], vec![shelf("home", "Home", 12)]));
    assert_eq!(walked(&world, false, &of("garden"), 10).await.0, []);
    assert_eq!(walked(&world, true, &Browse::default(), 50).await.0.len(), 12);

    let draft = archived.on(ProductEvent::Restored, world.now()).unwrap().unwrap();
    save(&world.store, &archived, &draft).await.unwrap();
    let elsewhere = changed(&draft, |listing| listing.product.category = category("Home"));
    save(&world.store, &draft, &elsewhere).await.unwrap();
    assert_eq!(counted(&world).await.0, [shelf("home", "Home", 11)]);

    let back = elsewhere.on(ProductEvent::Published, world.now()).unwrap().unwrap();
    save(&world.store, &elsewhere, &back).await.unwrap();
    assert_eq!(counted(&world).await.0, [shelf("home", "Home", 12)]);
    delete(&world.store, &back).await.unwrap();
    delete(&world.store, &get(&world.store, vendor(), ProductId::from_bits(2)).await.unwrap()).await.unwrap();
    assert_eq!(counted(&world).await, (vec![shelf("home", "Home", 10)], vec![shelf("home", "Home", 11)]));
}

#[tokio::test]
async fn a_category_goes_by_the_name_that_came_last() {
    let world = filled(2).await;
    let before = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let renamed = changed(&before, |listing| listing.product.category = category("HOME!"));
    save(&world.store, &before, &renamed).await.unwrap();
    assert_eq!(counted(&world).await.0[0].count, 2);
    delete(&world.store, &renamed).await.unwrap();
    // The one that leaves does not name what stays.
    assert_eq!(counted(&world).await.0, [shelf("home", "Home", 1)]);
}

#[tokio::test]
async fn what_is_published_again_comes_first() {
    let world = filled(3).await;
    let one = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let off = one.on(ProductEvent::Withdrawn, world.now()).unwrap().unwrap();
    save(&world.store, &one, &off).await.unwrap();
    assert!(!stock::get(&world.store, &one.variants[0].place()).await.unwrap().sellable);
    let on = off.on(ProductEvent::Published, world.now()).unwrap().unwrap();
    save(&world.store, &off, &on).await.unwrap();
    assert_eq!(on.on(ProductEvent::Published, world.now()), Ok(None));
    let ids = [1, 3, 2].map(ProductId::from_bits);
    assert_eq!(walked(&world, false, &Browse::default(), 2).await.0, ids);
    assert!(stock::get(&world.store, &one.variants[0].place()).await.unwrap().sellable);
}

#[tokio::test]
async fn a_vendor_finds_its_products_by_status_and_text() {
    let world = filled(30).await;
    let mut draft = listing(&world, vendor(), 31);
    draft.product.status = ProductStatus::Draft;
    draft.product.title = Name::try_from("Blaue ÄPFEL").unwrap();
    create(&world.store, &draft).await.unwrap();
    create(&world.store, &listing(&world, VendorId::from_bits(2), 90)).await.unwrap();

    let find = async |status, text: Option<&'static str>, limit| {
        let (mut cursor, mut found) = (None, Vec::new());
        loop {
            let paging = Paging { limit, cursor };
            let page = search(&world.store, vendor(), status, text, &paging).await.unwrap();
            found.extend(page.data.into_iter().map(|product| product.id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return found;
            }
        }
    };
    assert_eq!(find(None, None, 4).await, newest_down_to_first(31));
    assert_eq!(find(Some(ProductStatus::Published), None, 4).await, newest_down_to_first(30));
    assert_eq!(find(Some(ProductStatus::Draft), None, 4).await, [ProductId::from_bits(31)]);
    assert_eq!(find(None, Some("äpfel"), 4).await, [ProductId::from_bits(31)]);
    assert_eq!(find(None, Some("sku-2"), 3).await.len(), 11);
    assert_eq!(find(Some(ProductStatus::Archived), Some("sku"), 4).await, []);

    let page = search(&world.store, vendor(), None, None, &first(4)).await.unwrap();
    let full = with_variants(&world.store, page).await.unwrap();
    let ids: Vec<_> = full.data.iter().map(|listing| listing.variants[0].id).collect();
    assert_eq!(ids, [3100, 3000, 2900, 2800].map(VariantId::from_bits));
    assert!(full.next_cursor.is_some());
}
