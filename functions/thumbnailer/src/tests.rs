//! From the upload to the product's page, on the in-process engines.

mod delivery;
mod gate;
mod refused;
mod shown;

use std::{sync::Arc, time::Duration};

use domain::{
    Id, MediaId, Money, ProductId, Timestamp, VariantId, VendorId,
    category::Category,
    media::{Announced, Media, MediaStatus, PictureType, upload_key},
    product::{Image, Product, ProductStatus},
    text::{Description, Name, Sku, Text},
    variant::{Stock, Variant},
};
use platform::{Clock, ManualClock, ObjectStore, objects::MemoryObjects, objects::Put};
use store::{Store, product::Listing};
use table::memory::Memory;

use gate::Gate;

use super::*;
use crate::picture::samples::{jpeg, png, quarters};

struct World {
    deps: Deps,
    objects: Arc<MemoryObjects>,
    gate: Arc<Gate>,
    vendor: VendorId,
}

fn world() -> World {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
    let gate = Arc::new(Gate::default());
    let seconds = clock.clone();
    let table = Memory::new(Arc::new(move || seconds.now().secs())).with_gate(gate.clone());
    let objects = Arc::new(MemoryObjects::behind(clock.clone(), gate.clone()));
    let store = Store::new(Arc::new(table), clock);
    let deps = Deps { store, objects: objects.clone(), media_base_url: "https://cdn".to_owned() };
    World { deps, objects, gate, vendor: VendorId::from_bits(7) }
}

impl World {
    async fn product(&self, bits: u128, images: Vec<Image>) -> ProductId {
        let now = self.deps.store.now();
        let product = Product {
            id: ProductId::from_bits(bits),
            vendor_id: self.vendor,
            sku: Sku::try_from(format!("P-{bits}")).unwrap(),
            title: Name::try_from("Bag").unwrap(),
            description: Description::try_from("A bag.").unwrap(),
            category: Category::try_from("Bags".to_owned()).unwrap(),
            brand: None,
            gtin: None,
            tags: Vec::new(),
            price: price(),
            tax_rate: serde_json::from_value(17.into()).unwrap(),
            status: ProductStatus::Published,
            variants: 1,
            images,
            staged_id: None,
            created_at: now,
            updated_at: now,
            published_at: Some(now),
            version: 1,
        };
        let variant = Variant {
            id: VariantId::from_bits(bits),
            product_id: product.id,
            vendor_id: self.vendor,
            sku: product.sku.clone(),
            title: product.title.clone(),
            options: Default::default(),
            price: price(),
            own_price: false,
            weight_grams: None,
            stripes: Default::default(),
            low_stock_threshold: None,
            adjustment: None,
            counts: 0,
            tax_rate: product.tax_rate,
            image_url: None,
            sellable: true,
            stock: Stock { on_hand: 5, available: 5, ..Stock::default() },
            created_at: now,
            version: 1,
            revision: 1,
        };
        let id = product.id;
        store::product::create(&self.deps.store, &Listing { product, variants: vec![variant] })
            .await
            .unwrap();
        id
    }

    async fn announce(&self, bits: u128, product_id: Option<ProductId>) -> MediaId {
        let announced = Announced {
            product_id,
            filename: Text::try_from("bag.jpg").unwrap(),
            content_type: PictureType::Jpeg,
            content_length: 1,
        };
        let media = Media::new(MediaId::from_bits(bits), self.vendor, announced, self.deps.store.now());
        store::media::create(&self.deps.store, &media).await.unwrap();
        media.id
    }

    /// Uploads a file and answers the notification of it.
    async fn upload(&self, id: MediaId, file: Vec<u8>) -> String {
        let key = upload_key(self.vendor, id);
        let length = file.len() as u64;
        let leave = Duration::from_secs(900);
        let upload = self.objects.presign_put(&key, "image/jpeg", length, leave).await.unwrap();
        self.objects.upload(&upload, file.into()).await.unwrap();
        notified(&key)
    }

    async fn media(&self, id: MediaId) -> Media {
        store::media::get(&self.deps.store, self.vendor, id).await.unwrap()
    }

    async fn listing(&self, id: ProductId) -> Listing {
        store::product::get(&self.deps.store, self.vendor, id).await.unwrap()
    }

    async fn handle(&self, message: &str) {
        super::handle(&self.deps, message).await.unwrap();
    }
}

fn price() -> Money {
    Money { amount: 1000, currency: "EUR".parse().unwrap() }
}

fn notified(key: &str) -> String {
    serde_json::json!({"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": key}}}]})
        .to_string()
}

fn feeds(name: &str) -> Image {
    Image {
        media_id: None,
        url: name.to_owned(),
        thumbnail_url: name.to_owned(),
        variants: std::collections::BTreeMap::new(),
    }
}
