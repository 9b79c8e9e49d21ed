//! Pictures: from a file of whatever somebody uploads to the four variants.
//!
//! **Invariant:** nothing of a file but its pixels reaches a variant: no EXIF (which may tell where a photographer lives), no text, no profile.
//! **Invariant:** what a file would take is known from its header before any of it is decoded.

mod colour;
mod decode;
mod encode;
mod jpeg;
#[cfg(test)]
pub(crate) mod samples;
mod shrink;
#[cfg(test)]
mod tests;
mod webp;

use bytes::Bytes;
use domain::media::{PictureType, RejectReason, Size};
use image::DynamicImage;

/// A variant, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) size: Size,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) kind: PictureType,
    pub(crate) body: Bytes,
}

/// Makes all variants, each out of the next larger one: the file is decoded once.
pub(crate) fn variants_of(file: &[u8]) -> Result<Vec<Variant>, RejectReason> {
    let decode::Decoded { pixels, orientation, profile } = decode::decode(file)?;
    let mut shrinker = shrink::Shrinker::default();
    let mut pixels = shrinker.fit(pixels, Size::Large)?;
    // Both cost less on the large variant than on the whole picture, and come to the same: its box is a square.
    pixels.apply_orientation(orientation);
    if let Some(profile) = profile {
        colour::into_srgb(&mut pixels, &profile);
    }
    let mut variants: Vec<Variant> = Vec::with_capacity(Size::ALL.len());
    for size in Size::ALL.into_iter().rev() {
        pixels = shrinker.fit(pixels, size)?;
        let variant = match variants.last() {
            Some(larger) if (larger.width, larger.height) == (pixels.width(), pixels.height()) => {
                Variant { size, ..larger.clone() }
            }
            _ => encoded(&pixels, size)?,
        };
        variants.push(variant);
    }
    Ok(variants)
}

fn encoded(pixels: &DynamicImage, size: Size) -> Result<Variant, RejectReason> {
    let (kind, body) = encode::encode(pixels)?;
    Ok(Variant { size, width: pixels.width(), height: pixels.height(), kind, body: body.into() })
}
