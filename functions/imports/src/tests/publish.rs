//! Rows that become products.

use super::*;

#[tokio::test]
async fn a_selected_row_becomes_a_product_with_its_stock() {
    let shop = Shop::new().await;
    shop.imported(20).await;
    assert_eq!(shop.publish(7, json!({})).await.error(), (409, "invalid_state".to_owned()));
    shop.select(7).await;
    let published = shop.publish(7, json!({})).await;
    assert_eq!(published.status, 201, "{}", published.body);
    let product = published.json();
    assert_eq!(
        (&product["sku"], &product["status"], &product["staged_id"]),
        (&json!("SKU-00007"), &json!("published"), &json!(shop.staged(7)))
    );
    assert_eq!((&product["category"], &product["tax_rate"]), (&json!("Wohnen > Licht"), &json!(17)));
    let variant = &product["variants"][0];
    assert_eq!(
        (&variant["price"]["amount"], &variant["available"]),
        (&json!(sample::price_of(7, 0)), &json!(7 * 31 % 40))
    );
    assert_eq!(product["images"][0]["url"], "https://img.example.com/00007/1.jpg");
    assert!(product["gtin"].is_string());
    let again = shop.publish(7, json!({"title": "Other"})).await;
    assert_eq!((again.status, again.json()), (200, product.clone()));
    assert_eq!(shop.select(7).await.error(), (409, "invalid_state".to_owned()));
    let row = staged::get(&shop.world.store, shop.vendor.id, shop.staged(7)).await.unwrap();
    assert_eq!((json!(row.product_id), row.status.as_str()), (product["id"].clone(), "published"));
}

#[tokio::test]
async fn what_the_vendor_changes_stands_in_place_of_the_feeds() {
    let shop = Shop::new().await;
    shop.imported(20).await;
    shop.select(8).await;
    let body = json!({
        "sku": "MINE-8", "title": "My teapot", "description": "Mine.", "category": "Home", "tax_rate": 8.1,
        "price": {"amount": 4_200, "currency": "EUR"}, "on_hand": 12,
    });
    let product = shop.publish(8, body.clone()).await.json();
    for field in ["sku", "title", "description", "category", "price", "tax_rate"] {
        assert_eq!(product[field], body[field], "{field}");
    }
    assert_eq!(
        product["variants"][0]["stock"],
        json!({"on_hand": 12, "available": 12, "reserved": 0, "allocated": 0, "sold": 0})
    );
    shop.select(9).await;
    assert_eq!(shop.publish(9, json!({"sku": "MINE-8"})).await.error(), (409, "sku_taken".to_owned()));
    for (change, status, code) in [
        (json!({"price": {"amount": 0, "currency": "EUR"}}), 422, "invalid_value"),
        (json!({"price": {"amount": 100_000_000, "currency": "EUR"}}), 422, "invalid_value"),
        (json!({"price": {"amount": 5, "currency": "USD"}}), 422, "currency_mismatch"),
        (json!({"on_hand": 1_000_001}), 422, "invalid_value"),
        (json!({"on_hand": -1}), 422, "invalid_value"),
        (json!({"title": ""}), 422, "invalid_value"),
        (json!({"colour": "red"}), 400, "invalid_body"),
        (json!({"title": 5}), 400, "invalid_body"),
    ] {
        let answer = shop.publish(9, change.clone()).await;
        assert_eq!(answer.error(), (status, code.to_owned()), "{change}: {}", answer.body);
    }
    assert_eq!(shop.publish(9, json!({})).await.status, 201);
}

#[tokio::test]
async fn a_row_whose_product_was_deleted_can_be_published_anew() {
    let shop = Shop::new().await;
    shop.imported(3).await;
    shop.select(1).await;
    let first = shop.publish(1, json!({})).await.json();
    let id = serde_json::from_value(first["id"].clone()).unwrap();
    let listing = store::product::get(&shop.world.store, shop.vendor.id, id).await.unwrap();
    store::product::delete(&shop.world.store, &listing).await.unwrap();
    let second = shop.publish(1, json!({})).await;
    assert_eq!(second.status, 201, "{}", second.body);
    assert_ne!(second.json()["id"], first["id"]);
}
