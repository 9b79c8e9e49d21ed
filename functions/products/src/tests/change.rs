//! Changing them, also while others do.

use std::sync::{Arc, Mutex};

use table::memory::{Fault, Gate, Kind};

use super::*;

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
