//! Files as people and attackers upload them, made on the spot.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};

pub(crate) const RED: [u8; 3] = [220, 30, 30];
pub(crate) const GREEN: [u8; 3] = [30, 200, 60];
pub(crate) const BLUE: [u8; 3] = [40, 60, 210];
pub(crate) const GREY: [u8; 3] = [128, 128, 128];

/// Four quarters: red and green above, blue and grey below.
pub(crate) fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => GREY,
        })
    })
}

/// Something as busy as a photograph.
pub(crate) fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = ((x as f32 / 37.0).sin() * (y as f32 / 23.0).cos() * 90.0 + 128.0) as u8;
        let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).rotate_left(7) as u8 / 12;
        Rgb([wave.saturating_add(noise), (x * 255 / width) as u8, (y * 255 / height) as u8 ^ noise])
    })
}

/// Red in the middle; around it a green that nobody sees.
pub(crate) fn cut_out(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let inside = x > width / 4 && x < width * 3 / 4 && y > height / 4 && y < height * 3 / 4;
        Rgba(if inside { [255, 0, 0, 255] } else { [0, 255, 0, 0] })
    })
}

pub(crate) fn png(pixels: impl Into<DynamicImage>) -> Vec<u8> {
    written(pixels.into(), ImageFormat::Png)
}

pub(crate) fn webp(pixels: impl Into<DynamicImage>) -> Vec<u8> {
    written(pixels.into(), ImageFormat::WebP)
}

fn written(pixels: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut file, format).unwrap();
    file.into_inner()
}

pub(crate) fn jpeg(pixels: &RgbImage) -> Vec<u8> {
    jpeg_with(pixels, ColorType::Rgb, |_| {})
}

pub(crate) fn jpeg_with(
    pixels: &RgbImage,
    colours: ColorType,
    set: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    set(&mut encoder);
    let samples: Vec<u8> = match colours {
        // As printers have it, and as Adobe writes it: full ink is zero.
        ColorType::Cmyk | ColorType::CmykAsYcck => {
            pixels.pixels().flat_map(|&Rgb([r, g, b])| [255 - r, 255 - g, 255 - b, 0]).collect()
        }
        _ => pixels.to_vec(),
    };
    encoder.encode(&samples, pixels.width() as u16, pixels.height() as u16, colours).unwrap();
    file
}

/// What a camera notes: how it was held, and where.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    // The artist, 20 bytes of text behind the directory.
    tiff.extend([0x3B, 0x01, 2, 0, 20, 0, 0, 0, 38, 0, 0, 0]);
    tiff.extend([0; 4]);
    tiff.extend(b"SECRET 49.61N 6.13E\0");
    tiff
}

pub(crate) fn turned(pixels: &RgbImage, orientation: u8) -> Vec<u8> {
    jpeg_with(pixels, ColorType::Rgb, |encoder| encoder.add_exif_metadata(&exif(orientation)).unwrap())
}

/// Puts a chunk before the first one of a name.
pub(crate) fn with_png_chunk(file: &[u8], before: &[u8; 4], name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let at = file.windows(4).position(|window| window == before).unwrap() - 4;
    [&file[..at], &png_chunk(name, data), &file[at..]].concat()
}

fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [name, data].concat();
    [&(data.len() as u32).to_be_bytes(), &named[..], &crc(&named).to_be_bytes()].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
    })
}

/// A PNG that claims to be of another size than its data.
pub(crate) fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let file = png(quarters(2, 2));
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    [&file[..8], &png_chunk(b"IHDR", &header), &file[33..]].concat()
}

pub(crate) fn jpeg_claiming(width: u16, height: u16) -> Vec<u8> {
    let mut file = jpeg(&quarters(16, 16));
    let frame = file.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    file
}

/// A WebP whose canvas is as large as told, whatever is in it.
pub(crate) fn webp_claiming(width: u32, height: u32) -> Vec<u8> {
    let file = webp(quarters(2, 2));
    riff(&[chunk(b"VP8X", &[&[0; 4][..], &less_one(width), &less_one(height)].concat()), file[12..].to_vec()])
}

/// A small canvas around a lossy frame that says of itself to be huge.
pub(crate) fn webp_with_huge_frame() -> Vec<u8> {
    let frame = [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F, 0, 0];
    riff(&[chunk(b"VP8X", &[&[0; 4][..], &less_one(2), &less_one(2)].concat()), chunk(b"VP8 ", &frame)])
}

/// An animation: each frame as large as the first.
pub(crate) fn animated_webp(frames: &[RgbImage]) -> Vec<u8> {
    let (width, height) = frames[0].dimensions();
    let size = [less_one(width), less_one(height)].concat();
    let mut chunks = vec![chunk(b"VP8X", &[&[0b10, 0, 0, 0], &size[..]].concat()), chunk(b"ANIM", &[0; 6])];
    for frame in frames {
        let still = webp(frame.clone());
        chunks.push(chunk(b"ANMF", &[&[0; 6], &size[..], &[100, 0, 0, 0b10], &still[12..]].concat()));
    }
    riff(&chunks)
}

fn less_one(length: u32) -> [u8; 3] {
    let [a, b, c, _] = (length - 1).to_le_bytes();
    [a, b, c]
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = [name, &(data.len() as u32).to_le_bytes()[..], data].concat();
    chunk.extend(vec![0; data.len() % 2]);
    chunk
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WEBP".to_vec(), chunks.concat()].concat();
    chunk(b"RIFF", &body)
}

/// An animation whose second frame is another picture of the same size.
pub(crate) fn animated_png(first: &RgbImage, second: &RgbImage) -> Vec<u8> {
    let control = |sequence: u32| {
        let mut data = [sequence, first.width(), first.height(), 0, 0].map(u32::to_be_bytes).concat();
        data.extend([0, 1, 0, 10, 0, 0]);
        data
    };
    let other = png(second.clone());
    let at = other.windows(4).position(|window| window == b"IDAT").unwrap();
    let length = u32::from_be_bytes(other[at - 4..at].try_into().unwrap()) as usize;
    let pixels = [&2_u32.to_be_bytes()[..], &other[at + 4..at + 4 + length]].concat();
    let file = png(first.clone());
    let file = with_png_chunk(&file, b"IDAT", b"acTL", &[2_u32, 0].map(u32::to_be_bytes).concat());
    let file = with_png_chunk(&file, b"IDAT", b"fcTL", &control(0));
    let file = with_png_chunk(&file, b"IEND", b"fcTL", &control(1));
    with_png_chunk(&file, b"IEND", b"fdAT", &pixels)
}
