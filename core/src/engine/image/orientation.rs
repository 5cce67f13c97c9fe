//! Turns pixels upright as EXIF asks.

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};

pub(super) fn make_upright(pixels: RgbImage, orientation: Option<Orientation>) -> RgbImage {
    match orientation {
        None | Some(Orientation::NoTransforms) => pixels,
        Some(orientation) => {
            let mut image = DynamicImage::ImageRgb8(pixels);
            image.apply_orientation(orientation);
            image.into_rgb8()
        }
    }
}

pub(super) fn upright_size(width: u32, height: u32, orientation: Option<Orientation>) -> (u32, u32) {
    match orientation {
        Some(
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH,
        ) => (height, width),
        _ => (width, height),
    }
}
