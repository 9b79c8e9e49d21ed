//! Reads files: what they are, how large, and their pixels, in 8 bits a channel.

use std::io::Cursor;

use domain::media::{MAX_PIXELS, MAX_SIDE, PictureType, RejectReason};
use image::{
    DynamicImage, GrayImage, ImageDecoder, ImageError, Limits, RgbImage,
    codecs::{png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use zune_jpeg::{
    JpegDecoder,
    errors::DecodeErrors,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{jpeg::has_separate_scans, webp};

/// What a decoder may allocate beside the pixels it gives: 50 megapixels of four 16-bit channels, and a little.
const MAX_ALLOC: u64 = MAX_PIXELS * 8 + 64 * 1024 * 1024;

/// A picture as its file holds it.
pub(super) struct Decoded {
    /// Grey, RGB or RGBA of 8 bits; RGBA only where something shows through.
    pub(super) pixels: DynamicImage,
    /// How it has to be turned to be seen as it was taken.
    pub(super) orientation: Orientation,
    /// The ICC profile of its colours.
    pub(super) profile: Option<Vec<u8>>,
}

/// What a file is by its first bytes, whatever it is called.
pub(super) fn sniff(file: &[u8]) -> Option<PictureType> {
    match file {
        [0xFF, 0xD8, 0xFF, ..] => Some(PictureType::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(PictureType::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(PictureType::Webp),
        _ => None,
    }
}

/// Decodes a picture; of an animation the first frame.
pub(super) fn decode(file: &[u8]) -> Result<Decoded, RejectReason> {
    match sniff(file).ok_or(RejectReason::UnsupportedType)? {
        PictureType::Jpeg => jpeg(file),
        PictureType::Png => {
            let limits = limits();
            rest(PngDecoder::with_limits(Cursor::new(file), limits).map_err(|error| refusal(&error))?)
        }
        PictureType::Webp => {
            // Its decoder believes the canvas, and looks at the frame's own size too late.
            if let Some((width, height)) = webp::frame(file) {
                check(width, height)?;
            }
            rest(WebPDecoder::new(Cursor::new(file)).map_err(|error| refusal(&error))?)
        }
    }
}

/// Strict: what a lenient decoder makes of half a file is half a picture and grey.
fn jpeg(file: &[u8]) -> Result<Decoded, RejectReason> {
    let side = usize::from(u16::MAX);
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(side).set_max_height(side);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(|error| jpeg_refusal(&error))?;
    let (width, height) = decoder.dimensions().ok_or(RejectReason::Corrupt)?;
    let (width, height) = (length(width)?, length(height)?);
    check(width, height)?;
    if has_separate_scans(file) {
        return Err(RejectReason::UnsupportedType);
    }
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let wanted = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let orientation = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    let profile = decoder.icc_profile();
    let pixels = decoder.decode().map_err(|error| jpeg_refusal(&error))?;
    let pixels = if grey {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
    };
    Ok(Decoded {
        pixels: pixels.ok_or(RejectReason::Corrupt)?,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        profile,
    })
}

fn rest(mut decoder: impl ImageDecoder) -> Result<Decoded, RejectReason> {
    let (width, height) = decoder.dimensions();
    check(width, height)?;
    decoder.set_limits(limits()).map_err(|error| refusal(&error))?;
    // A picture whose metadata can't be read is still one.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let pixels = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    Ok(Decoded { pixels: plain(pixels), orientation, profile })
}

fn check(width: u32, height: u32) -> Result<(), RejectReason> {
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(RejectReason::TooManyPixels);
    }
    if pixels == 0 { Err(RejectReason::Corrupt) } else { Ok(()) }
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_ALLOC);
    limits
}

fn length(length: usize) -> Result<u32, RejectReason> {
    u32::try_from(length).map_err(|_| RejectReason::TooManyPixels)
}

/// Brings what decoders give into the three layouts that the rest knows.
fn plain(pixels: DynamicImage) -> DynamicImage {
    if pixels.color().has_alpha() {
        let rgba = pixels.into_rgba8();
        let opaque = rgba.pixels().all(|pixel| pixel.0[3] == u8::MAX);
        let rgba = DynamicImage::ImageRgba8(rgba);
        return if opaque { DynamicImage::ImageRgb8(rgba.into_rgb8()) } else { rgba };
    }
    if pixels.color().has_color() {
        DynamicImage::ImageRgb8(pixels.into_rgb8())
    } else {
        DynamicImage::ImageLuma8(pixels.into_luma8())
    }
}

fn refusal(error: &ImageError) -> RejectReason {
    match error {
        ImageError::Limits(_) => RejectReason::TooManyPixels,
        ImageError::Unsupported(_) => RejectReason::UnsupportedType,
        _ => RejectReason::Corrupt,
    }
}

fn jpeg_refusal(error: &DecodeErrors) -> RejectReason {
    match error {
        DecodeErrors::LargeDimensions(_) => RejectReason::TooManyPixels,
        DecodeErrors::Unsupported(_) => RejectReason::UnsupportedType,
        _ => RejectReason::Corrupt,
    }
}
