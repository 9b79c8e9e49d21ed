//! Media: the pictures of a vendor, and how a ready one comes onto its product.

use std::time::Duration;

use domain::{
    MediaId, ProductId, VendorId,
    media::Media,
    product::{Image, MAX_IMAGES, Product},
};
use table::{Condition, Item, Write};

use crate::{
    Error, Store,
    codec::{Indexed, Kind, item, read},
    keys, product,
};

/// How long a medium waits for its upload before it is garbage: longer than any message about an upload can.
const PATIENCE: Duration = Duration::from_secs(30 * 86_400);

pub async fn get(store: &Store, vendor: VendorId, id: MediaId) -> Result<Media, Error> {
    read(store.table.get(&keys::media(vendor, id)).await?.ok_or(Error::NotFound)?)
}

/// Several media of a vendor, in the order of the ids; missing ones are left out. One batch for up to 100.
pub async fn get_all(store: &Store, vendor: VendorId, ids: &[MediaId]) -> Result<Vec<Media>, Error> {
    let keys: Vec<_> = ids.iter().map(|id| keys::media(vendor, *id)).collect();
    let mut found = Vec::with_capacity(keys.len());
    for batch in keys.chunks(table::MAX_BATCH) {
        found.extend(store.table.batch_get(batch).await?.into_iter().flatten());
    }
    found.into_iter().map(read).collect()
}

/// Keeps a new medium.
pub async fn create(store: &Store, media: &Media) -> Result<(), Error> {
    store.table.write(Write::create(media_item(media)?)).await?;
    Ok(())
}

/// Saves a change.
///
/// # Errors
/// [`Error::VersionConflict`] when the medium is not `before` any more.
pub async fn save(store: &Store, before: &Media, after: &Media) -> Result<(), Error> {
    let seen =
        Condition::equals("version", before.version).and(Condition::equals("status", before.status.as_str()));
    match store.table.write(Write::put_if(media_item(after)?, seen)).await {
        Err(error) if error.is_condition_failed() => Err(Error::VersionConflict),
        other => Ok(other.map(|_| ())?),
    }
}

/// What became of a picture that was to be shown by a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    /// The product shows it, by this call or an earlier one.
    Shown,
    /// The product has all the pictures that it may have.
    Full,
    /// There is no such product any more.
    Gone,
}

/// Puts a picture among its product's, where it stands by when it was made; the first one becomes that of its card and variants.
///
/// # Errors
/// [`Error::VersionConflict`] when others kept changing the product.
pub async fn attach(
    store: &Store,
    vendor: VendorId,
    id: ProductId,
    image: &Image,
) -> Result<Attached, Error> {
    // Each turn loses only to another change of the same product.
    for _ in 0..16 {
        let before = match product::get(store, vendor, id).await {
            Err(Error::NotFound) => return Ok(Attached::Gone),
            found => found?,
        };
        let images = &before.product.images;
        if images.iter().any(|shown| shown.media_id == image.media_id) {
            return Ok(Attached::Shown);
        }
        if images.len() >= MAX_IMAGES {
            return Ok(Attached::Full);
        }
        let mut after = before.clone();
        insert(&mut after.product, image);
        after.product.version += 1;
        after.product.updated_at = store.now();
        let first = after.product.images.first().map(|image| image.thumbnail_url.clone());
        for variant in &mut after.variants {
            variant.image_url.clone_from(&first);
        }
        match product::save(store, &before, &after).await {
            Err(Error::VersionConflict) => {}
            saved => return saved.map(|()| Attached::Shown),
        }
    }
    Err(Error::VersionConflict)
}

/// Uploads are looked at in any order, and ids tell in which they were made: the picture comes after all that are older, and after the feed's.
fn insert(product: &mut Product, image: &Image) {
    let older = |shown: &Image| shown.media_id.is_none() || shown.media_id < image.media_id;
    let place = product.images.iter().rposition(older).map_or(0, |last| last + 1);
    product.images.insert(place, image.clone());
}

fn media_item(media: &Media) -> Result<Item, Error> {
    let made = item(keys::media(media.vendor_id, media.id), Kind::Media, media)?;
    Ok(if media.status.is_settled() { made } else { made.with("ttl", (media.created_at + PATIENCE).secs()) })
}

#[cfg(test)]
mod tests;
