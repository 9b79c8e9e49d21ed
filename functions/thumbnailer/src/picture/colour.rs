//! Brings colours into sRGB, which is what a picture without a profile is taken for.

use image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Converts where the profile is one of RGB and can be read; else the colours stay as they are, as a browser would have them.
pub(super) fn into_srgb(pixels: &mut DynamicImage, profile: &[u8]) {
    let (layout, samples): (_, &mut [u8]) = match pixels {
        DynamicImage::ImageRgb8(rgb) => (Layout::Rgb, rgb),
        DynamicImage::ImageRgba8(rgba) => (Layout::Rgba, rgba),
        _ => return,
    };
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default())
    else {
        return;
    };
    let before = samples.to_vec();
    if transform.transform(&before, samples).is_err() {
        samples.copy_from_slice(&before);
    }
}
