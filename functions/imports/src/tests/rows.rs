//! What an import staged and refused.

use domain::{feed::RowError, import::ImportStatus};

use super::*;

#[tokio::test]
async fn what_was_imported_is_looked_through_and_selected() {
    let shop = Shop::new().await;
    let id = shop.imported(60).await;
    let job = shop.get(&format!("/imports/{id}")).await.json();
    assert_eq!(
        (&job["status"], &job["rows_total"], &job["created"]),
        (&json!("completed"), &json!(60), &json!(60))
    );
    let page = shop.get(&format!("/imports/{id}/products?limit=2")).await.json();
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    let row = &page["data"][0];
    assert_eq!(
        (&row["sku"], &row["status"], &row["tax_rate"]),
        (&json!("SKU-00001"), &json!("staged"), &json!(17))
    );
    assert_eq!(row["price"], json!({"amount": sample::price_of(1, 0), "currency": "EUR"}));
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = shop.get(&format!("/imports/{id}/products?limit=2&cursor={cursor}")).await.json();
    assert_eq!(next["data"][0]["sku"], "SKU-00003");

    let selected = shop.select(7).await;
    assert_eq!((selected.status, &selected.json()["status"]), (200, &json!("selected")));
    assert_eq!(shop.select(7).await.json(), selected.json());
    let found = shop.get(&format!("/imports/{id}/products?status=selected")).await.json();
    assert_eq!(found["data"], json!([selected.json()]));
    let found = shop.get(&format!("/imports/{id}/products?q=sku-0005&status=")).await.json();
    assert_eq!(found["data"].as_array().unwrap().len(), 10);
    for query in ["status=nothing", "limit=0", "limit=101", "cursor=x", "limit=abc"] {
        assert_eq!(shop.get(&format!("/imports/{id}/products?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn errors_of_rows_are_told_in_pages() {
    let shop = Shop::new().await;
    let id = shop.imported(1).await;
    let job = import::get(&shop.world.store, shop.vendor.id, id).await.unwrap();
    assert_eq!(job.status, ImportStatus::Completed);
    let errors: Vec<RowError> = (2..=4)
        .map(|row| RowError {
            row,
            column: Some("price".to_owned()),
            value: Some("free".to_owned()),
            code: "invalid_price".to_owned(),
            message: "This is no price.".to_owned(),
        })
        .collect();
    import::keep_errors(&shop.world.store, &job, &errors).await.unwrap();
    let page = shop.get(&format!("/imports/{id}/errors?limit=2")).await.json();
    assert_eq!(page["data"], json!(errors[..2]));
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = shop.get(&format!("/imports/{id}/errors?limit=2&cursor={cursor}")).await.json();
    assert_eq!(next, json!({"data": errors[2..], "next_cursor": null}));
}
