use std::collections::BTreeMap;

use axum::Router;
use domain::{
    Currency, Id, Money, ProductId, Tenant, VariantId,
    account::StaffRole,
    product::{Product, ProductStatus},
    tax::TaxRate,
    text::{Name, Sku, Text},
    variant::{Stock, Variant},
    vendor::Vendor,
};
use serde_json::{Value, json};
use store::{
    product::{self, Listing},
    session::Principal,
};
use table::{Key, Table, Update, Write};
use web::testing::{Answer, Call, World, forget_answers, never_made};

use crate::{Deps, app};

const STOCK: &str = "/api/v1/vendor/inventory/stock";

struct Shop {
    world: World,
    app: Router,
    vendor: Vendor,
    owner: String,
    variant: Variant,
}

impl Shop {
    async fn new() -> Self {
        let world = World::default();
        let app = app(Deps { store: world.store.clone(), settings: world.settings() });
        let vendor = world.shop("tea").await;
        let owner = world.log_in(&vendor, StaffRole::Owner).await;
        let variant = product_of(&world, &vendor).await;
        Self { world, app, vendor, owner, variant }
    }

    fn id(&self) -> String {
        self.variant.id.to_string()
    }

    async fn set(&self, variant: &str, on_hand: impl Into<Value>) -> Answer {
        let body = json!({"variant_id": variant, "on_hand": on_hand.into()});
        Call::put(STOCK).json(&body).by(&self.owner).on(&self.app).await
    }

    async fn post(&self, step: &str, body: Value) -> Answer {
        let path = format!("{STOCK}/{}/{step}", self.id());
        Call::post(&path).json(&body).by(&self.owner).on(&self.app).await
    }

    async fn read(&self) -> Answer {
        Call::get(&format!("{STOCK}/{}", self.id())).by(&self.owner).on(&self.app).await
    }

    /// Puts units into a cart, as the store would.
    async fn hold(&self, units: i64) {
        let place = self.variant.place();
        let partition = format!("T#{}#PRODUCT#{}", place.vendor_id, place.product_id);
        let key = Key::new(partition, format!("VARIANT#{}", place.variant_id));
        let held = Update::new().add("available", -units).add("reserved", units);
        self.world.table.write(Write::update(key, held)).await.unwrap();
    }
}

async fn product_of(world: &World, vendor: &Vendor) -> Variant {
    let now = world.now();
    let (id, variant_id): (ProductId, VariantId) = (world.ids.next(), world.ids.next());
    let product = Product {
        id,
        vendor_id: vendor.id,
        sku: Sku::try_from("TEA").unwrap(),
        title: Name::try_from("Tea").unwrap(),
        description: Text::try_from("Green.").unwrap(),
        category: "Tea".to_owned().try_into().unwrap(),
        brand: None,
        gtin: None,
        tags: Vec::new(),
        price: Money::new(100, Currency::EUR),
        tax_rate: TaxRate::default(),
        status: ProductStatus::Draft,
        variants: 1,
        images: Vec::new(),
        staged_id: None,
        created_at: now,
        updated_at: now,
        published_at: None,
        version: 1,
    };
    let variant = Variant {
        id: variant_id,
        product_id: id,
        vendor_id: vendor.id,
        sku: product.sku.clone(),
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
        sellable: false,
        stock: Stock::default(),
        created_at: now,
        version: 1,
        revision: 1,
    };
    product::create(&world.store, &Listing { product, variants: vec![variant.clone()] }).await.unwrap();
    variant
}

fn level(shop: &Shop, counters: [i64; 4], version: u64) -> Value {
    let [on_hand, available, reserved, allocated] = counters;
    json!({
        "variant_id": shop.variant.id, "product_id": shop.variant.product_id, "sku": "TEA",
        "on_hand": on_hand, "available": available, "reserved": reserved, "allocated": allocated, "version": version,
        "sold": 0, "low_stock_threshold": null, "low": false, "stripes": null,
    })
}

