use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use domain::{Id, ProductId, Tenant, account::StaffRole, vendor::Vendor};
use serde_json::{Value, json};
use store::session::Principal;
use table::memory::{Fault, Gate, Kind};
use web::testing::{Answer, Call, World, never_made};

use crate::{Deps, app};

const PRODUCTS: &str = "/api/v1/vendor/products";

/// A shop with an owner who is logged in.
struct Shop {
    world: World,
    app: Router,
    vendor: Vendor,
    owner: String,
}

impl Shop {
    async fn new() -> Self {
        Self::of(World::default()).await
    }

    async fn of(world: World) -> Self {
        let deps = Deps { store: world.store.clone(), settings: world.settings(), ids: world.ids.clone() };
        let vendor = world.shop("tea").await;
        let owner = world.log_in(&vendor, StaffRole::Owner).await;
        Self { app: app(deps), vendor, owner, world }
    }

    async fn call(&self, call: Call) -> Answer {
        call.by(&self.owner).on(&self.app).await
    }

    async fn make(&self, body: &Value) -> Answer {
        self.call(Call::post(PRODUCTS).json(body)).await
    }

    /// A product that is made; a second passes, so that the next one is newer.
    async fn made(&self, body: &Value) -> Value {
        let answer = self.make(body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.world.clock.advance(Duration::from_secs(1));
        answer.json()
    }

    async fn stranger(&self) -> String {
        let other = self.world.shop("coffee").await;
        self.world.log_in(&other, StaffRole::Owner).await
    }
}

fn of(product: &Value) -> String {
    format!("{PRODUCTS}/{}", product["id"].as_str().unwrap())
}

fn tea() -> Value {
    json!({
        "sku": "TEA-1", "title": "Green tea", "description": "From Uji.", "category": "Food > Tea",
        "price": {"amount": 1250, "currency": "EUR"}, "tax_rate": 8.1, "status": "draft",
    })
}

fn tea_with(field: &str, value: Value) -> Value {
    let mut body = tea();
    body[field] = value;
    body
}

fn sized() -> Value {
    tea_with(
        "variants",
        json!([
            {"sku": "TEA-L", "options": {"size": "large"}, "price": {"amount": 2000, "currency": "EUR"}},
            {"sku": "TEA-M", "options": {"size": "medium"}},
            {"sku": "TEA-S", "options": {"size": "small"}},
        ]),
    )
}

fn skus(product: &Value) -> Vec<&str> {
    product["variants"].as_array().unwrap().iter().map(|variant| variant["sku"].as_str().unwrap()).collect()
}

fn prices(product: &Value) -> Vec<i64> {
    let variants = product["variants"].as_array().unwrap();
    variants.iter().map(|variant| variant["price"]["amount"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_product_without_variants_has_one() {
    let shop = Shop::new().await;
    let answer = shop.make(&tea()).await;
    assert_eq!((answer.status, answer.etag()), (201, Some("\"1\"")));
    let product = answer.json();
    assert_eq!(product["vendor_id"], json!(shop.vendor.id));
    assert_eq!(product["status"], "draft");
    assert_eq!(product["tax_rate"].to_string(), "8.1");
    assert_eq!(skus(&product), ["TEA-1"]);
    let variant = &product["variants"][0];
    assert_eq!(variant["price"], tea()["price"]);
    assert_eq!(variant["stock"], json!({"on_hand": 0, "available": 0, "reserved": 0, "allocated": 0}));
    assert_eq!((variant["available"].clone(), variant["version"].clone()), (json!(0), json!(1)));
    assert_eq!(product["published_at"], Value::Null);
    assert_eq!(product["created_at"], "2026-11-21T08:00:00.000Z");

    let read = shop.call(Call::get(&of(&product))).await;
    assert_eq!((read.status, read.json(), read.etag()), (200, product, Some("\"1\"")));
}

#[tokio::test]
async fn all_that_was_entered_is_kept_in_its_order() {
    let shop = Shop::new().await;
    let mut body = sized();
    body["brand"] = json!("Ippodo");
    body["gtin"] = json!("4006381333931");
    body["tags"] = json!(["green", "japan"]);
    body["status"] = json!("published");
    let product = shop.made(&body).await;
    for field in
        ["sku", "title", "description", "category", "brand", "gtin", "tags", "price", "tax_rate", "status"]
    {
        assert_eq!(product[field], body[field], "{field}");
    }
    assert_eq!(product["published_at"], product["created_at"]);
    assert_eq!(skus(&product), ["TEA-L", "TEA-M", "TEA-S"]);
    assert_eq!(prices(&product), [2000, 1250, 1250]);
    assert_eq!(product["variants"][2]["options"], json!({"size": "small"}));
    assert_eq!(shop.call(Call::get(&of(&product))).await.json(), product);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name() {
    let shop = Shop::new().await;
    let eur = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let variants =
        |n: usize| (0..n).map(|n| json!({"sku": format!("V{n}"), "options": {"n": n.to_string()}})).collect();
    let many: Vec<Value> = variants(31);
    let options: serde_json::Map<String, Value> = (0..6).map(|n| (n.to_string(), json!("x"))).collect();
    for (field, value, status, code, param) in [
        ("price", eur(0), 422, "invalid_value", "price.amount"),
        ("price", eur(-5), 422, "invalid_value", "price.amount"),
        ("price", eur(100_000_000), 422, "invalid_value", "price.amount"),
        ("price", json!({"amount": 5, "currency": "USD"}), 422, "currency_mismatch", "price.currency"),
        ("price", json!({"amount": 5, "currency": "euro"}), 422, "invalid_value", "price.currency"),
        ("price", json!({"amount": 5.5, "currency": "EUR"}), 400, "invalid_body", "price.amount"),
        ("price", json!({"amount": 1e30, "currency": "EUR"}), 400, "invalid_body", "price.amount"),
        ("price", json!("5"), 400, "invalid_body", "price"),
        ("tax_rate", json!(101), 422, "invalid_value", "tax_rate"),
        ("tax_rate", json!(-1), 422, "invalid_value", "tax_rate"),
        ("tax_rate", json!(8.123), 422, "invalid_value", "tax_rate"),
        ("tax_rate", json!("17"), 400, "invalid_body", "tax_rate"),
        ("sku", json!(""), 422, "invalid_value", "sku"),
        ("sku", json!("x".repeat(65)), 422, "invalid_value", "sku"),
        ("title", json!("a\u{0}b"), 422, "invalid_value", "title"),
        ("title", json!(["a"]), 400, "invalid_body", "title"),
        ("description", json!("x".repeat(20_001)), 422, "invalid_value", "description"),
        ("category", json!("->"), 422, "invalid_value", "category"),
        ("gtin", json!("4006381333932"), 422, "invalid_value", "gtin"),
        ("tags", json!(vec!["t"; 21]), 422, "invalid_value", "tags"),
        ("status", json!("archived"), 422, "invalid_value", "status"),
        ("vendor_id", json!("ven_00000000000000000000000000"), 400, "invalid_body", "vendor_id"),
        ("variants", json!(many), 422, "invalid_value", "variants"),
        ("variants", json!([{"sku": "A", "options": options}]), 422, "invalid_value", "variants[0].options"),
        (
            "variants",
            json!([{"sku": "A", "options": {"x": "y".repeat(61)}}]),
            422,
            "invalid_value",
            "variants[0].options.x",
        ),
        ("variants", json!([{"sku": "A"}, {"sku": "B"}]), 422, "invalid_value", "variants[1].options"),
        (
            "variants",
            json!([{"sku": "A", "options": {"x": "1"}}, {"sku": "A", "options": {"x": "2"}}]),
            422,
            "invalid_value",
            "variants[1].sku",
        ),
        (
            "variants",
            json!([{"sku": "A", "price": eur(0)}]),
            422,
            "invalid_value",
            "variants[0].price.amount",
        ),
        (
            "variants",
            json!([{"sku": "A", "price": {"amount": 1, "currency": "USD"}}]),
            422,
            "currency_mismatch",
            "variants[0].price.currency",
        ),
    ] {
        let answer = shop.make(&tea_with(field, value.clone())).await;
        assert_eq!(answer.error(), (status, code.to_owned()), "{field}: {value}: {}", answer.body);
        assert_eq!(answer.json()["error"]["param"], param, "{field}: {value}");
    }
    for field in ["sku", "title", "description", "category", "price", "tax_rate"] {
        let mut body = tea();
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(shop.make(&body).await.error(), (400, "invalid_body".to_owned()), "{field}");
    }
    assert_eq!(shop.call(Call::get(PRODUCTS)).await.json()["data"], json!([]));
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let shop = Shop::new().await;
    for (text, code) in
        [("{", "invalid_json"), ("", "invalid_json"), ("[]", "invalid_body"), ("{}x", "invalid_body")]
    {
        let answer = shop.call(Call::post(PRODUCTS).text(text)).await;
        assert_eq!(answer.status, 400, "{text}");
        assert!([code, "invalid_json"].contains(&answer.code().as_str()), "{text}: {}", answer.body);
    }
    let huge = format!("{{\"title\": \"{}\"}}", "x".repeat(300_000));
    assert_eq!(
        shop.call(Call::post(PRODUCTS).text(huge)).await.error(),
        (413, "payload_too_large".to_owned())
    );
    let plain = Call::post(PRODUCTS).json(&tea()).with("content-type", "text/plain");
    assert_eq!(shop.call(plain).await.error(), (415, "unsupported_media_type".to_owned()));
    assert_eq!(shop.call(Call::put(PRODUCTS)).await.error(), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn a_code_is_taken_once_per_vendor() {
    let shop = Shop::new().await;
    shop.made(&tea()).await;
    let answer = shop.make(&tea()).await;
    assert_eq!(answer.error(), (409, "sku_taken".to_owned()));
    let other = shop.stranger().await;
    assert_eq!(Call::post(PRODUCTS).json(&tea()).by(&other).on(&shop.app).await.status, 201);
    let second = shop.made(&tea_with("sku", json!("TEA-2"))).await;
    let taken = shop.call(Call::patch(&of(&second)).json(&json!({"sku": "TEA-1"}))).await;
    assert_eq!(taken.error(), (409, "sku_taken".to_owned()));
}

#[tokio::test]
async fn a_repeat_under_one_key_makes_nothing_new() {
    let shop = Shop::new().await;
    let call = |body: &Value| Call::post(PRODUCTS).json(body).with("idempotency-key", "k1");
    let first = shop.call(call(&tea())).await;
    let again = shop.call(call(&tea())).await;
    assert_eq!((again.status, again.json()), (201, first.json()));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let other = shop.call(call(&tea_with("sku", json!("TEA-2")))).await;
    assert_eq!(other.error(), (422, "idempotency_key_reused".to_owned()));
    assert_eq!(shop.call(Call::get(PRODUCTS)).await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_touches_what_it_names() {
    let shop = Shop::new().await;
    let product = shop.made(&sized()).await;
    let change = json!({"title": "Sencha", "price": {"amount": 900, "currency": "EUR"}, "tax_rate": 17});
    let answer = shop.call(Call::patch(&of(&product)).json(&change)).await;
    assert_eq!((answer.status, answer.etag()), (200, Some("\"2\"")));
    let now = answer.json();
    assert_eq!(
        (now["title"].clone(), now["tax_rate"].clone(), now["version"].clone()),
        (json!("Sencha"), json!(17), json!(2))
    );
    assert_eq!(prices(&now), [2000, 900, 900]);
    assert_eq!(now["description"], product["description"]);
    assert_ne!(now["updated_at"], product["updated_at"]);
    assert_eq!(shop.call(Call::get(&of(&product))).await.json(), now);

    let same = shop.call(Call::patch(&of(&product)).json(&json!({"title": "Sencha"}))).await;
    assert_eq!((same.status, same.json()), (200, now));
    assert_eq!(shop.call(Call::patch(&of(&product)).json(&json!({}))).await.etag(), Some("\"2\""));
}

#[tokio::test]
async fn null_empties_what_may_be_empty() {
    let shop = Shop::new().await;
    let mut body = tea();
    body["brand"] = json!("Ippodo");
    body["gtin"] = json!("4006381333931");
    body["tags"] = json!(["green"]);
    let product = shop.made(&body).await;
    let change = json!({"brand": null, "gtin": null, "tags": null});
    let now = shop.call(Call::patch(&of(&product)).json(&change)).await.json();
    assert_eq!((&now["brand"], &now["gtin"], &now["tags"]), (&Value::Null, &Value::Null, &json!([])));
    for field in ["sku", "title", "description", "category", "price", "tax_rate", "status", "variants"] {
        let answer = shop.call(Call::patch(&of(&product)).json(&json!({field: null}))).await;
        assert_eq!(answer.status, 400, "{field}: {}", answer.body);
    }
    assert_eq!(shop.call(Call::get(&of(&product))).await.json(), now);
}

#[tokio::test]
async fn a_change_that_makes_no_sense_is_refused() {
    let shop = Shop::new().await;
    let product = shop.made(&sized()).await;
    let (large, medium) = (&product["variants"][0]["id"], &product["variants"][1]["id"]);
    let nobodys = domain::VariantId::from_bits(5);
    for (change, status, code, param) in [
        (json!({"price": {"amount": 0, "currency": "EUR"}}), 422, "invalid_value", "price.amount"),
        (json!({"price": {"amount": 5, "currency": "USD"}}), 422, "currency_mismatch", "price.currency"),
        (json!({"tags": vec!["t"; 21]}), 422, "invalid_value", "tags"),
        (json!({"tax_rate": 8.123}), 422, "invalid_value", "tax_rate"),
        (json!({"status": "gone"}), 422, "invalid_value", "status"),
        (json!({"id": product["id"]}), 400, "invalid_body", "id"),
        (json!({"variants": [{"id": nobodys}]}), 422, "invalid_value", "variants[0].id"),
        (json!({"variants": [{"id": large, "sku": "TEA-M"}]}), 422, "invalid_value", "variants[1].sku"),
        (
            json!({"variants": [{"id": medium, "options": {"size": "large"}}]}),
            422,
            "invalid_value",
            "variants[1].options",
        ),
        (
            json!({"variants": [{"id": large, "price": {"amount": 0, "currency": "EUR"}}]}),
            422,
            "invalid_value",
            "variants[0].price.amount",
        ),
    ] {
        let answer = shop.call(Call::patch(&of(&product)).json(&change)).await;
        assert_eq!(answer.error(), (status, code.to_owned()), "{change}: {}", answer.body);
        assert_eq!(answer.json()["error"]["param"], param, "{change}");
    }
    assert_eq!(shop.call(Call::get(&of(&product))).await.json(), product);
}

#[tokio::test]
async fn a_variant_has_a_price_of_its_own_until_it_gives_it_up() {
    let shop = Shop::new().await;
    let product = shop.made(&sized()).await;
    let (large, small) = (&product["variants"][0]["id"], &product["variants"][2]["id"]);
    let change = json!({"variants": [
        {"id": large, "price": null},
        {"id": small, "price": {"amount": 700, "currency": "EUR"}, "sku": "TEA-XS", "options": {"size": "tiny"}},
    ]});
    let now = shop.call(Call::patch(&of(&product)).json(&change)).await.json();
    assert_eq!(prices(&now), [1250, 1250, 700]);
    assert_eq!(skus(&now), ["TEA-L", "TEA-M", "TEA-XS"]);
    let change = json!({"price": {"amount": 1000, "currency": "EUR"}});
    let now = shop.call(Call::patch(&of(&product)).json(&change)).await.json();
    assert_eq!(prices(&now), [1000, 1000, 700]);
    // The code that was given up is free.
    assert_eq!(shop.make(&tea_with("sku", json!("TEA-S"))).await.status, 201);
}

#[tokio::test]
async fn the_only_variant_goes_by_the_products_code() {
    let shop = Shop::new().await;
    let product = shop.made(&tea()).await;
    let now = shop.call(Call::patch(&of(&product)).json(&json!({"sku": "NEW"}))).await.json();
    assert_eq!((now["sku"].clone(), skus(&now)), (json!("NEW"), vec!["NEW"]));
}

#[tokio::test]
async fn an_old_version_changes_nothing() {
    let shop = Shop::new().await;
    let product = shop.made(&tea()).await;
    let path = of(&product);
    let title = json!({"title": "Sencha"});
    let seen = |call: Call, tag: &str| call.with("if-match", tag);
    assert_eq!(shop.call(seen(Call::patch(&path).json(&title), "\"1\"")).await.status, 200);
    let publish = format!("{path}/publish");
    for call in [Call::patch(&path).json(&title), Call::delete(&path), Call::post(&publish)] {
        let answer = shop.call(seen(call, "\"1\"")).await;
        assert_eq!(answer.error(), (412, "version_conflict".to_owned()));
    }
    assert_eq!(shop.call(seen(Call::patch(&path).json(&title), "nonsense")).await.status, 412);
    assert_eq!(shop.call(seen(Call::delete(&path), "\"2\"")).await.status, 204);
}

#[tokio::test]
async fn a_product_goes_onto_the_shelf_and_off_it() {
    let shop = Shop::new().await;
    let product = shop.made(&tea()).await;
    let path = of(&product);
    let to = async |verb: &str| shop.call(Call::post(&format!("{path}/{verb}"))).await;
    assert_eq!(to("archive").await.error(), (409, "invalid_state".to_owned()));
    let published = to("publish").await;
    assert_eq!((published.status, &published.json()["status"]), (200, &json!("published")));
    assert_eq!(published.json()["published_at"], "2026-11-21T08:00:01.000Z");
    assert_eq!(to("publish").await.json(), published.json());
    let archived = to("archive").await;
    assert_eq!((archived.status, &archived.json()["status"]), (200, &json!("archived")));
    assert_eq!(to("archive").await.json(), archived.json());
    assert_eq!(to("publish").await.error(), (409, "invalid_state".to_owned()));
    let status = async |status: &str| shop.call(Call::patch(&path).json(&json!({"status": status}))).await;
    assert_eq!(status("published").await.error(), (409, "invalid_state".to_owned()));
    assert_eq!(status("draft").await.json()["status"], "draft");
    let both = json!({"status": "published", "title": "Sencha"});
    let now = shop.call(Call::patch(&path).json(&both)).await.json();
    assert_eq!(
        (&now["status"], &now["title"], &now["version"]),
        (&json!("published"), &json!("Sencha"), &json!(5))
    );
    assert_eq!(status("draft").await.json()["status"], "draft");
}

#[tokio::test]
async fn a_deleted_product_is_gone() {
    let shop = Shop::new().await;
    let product = shop.made(&tea_with("status", json!("published"))).await;
    let path = of(&product);
    let gone = shop.call(Call::delete(&path)).await;
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    for call in [Call::get(&path), Call::delete(&path), Call::patch(&path).json(&json!({"title": "x"}))] {
        assert_eq!(shop.call(call).await.error(), (404, "not_found".to_owned()));
    }
    assert_eq!(shop.make(&tea()).await.status, 201);
}

#[tokio::test]
async fn a_list_is_newest_first_and_filtered() {
    let shop = Shop::new().await;
    for n in 1..=5 {
        let mut body = tea_with("sku", json!(format!("TEA-{n}")));
        body["title"] = json!(format!("Tea number {n}"));
        if n == 3 {
            body["status"] = json!("published");
        }
        shop.made(&body).await;
    }
    let stranger = shop.stranger().await;
    assert_eq!(Call::get(PRODUCTS).by(&stranger).on(&shop.app).await.json()["data"], json!([]));

    let titles = async |query: &str| {
        let answer = shop.call(Call::get(&format!("{PRODUCTS}?{query}"))).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        let list = answer.json();
        let number = |product: &Value| product["sku"].as_str().unwrap()[4..].parse::<u32>().unwrap();
        (list["data"].as_array().unwrap().iter().map(number).collect::<Vec<_>>(), list["next_cursor"].clone())
    };
    assert_eq!(titles("").await, (vec![5, 4, 3, 2, 1], Value::Null));
    assert_eq!(titles("status=&q=&limit=100").await.0, [5, 4, 3, 2, 1]);
    assert_eq!(titles("status=published").await.0, [3]);
    assert_eq!(titles("status=draft&q=NUMBER+4").await.0, [4]);
    assert_eq!(titles("q=tea-2").await.0, [2]);
    assert_eq!(titles("q=coffee").await.0, Vec::<u32>::new());
    let (page, cursor) = titles("limit=3").await;
    assert_eq!(page, [5, 4, 3]);
    assert_eq!(
        titles(&format!("limit=3&cursor={}", cursor.as_str().unwrap())).await,
        (vec![2, 1], Value::Null)
    );
    let (page, cursor) = titles("limit=3&status=draft").await;
    assert_eq!(page, [5, 4, 2]);
    let next = format!("limit=3&status=draft&cursor={}", cursor.as_str().unwrap());
    assert_eq!(titles(&next).await, (vec![1], Value::Null));

    for query in
        ["limit=0", "limit=101", "limit=x", "status=gone", "cursor=!", &format!("q={}", "x".repeat(201))]
    {
        assert_eq!(shop.call(Call::get(&format!("{PRODUCTS}?{query}"))).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn another_vendors_product_answers_like_one_that_was_never_made() {
    let shop = Shop::new().await;
    let product = shop.made(&tea()).await;
    let stranger = shop.stranger().await;
    let never: ProductId = never_made();
    let change = json!({"title": "Mine"});
    type Make = fn(&str) -> Call;
    let calls: [(&str, Make); 5] = [
        ("", Call::get),
        ("", Call::patch),
        ("", Call::delete),
        ("/publish", Call::post),
        ("/archive", Call::post),
    ];
    for (rest, make) in calls {
        let ask = async |id: &str| {
            let call = make(&format!("{PRODUCTS}/{id}{rest}")).json(&change).by(&stranger);
            call.on(&shop.app).await.bytes()
        };
        let theirs = ask(product["id"].as_str().unwrap()).await;
        assert_eq!(theirs.0, 404, "{rest}");
        assert_eq!(theirs, ask(&never.to_string()).await);
        assert_eq!(theirs, ask("prd_1").await);
        assert_eq!(theirs, ask("%20").await);
    }
    assert_eq!(shop.call(Call::get(&of(&product))).await.json(), product);
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let shop = Shop::new().await;
    let product = shop.made(&tea()).await;
    let path = of(&product);
    for role in [StaffRole::Viewer, StaffRole::Analyst] {
        let viewer = shop.world.log_in(&shop.vendor, role).await;
        for call in [
            Call::post(PRODUCTS).json(&tea()),
            Call::patch(&path).json(&json!({"title": "x"})),
            Call::delete(&path),
            Call::post(&format!("{path}/publish")),
            Call::post(&format!("{path}/archive")),
        ] {
            assert_eq!(call.by(&viewer).on(&shop.app).await.error(), (403, "forbidden".to_owned()));
        }
        assert_eq!(Call::get(&path).by(&viewer).on(&shop.app).await.status, 200);
    }
    let editor = shop.world.log_in(&shop.vendor, StaffRole::Editor).await;
    assert_eq!(Call::delete(&path).by(&editor).on(&shop.app).await.status, 204);
}

#[tokio::test]
async fn who_is_no_staff_is_nobody() {
    let shop = Shop::new().await;
    let product = shop.made(&tea()).await;
    let channel = Tenant::Vendor(shop.vendor.id);
    let customer =
        shop.world.log_in_as(Principal::Customer { customer_id: shop.world.ids.next(), channel }).await;
    let path = of(&product);
    for (method, path) in [
        ("GET", PRODUCTS.to_owned()),
        ("POST", PRODUCTS.to_owned()),
        ("GET", path.clone()),
        ("PATCH", path.clone()),
        ("DELETE", path.clone()),
        ("POST", format!("{path}/publish")),
        ("POST", format!("{path}/archive")),
    ] {
        let without = Call::new(method, &path).json(&tea()).on(&shop.app).await;
        assert_eq!(without.error(), (401, "unauthenticated".to_owned()), "{method} {path}");
        for token in ["nonsense", customer.as_str()] {
            let answer = Call::new(method, &path).json(&tea()).by(token).on(&shop.app).await;
            assert_eq!(answer.bytes(), without.bytes(), "{method} {path}");
        }
    }
}

/// Changes the product's version, once, before the next transaction.
#[derive(Default)]
struct Meanwhile(Mutex<Option<(Arc<table::memory::Memory>, table::Key)>>);

#[async_trait::async_trait]
impl Gate for Meanwhile {
    async fn enter(&self, call: &table::memory::Call) -> Fault {
        if call.kind == Kind::Transact {
            let armed = self.0.lock().unwrap().take();
            if let Some((table, key)) = armed {
                let bumped = table::Update::new().add("version", 1);
                table::Table::write(&*table, table::Write::update(key, bumped)).await.unwrap();
            }
        }
        Fault::None
    }
}

#[tokio::test]
async fn a_change_that_meets_another_is_made_anew() {
    let gate = Arc::new(Meanwhile::default());
    let shop = Shop::of(World::behind(gate.clone())).await;
    let product = shop.made(&tea()).await;
    let key = || {
        let partition = format!("T#{}#PRODUCT#{}", shop.vendor.id, product["id"].as_str().unwrap());
        table::Key::new(partition, "PRODUCT")
    };
    let arm = || *gate.0.lock().unwrap() = Some((shop.world.table.clone(), key()));
    let change = json!({"title": "Sencha"});
    arm();
    let answer = shop.call(Call::patch(&of(&product)).json(&change)).await;
    assert_eq!((answer.status, answer.etag()), (200, Some("\"3\"")));
    arm();
    let answer =
        shop.call(Call::patch(&of(&product)).json(&json!({"title": "x"})).with("if-match", "\"3\"")).await;
    assert_eq!(answer.error(), (412, "version_conflict".to_owned()));
    arm();
    assert_eq!(shop.call(Call::delete(&of(&product))).await.status, 204);
}
