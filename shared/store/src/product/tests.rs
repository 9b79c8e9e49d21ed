mod browse;
mod categories;
mod moves;
mod search;

use std::time::Duration;

use domain::{
    Currency, Id, Money,
    category::Category,
    tax::TaxRate,
    text::{Name, Sku, Text},
    variant::Stock,
};

use super::*;
use crate::{stock, testing::World};

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
        weight_grams: None,
        stripes: Default::default(),
        low_stock_threshold: None,
        adjustment: None,
        counts: 0,
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
