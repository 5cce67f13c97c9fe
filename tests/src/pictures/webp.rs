//! WebP files, lossy and lossless.

use image::RgbImage;
use image_webp::{ColorType, WebPEncoder};

/// Without loss, with an EXIF chunk where `exif` is not empty.
pub fn lossless(pixels: &RgbImage, exif: Vec<u8>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new(&mut file);
    encoder.set_exif_metadata(exif);
    encoder
        .encode(pixels.as_raw(), pixels.width(), pixels.height(), ColorType::Rgb8)
        .expect("writing to memory cannot fail");
    file
}

/// With loss, by libwebp; quality from 0 to 100.
pub fn lossy(pixels: &RgbImage, quality: f32) -> Vec<u8> {
    webp::Encoder::from_rgb(pixels.as_raw(), pixels.width(), pixels.height()).encode(quality).to_vec()
}

/// One chunk, padded to an even length.
pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = kind.to_vec();
    chunk.extend((data.len() as u32).to_le_bytes());
    chunk.extend(data);
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

/// A file of these chunks.
pub fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let mut file = b"RIFF".to_vec();
    file.extend((body.len() as u32 + 4).to_le_bytes());
    file.extend(b"WEBP");
    file.extend(body);
    file
}