#[tokio::test]
async fn a_variant_starts_with_nothing_and_is_counted() {
    let shop = Shop::new().await;
    let read = shop.read().await;
    assert_eq!((read.status, read.json(), read.etag()), (200, level(&shop, [0; 4], 1), Some("\"1\"")));
    let set = shop.set(&shop.id(), 12).await;
    assert_eq!((set.status, set.json(), set.etag()), (200, level(&shop, [12, 12, 0, 0], 2), Some("\"2\"")));
    assert_eq!(shop.read().await.json(), set.json());
    // The same count again changes nothing.
    assert_eq!(shop.set(&shop.id(), 12).await.json(), set.json());
}

#[tokio::test]
async fn what_is_held_stays_held() {
    let shop = Shop::new().await;
    shop.set(&shop.id(), 10).await;
    shop.hold(4).await;
    let refused = shop.set(&shop.id(), 3).await;
    assert_eq!(refused.error(), (409, "stock_held".to_owned()));
    assert_eq!(refused.json()["error"]["available"], 4);
    assert_eq!(shop.read().await.json(), level(&shop, [10, 6, 4, 0], 2));
    assert_eq!(shop.set(&shop.id(), 4).await.json(), level(&shop, [4, 0, 4, 0], 3));
    assert_eq!(shop.set(&shop.id(), 1_000_000).await.json(), level(&shop, [1_000_000, 999_996, 4, 0], 4));
}

#[tokio::test]
async fn a_count_of_an_old_version_is_refused() {
    let shop = Shop::new().await;
    shop.set(&shop.id(), 10).await;
    let seen = async |tag: &str| {
        let body = json!({"variant_id": shop.id(), "on_hand": 20});
        Call::put(STOCK).json(&body).by(&shop.owner).with("if-match", tag).on(&shop.app).await
    };
    for tag in ["\"1\"", "\"3\"", "x"] {
        assert_eq!(seen(tag).await.error(), (412, "version_conflict".to_owned()), "{tag}");
    }
    assert_eq!(seen("\"2\"").await.status, 200);
    assert_eq!(seen("*").await.status, 200);
}

#[tokio::test]
async fn an_adjustment_adds_and_takes_what_is_not_held() {
    let shop = Shop::new().await;
    let adjust =
        async |delta: i64, reason: &str| shop.post("adjust", json!({"delta": delta, "reason": reason})).await;
    assert_eq!(adjust(10, "received").await.json(), level(&shop, [10, 10, 0, 0], 2));
    shop.hold(4).await;
    assert_eq!(adjust(-6, "damaged").await.json(), level(&shop, [4, 0, 4, 0], 3));
    let refused = adjust(-1, "lost").await;
    assert_eq!(refused.error(), (409, "stock_held".to_owned()));
    assert_eq!(
        (&refused.json()["error"]["available"], &refused.json()["error"]["param"]),
        (&json!(4), &json!("delta"))
    );
    assert_eq!(adjust(1_000_000, "received").await.error(), (409, "too_many".to_owned()));
    assert_eq!(shop.read().await.json(), level(&shop, [4, 0, 4, 0], 3));
    for (body, status, code) in [
        (json!({"delta": 0, "reason": "lost"}), 422, "invalid_value"),
        (json!({"delta": 1_000_001, "reason": "lost"}), 422, "invalid_value"),
        (json!({"delta": i64::MIN, "reason": "lost"}), 422, "invalid_value"),
        (json!({"delta": 1, "reason": "theft"}), 422, "invalid_value"),
        (json!({"delta": 1}), 400, "invalid_body"),
        (json!({"delta": 1.5, "reason": "lost"}), 400, "invalid_body"),
    ] {
        assert_eq!(shop.post("adjust", body.clone()).await.error(), (status, code.to_owned()), "{body}");
    }
    let viewer = shop.world.log_in(&shop.vendor, StaffRole::Viewer).await;
    let path = format!("{STOCK}/{}/adjust", shop.id());
    let call = Call::post(&path).json(&json!({"delta": 1, "reason": "lost"})).by(&viewer);
    assert_eq!(call.on(&shop.app).await.error(), (403, "forbidden".to_owned()));
}

