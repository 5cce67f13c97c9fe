//! How large an image may be, checked from its header before anything is allocated.

use super::header::Header;
use serde::Deserialize;

use crate::{Error, ErrorKind, Result};

/// Caps on what is decoded. Everything is checked from the header, before memory is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImageLimits {
    /// Largest encoded size in bytes. Default 10 MiB.
    pub max_bytes: u64,
    /// Largest width or height in pixels. Default 8192.
    pub max_side: u32,
    /// Largest width times height. Default 25,000,000 (covers 24-megapixel cameras).
    pub max_pixels: u64,
    /// Most memory, in bytes, that decoding one image may take, estimated from its header. Default 240 MiB.
    pub max_decoding_bytes: u64,
    /// Most work for the decoder, in pixels that it passes over: width times height, times the scans of a
    /// JPEG; for WebP 16 times the pixels and 24 for each byte of the file. Default 600,000,000: 24 scans of
    /// the largest JPEG (a usual progressive one has 10), or the largest WebP in 8 MB.
    pub max_pixel_passes: u64,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self {
            max_bytes: 10 << 20,
            max_side: 8192,
            max_pixels: 25_000_000,
            max_decoding_bytes: 240 << 20,
            max_pixel_passes: 600_000_000,
        }
    }
}

impl ImageLimits {
    /// Refuses more than `max_bytes` encoded bytes, before they are read where their number is known.
    ///
    /// # Errors
    /// `ImageTooLarge`.
    pub fn check_bytes(&self, bytes: usize) -> Result<()> {
        within(bytes as u64, self.max_bytes, "bytes of file")
    }

    /// Refuses sides or pixel counts beyond the limits, and empty images.
    ///
    /// # Errors
    /// `ImageTooLarge`; `InvalidImage` for an image without pixels.
    pub fn check_dimensions(&self, width: u32, height: u32) -> Result<()> {
        if width == 0 || height == 0 {
            return Err(Error::new(ErrorKind::InvalidImage, "The image has no pixels.").with_check_code(50));
        }
        within(u64::from(width.max(height)), u64::from(self.max_side), "pixels along a side")?;
        within(u64::from(width) * u64::from(height), self.max_pixels, "pixels")
    }

    pub(super) fn check_decoding(&self, header: &Header) -> Result<()> {
        let result = u64::from(header.width) * u64::from(header.height) * 3;
        within(
            header.working_bytes.saturating_add(result),
            self.max_decoding_bytes,
            "bytes of memory to decode",
        )?;
        within(header.pixel_passes, self.max_pixel_passes, "pixels to pass over in decoding")
    }
}

fn within(value: u64, limit: u64, what: &str) -> Result<()> {
    if value <= limit {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::ImageTooLarge,
        format!("The image has {value} {what}; the limit is {limit}. Send a smaller image or raise the limit in `ImageLimits`."),
    )
    .with_check_code(50))
}
