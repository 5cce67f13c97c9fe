//! From RGB pixels to the detector's input.

use crate::engine::runtime::FloatArray;
use crate::{Error, ErrorKind, Result};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

/// A rectangle of an image, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Region {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Region {
    pub(crate) fn whole(pixels: &RgbImage) -> Self {
        Self { left: 0.0, top: 0.0, width: f64::from(pixels.width()), height: f64::from(pixels.height()) }
    }

    /// A square of `side` around a centre, cut to the image.
    pub(crate) fn square_within(pixels: &RgbImage, centre: (f64, f64), side: f64) -> Self {
        let cut = |centre: f64, size: f64| {
            let low = (centre - side / 2.0).floor().clamp(0.0, size - 1.0);
            let high = (centre + side / 2.0).ceil().clamp(low + 1.0, size);
            (low, high - low)
        };
        let (left, width) = cut(centre.0, f64::from(pixels.width()));
        let (top, height) = cut(centre.1, f64::from(pixels.height()));
        Self { left, top, width, height }
    }
}

/// Cuts `region` out of `pixels` and scales it so that its longer side has `long_side` pixels.
///
/// Enlarges only where `enlarge` allows it. Returns the pixels and how many source pixels one of them spans.
pub(crate) fn scaled(
    pixels: &RgbImage,
    region: Region,
    long_side: f64,
    enlarge: bool,
) -> Result<(RgbImage, f64)> {
    let mut scale = region.width.max(region.height) / long_side;
    if !enlarge {
        scale = scale.max(1.0);
    }
    let size = |length: f64| ((length / scale).round() as u32).max(1);
    let (width, height) = (size(region.width), size(region.height));
    let source =
        ImageRef::new(pixels.width(), pixels.height(), pixels.as_raw(), PixelType::U8x3).map_err(internal)?;
    let mut target = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new()
        .crop(region.left, region.top, region.width, region.height)
        // Widens with the reduction, so that nothing aliases.
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(&source, &mut target, &options).map_err(internal)?;
    let scaled = RgbImage::from_raw(width, height, target.into_vec()).expect("the size was asked for above");
    Ok((scaled, scale))
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, format!("Scaling failed ({error}). Please report this."))
}

/// BGR planes, 0 to 255, padded with black on the right and below to multiples of 32 as YuNet needs.
pub(crate) fn to_tensor(pixels: &RgbImage) -> FloatArray {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let (padded_width, padded_height) = (width.next_multiple_of(32), height.next_multiple_of(32));
    let plane = padded_width * padded_height;
    let mut values = vec![0.0; 3 * plane];
    let (blue, rest) = values.split_at_mut(plane);
    let (green, red) = rest.split_at_mut(plane);
    for (row, source) in pixels.as_raw().chunks_exact(width * 3).enumerate() {
        let at = row * padded_width;
        let targets =
            blue[at..at + width].iter_mut().zip(&mut green[at..at + width]).zip(&mut red[at..at + width]);
        for (pixel, ((blue, green), red)) in source.chunks_exact(3).zip(targets) {
            *red = f32::from(pixel[0]);
            *green = f32::from(pixel[1]);
            *blue = f32::from(pixel[2]);
        }
    }
    FloatArray { shape: vec![1, 3, padded_height, padded_width], values }
}
