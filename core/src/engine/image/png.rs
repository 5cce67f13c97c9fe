//! PNG decoding: any colour type and depth to RGB; transparency is dropped, as OpenCV and Pillow do.

use super::header::Header;
use super::{ImageFormat, ImageLimits, damaged};
use crate::Result;
use image::RgbImage;
use png::{ColorType, Decoder, Limits, Transformations};
use std::io::Cursor;

pub(super) fn decode(bytes: &[u8], header: &Header, limits: &ImageLimits) -> Result<RgbImage> {
    let damaged = || damaged(ImageFormat::Png);
    let bytes_limit = usize::try_from(limits.max_decoding_bytes).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: bytes_limit });
    // Neither is used, and a small compressed profile can unpack to hundreds of megabytes.
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|_| damaged())?;
    let mut samples = vec![0; reader.output_buffer_size().ok_or_else(damaged)?];
    let frame = reader.next_frame(&mut samples).map_err(|_| damaged())?;
    if (frame.width, frame.height) != (header.width, header.height) {
        return Err(damaged());
    }
    samples.truncate(frame.buffer_size());
    let channels = frame.color_type.samples();
    match frame.color_type {
        ColorType::Rgb => {}
        ColorType::Rgba => {
            let pixels = samples.len() / channels;
            for pixel in 0..pixels {
                samples.copy_within(pixel * 4..pixel * 4 + 3, pixel * 3);
            }
            samples.truncate(pixels * 3);
        }
        ColorType::Grayscale | ColorType::GrayscaleAlpha => {
            samples = samples.chunks_exact(channels).flat_map(|pixel| [pixel[0]; 3]).collect();
        }
        ColorType::Indexed => return Err(damaged()),
    }
    RgbImage::from_raw(header.width, header.height, samples).ok_or_else(damaged)
}
