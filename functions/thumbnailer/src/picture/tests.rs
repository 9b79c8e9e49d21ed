use image::{GenericImageView, ImageReader};
use jpeg_encoder::{ColorType, SamplingFactor};
use moxcms::ColorProfile;

use image::{Rgb, RgbImage};

use super::{samples::*, *};

fn made(file: &[u8]) -> Vec<Variant> {
    let mut variants = variants_of(file).unwrap();
    variants.sort_by_key(|variant| variant.size);
    variants
}

fn opened(variant: &Variant) -> DynamicImage {
    let reader = ImageReader::new(std::io::Cursor::new(&variant.body)).with_guessed_format().unwrap();
    assert_eq!(reader.format().unwrap().to_mime_type(), variant.kind.as_str());
    reader.decode().unwrap()
}

fn near(pixels: &DynamicImage, (x, y): (f32, f32), colour: [u8; 3]) -> bool {
    let at = |part: f32, whole: u32| ((whole as f32 * part) as u32).min(whole - 1);
    let seen = pixels.get_pixel(at(x, pixels.width()), at(y, pixels.height())).0;
    seen.iter().zip(colour).all(|(seen, wanted)| seen.abs_diff(wanted) <= 6)
}

/// The colours of the quarters, from left to right and top to bottom.
fn looks_like(pixels: &DynamicImage, colours: [[u8; 3]; 4]) -> bool {
    [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
        .into_iter()
        .zip(colours)
        .all(|(place, colour)| near(pixels, place, colour))
}

const UPRIGHT: [[u8; 3]; 4] = [RED, GREEN, BLUE, GREY];

#[test]
fn a_picture_becomes_four_that_fit_and_keep_its_proportions() {
    for file in [jpeg(&quarters(2000, 1000)), png(quarters(2000, 1000)), webp(quarters(2000, 1000))] {
        let variants = made(&file);
        let sizes: Vec<_> =
            variants.iter().map(|variant| (variant.size, variant.width, variant.height)).collect();
        assert_eq!(
            sizes,
            [
                (Size::Thumbnail, 150, 75),
                (Size::Small, 300, 150),
                (Size::Medium, 600, 300),
                (Size::Large, 1200, 600)
            ]
        );
        for variant in &variants {
            let pixels = opened(variant);
            assert_eq!((pixels.width(), pixels.height()), (variant.width, variant.height));
            assert_eq!(variant.kind, PictureType::Jpeg);
            assert!(looks_like(&pixels, UPRIGHT), "{:?}", variant.size);
        }
    }
}

#[test]
fn nothing_is_enlarged() {
    for (width, height) in [(1, 1), (1, 900), (149, 2), (300, 300)] {
        let variants = made(&jpeg(&photo(width, height)));
        for variant in variants {
            assert!(variant.width <= width && variant.height <= height);
            assert_eq!((variant.width, variant.height), variant.size.fit(width, height));
        }
    }
}

#[test]
fn a_picture_is_turned_as_the_camera_was_held() {
    let (r, g, b, x) = (RED, GREEN, BLUE, GREY);
    // What each of EXIF's orientations does to the quarters (CIPA DC-008, 4.6.5).
    let turns = [
        (1, [r, g, b, x]),
        (2, [g, r, x, b]),
        (3, [x, b, g, r]),
        (4, [b, x, r, g]),
        (5, [r, b, g, x]),
        (6, [b, r, x, g]),
        (7, [x, g, b, r]),
        (8, [g, x, r, b]),
    ];
    for (orientation, colours) in turns {
        let taken = quarters(1600, 800);
        let png = with_png_chunk(&png(taken.clone()), b"IDAT", b"eXIf", &exif(orientation));
        for file in [turned(&taken, orientation), png] {
            let variants = made(&file);
            let expected = if orientation < 5 { (1200, 600) } else { (600, 1200) };
            assert_eq!((variants[3].width, variants[3].height), expected, "{orientation}");
            assert!(variants.iter().all(|variant| looks_like(&opened(variant), colours)), "{orientation}");
        }
    }
}

#[test]
fn nothing_that_the_camera_noted_is_in_a_variant() {
    let file = turned(&quarters(40, 40), 6);
    let told = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(told(&file, b"SECRET"));
    for variant in made(&file) {
        for text in [&b"SECRET"[..], b"Exif", b"ICC_PROFILE"] {
            assert!(!told(&variant.body, text));
        }
    }
}

#[test]
fn what_shows_through_stays_so_and_hidden_colours_do_not_bleed() {
    for file in [png(cut_out(1000, 1000)), webp(cut_out(1000, 1000))] {
        for variant in made(&file) {
            assert_ne!(variant.kind, PictureType::Jpeg);
            let pixels = opened(&variant).into_rgba8();
            assert_eq!(pixels.get_pixel(0, 0).0[3], 0);
            assert_eq!(pixels.get_pixel(variant.width / 2, variant.height / 2).0, [255, 0, 0, 255]);
            assert!(pixels.pixels().all(|pixel| pixel.0[3] == 0 || pixel.0[1] <= 8), "{:?}", variant.size);
        }
    }
}

#[test]
fn an_alpha_channel_that_hides_nothing_is_left_out() {
    let file = png(DynamicImage::ImageRgb8(quarters(400, 400)).into_rgba8());
    assert!(made(&file).iter().all(|variant| variant.kind == PictureType::Jpeg));
}

#[test]
fn grey_deep_and_printed_pictures_are_read() {
    let grey = DynamicImage::ImageRgb8(quarters(400, 300)).into_luma8();
    assert_eq!(opened(&made(&png(grey))[3]).color(), image::ColorType::L8);
    let deep = DynamicImage::ImageRgb8(quarters(400, 300));
    for file in [png(deep.to_rgb16()), png(deep.to_rgba16())] {
        assert!(looks_like(&opened(&made(&file)[3]), UPRIGHT));
    }
    for colours in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let variants = made(&jpeg_with(&quarters(400, 300), colours, |_| {}));
        assert!(looks_like(&opened(&variants[3]), UPRIGHT), "{colours:?}");
    }
}

