//! A vendor's own list.

use super::*;

#[tokio::test]
async fn a_vendor_finds_its_products_by_status_and_text() {
    let world = filled(30).await;
    let mut draft = listing(&world, vendor(), 31);
    draft.product.status = ProductStatus::Draft;
    draft.product.title = Name::try_from("Blaue ÄPFEL").unwrap();
    create(&world.store, &draft).await.unwrap();
    create(&world.store, &listing(&world, VendorId::from_bits(2), 90)).await.unwrap();

    let find = async |status, text: Option<&'static str>, limit| {
        let (mut cursor, mut found) = (None, Vec::new());
        loop {
            let paging = Paging { limit, cursor };
            let page = search(&world.store, vendor(), status, text, &paging).await.unwrap();
            found.extend(page.data.into_iter().map(|product| product.id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return found;
            }
        }
    };
    assert_eq!(find(None, None, 4).await, newest_down_to_first(31));
    assert_eq!(find(Some(ProductStatus::Published), None, 4).await, newest_down_to_first(30));
    assert_eq!(find(Some(ProductStatus::Draft), None, 4).await, [ProductId::from_bits(31)]);
    assert_eq!(find(None, Some("äpfel"), 4).await, [ProductId::from_bits(31)]);
    assert_eq!(find(None, Some("sku-2"), 3).await.len(), 11);
    assert_eq!(find(Some(ProductStatus::Archived), Some("sku"), 4).await, []);

    let page = search(&world.store, vendor(), None, None, &first(4)).await.unwrap();
    let full = with_variants(&world.store, page).await.unwrap();
    let ids: Vec<_> = full.data.iter().map(|listing| listing.variants[0].id).collect();
    assert_eq!(ids, [3100, 3000, 2900, 2800].map(VariantId::from_bits));
    assert!(full.next_cursor.is_some());
}
