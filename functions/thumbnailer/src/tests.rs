//! From the upload to the product's page, on the in-process engines.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Id, MediaId, Money, ProductId, Timestamp, VariantId, VendorId,
    category::Category,
    media::{Announced, MAX_BYTES, Media, MediaStatus, PictureType, RejectReason, Size, upload_key},
    product::{Image, MAX_IMAGES, Product, ProductStatus},
    text::{Description, Name, Sku, Text},
    variant::{Stock, Variant},
};
use platform::{Clock, Fault, ManualClock, ObjectStore, objects::MemoryObjects, objects::Put};
use store::{Store, product::Listing};
use table::memory::{self, Memory};

use super::*;
use crate::picture::samples::{jpeg, photo, png, quarters};

/// Counts the calls of all ports, lets one of them go wrong, and lets others go first before each.
#[derive(Default)]
struct Gate(Mutex<Plan>);

#[derive(Default)]
struct Plan {
    calls: usize,
    at: Option<usize>,
    after: bool,
}

impl Gate {
    /// The call that goes wrong, counted from now; before its effect or after it.
    fn plan(&self, at: Option<usize>, after: bool) {
        *self.0.lock().unwrap() = Plan { calls: 0, at, after };
    }

    fn calls(&self) -> usize {
        self.0.lock().unwrap().calls
    }

    /// Whether this call goes wrong, and whether after its effect.
    async fn next(&self) -> Option<bool> {
        tokio::task::yield_now().await;
        let mut plan = self.0.lock().unwrap();
        plan.calls += 1;
        (plan.at == Some(plan.calls)).then_some(plan.after)
    }
}

#[async_trait]
impl platform::Gate for Gate {
    async fn enter(&self, _: &str) -> Fault {
        match self.next().await {
            None => Fault::None,
            Some(false) => Fault::Before,
            Some(true) => Fault::After,
        }
    }
}

#[async_trait]
impl memory::Gate for Gate {
    async fn enter(&self, _: &memory::Call) -> memory::Fault {
        match self.next().await {
            None => memory::Fault::None,
            Some(false) => memory::Fault::Before(memory::Failure::Unavailable),
            Some(true) => memory::Fault::After,
        }
    }
}

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
            tax_rate: product.tax_rate,
            image_url: None,
            sellable: true,
            stock: Stock { on_hand: 5, available: 5, reserved: 0, allocated: 0 },
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

#[tokio::test]
async fn an_upload_becomes_ready_and_is_shown_by_its_product() {
    let world = world();
    let product = world.product(1, Vec::new()).await;
    let id = world.announce(1, Some(product)).await;
    // Called a JPEG, and yet none.
    let message = world.upload(id, png(quarters(1600, 800))).await;
    world.handle(&message).await;
    let media = world.media(id).await;
    assert_eq!((media.status, media.reason, media.version), (MediaStatus::Ready, None, 2));
    for (size, variant) in media.shown("https://cdn") {
        let key = variant.url.strip_prefix("https://cdn/").unwrap();
        assert!(key.starts_with(&format!("media/{}/{id}/{}-", world.vendor, size.as_str())));
        let stored = world.objects.get(key).await.unwrap().unwrap();
        assert_eq!((stored.bytes.len() as u64, stored.content_type.as_str()), (variant.bytes, "image/jpeg"));
        assert_eq!(variant.sources.len(), 1);
        assert_eq!((variant.width, variant.height), size.fit(1600, 800));
    }
    assert_eq!(media.variants.len(), Size::ALL.len());
    let listing = world.listing(product).await;
    let image = media.image("https://cdn").unwrap();
    assert_eq!((&listing.product.images, listing.product.version), (&vec![image.clone()], 2));
    assert_eq!(listing.variants[0].image_url.as_deref(), Some(image.thumbnail_url.as_str()));
    let paging = store::page::Paging { limit: 20, cursor: None };
    let browse = store::product::Browse::default();
    let shelf = store::product::shop(&world.deps.store, world.vendor, &browse, &paging).await.unwrap();
    assert_eq!(shelf.data[0].image_url.as_deref(), Some(image.thumbnail_url.as_str()));
}

