//! Where one is: shops, the market, and what neither has.

use super::*;

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