#[tokio::test]
async fn an_adjustment_under_a_key_happens_once_though_its_call_was_stopped() {
    let shop = Shop::new().await;
    let path = format!("{STOCK}/{}/adjust", shop.id());
    let body = json!({"delta": 5, "reason": "received"});
    let call = async || {
        Call::post(&path).json(&body).by(&shop.owner).with("idempotency-key", "k1").on(&shop.app).await
    };
    assert_eq!(call().await.status, 200);
    forget_answers(&shop.world.table).await;
    assert_eq!(call().await.json(), level(&shop, [5, 5, 0, 0], 2));
    assert_eq!(call().await.header("idempotent-replayed"), Some("true"));
    assert_eq!(shop.read().await.json(), level(&shop, [5, 5, 0, 0], 2));
}

#[tokio::test]
async fn a_vendor_says_at_how_many_it_wants_to_be_told() {
    let shop = Shop::new().await;
    shop.set(&shop.id(), 5).await;
    let set = async |units: Value| {
        let path = format!("{STOCK}/{}/threshold", shop.id());
        let body = json!({"low_stock_threshold": units});
        Call::put(&path).json(&body).by(&shop.owner).on(&shop.app).await
    };
    let shown = async |units| {
        let answer = set(units).await.json();
        (answer["low_stock_threshold"].clone(), answer["low"].clone())
    };
    assert_eq!(shown(json!(4)).await, (json!(4), json!(false)));
    assert_eq!(shown(json!(5)).await, (json!(5), json!(true)));
    assert_eq!(shown(Value::Null).await, (Value::Null, json!(false)));
    assert_eq!(set(json!(1_000_001)).await.error(), (422, "invalid_value".to_owned()));
    assert_eq!(set(json!(-1)).await.status, 422);
    assert_eq!(shop.read().await.json(), level(&shop, [5, 5, 0, 0], 2));
}

#[tokio::test]
async fn what_is_no_count_is_refused() {
    let shop = Shop::new().await;
    for (on_hand, status) in [
        (json!(-1), 422),
        (json!(1_000_001), 422),
        (json!(i64::MIN), 422),
        (json!(1.5), 400),
        (json!("5"), 400),
        (Value::Null, 400),
        (json!(1e300), 400),
    ] {
        assert_eq!(shop.set(&shop.id(), on_hand.clone()).await.status, status, "{on_hand}");
    }
    for (body, status, code) in [
        (json!({"variant_id": shop.id()}), 400, "invalid_body"),
        (json!({"on_hand": 5}), 400, "invalid_body"),
        (json!({"variant_id": shop.id(), "on_hand": 5, "available": 5}), 400, "invalid_body"),
        (json!({"variant_id": "var_1", "on_hand": 5}), 422, "invalid_value"),
        (json!({"variant_id": shop.variant.product_id, "on_hand": 5}), 422, "invalid_value"),
    ] {
        let answer = Call::put(STOCK).json(&body).by(&shop.owner).on(&shop.app).await;
        assert_eq!(answer.error(), (status, code.to_owned()), "{body}");
    }
    assert_eq!(shop.read().await.json(), level(&shop, [0; 4], 1));
}

#[tokio::test]
async fn another_vendors_stock_answers_like_what_was_never_made() {
    let shop = Shop::new().await;
    let other = shop.world.shop("coffee").await;
    let theirs = product_of(&shop.world, &other).await.id.to_string();
    let never: VariantId = never_made();
    let set = shop.set(&theirs, 5).await.bytes();
    assert_eq!((set.0, &set), (404, &shop.set(&never.to_string(), 5).await.bytes()));
    let read =
        async |id: &str| Call::get(&format!("{STOCK}/{id}")).by(&shop.owner).on(&shop.app).await.bytes();
    let read_theirs = read(&theirs).await;
    assert_eq!(read_theirs.0, 404);
    assert_eq!(read_theirs, read(&never.to_string()).await);
    assert_eq!(read_theirs, read("var_1").await);
}

