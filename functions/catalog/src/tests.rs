mod cached;
mod channels;
mod page;
mod shelf;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use domain::{
    Currency, Id, MediaId, Money, ProductId,
    product::{Image, Product, ProductEvent, ProductStatus},
    tax::TaxRate,
    text::{Name, Sku, Text},
    variant::{Stock, Variant},
    vendor::{Vendor, VendorStatus},
};
use serde_json::{Value, json};
use store::{
    product::{self, Listing},
    stock,
};
use table::{Key, Table, Update, Write};
use web::testing::{Answer, Call, World, never_made};

use crate::{Deps, app};

const MARKET: &str = "/api/v1/public/market";
const TEA: &str = "/api/v1/public/vendors/tea";
const COFFEE: &str = "/api/v1/public/vendors/coffee";

/// A market of two shops.
struct Market {
    world: World,
    app: Router,
    tea: Vendor,
    coffee: Vendor,
}

impl Market {
    async fn new() -> Self {
        let world = World::default();
        let app = app(Deps::new(world.store.clone(), world.settings()));
        let (tea, coffee) = (world.shop("tea").await, world.shop("coffee").await);
        Self { world, app, tea, coffee }
    }

    async fn get(&self, path: &str) -> Answer {
        Call::get(path).on(&self.app).await
    }

    /// A published product; a second passes, so that the next one is newer.
    async fn product(&self, vendor: &Vendor, title: &str, category: &str, price: i64) -> Listing {
        self.made(vendor, title, category, price, |_| {}).await
    }

    async fn made(
        &self,
        vendor: &Vendor,
        title: &str,
        category: &str,
        price: i64,
        change: impl FnOnce(&mut Listing),
    ) -> Listing {
        let now = self.world.now();
        let sku = Sku::try_from(title).unwrap();
        let product = Product {
            id: self.world.ids.next(),
            vendor_id: vendor.id,
            sku: sku.clone(),
            title: Name::try_from(title).unwrap(),
            description: Text::try_from("Of use.").unwrap(),
            category: category.to_owned().try_into().unwrap(),
            brand: None,
            gtin: None,
            tags: Vec::new(),
            price: Money::new(price, Currency::EUR),
            tax_rate: TaxRate::from_percent("8.1").unwrap(),
            status: ProductStatus::Published,
            variants: 1,
            images: Vec::new(),
            staged_id: None,
            created_at: now,
            updated_at: now,
            published_at: Some(now),
            version: 1,
        };
        let variant = Variant {
            id: self.world.ids.next(),
            product_id: product.id,
            vendor_id: vendor.id,
            sku,
            title: product.title.clone(),
            options: BTreeMap::new(),
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
            created_at: now,
            version: 1,
            revision: 1,
        };
        let mut listing = Listing { product, variants: vec![variant] };
        change(&mut listing);
        product::create(&self.world.store, &listing).await.unwrap();
        self.world.clock.advance(Duration::from_secs(1));
        listing
    }

    async fn to(&self, before: &Listing, event: ProductEvent) -> Listing {
        let after = before.on(event, self.world.now()).unwrap().unwrap();
        product::save(&self.world.store, before, &after).await.unwrap();
        after
    }

    /// What a vendor's status becomes, as an admin would set it; what was cached of it grows old.
    async fn set_status(&self, vendor: &Vendor, status: VendorStatus) {
        let key = Key::new(format!("T#{}#VENDOR", vendor.id), "VENDOR");
        let update = Update::new().set("status", status.as_str());
        self.world.table.write(Write::update(key, update)).await.unwrap();
        self.world.clock.advance(Duration::from_secs(60));
    }

    async fn titles(&self, path: &str) -> Vec<String> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        titles(&answer.json())
    }

    /// How many round trips a call makes.
    async fn cost(&self, path: &str) -> u64 {
        self.world.table.meter().take();
        assert_eq!(self.get(path).await.status, 200, "{path}");
        self.world.table.meter().take().round_trips
    }
}

fn titles(list: &Value) -> Vec<String> {
    let cards = list["data"].as_array().unwrap().iter();
    cards.map(|card| card["title"].as_str().unwrap().to_owned()).collect()
}

fn page_of(channel: &str, listing: &Listing) -> String {
    format!("{channel}/products/{}", listing.product.id)
}

fn image() -> Image {
    Image {
        media_id: Some(MediaId::from_bits(1)),
        url: "https://media.example/large.jpg".to_owned(),
        thumbnail_url: "https://media.example/small.jpg".to_owned(),
        variants: serde_json::from_value(json!({"small": small_picture()})).unwrap(),
    }
}

fn small_picture() -> Value {
    let url = "https://media.example/small.jpg";
    json!({
        "url": url, "width": 300, "height": 200, "bytes": 9000,
        "sources": [{"type": "image/jpeg", "url": url, "bytes": 9000}],
    })
}
