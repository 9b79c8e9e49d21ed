//! Shelves of a shop and of the market, page by page.

use std::collections::BTreeSet;

use super::*;

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
