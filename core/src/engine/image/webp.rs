//! WebP decoding; the first frame of an animation.

use super::header::Header;
use super::{ImageFormat, ImageLimits, damaged};
use crate::Result;
use image::RgbImage;
use image_webp::WebPDecoder;
use std::io::Cursor;

pub(super) fn decode(bytes: &[u8], header: &Header, limits: &ImageLimits) -> Result<RgbImage> {
    let damaged = || damaged(ImageFormat::WebP);
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    if decoder.dimensions() != (header.width, header.height) {
        return Err(damaged());
    }
    decoder.set_memory_limit(usize::try_from(limits.max_decoding_bytes).unwrap_or(usize::MAX));
    let mut samples = vec![0; decoder.output_buffer_size().ok_or_else(damaged)?];
    if decoder.is_animated() {
        decoder.read_frame(&mut samples).map_err(|_| damaged())?;
    } else {
        decoder.read_image(&mut samples).map_err(|_| damaged())?;
    }
    if decoder.has_alpha() {
        samples = samples.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    }
    RgbImage::from_raw(header.width, header.height, samples).ok_or_else(damaged)
}
