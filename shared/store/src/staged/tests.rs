use domain::{
    Currency, Money, ProductId, VariantId,
    category::Category,
    import::{ImportJob, Plan, Source},
    product::{Product, ProductStatus},
    tax::TaxRate,
    text::Text,
    variant::{Stock, Variant},
};

use super::*;
use crate::testing::World;

fn vendor() -> VendorId {
    VendorId::from_bits(1)
}

fn import_id(n: u128) -> ImportId {
    ImportId::from_bits(n)
}

fn row(n: u32, cents: i64) -> FeedRow {
    serde_json::from_value(serde_json::json!({
        "feed_id": format!("SKU-{n}"),
        "title": format!("Kettle {n}"),
        "price": {"amount": cents, "currency": "EUR"},
        "brand": if n.is_multiple_of(2) { "Moulin" } else { "Nord" },
    }))
    .unwrap()
}

fn rows(range: std::ops::RangeInclusive<u32>) -> Vec<FeedRow> {
    range.map(|n| row(n, 100)).collect()
}

fn tally(created: u32, updated: u32, unchanged: u32) -> Tally {
    Tally { failed: 0, created, updated, unchanged }
}

#[tokio::test]
async fn an_import_tells_what_it_changed_and_tells_the_same_when_repeated() {
    let world = World::new();
    for _ in 0..3 {
        let (ids, told) = stage(&world.store, vendor(), import_id(1), rows(1..=250)).await.unwrap();
        assert_eq!((ids.len(), told), (250, tally(250, 0, 0)));
    }
    let mut next = rows(1..=251);
    next[4] = row(5, 999);
    for _ in 0..3 {
        let (_, told) = stage(&world.store, vendor(), import_id(2), next.clone()).await.unwrap();
        assert_eq!(told, tally(1, 1, 249));
    }
    let changed = get(&world.store, vendor(), id_of(vendor(), "SKU-5")).await.unwrap();
    assert_eq!((changed.row.price.amount, changed.version), (999, 2));
    assert_eq!((changed.first_import_id, changed.import_id), (import_id(1), import_id(2)));
}

#[tokio::test]
async fn rows_that_are_as_they_were_cost_reads_alone() {
    let world = World::new();
    stage(&world.store, vendor(), import_id(1), rows(1..=200)).await.unwrap();
    let before = world.table.dump();
    world.table.meter().take();
    stage(&world.store, vendor(), import_id(2), rows(1..=200)).await.unwrap();
    let used = world.table.meter().take();
    assert_eq!((used.round_trips, used.write_units), (2, 0));
    assert_eq!(world.table.dump(), before);
}

#[tokio::test]
async fn a_late_older_import_does_not_undo_a_newer_one() {
    let world = World::new();
    stage(&world.store, vendor(), import_id(2), vec![row(1, 200)]).await.unwrap();
    let (_, told) = stage(&world.store, vendor(), import_id(1), vec![row(1, 100)]).await.unwrap();
    assert_eq!(told, tally(0, 0, 1));
    assert_eq!(get(&world.store, vendor(), id_of(vendor(), "SKU-1")).await.unwrap().row.price.amount, 200);
}

#[tokio::test]
async fn what_the_vendor_made_of_a_row_survives_the_next_feed() {
    let world = World::new();
    stage(&world.store, vendor(), import_id(1), vec![row(1, 100)]).await.unwrap();
    let seen = get(&world.store, vendor(), id_of(vendor(), "SKU-1")).await.unwrap();
    select(&world.store, &seen).await.unwrap();
    assert!(matches!(select(&world.store, &seen).await, Err(Error::VersionConflict)));
    stage(&world.store, vendor(), import_id(2), vec![row(1, 150)]).await.unwrap();
    let now = get(&world.store, vendor(), seen.id).await.unwrap();
    assert_eq!((now.status, now.row.price.amount), (StagedStatus::Selected, 150));
}

/// A job of which these chunks are done.
async fn imported(world: &World, id: ImportId, chunks: &[(u32, std::ops::RangeInclusive<u32>)]) {
    let source = Source::Url { url: String::new() };
    let job = ImportJob::new(id, vendor(), source, Currency::EUR, None, world.now());
    import::create(&world.store, &job).await.unwrap();
    let job = import::begin(&world.store, &job).await.unwrap();
    let plan = Plan { id: "p".to_owned(), chunks: 9, delimiter: String::new(), encoding: String::new() };
    let job = import::plan(&world.store, &job, &plan, 1000).await.unwrap();
    for (chunk, range) in chunks {
        let (ids, told) = stage(&world.store, vendor(), id, rows(range.clone())).await.unwrap();
        import::chunk_done(&world.store, &job, *chunk, ids, told).await.unwrap();
    }
}

