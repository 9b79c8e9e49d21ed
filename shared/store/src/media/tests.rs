use std::sync::Arc;

use domain::{
    Id, Timestamp,
    media::{Announced, PictureType, RejectReason},
    text::Text,
};
use platform::{Clock, ManualClock};
use table::memory::Memory;

use super::*;

const VENDOR: u128 = 7;

fn world() -> (Store, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
    let seconds = clock.clone();
    let table = Memory::new(Arc::new(move || seconds.now().secs()));
    (Store::new(Arc::new(table), clock.clone()), clock)
}

async fn medium(store: &Store, bits: u128) -> Media {
    let announced = Announced {
        product_id: None,
        filename: Text::try_from("bag.jpg").unwrap(),
        content_type: PictureType::Png,
        content_length: 7,
    };
    let media = Media::new(MediaId::from_bits(bits), VendorId::from_bits(VENDOR), announced, store.now());
    create(store, &media).await.unwrap();
    media
}

#[tokio::test]
async fn a_medium_comes_back_to_its_vendor_alone() {
    let (store, _) = world();
    let media = medium(&store, 1).await;
    assert_eq!(get(&store, media.vendor_id, media.id).await.unwrap(), media);
    assert!(matches!(get(&store, VendorId::from_bits(8), media.id).await, Err(Error::NotFound)));
    assert!(create(&store, &media).await.is_err());
}

#[tokio::test]
async fn several_come_back_in_the_order_asked_for() {
    let (store, _) = world();
    let mut all = Vec::new();
    for bits in 1..=120 {
        all.push(medium(&store, bits).await);
    }
    all.reverse();
    let mut ids: Vec<MediaId> = all.iter().map(|media| media.id).collect();
    ids.insert(60, MediaId::from_bits(500));
    assert_eq!(get_all(&store, VendorId::from_bits(VENDOR), &ids).await.unwrap(), all);
    assert_eq!(get_all(&store, VendorId::from_bits(8), &ids).await.unwrap(), []);
}

#[tokio::test]
async fn the_second_writer_loses() {
    let (store, _) = world();
    let media = medium(&store, 1).await;
    let rejected = media.refused("e".to_owned(), RejectReason::Corrupt, store.now()).unwrap().unwrap();
    save(&store, &media, &rejected).await.unwrap();
    assert!(matches!(save(&store, &media, &rejected).await, Err(Error::VersionConflict)));
}

#[tokio::test]
async fn what_nobody_uploads_is_forgotten_and_what_is_settled_stays() {
    let (store, clock) = world();
    let (waiting, settled) = (medium(&store, 1).await, medium(&store, 2).await);
    let rejected = settled.refused("e".to_owned(), RejectReason::Corrupt, store.now()).unwrap().unwrap();
    save(&store, &settled, &rejected).await.unwrap();
    clock.advance(PATIENCE + Duration::from_secs(1));
    assert!(get(&store, waiting.vendor_id, waiting.id).await.is_err());
    assert_eq!(get(&store, settled.vendor_id, settled.id).await.unwrap(), rejected);
}
