//! Makes pictures smaller.

use domain::media::{RejectReason, Size};
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, GrayImage, RgbImage, RgbaImage};

/// Lanczos with three lobes. What shows through is weighed by how much, so that the colours of invisible pixels do not bleed out.
#[derive(Default)]
pub(super) struct Shrinker(Resizer);

impl Shrinker {
    /// The picture as large as the variant may be; as it is where it is no larger.
    pub(super) fn fit(&mut self, pixels: DynamicImage, size: Size) -> Result<DynamicImage, RejectReason> {
        let (width, height) = size.fit(pixels.width(), pixels.height());
        if (width, height) == (pixels.width(), pixels.height()) {
            return Ok(pixels);
        }
        let mut smaller = match pixels {
            DynamicImage::ImageLuma8(_) => DynamicImage::ImageLuma8(GrayImage::new(width, height)),
            DynamicImage::ImageRgba8(_) => DynamicImage::ImageRgba8(RgbaImage::new(width, height)),
            _ => DynamicImage::ImageRgb8(RgbImage::new(width, height)),
        };
        let options =
            ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(true);
        self.0.resize(&pixels, &mut smaller, &options).map_err(|_| RejectReason::Corrupt)?;
        Ok(smaller)
    }
}
