//! Media: a picture that a vendor uploads, and the variants that are made of it.
//!
//! **Invariant:** a medium is settled once: one upload makes it ready or rejected, and whatever is uploaded under its key later changes nothing.

mod shown;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use shown::{MediaSource, MediaVariant};

use crate::{IllegalTransition, MediaId, ProductId, Timestamp, VendorId, text::Text};

/// The largest upload: 20 MiB.
pub const MAX_BYTES: u64 = 20 * 1024 * 1024;
/// The longest side of a picture that is decoded, in pixels.
pub const MAX_SIDE: u32 = 12_000;
/// The most pixels of a picture that is decoded: 50 megapixels.
pub const MAX_PIXELS: u64 = 50_000_000;

/// `pending -> ready|rejected`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaStatus {
    /// Nothing was uploaded yet, or nobody has looked at it.
    Pending,
    Ready,
    Rejected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaEvent {
    /// The variants are made.
    Made,
    /// It is no picture that can be shown.
    Refused,
}

impl MediaStatus {
    pub const ALL: [Self; 3] = [Self::Pending, Self::Ready, Self::Rejected];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Rejected => "rejected",
        }
    }

    /// Whether its upload was looked at.
    pub fn is_settled(self) -> bool {
        self != Self::Pending
    }

    pub fn on(self, event: MediaEvent) -> Result<Self, IllegalTransition> {
        use MediaEvent as E;
        match (self, event) {
            (Self::Pending | Self::Ready, E::Made) => Ok(Self::Ready),
            (Self::Pending | Self::Rejected, E::Refused) => Ok(Self::Rejected),
            _ => Err(IllegalTransition {
                machine: "media",
                state: self.as_str(),
                event: match event {
                    E::Made => "made",
                    E::Refused => "refused",
                },
            }),
        }
    }
}

/// Why an upload was rejected. Stable: programs may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// It is neither JPEG nor PNG nor WebP, whatever it is called, or a kind of them that nobody uses.
    UnsupportedType,
    /// It is over [`MAX_BYTES`].
    TooLarge,
    /// It is over [`MAX_SIDE`] or [`MAX_PIXELS`].
    TooManyPixels,
    /// It is damaged or ends too early.
    Corrupt,
}

impl RejectReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnsupportedType => "unsupported_type",
            Self::TooLarge => "too_large",
            Self::TooManyPixels => "too_many_pixels",
            Self::Corrupt => "corrupt",
        }
    }
}

/// The kinds of pictures that are taken and given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum PictureType {
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/png")]
    Png,
    #[serde(rename = "image/webp")]
    Webp,
}

impl PictureType {
    /// The media type, as headers have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }
}

/// The variants of a picture (000).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MediaSize)]
pub enum Size {
    Thumbnail,
    Small,
    Medium,
    Large,
}

impl Size {
    pub const ALL: [Self; 4] = [Self::Thumbnail, Self::Small, Self::Medium, Self::Large];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thumbnail => "thumbnail",
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }

    /// The side of the square that the variant fits into, in pixels.
    pub fn side(self) -> u32 {
        match self {
            Self::Thumbnail => 150,
            Self::Small => 300,
            Self::Medium => 600,
            Self::Large => 1200,
        }
    }

    /// Width and height of this variant of a picture: its proportions kept, never larger than the picture itself, never below one pixel.
    pub fn fit(self, width: u32, height: u32) -> (u32, u32) {
        let (side, longest) = (self.side(), width.max(height));
        if longest <= side {
            return (width, height);
        }
        let scaled = |length: u32| {
            let (length, factor, longest) = (u64::from(length), u64::from(side), u64::from(longest));
            u32::try_from((length * factor + longest / 2) / longest).unwrap_or(side).max(1)
        };
        (scaled(width), scaled(height))
    }
}

/// A variant as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    pub width: u32,
    pub height: u32,
    /// The same pixels in one or more types: the best first, the one that everybody can show last.
    pub files: Vec<File>,
}

/// An object that holds a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    #[serde(rename = "type")]
    pub kind: PictureType,
    pub key: String,
    pub bytes: u64,
}

/// A picture of a vendor's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    pub id: MediaId,
    pub vendor_id: VendorId,
    /// The product that shows it once it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    pub filename: Text<255>,
    /// As declared; what is uploaded tells for itself.
    pub content_type: PictureType,
    /// As declared, in bytes; the upload is held to it.
    pub content_length: u64,
    pub status: MediaStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RejectReason>,
    /// The object that settled it, as the object store names its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variants: BTreeMap<Size, Rendition>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

/// What a vendor says of a picture before it is uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    pub product_id: Option<ProductId>,
    pub filename: Text<255>,
    pub content_type: PictureType,
    pub content_length: u64,
}

impl Media {
    /// A picture that is about to be uploaded.
    pub fn new(id: MediaId, vendor_id: VendorId, announced: Announced, now: Timestamp) -> Self {
        let Announced { product_id, filename, content_type, content_length } = announced;
        Self {
            id,
            vendor_id,
            product_id,
            filename,
            content_type,
            content_length,
            status: MediaStatus::Pending,
            reason: None,
            etag: None,
            variants: BTreeMap::new(),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Its variants are made and stored.
    pub fn made(
        &self,
        etag: String,
        variants: BTreeMap<Size, Rendition>,
        now: Timestamp,
    ) -> Result<Option<Self>, IllegalTransition> {
        self.settled(MediaEvent::Made, etag, now, |next| next.variants = variants)
    }

    /// Nothing can be made of it.
    pub fn refused(
        &self,
        etag: String,
        reason: RejectReason,
        now: Timestamp,
    ) -> Result<Option<Self>, IllegalTransition> {
        self.settled(MediaEvent::Refused, etag, now, |next| next.reason = Some(reason))
    }

    /// `None` where it was settled that way already.
    fn settled(
        &self,
        event: MediaEvent,
        etag: String,
        now: Timestamp,
        change: impl FnOnce(&mut Self),
    ) -> Result<Option<Self>, IllegalTransition> {
        let status = self.status.on(event)?;
        if status == self.status {
            return Ok(None);
        }
        let version = self.version + 1;
        let mut next = Self { status, etag: Some(etag), updated_at: now, version, ..self.clone() };
        change(&mut next);
        Ok(Some(next))
    }
}

/// Where an upload goes: an object of its vendor's.
pub fn upload_key(vendor: VendorId, id: MediaId) -> String {
    format!("uploads/{vendor}/{id}")
}

/// Whose upload an object is; `None` for all other objects.
pub fn upload_of(key: &str) -> Option<(VendorId, MediaId)> {
    let (vendor, id) = key.strip_prefix("uploads/")?.split_once('/')?;
    Some((vendor.parse().ok()?, id.parse().ok()?))
}

/// Where a variant lies: `digest` comes from its content, so that what is under a key never changes.
pub fn variant_key(vendor: VendorId, id: MediaId, size: Size, digest: &str, kind: PictureType) -> String {
    format!("media/{vendor}/{id}/{}-{digest}.{}", size.as_str(), kind.extension())
}
