use domain::{
    Currency, Id, Money, ProductId, Timestamp,
    category::Category,
    product::{Product, ProductStatus},
    text::{Description, Name, Sku},
};
use events::{EventType, data::ProductChanged};

use crate::images::{at, kinds, told, vendor};

fn product(status: ProductStatus, version: u64) -> Product {
    Product {
        id: ProductId::from_bits(1),
        vendor_id: vendor(1),
        sku: Sku::try_from("TEA").unwrap(),
        title: Name::try_from("Tea").unwrap(),
        description: Description::try_from("Good.").unwrap(),
        category: Category::try_from("Tea".to_owned()).unwrap(),
        brand: None,
        gtin: None,
        tags: Vec::new(),
        price: Money::new(1_250, Currency::EUR),
        tax_rate: domain::tax::TaxRate::default(),
        status,
        variants: 1,
        images: Vec::new(),
        staged_id: None,
        created_at: at(0),
        updated_at: updated(version),
        published_at: None,
        version,
    }
}

fn updated(version: u64) -> Timestamp {
    at(i64::try_from(version).unwrap())
}

fn next(from: ProductStatus, to: ProductStatus) -> Vec<EventType> {
    kinds(&told("product", Some(&product(from, 1)), &product(to, 2)))
}

#[test]
fn a_product_is_created_and_may_be_published_with_it() {
    let draft = told("product", None, &product(ProductStatus::Draft, 1));
    assert_eq!(kinds(&draft), [EventType::ProductCreated]);
    let data: ProductChanged = draft[0].data().unwrap();
    assert_eq!((data.sku.as_str(), data.price.amount, draft[0].occurred_at), ("TEA", 1_250, at(1)));
    let published = kinds(&told("product", None, &product(ProductStatus::Published, 1)));
    assert_eq!(published, [EventType::ProductCreated, EventType::ProductPublished]);
}

#[test]
fn a_product_tells_where_it_came_to_and_else_that_it_changed() {
    use ProductStatus::{Archived, Draft, Published};
    assert_eq!(next(Draft, Published), [EventType::ProductPublished]);
    assert_eq!(next(Published, Archived), [EventType::ProductArchived]);
    for (from, to) in [(Draft, Draft), (Published, Published), (Published, Draft), (Archived, Draft)] {
        assert_eq!(next(from, to), [EventType::ProductUpdated], "{from:?} {to:?}");
    }
}
