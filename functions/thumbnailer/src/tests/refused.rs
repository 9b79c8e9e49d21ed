//! Uploads that become no picture.

use bytes::Bytes;
use domain::media::{MAX_BYTES, RejectReason};

use super::*;
use crate::picture::samples::photo;

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