#[tokio::test]
async fn the_same_message_twice_changes_nothing_the_second_time() {
    let world = world();
    let product = world.product(1, Vec::new()).await;
    let id = world.announce(1, Some(product)).await;
    let message = world.upload(id, jpeg(&quarters(400, 300))).await;
    world.handle(&message).await;
    let (media, listing, keys) = (world.media(id).await, world.listing(product).await, world.objects.keys());
    world.handle(&message).await;
    assert_eq!(
        (world.media(id).await, world.listing(product).await, world.objects.keys()),
        (media, listing, keys)
    );
}

#[tokio::test]
async fn two_deliveries_at_once_come_to_one_picture() {
    let world = world();
    let product = world.product(1, Vec::new()).await;
    let id = world.announce(1, Some(product)).await;
    let message = world.upload(id, jpeg(&quarters(400, 300))).await;
    let (one, other) = tokio::join!(handle(&world.deps, &message), handle(&world.deps, &message));
    assert!(one.is_ok() && other.is_ok());
    assert_eq!((world.media(id).await.version, world.listing(product).await.product.images.len()), (2, 1));
}

#[tokio::test]
async fn whichever_call_goes_wrong_the_next_delivery_completes_it() {
    for after in [false, true] {
        for at in 1.. {
            let world = world();
            let product = world.product(1, Vec::new()).await;
            let id = world.announce(1, Some(product)).await;
            let message = world.upload(id, jpeg(&quarters(400, 300))).await;
            world.gate.plan(Some(at), after);
            let outcome = handle(&world.deps, &message).await;
            let calls = world.gate.calls();
            world.gate.plan(None, false);
            assert!(!matches!(outcome, Err(Failure::Permanent(_))), "call {at}");
            let media = world.media(id).await;
            if media.status == MediaStatus::Ready {
                // Who sees it ready finds it shown.
                assert_eq!(world.listing(product).await.product.images.len(), 1, "call {at}");
            }
            world.handle(&message).await;
            let (media, listing) = (world.media(id).await, world.listing(product).await);
            assert_eq!((media.status, media.version), (MediaStatus::Ready, 2), "call {at}, after: {after}");
            assert_eq!(listing.product.images, [media.image("https://cdn").unwrap()]);
            assert_eq!(world.objects.keys().len(), 1 + Size::ALL.len());
            if calls < at {
                assert!(outcome.is_ok() && at > 8, "{at}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_picture_is_rejected_with_its_reason() {
    for (file, reason) in [
        (b"GIF89a".to_vec(), RejectReason::UnsupportedType),
        (jpeg(&photo(64, 64))[..400].to_vec(), RejectReason::Corrupt),
        (crate::picture::samples::png_claiming(12_001, 1), RejectReason::TooManyPixels),
    ] {
        let world = world();
        let product = world.product(1, Vec::new()).await;
        let id = world.announce(1, Some(product)).await;
        let message = world.upload(id, file).await;
        for _ in 0..2 {
            world.handle(&message).await;
            let media = world.media(id).await;
            assert_eq!((media.status, media.reason, media.version), (MediaStatus::Rejected, Some(reason), 2));
            assert!(media.variants.is_empty() && media.etag.is_some());
        }
        assert_eq!(world.listing(product).await.product.version, 1);
        assert_eq!(world.objects.keys(), [upload_key(world.vendor, id)]);
    }
}

#[tokio::test]
async fn what_is_too_large_is_not_even_read() {
    let world = world();
    let id = world.announce(1, None).await;
    let key = upload_key(world.vendor, id);
    let body = Bytes::from(vec![0xFF; MAX_BYTES as usize + 1]);
    world.objects.put(&key, body, Put::of("image/jpeg")).await.unwrap();
    world.gate.plan(None, false);
    world.handle(&notified(&key)).await;
    // The medium, the object's head, the medium again.
    assert_eq!(world.gate.calls(), 3);
    assert_eq!(world.media(id).await.reason, Some(RejectReason::TooLarge));
}

#[tokio::test]
async fn another_file_under_a_settled_key_changes_nothing() {
    let world = world();
    let id = world.announce(1, None).await;
    let message = world.upload(id, jpeg(&quarters(40, 30))).await;
    world.handle(&message).await;
    let before = world.media(id).await;
    let key = upload_key(world.vendor, id);
    for other in [png(quarters(10, 10)), b"nonsense".to_vec()] {
        world.objects.put(&key, other.into(), Put::of("image/png")).await.unwrap();
        world.handle(&message).await;
        assert_eq!(world.media(id).await, before);
    }
}

#[tokio::test]
async fn late_messages_speak_of_what_lies_there_now() {
    let world = world();
    let id = world.announce(1, None).await;
    let message = world.upload(id, b"nonsense".to_vec()).await;
    let key = upload_key(world.vendor, id);
    world.objects.put(&key, jpeg(&quarters(40, 30)).into(), Put::of("image/jpeg")).await.unwrap();
    world.handle(&message).await;
    let etag = world.objects.head(&key).await.unwrap().unwrap().etag;
    let media = world.media(id).await;
    assert_eq!((media.status, media.etag), (MediaStatus::Ready, Some(etag)));
}

#[tokio::test]
async fn uploads_that_nobody_announced_are_let_be() {
    let world = world();
    let id = world.announce(1, None).await;
    let elsewhere = upload_key(VendorId::from_bits(8), id);
    let unknown = upload_key(world.vendor, MediaId::from_bits(99));
    for key in [elsewhere.as_str(), &unknown, "uploads/x", "feeds/y"] {
        world.objects.put(key, jpeg(&quarters(40, 30)).into(), Put::of("image/jpeg")).await.unwrap();
        world.handle(&notified(key)).await;
    }
    // Announced, and gone before anybody looked.
    world.handle(&notified(&upload_key(world.vendor, id))).await;
    assert_eq!(world.media(id).await.status, MediaStatus::Pending);
    assert_eq!(world.objects.keys().len(), 4);
}

#[tokio::test]
async fn a_message_that_is_no_notification_never_comes_again() {
    let world = world();
    assert!(matches!(handle(&world.deps, "{").await, Err(Failure::Permanent(_))));
}

#[tokio::test]
async fn pictures_stand_in_the_order_of_their_making_after_the_feeds() {
    let world = world();
    let product = world.product(1, vec![feeds("feed")]).await;
    let mut messages = Vec::new();
    for bits in 1..=3 {
        let id = world.announce(bits, Some(product)).await;
        messages.push(world.upload(id, jpeg(&quarters(40, 30 + bits as u32))).await);
    }
    for at in [2, 0, 1] {
        world.handle(&messages[at]).await;
    }
    let listing = world.listing(product).await;
    let shown: Vec<_> = listing.product.images.iter().map(|image| image.media_id).collect();
    assert_eq!(shown, [None, Some(1), Some(2), Some(3)].map(|bits| bits.map(MediaId::from_bits)));
    assert_eq!(listing.variants[0].image_url.as_deref(), Some("feed"));
    assert_eq!(listing.variants[0].stock.available, 5);
}

#[tokio::test]
async fn a_picture_is_ready_even_where_its_product_can_not_show_it() {
    let world = world();
    let full = world.product(1, (0..MAX_IMAGES).map(|at| feeds(&at.to_string())).collect()).await;
    for (bits, product) in [(1, full), (2, ProductId::from_bits(404))] {
        let id = world.announce(bits, Some(product)).await;
        let message = world.upload(id, jpeg(&quarters(40, 30))).await;
        world.handle(&message).await;
        assert_eq!(world.media(id).await.status, MediaStatus::Ready);
    }
    assert_eq!(world.listing(full).await.product.images.len(), MAX_IMAGES);
}
