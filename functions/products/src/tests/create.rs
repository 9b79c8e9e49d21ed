//! Making products.

use super::*;

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
    assert_eq!(
        variant["stock"],
        json!({"on_hand": 0, "available": 0, "reserved": 0, "allocated": 0, "sold": 0})
    );
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
async fn a_product_is_made_once_under_a_key_though_its_call_was_stopped() {
    let shop = Shop::new().await;
    let make = async || shop.call(Call::post(PRODUCTS).json(&tea()).with("idempotency-key", "k1")).await;
    let first = make().await;
    forget_answers(&shop.world.table).await;
    let again = make().await;
    assert_eq!((again.status, again.json(), again.etag()), (201, first.json(), first.etag()));
    assert_eq!(make().await.header("idempotent-replayed"), Some("true"));
    // A code that somebody else has is taken, stopped or not.
    let other = Call::post(PRODUCTS).json(&tea()).with("idempotency-key", "k2");
    assert_eq!(shop.call(other).await.error(), (409, "sku_taken".to_owned()));
}