async fn listed(world: &World, id: ImportId, narrowed: &Narrowed, limit: u32) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = None;
    loop {
        let page = of_import(&world.store, vendor(), id, narrowed, &Paging { limit, cursor }).await.unwrap();
        pages.push(page.data.iter().map(|staged| staged.row.feed_id.as_str().to_owned()).collect());
        cursor = page.next_cursor;
        if cursor.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn an_import_lists_its_rows_in_the_order_of_the_feed_unchanged_ones_too() {
    let world = World::new();
    imported(&world, import_id(1), &[(1, 1..=30)]).await;
    imported(&world, import_id(2), &[(5, 61..=90), (2, 11..=40)]).await;
    let expected: Vec<String> = (11..=40).chain(61..=90).map(|n| format!("SKU-{n}")).collect();
    for limit in [1, 7, 30, 60, 100] {
        let pages = listed(&world, import_id(2), &Narrowed::default(), limit).await;
        assert_eq!(pages.concat(), expected, "{limit} a page");
    }
    assert_eq!(listed(&world, import_id(3), &Narrowed::default(), 5).await.concat(), Vec::<String>::new());
}

#[tokio::test]
async fn a_narrowed_list_finds_all_and_reads_a_bounded_part_at_a_time() {
    let world = World::new();
    imported(&world, import_id(1), &[(1, 1..=500), (2, 501..=900)]).await;
    let text = |text: &str| Narrowed { text: Some(text.to_owned()), status: None };
    assert_eq!(listed(&world, import_id(1), &text("KETTLE 77"), 5).await.concat(), {
        let mut found = vec!["SKU-77".to_owned()];
        found.extend((770..=779).map(|n| format!("SKU-{n}")));
        found
    });
    assert_eq!(listed(&world, import_id(1), &text("moulin"), 100).await.concat().len(), 450);
    world.table.meter().take();
    let page =
        of_import(&world.store, vendor(), import_id(1), &text("nothing"), &Paging { limit: 5, cursor: None })
            .await
            .unwrap();
    assert!(page.data.is_empty() && page.next_cursor.is_some());
    assert!(world.table.meter().take().round_trips <= 8);
    let selected = Narrowed { status: Some(StagedStatus::Selected), text: None };
    let one = get(&world.store, vendor(), id_of(vendor(), "SKU-640")).await.unwrap();
    select(&world.store, &one).await.unwrap();
    assert_eq!(listed(&world, import_id(1), &selected, 5).await.concat(), ["SKU-640"]);
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let world = World::new();
    for position in ["", "x", "0#0", "1#", "#", "ERROR#0000001"] {
        let paging = Paging { limit: 5, cursor: Some(encode(position)) };
        let page = of_import(&world.store, vendor(), import_id(1), &Narrowed::default(), &paging).await;
        assert!(matches!(page, Err(Error::BadCursor)), "{position}");
    }
}

fn listing(world: &World, staged: &Staged, n: u128) -> Listing {
    let price = Money::new(100, Currency::EUR);
    let (id, sku) = (ProductId::from_bits(n), staged.row.feed_id.clone());
    let product = Product {
        id,
        vendor_id: vendor(),
        sku: sku.clone(),
        title: staged.row.title.clone(),
        description: Text::try_from("Of use.").unwrap(),
        category: Category::try_from("Home".to_owned()).unwrap(),
        brand: None,
        gtin: None,
        tags: Vec::new(),
        price,
        tax_rate: TaxRate::default(),
        status: ProductStatus::Published,
        variants: 1,
        images: Vec::new(),
        staged_id: Some(staged.id),
        created_at: world.now(),
        updated_at: world.now(),
        published_at: Some(world.now()),
        version: 1,
    };
    let variant = Variant {
        id: VariantId::from_bits(n),
        product_id: id,
        vendor_id: vendor(),
        sku,
        title: product.title.clone(),
        options: Default::default(),
        price,
        own_price: false,
        weight_grams: None,
        stripes: Default::default(),
        low_stock_threshold: None,
        adjustment: None,
        counts: 0,
        tax_rate: TaxRate::default(),
        image_url: None,
        sellable: true,
        stock: Stock { on_hand: 3, available: 3, ..Stock::default() },
        created_at: world.now(),
        version: 1,
        revision: 1,
    };
    Listing { product, variants: vec![variant] }
}

#[tokio::test]
async fn a_row_becomes_one_product_however_often_it_is_tried() {
    let world = World::new();
    stage(&world.store, vendor(), import_id(1), rows(1..=2)).await.unwrap();
    let seen = get(&world.store, vendor(), id_of(vendor(), "SKU-1")).await.unwrap();
    let published = publish(&world.store, &seen, &listing(&world, &seen, 1)).await.unwrap();
    assert_eq!(published, get(&world.store, vendor(), seen.id).await.unwrap());
    let found = product_of(&world.store, &published).await.unwrap().unwrap();
    assert_eq!((found.product.staged_id, found.variants[0].stock.available), (Some(seen.id), 3));
    let before = world.table.dump();
    assert!(matches!(
        publish(&world.store, &seen, &listing(&world, &seen, 2)).await,
        Err(Error::VersionConflict)
    ));
    let other = get(&world.store, vendor(), id_of(vendor(), "SKU-2")).await.unwrap();
    let mut same_code = listing(&world, &other, 3);
    same_code.product.sku = seen.row.feed_id.clone();
    assert!(matches!(publish(&world.store, &other, &same_code).await, Err(Error::Taken("sku"))));
    assert_eq!(world.table.dump(), before);

    product::delete(&world.store, &found).await.unwrap();
    assert!(product_of(&world.store, &published).await.unwrap().is_none());
}

#[tokio::test]
async fn another_vendors_row_is_not_there() {
    let world = World::new();
    stage(&world.store, vendor(), import_id(1), rows(1..=1)).await.unwrap();
    let id = id_of(vendor(), "SKU-1");
    assert!(matches!(get(&world.store, VendorId::from_bits(2), id).await, Err(Error::NotFound)));
    assert_ne!(id, id_of(VendorId::from_bits(2), "SKU-1"));
}

#[test]
fn rows_are_spread_over_all_partitions() {
    let buckets: BTreeSet<String> =
        (0..2_000).map(|n| key(vendor(), id_of(vendor(), &n.to_string())).pk).collect();
    assert_eq!(buckets.len(), usize::from(BUCKETS));
}
