//! One upload, from the object to the settled medium.

use std::{collections::BTreeMap, panic};

use bytes::Bytes;
use domain::{
    IllegalTransition, MediaId, VendorId,
    media::{self, File, Media, RejectReason, Rendition, Size},
};
use futures::future::try_join_all;
use platform::objects::Put;
use sha2::{Digest, Sha256};
use store::media::Attached;

use crate::{
    Deps,
    picture::{self, Variant},
};

/// 30 days (001); the content of a key never changes.
const CACHE_CONTROL: &str = "public, max-age=2592000, immutable";

/// A service did not do its part; the upload is looked at again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Objects(#[from] platform::Error),
    #[error(transparent)]
    Settled(#[from] IllegalTransition),
}

/// An upload as it was read.
struct Upload {
    etag: String,
    /// Nothing where it is too large to be read.
    body: Option<Bytes>,
}

/// Looks at an upload and settles its medium, unless that is done.
pub(crate) async fn look_at(deps: &Deps, key: &str) -> Result<(), Error> {
    let Some((vendor, id)) = media::upload_of(key) else {
        tracing::warn!("an object that is no upload");
        return Ok(());
    };
    let media = match store::media::get(&deps.store, vendor, id).await {
        Err(store::Error::NotFound) => {
            tracing::warn!(media.id = %id, "an upload that nobody announced");
            return Ok(());
        }
        found => found?,
    };
    if media.status.is_settled() {
        tracing::info!(media.id = %id, media.status = media.status.as_str(), "settled already");
        return Ok(());
    }
    let Some(upload) = read(deps, key).await? else {
        tracing::warn!(media.id = %id, "the upload is gone");
        return Ok(());
    };
    let begun = deps.store.now();
    match upload.body.as_deref().map_or(Err(RejectReason::TooLarge), variants_of) {
        Ok(variants) => {
            let pictures_ms = deps.store.now().ms() - begun.ms();
            let renditions = keep(deps, vendor, id, &variants).await?;
            ready(deps, &media, upload.etag, renditions).await?;
            tracing::info!(media.id = %id, bytes = media.content_length, pictures_ms, "ready");
        }
        Err(reason) => {
            if let Some(rejected) = media.refused(upload.etag, reason, deps.store.now())? {
                settle(deps, &media, &rejected).await?;
            }
            tracing::info!(media.id = %id, reason = reason.as_str(), "rejected");
        }
    }
    Ok(())
}

/// Asks for the size first: uploads are held to what was announced, but what else may write there is not.
async fn read(deps: &Deps, key: &str) -> Result<Option<Upload>, Error> {
    let Some(head) = deps.objects.head(key).await? else { return Ok(None) };
    if head.size > media::MAX_BYTES {
        return Ok(Some(Upload { etag: head.etag, body: None }));
    }
    let object = deps.objects.get(key).await?;
    Ok(object.map(|object| Upload { etag: object.etag, body: Some(object.bytes) }))
}

/// A decoder that panics can't read the picture either, and would not the next time.
fn variants_of(bytes: &[u8]) -> Result<Vec<Variant>, RejectReason> {
    panic::catch_unwind(|| picture::variants_of(bytes)).unwrap_or_else(|_| {
        tracing::error!("a decoder panicked");
        Err(RejectReason::Corrupt)
    })
}

/// Stores the variants, all at the same time.
async fn keep(
    deps: &Deps,
    vendor: VendorId,
    id: MediaId,
    variants: &[Variant],
) -> Result<BTreeMap<Size, Rendition>, Error> {
    try_join_all(variants.iter().map(|variant| async {
        let digest: String = hex::encode(Sha256::digest(&variant.body)).chars().take(16).collect();
        let key = media::variant_key(vendor, id, variant.size, &digest, variant.kind);
        let put = Put { cache_control: Some(CACHE_CONTROL.to_owned()), ..Put::of(variant.kind.as_str()) };
        deps.objects.put(&key, variant.body.clone(), put).await?;
        let bytes = u64::try_from(variant.body.len()).unwrap_or(u64::MAX);
        let files = vec![File { kind: variant.kind, key, bytes }];
        Ok((variant.size, Rendition { width: variant.width, height: variant.height, files }))
    }))
    .await
    .map(BTreeMap::from_iter)
}

/// The product first: from then on the picture can be seen, and the medium is what tells that all is done.
async fn ready(
    deps: &Deps,
    media: &Media,
    etag: String,
    renditions: BTreeMap<Size, Rendition>,
) -> Result<(), Error> {
    let Some(ready) = media.made(etag, renditions, deps.store.now())? else { return Ok(()) };
    if let (Some(product), Some(image)) = (media.product_id, ready.image(&deps.media_base_url)) {
        let attached = store::media::attach(&deps.store, media.vendor_id, product, &image).await?;
        if attached != Attached::Shown {
            tracing::warn!(media.id = %media.id, product.id = %product, ?attached, "the product does not show it");
        }
    }
    settle(deps, media, &ready).await
}

async fn settle(deps: &Deps, before: &Media, after: &Media) -> Result<(), Error> {
    match store::media::save(&deps.store, before, after).await {
        // Another delivery of the same message was faster.
        Err(store::Error::VersionConflict) => {
            let now = store::media::get(&deps.store, before.vendor_id, before.id).await?;
            if now.status.is_settled() { Ok(()) } else { Err(store::Error::VersionConflict.into()) }
        }
        saved => Ok(saved?),
    }
}
