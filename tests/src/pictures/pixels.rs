//! Turns, scales, joins and quantises pixels.

use facebridge::api::{PixelFormat, PixelView};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::imageops::{flip_horizontal, replace, rotate90, rotate180, rotate270};
use image::{Rgb, RgbImage};

/// Borrows pixels as the engine takes them.
pub fn view(pixels: &RgbImage) -> PixelView<'_> {
    PixelView {
        data: pixels.as_raw(),
        width: pixels.width(),
        height: pixels.height(),
        stride: pixels.width() as usize * 3,
        format: PixelFormat::Rgb,
    }
}

/// The same picture at another size.
pub fn resized(pixels: &RgbImage, width: u32, height: u32) -> RgbImage {
    let source = ImageRef::new(pixels.width(), pixels.height(), pixels.as_raw(), PixelType::U8x3)
        .expect("an RgbImage has three bytes for each pixel");
    let mut target = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    Resizer::new().resize(&source, &mut target, &options).expect("both are of one type");
    RgbImage::from_raw(width, height, target.into_vec()).expect("the size was asked for")
}

/// The same picture with this height.
pub fn resized_to_height(pixels: &RgbImage, height: u32) -> RgbImage {
    let width = f64::from(pixels.width()) * f64::from(height) / f64::from(pixels.height());
    resized(pixels, width.round() as u32, height)
}

/// A grey canvas with a picture pasted at (`left`, `top`).
pub fn pasted(picture: &RgbImage, width: u32, height: u32, left: u32, top: u32) -> RgbImage {
    let mut canvas = RgbImage::from_pixel(width, height, Rgb([128; 3]));
    replace(&mut canvas, picture, i64::from(left), i64::from(top));
    canvas
}

/// Two pictures beside each other, both scaled to this height.
pub fn side_by_side(left: &RgbImage, right: &RgbImage, height: u32) -> RgbImage {
    let (left, right) = (resized_to_height(left, height), resized_to_height(right, height));
    let mut both = pasted(&left, left.width() + right.width(), height, 0, 0);
    replace(&mut both, &right, i64::from(left.width()), 0);
    both
}

/// Turned clockwise by quarter turns.
pub fn turned(pixels: &RgbImage, quarter_turns: u32) -> RgbImage {
    match quarter_turns % 4 {
        1 => rotate90(pixels),
        2 => rotate180(pixels),
        3 => rotate270(pixels),
        _ => pixels.clone(),
    }
}

/// Stores an upright picture the way a camera with EXIF orientation 1 to 8 does, so that applying the
/// orientation gives the upright picture back (EXIF 2.32, table 6).
pub fn stored_as(upright: &RgbImage, orientation: u16) -> RgbImage {
    match orientation {
        2 => flip_horizontal(upright),
        3 => turned(upright, 2),
        4 => flip_horizontal(&turned(upright, 2)),
        // Row 0 of the file is the left side of the scene, column 0 its top: a transposition.
        5 => flip_horizontal(&turned(upright, 1)),
        // Must be turned clockwise by one quarter to be upright, so it is stored turned the other way.
        6 => turned(upright, 3),
        7 => flip_horizontal(&turned(upright, 3)),
        8 => turned(upright, 1),
        _ => upright.clone(),
    }
}

/// The grey value of every pixel, row by row.
pub fn grey(pixels: &RgbImage) -> Vec<u8> {
    // ITU-R BT.601 luma in whole numbers.
    pixels
        .pixels()
        .map(|Rgb([red, green, blue])| {
            ((u32::from(*red) * 299 + u32::from(*green) * 587 + u32::from(*blue) * 114 + 500) / 1000) as u8
        })
        .collect()
}

/// The grey version as a colour picture.
pub fn greyed(pixels: &RgbImage) -> RgbImage {
    let values = grey(pixels).into_iter().flat_map(|value| [value; 3]).collect();
    RgbImage::from_raw(pixels.width(), pixels.height(), values).expect("three bytes were made for each pixel")
}

/// A palette of 256 colours and the index of every pixel: 8 levels of red and green, 4 of blue.
pub fn palette(pixels: &RgbImage) -> (Vec<[u8; 3]>, Vec<u8>) {
    let level = |index: u32, levels: u32| (index * 255 / (levels - 1)) as u8;
    let colours =
        (0..256u32).map(|index| [level(index >> 5, 8), level(index >> 2 & 7, 8), level(index & 3, 4)]);
    let nearest = |value: u8, levels: u32| (u32::from(value) * (levels - 1) + 127) / 255;
    let indices = pixels
        .pixels()
        .map(|Rgb([red, green, blue])| {
            (nearest(*red, 8) << 5 | nearest(*green, 8) << 2 | nearest(*blue, 4)) as u8
        })
        .collect();
    (colours.collect(), indices)
}

/// The colours that a palette picture shows.
pub fn from_palette(colours: &[[u8; 3]], indices: &[u8], width: u32, height: u32) -> RgbImage {
    let values = indices.iter().flat_map(|&index| colours[usize::from(index)]).collect();
    RgbImage::from_raw(width, height, values).expect("three bytes were made for each pixel")
}