#[test]
fn colours_of_a_wider_space_are_brought_into_srgb() {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    // What sRGB's pure red is called in Display P3.
    let file = jpeg_with(&RgbImage::from_pixel(64, 64, Rgb([234, 51, 35])), ColorType::Rgb, |encoder| {
        encoder.add_icc_profile(&profile).unwrap();
    });
    for variant in made(&file) {
        assert!(near(&opened(&variant), (0.5, 0.5), [255, 0, 0]));
    }
}

#[test]
fn a_profile_that_is_none_changes_nothing() {
    let file = jpeg_with(&quarters(64, 64), ColorType::Rgb, |encoder| {
        encoder.add_icc_profile(b"not a profile at all").unwrap();
    });
    assert!(looks_like(&opened(&made(&file)[3]), UPRIGHT));
}

#[test]
fn of_an_animation_the_first_frame_is_taken() {
    let (first, second) = (quarters(200, 100), RgbImage::new(200, 100));
    for file in [animated_webp(&[first.clone(), second.clone()]), animated_png(&first, &second)] {
        let variants = made(&file);
        assert_eq!((variants[3].width, variants[3].height), (200, 100));
        assert!(looks_like(&opened(&variants[3]), UPRIGHT));
    }
}

#[test]
fn a_scan_per_colour_is_refused_rather_than_misread() {
    let separate = jpeg_with(&quarters(200, 100), ColorType::Rgb, |encoder| {
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.set_optimized_huffman_tables(true);
    });
    assert_eq!(variants_of(&separate), Err(RejectReason::UnsupportedType));
    let read = |factor, progressive, separate| {
        let file = jpeg_with(&quarters(200, 100), ColorType::Rgb, |encoder| {
            encoder.set_sampling_factor(factor);
            encoder.set_progressive(progressive);
            encoder.set_optimized_huffman_tables(separate);
        });
        looks_like(&opened(&made(&file)[3]), UPRIGHT)
    };
    for factor in [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_4_1] {
        assert!(read(factor, false, true), "{factor:?}");
    }
    for factor in [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_1_2, SamplingFactor::F_2_2]
    {
        assert!(read(factor, false, false) && read(factor, true, false), "{factor:?}");
    }
}

#[test]
fn bombs_are_refused_by_their_headers() {
    for file in [
        png_claiming(12_001, 1),
        png_claiming(8_000, 8_000),
        png_claiming(0x7FFF_FFFF, 0x7FFF_FFFF),
        jpeg_claiming(12_001, 8),
        jpeg_claiming(65_535, 65_535),
        webp_claiming(12_001, 1),
        webp_claiming(16_383, 16_383),
        webp_with_huge_frame(),
    ] {
        assert_eq!(variants_of(&file), Err(RejectReason::TooManyPixels));
    }
}

#[test]
fn half_a_file_is_no_picture() {
    let progressive = jpeg_with(&photo(400, 300), ColorType::Rgb, |encoder| encoder.set_progressive(true));
    let files = [jpeg(&photo(400, 300)), progressive, png(photo(400, 300)), webp(photo(400, 300))];
    for (at, file) in files.into_iter().enumerate() {
        for part in [20, 40, 60, 80, 95] {
            let cut = &file[..file.len() * part / 100];
            assert_eq!(variants_of(cut), Err(RejectReason::Corrupt), "file {at}, {part}%");
        }
    }
}

#[test]
fn what_is_damaged_never_panics() {
    let files = [
        jpeg(&photo(64, 48)),
        turned(&photo(64, 48), 6),
        png(photo(64, 48)),
        webp(photo(64, 48)),
        animated_webp(&[photo(64, 48), photo(64, 48)]),
    ];
    for file in files {
        for at in 0..file.len().min(700) {
            let mut damaged = file.clone();
            damaged[at] ^= 0x55;
            // Many of these are still pictures; that none of them panics is the point.
            let _either = variants_of(&damaged);
        }
    }
}

#[test]
fn other_files_are_not_taken_whatever_they_are_called() {
    for file in [
        &b""[..],
        b"GIF89a\x01\0\x01\0",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xFF\xD8",
        b"RIFF\0\0\0\0WAVE",
    ] {
        assert_eq!(variants_of(file), Err(RejectReason::UnsupportedType));
    }
}

#[test]
fn one_file_gives_the_same_variants_each_time() {
    let file = jpeg(&photo(1300, 700));
    assert_eq!(made(&file), made(&file));
}
