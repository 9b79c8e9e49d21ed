//! Pointers: from an id alone to where its item lies. They never change, so they are kept once read.

use std::{collections::BTreeMap, sync::Mutex};

use domain::{ProductId, VariantId, VendorId, variant::VariantRef};
use serde::{Deserialize, Serialize};
use table::Write;

use crate::{
    Error, Store,
    codec::{Kind, item, read},
    keys,
};

/// What pointers say, in at most [`CAPACITY`] entries.
#[derive(Default)]
pub(crate) struct Cache(Mutex<BTreeMap<String, Pointer>>);

/// A few megabytes at most; then the cache starts anew.
const CAPACITY: usize = 10_000;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Pointer {
    vendor_id: VendorId,
    product_id: ProductId,
}

/// The place of a variant.
pub async fn variant(store: &Store, id: VariantId) -> Result<VariantRef, Error> {
    let Pointer { vendor_id, product_id } = find(store, &id.to_string()).await?;
    Ok(VariantRef { vendor_id, product_id, variant_id: id })
}

/// The vendor of a product.
pub async fn product(store: &Store, id: ProductId) -> Result<VendorId, Error> {
    Ok(find(store, &id.to_string()).await?.vendor_id)
}

/// The pointers of a new product and its variants.
pub(crate) fn create(place: &VariantRef) -> Result<Write, Error> {
    make(&place.variant_id.to_string(), place.vendor_id, place.product_id)
}

pub(crate) fn create_product(vendor_id: VendorId, product_id: ProductId) -> Result<Write, Error> {
    make(&product_id.to_string(), vendor_id, product_id)
}

fn make(id: &str, vendor_id: VendorId, product_id: ProductId) -> Result<Write, Error> {
    Ok(Write::put(item(keys::pointer(id), Kind::Pointer, &Pointer { vendor_id, product_id })?))
}

async fn find(store: &Store, id: &str) -> Result<Pointer, Error> {
    if let Some(pointer) = store.pointers.get(id) {
        return Ok(pointer);
    }
    let item = store.table.get(&keys::pointer(id)).await?.ok_or(Error::NotFound)?;
    let pointer: Pointer = read(item)?;
    store.pointers.keep(id, pointer);
    Ok(pointer)
}

impl Cache {
    fn get(&self, id: &str) -> Option<Pointer> {
        self.0.lock().ok()?.get(id).copied()
    }

    fn keep(&self, id: &str, pointer: Pointer) {
        if let Ok(mut entries) = self.0.lock() {
            if entries.len() >= CAPACITY {
                entries.clear();
            }
            entries.insert(id.to_owned(), pointer);
        }
    }
}
