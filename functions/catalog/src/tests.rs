use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use domain::{
    Currency, Id, MediaId, Money, ProductId, VariantId,
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

#[tokio::test]
async fn a_channel_says_where_one_is() {
    let market = Market::new().await;
    assert_eq!(
        market.get(&format!("{MARKET}/shop-info")).await.json(),
        json!({"kind": "market", "name": "souk"})
    );
    let shop = json!({
        "kind": "shop", "name": "tea", "id": market.tea.id, "slug": "tea", "country": "LU", "currency": "EUR",
    });
    assert_eq!(market.get(&format!("{TEA}/shop-info")).await.json(), shop);
}

#[tokio::test]
async fn a_shop_that_does_not_sell_answers_like_one_that_was_never_made() {
    let market = Market::new().await;
    market.world.shop_that_is("pending", VendorStatus::Pending).await;
    market.world.shop_that_is("suspended", VendorStatus::Suspended).await;
    for rest in ["shop-info", "categories", "products", "products/prd_00000000000000000000000000"] {
        let ask =
            async |slug: &str| market.get(&format!("/api/v1/public/vendors/{slug}/{rest}")).await.bytes();
        let never = ask("nobody").await;
        assert_eq!(never.0, 404, "{rest}");
        for slug in ["pending", "suspended", "No-Slug", "%20", "admin"] {
            assert_eq!(ask(slug).await, never, "{slug}/{rest}");
        }
    }
}

#[tokio::test]
async fn categories_are_counted_per_channel() {
    let market = Market::new().await;
    market.product(&market.tea, "Green", "Food > Tea", 100).await;
    let gone = market.product(&market.tea, "Black", "Food > Tea", 100).await;
    market.product(&market.coffee, "Mokka", "Food > Coffee", 100).await;
    market.product(&market.coffee, "Chai", "food/tea", 100).await;
    market.to(&gone, ProductEvent::Archived).await;
    let names = async |channel: &str| market.get(&format!("{channel}/categories")).await.json();
    assert_eq!(names(TEA).await, json!({"data": [{"key": "food-tea", "name": "Food > Tea", "count": 1}]}));
    let all = names(MARKET).await;
    let counts: Vec<_> =
        all["data"].as_array().unwrap().iter().map(|one| (&one["key"], &one["count"])).collect();
    assert_eq!(counts, [(&json!("food-coffee"), &json!(1)), (&json!("food-tea"), &json!(2))]);
}

#[tokio::test]
async fn a_shelf_shows_the_newest_first_and_who_sells_it() {
    let market = Market::new().await;
    market.product(&market.tea, "Green", "Tea", 100).await;
    market.product(&market.coffee, "Mokka", "Coffee", 200).await;
    let black = market
        .made(&market.tea, "Black", "Tea", 300, |listing| {
            listing.product.brand = Some(Text::try_from("Ippodo").unwrap());
            listing.product.images = vec![image()];
        })
        .await;
    assert_eq!(market.titles(&format!("{MARKET}/products")).await, ["Black", "Mokka", "Green"]);
    assert_eq!(market.titles(&format!("{TEA}/products")).await, ["Black", "Green"]);
    assert_eq!(market.titles(&format!("{COFFEE}/products")).await, ["Mokka"]);
    let card = json!({
        "id": black.product.id, "title": "Black", "brand": "Ippodo", "category": "Tea",
        "price": {"amount": 300, "currency": "EUR"}, "image_url": "https://media.example/small.jpg",
        "vendor": {"id": market.tea.id, "slug": "tea", "name": "tea"},
    });
    for channel in [TEA, MARKET] {
        assert_eq!(market.get(&format!("{channel}/products?limit=1")).await.json()["data"], json!([card]));
    }
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

#[tokio::test]
async fn a_shelf_is_filtered_by_category_and_price() {
    let market = Market::new().await;
    for (title, category, price) in
        [("A", "Tea", 100), ("B", "Tea", 200), ("C", "Cups", 300), ("D", "Tea", 400), ("E", "Tea", 500)]
    {
        market.product(&market.tea, title, category, price).await;
    }
    for channel in [TEA, MARKET] {
        for (query, wanted) in [
            ("", "EDCBA"),
            ("category=&min_price=&max_price=&cursor=", "EDCBA"),
            ("category=tea", "EDBA"),
            ("category=TEA!", "EDBA"),
            ("category=none", ""),
            ("min_price=200&max_price=400", "DCB"),
            ("category=tea&min_price=200&max_price=400", "DB"),
            ("max_price=100", "A"),
            ("min_price=501", ""),
        ] {
            assert_eq!(
                market.titles(&format!("{channel}/products?{query}")).await.concat(),
                wanted,
                "{query}"
            );
        }
        let first = market.get(&format!("{channel}/products?min_price=200&limit=2")).await.json();
        assert_eq!(titles(&first).concat(), "ED");
        let cursor = first["next_cursor"].as_str().unwrap();
        let next = format!("{channel}/products?min_price=200&limit=2&cursor={cursor}");
        assert_eq!(market.titles(&next).await.concat(), "CB");
        for query in
            ["min_price=5&max_price=4", "min_price=-1", "max_price=x", "limit=0", "limit=101", "cursor=!"]
        {
            assert_eq!(market.get(&format!("{channel}/products?{query}")).await.status, 400, "{query}");
        }
    }
    let long = format!("{TEA}/products?category={}", "x".repeat(3_000));
    assert_eq!(market.titles(&long).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_product_page_tells_what_a_customer_needs() {
    let market = Market::new().await;
    let made = market
        .made(&market.tea, "Green", "Tea", 500, |listing| {
            listing.product.images = vec![image()];
            let mut small = listing.variants[0].clone();
            small.id = VariantId::from_bits(5);
            small.sku = Sku::try_from("S").unwrap();
            small.options = [("size".to_owned(), "small".to_owned())].into();
            small.price.amount = 200;
            small.own_price = true;
            listing.variants.insert(0, small);
        })
        .await;
    stock::set_on_hand(&market.world.store, &made.variants[0].place(), 3, None).await.unwrap();
    let page = json!({
        "id": made.product.id, "sku": "Green", "title": "Green", "description": "Of use.", "category": "Tea",
        "brand": null, "gtin": null, "tags": [], "status": "published",
        "price": {"amount": 200, "currency": "EUR"}, "tax_rate": 8.1,
        "images": [image()],
        "media": [{"id": MediaId::from_bits(1), "variants": {"small": small_picture()}}],
        "in_stock": true,
        "variants": [
            {
                "id": VariantId::from_bits(5), "sku": "S", "options": {"size": "small"},
                "price": {"amount": 200, "currency": "EUR"}, "available": 3, "in_stock": true,
            },
            {
                "id": made.variants[1].id, "sku": "Green", "options": {},
                "price": {"amount": 500, "currency": "EUR"}, "available": 0, "in_stock": false,
            },
        ],
        "vendor": {"id": market.tea.id, "slug": "tea", "name": "tea"},
        "published_at": "2026-11-21T08:00:00.000Z",
    });
    let availability = json!({
        "product_id": made.product.id, "in_stock": true,
        "variants": [
            {"id": VariantId::from_bits(5), "sku": "S", "available": 3, "in_stock": true},
            {"id": made.variants[1].id, "sku": "Green", "available": 0, "in_stock": false},
        ],
    });
    for channel in [TEA, MARKET] {
        assert_eq!(market.get(&page_of(channel, &made)).await.json(), page);
        let path = format!("{}/availability", page_of(channel, &made));
        assert_eq!(market.get(&path).await.json(), availability);
    }
}

#[tokio::test]
async fn what_is_not_for_sale_here_answers_like_what_was_never_made() {
    let market = Market::new().await;
    let tea = market.product(&market.tea, "Green", "Tea", 100).await;
    let archived = market.product(&market.tea, "Old", "Tea", 100).await;
    market.to(&archived, ProductEvent::Archived).await;
    let draft = market.product(&market.tea, "New", "Tea", 100).await;
    market.to(&draft, ProductEvent::Withdrawn).await;
    let never: ProductId = never_made();
    for rest in ["", "/availability"] {
        let ask = async |channel: &str, id: &str| {
            market.get(&format!("{channel}/products/{id}{rest}")).await.bytes()
        };
        let unknown = ask(TEA, &never.to_string()).await;
        assert_eq!(unknown.0, 404);
        let id = tea.product.id.to_string();
        assert_eq!(ask(TEA, &id).await.0, 200);
        assert_eq!(ask(MARKET, &id).await.0, 200);
        // In the shop of another vendor there is no such product.
        assert_eq!(ask(COFFEE, &id).await, unknown);
        for hidden in [&archived, &draft] {
            let id = hidden.product.id.to_string();
            for channel in [TEA, COFFEE, MARKET] {
                assert_eq!(ask(channel, &id).await, unknown);
            }
        }
        for id in ["prd_1", "var_00000000000000000000000000", "%20"] {
            assert_eq!(ask(TEA, id).await, unknown);
            assert_eq!(ask(MARKET, id).await, unknown);
        }
    }
}

#[tokio::test]
async fn the_goods_of_a_suspended_vendor_leave_the_market() {
    let market = Market::new().await;
    let tea = market.product(&market.tea, "Green", "Tea", 100).await;
    market.product(&market.coffee, "Mokka", "Coffee", 100).await;
    assert_eq!(market.titles(&format!("{MARKET}/products")).await, ["Mokka", "Green"]);
    market.set_status(&market.tea, VendorStatus::Suspended).await;
    assert_eq!(market.titles(&format!("{MARKET}/products")).await, ["Mokka"]);
    for path in [page_of(MARKET, &tea), page_of(TEA, &tea), format!("{TEA}/products")] {
        assert_eq!(market.get(&path).await.error(), (404, "not_found".to_owned()), "{path}");
    }
    market.set_status(&market.tea, VendorStatus::Active).await;
    assert_eq!(market.get(&page_of(MARKET, &tea)).await.status, 200);
}

#[tokio::test]
async fn browsing_costs_what_it_should() {
    let market = Market::new().await;
    let tea = market.product(&market.tea, "Green", "Tea", 100).await;
    market.product(&market.coffee, "Mokka", "Tea", 100).await;
    let availability = format!("{}/availability", page_of(MARKET, &tea));
    for (path, cold, warm) in [
        // Cold: the slug, and its vendor.
        (format!("{TEA}/products?category=tea"), 3, 1),
        (page_of(TEA, &tea), 1, 1),
        // Cold: the vendors in one batch.
        (format!("{MARKET}/products?category=tea"), 9, 8),
        // Cold: the product's pointer.
        (page_of(MARKET, &tea), 2, 1),
        (availability, 1, 1),
        (format!("{TEA}/products"), 1, 1),
        (format!("{MARKET}/products"), 8, 8),
        (format!("{TEA}/categories"), 1, 1),
        (format!("{MARKET}/categories"), 8, 8),
        (format!("{TEA}/shop-info"), 0, 0),
        (format!("{MARKET}/shop-info"), 0, 0),
        (format!("{TEA}/products?max_price=5"), 1, 1),
    ] {
        assert_eq!((market.cost(&path).await, market.cost(&path).await), (cold, warm), "{path}");
    }
}

#[tokio::test]
async fn caches_keep_answers_and_ask_whether_they_still_hold() {
    let market = Market::new().await;
    let tea = market.product(&market.tea, "Green", "Tea", 100).await;
    let availability = format!("{}/availability", page_of(TEA, &tea));
    for (path, cache) in [
        (format!("{TEA}/shop-info"), "public, max-age=60"),
        (format!("{TEA}/categories"), "public, max-age=60"),
        (format!("{MARKET}/products"), "public, max-age=60"),
        (page_of(TEA, &tea), "public, max-age=60"),
        (availability.clone(), "public, max-age=5"),
        ("/api/v1/openapi.json".to_owned(), "public, max-age=300"),
    ] {
        let answer = market.get(&path).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some(cache)), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let tag = answer.etag().unwrap().to_owned();
        for held in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let again = Call::get(&path).with("if-none-match", &held).on(&market.app).await;
            assert_eq!(
                (again.status, again.body.as_str(), again.etag()),
                (304, "", Some(tag.as_str())),
                "{path}"
            );
            assert_eq!(again.header("cache-control"), Some(cache));
        }
        assert_eq!(Call::get(&path).with("if-none-match", "\"x\"").on(&market.app).await.status, 200);
    }
    let tag = market.get(&availability).await.etag().unwrap().to_owned();
    stock::set_on_hand(&market.world.store, &tea.variants[0].place(), 3, None).await.unwrap();
    let now = Call::get(&availability).with("if-none-match", &tag).on(&market.app).await;
    assert_eq!((now.status, &now.json()["in_stock"]), (200, &json!(true)));
    let missing = market.get(&format!("{TEA}/products/{}", never_made::<ProductId>())).await;
    assert_eq!((missing.header("cache-control"), missing.etag()), (Some("no-store"), None));
}

#[tokio::test]
async fn what_no_function_takes_ends_here() {
    let market = Market::new().await;
    let document = market.get("/api/v1/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for path in ["/", "/api/v1/nothing", "/api/v1/public/market/nothing", "/%2e%2e/etc"] {
        assert_eq!(market.get(path).await.error(), (404, "not_found".to_owned()), "{path}");
    }
    let post = Call::post(&format!("{TEA}/products")).json(&json!({})).on(&market.app).await;
    assert_eq!(post.error(), (405, "method_not_allowed".to_owned()));
}
