//! Shelves.

use super::*;

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
