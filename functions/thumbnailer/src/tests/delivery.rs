//! Messages that come once, twice, at once, late, or are interrupted.

use domain::media::Size;

use super::*;

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
async fn a_message_that_is_no_notification_ends_with_the_dead_letters() {
    let world = world();
    assert!(matches!(handle(&world.deps, "{").await, Err(Failure::Retry(_))));
}
