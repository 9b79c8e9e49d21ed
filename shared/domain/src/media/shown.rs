//! Media as they are shown: addresses in place of keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{File, Media, PictureType, Rendition, Size};
use crate::product::Image;

impl Media {
    /// The variants as they are shown; none until it is ready. `base_url` has no slash at its end.
    pub fn shown(&self, base_url: &str) -> BTreeMap<Size, MediaVariant> {
        self.variants
            .iter()
            .filter_map(|(size, rendition)| Some((*size, rendition.shown(base_url)?)))
            .collect()
    }

    /// The picture as its product has it, once it is ready: a page shows the large variant, a list the small one.
    pub fn image(&self, base_url: &str) -> Option<Image> {
        let url = |size| Some(self.variants.get(&size)?.shown(base_url)?.url);
        Some(Image {
            media_id: Some(self.id),
            url: url(Size::Large)?,
            thumbnail_url: url(Size::Small)?,
            variants: self.shown(base_url),
        })
    }
}

impl Rendition {
    fn shown(&self, base_url: &str) -> Option<MediaVariant> {
        let source = |file: &File| MediaSource {
            kind: file.kind,
            url: format!("{base_url}/{}", file.key),
            bytes: file.bytes,
        };
        let sources: Vec<_> = self.files.iter().map(source).collect();
        let main = sources.last()?.clone();
        Some(MediaVariant {
            url: main.url,
            width: self.width,
            height: self.height,
            bytes: main.bytes,
            sources,
        })
    }
}

/// A variant as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MediaVariant {
    #[schema(format = "uri")]
    pub url: String,
    /// In pixels, as `height`.
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
    /// The same pixels in several types, as `<picture>` takes them; the last is the one at `url`.
    pub sources: Vec<MediaSource>,
}

/// One file of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MediaSource {
    #[serde(rename = "type")]
    pub kind: PictureType,
    #[schema(format = "uri")]
    pub url: String,
    pub bytes: u64,
}