#[tokio::test]
async fn only_those_who_may_write_count() {
    let shop = Shop::new().await;
    let body = json!({"variant_id": shop.id(), "on_hand": 5});
    let viewer = shop.world.log_in(&shop.vendor, StaffRole::Viewer).await;
    let refused = Call::put(STOCK).json(&body).by(&viewer).on(&shop.app).await;
    assert_eq!(refused.error(), (403, "forbidden".to_owned()));
    let path = format!("{STOCK}/{}", shop.id());
    assert_eq!(Call::get(&path).by(&viewer).on(&shop.app).await.status, 200);
    let channel = Tenant::Vendor(shop.vendor.id);
    let customer_id = domain::CustomerId::from_bits(1);
    let customer = shop.world.log_in_as(Principal::Customer { customer_id, channel }).await;
    for token in ["nonsense", &customer] {
        for call in [Call::get(&path), Call::put(STOCK).json(&body)] {
            assert_eq!(call.by(token).on(&shop.app).await.error(), (401, "unauthenticated".to_owned()));
        }
    }
    assert_eq!(Call::put(STOCK).json(&body).on(&shop.app).await.status, 401);
}

#[tokio::test]
async fn a_variant_is_sold_in_stripes_and_from_one_place_again() {
    let shop = Shop::new().await;
    shop.set(&shop.id(), 10).await;
    let stripes = format!("{STOCK}/{}/stripes", shop.id());
    let put = async |body: Value| Call::put(&stripes).json(&body).by(&shop.owner).on(&shop.app).await;
    let spread = |count: u8, closing: bool| json!({"count": count, "closing": closing});
    let opened = put(json!({"count": 4})).await;
    assert_eq!((opened.status, &opened.json()["stripes"]), (200, &spread(4, false)));
    assert_eq!((&opened.json()["on_hand"], &opened.json()["available"]), (&json!(10), &json!(10)));
    assert_eq!(put(json!({"count": 4})).await.json(), opened.json());
    assert_eq!(shop.read().await.json(), opened.json());
    for (refused, code) in [
        (put(json!({"count": 5})).await, "sold_in_stripes"),
        (shop.set(&shop.id(), 3).await, "sold_in_stripes"),
    ] {
        assert_eq!(refused.error(), (409, code.to_owned()));
    }
    // What is found to be missing is taken from wherever it lies.
    let fewer = shop.post("adjust", json!({"delta": -7, "reason": "lost"})).await;
    assert_eq!(
        (fewer.status, &fewer.json()["on_hand"], &fewer.json()["available"]),
        (200, &json!(3), &json!(3))
    );
    let too_few = shop.post("adjust", json!({"delta": -4, "reason": "lost"})).await;
    assert_eq!(too_few.error(), (409, "stock_held".to_owned()));
    let ended = Call::delete(&stripes).by(&shop.owner).on(&shop.app).await;
    assert_eq!(
        (ended.status, &ended.json()["stripes"], &ended.json()["available"]),
        (200, &Value::Null, &json!(3))
    );
    assert_eq!(Call::delete(&stripes).by(&shop.owner).on(&shop.app).await.json(), ended.json());
    for (body, status, code) in [
        (json!({"count": 1}), 422, "invalid_value"),
        (json!({"count": 33}), 422, "invalid_value"),
        (json!({"count": -1}), 422, "invalid_value"),
        (json!({"count": 300}), 422, "invalid_value"),
        (json!({"count": "four"}), 400, "invalid_body"),
        (json!({}), 400, "invalid_body"),
    ] {
        assert_eq!(put(body.clone()).await.error(), (status, code.to_owned()), "{body}");
    }
    let viewer = shop.world.log_in(&shop.vendor, StaffRole::Viewer).await;
    for call in [Call::put(&stripes).json(&json!({"count": 4})), Call::delete(&stripes)] {
        assert_eq!(call.by(&viewer).on(&shop.app).await.error(), (403, "forbidden".to_owned()));
    }
}
