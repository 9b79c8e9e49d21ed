//! Pictures that a test uploads.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A picture of many colours, so that it does not pack into nothing.
pub(crate) fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| {
        let [red, green, blue] =
            [x * 255 / width, y * 255 / height, (x ^ y) % 256].map(|shade| u8::try_from(shade).unwrap());
        Rgb([red, green, blue])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Width and height of what a picture's bytes show.
pub(crate) fn size(bytes: &[u8]) -> (u32, u32) {
    let read = image::load_from_memory(bytes).unwrap();
    (read.width(), read.height())
}
