//! What browsing costs, and what caches are told.

use super::*;

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
