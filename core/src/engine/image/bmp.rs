//! BMP decoding.

use super::header::Header;
use super::{ImageFormat, damaged};
use crate::Result;
use image::codecs::bmp::BmpDecoder;
use image::{DynamicImage, ImageDecoder, RgbImage};
use std::io::Cursor;

pub(super) fn decode(bytes: &[u8], header: &Header) -> Result<RgbImage> {
    let damaged = |_| damaged(ImageFormat::Bmp);
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    // The dimensions that were checked must be those that are decoded.
    if decoder.dimensions() != (header.width, header.height) {
        return Err(super::damaged(ImageFormat::Bmp));
    }
    Ok(DynamicImage::from_decoder(decoder).map_err(damaged)?.into_rgb8())
}
