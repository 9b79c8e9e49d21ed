//! What products tell.

use domain::{
    Tenant,
    product::{Product, ProductStatus},
};
use serde::Deserialize;

use crate::{
    EventType,
    data::ProductChanged,
    derive::{Images, Told},
};

/// What counts of a product: that it was written, and what it came to.
#[derive(PartialEq, Deserialize)]
pub(crate) struct Was {
    status: ProductStatus,
    version: u64,
}

pub(crate) fn events(product: &Images<Was, Product>) -> Vec<Told> {
    let new = &product.new;
    let came_to =
        |status| new.status == status && product.old.as_ref().is_none_or(|old| old.status != status);
    let mut kinds = Vec::new();
    if product.old.is_none() {
        kinds.push(EventType::ProductCreated);
    }
    if came_to(ProductStatus::Published) {
        kinds.push(EventType::ProductPublished);
    }
    if came_to(ProductStatus::Archived) {
        kinds.push(EventType::ProductArchived);
    }
    if kinds.is_empty() {
        kinds.push(EventType::ProductUpdated);
    }
    let data = ProductChanged {
        product_id: new.id,
        vendor_id: new.vendor_id,
        sku: new.sku.clone(),
        title: new.title.clone(),
        category: new.category.as_str().to_owned(),
        price: new.price,
        status: new.status,
    };
    kinds
        .into_iter()
        .map(|kind| Told::new(kind, Tenant::Vendor(new.vendor_id), new.updated_at, &data))
        .collect()
}
