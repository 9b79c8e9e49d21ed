//! A product's page.

use domain::VariantId;

use super::*;

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
