//! JPEG in pure Rust, for builds without a C compiler; always at full size.

use super::super::header::Header;
use super::super::{ImageFormat, damaged};
use super::inks_to_rgb;
use crate::Result;
use image::RgbImage;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// This decoder cannot reduce.
pub(in super::super) const LARGEST_REDUCTION: u32 = 1;

pub(in super::super) fn decode(bytes: &[u8], header: &Header, _reduction: u32) -> Result<RgbImage> {
    let damaged = || damaged(ImageFormat::Jpeg);
    let output = if header.inks.is_some() { ColorSpace::CMYK } else { ColorSpace::RGB };
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(header.width as usize)
        .set_max_height(header.height as usize)
        .jpeg_set_out_colorspace(output);
    let samples =
        JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode().map_err(|_| damaged())?;
    let rgb = match header.inks {
        Some(inks) => inks_to_rgb(&samples, inks),
        None => samples,
    };
    RgbImage::from_raw(header.width, header.height, rgb).ok_or_else(damaged)
}
