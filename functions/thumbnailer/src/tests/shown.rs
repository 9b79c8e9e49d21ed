//! Which pictures a product shows, and in which order.

use domain::product::MAX_IMAGES;

use super::*;

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
