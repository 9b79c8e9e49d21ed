//! Writes variants: JPEG where nothing shows through, else PNG or WebP without loss, whichever is smaller.

use domain::media::{PictureType, RejectReason};
use image::{
    DynamicImage, ExtendedColorType, ImageEncoder, ImageResult,
    codecs::{
        png::{CompressionType, FilterType, PngEncoder},
        webp::WebPEncoder,
    },
};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Where a photograph's faults begin to be seen only by who looks for them.
const QUALITY: u8 = 82;

pub(super) fn encode(pixels: &DynamicImage) -> Result<(PictureType, Vec<u8>), RejectReason> {
    match pixels {
        DynamicImage::ImageLuma8(grey) => jpeg(grey, pixels, ColorType::Luma),
        DynamicImage::ImageRgb8(rgb) => jpeg(rgb, pixels, ColorType::Rgb),
        _ => lossless(pixels).map_err(|_| RejectReason::Corrupt),
    }
}

fn jpeg(
    samples: &[u8],
    pixels: &DynamicImage,
    colours: ColorType,
) -> Result<(PictureType, Vec<u8>), RejectReason> {
    let side = |length: u32| u16::try_from(length).map_err(|_| RejectReason::TooManyPixels);
    let mut file = Vec::new();
    // Huffman tables made to measure would save some 7%, but the encoder then writes a scan per colour, which not every decoder reads well.
    let mut encoder = Encoder::new(&mut file, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let (width, height) = (side(pixels.width())?, side(pixels.height())?);
    encoder.encode(samples, width, height, colours).map_err(|_| RejectReason::Corrupt)?;
    Ok((PictureType::Jpeg, file))
}

fn lossless(pixels: &DynamicImage) -> ImageResult<(PictureType, Vec<u8>)> {
    let rgba = pixels.to_rgba8();
    let (width, height) = rgba.dimensions();
    let (mut png, mut webp) = (Vec::new(), Vec::new());
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive).write_image(
        &rgba,
        width,
        height,
        ExtendedColorType::Rgba8,
    )?;
    WebPEncoder::new_lossless(&mut webp).write_image(&rgba, width, height, ExtendedColorType::Rgba8)?;
    Ok(if webp.len() < png.len() { (PictureType::Webp, webp) } else { (PictureType::Png, png) })
}
