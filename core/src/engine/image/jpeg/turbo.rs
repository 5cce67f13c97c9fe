//! JPEG by libjpeg-turbo, which can decode at a half, a quarter or an eighth of the size.

use super::super::header::Header;
use super::super::{ImageFormat, damaged};
use super::inks_to_rgb;
use crate::Result;
use image::RgbImage;
use turbojpeg::{Decompressor, Image, PixelFormat, ScalingFactor};

/// The largest factor by which this decoder can reduce an image.
pub(in super::super) const LARGEST_REDUCTION: u32 = 8;

pub(in super::super) fn decode(bytes: &[u8], header: &Header, reduction: u32) -> Result<RgbImage> {
    let damaged = || damaged(ImageFormat::Jpeg);
    let mut decoder = Decompressor::new().map_err(|_| damaged())?;
    let read = decoder.read_header(bytes).map_err(|_| damaged())?;
    // The dimensions that were checked must be those that are decoded.
    if (read.width, read.height) != (header.width as usize, header.height as usize) {
        return Err(damaged());
    }
    let scale = ScalingFactor::new(1, reduction as usize);
    decoder.set_scaling_factor(scale).map_err(|_| damaged())?;
    let (width, height) = (scale.scale(read.width), scale.scale(read.height));
    let format = if header.inks.is_some() { PixelFormat::CMYK } else { PixelFormat::RGB };
    let pitch = width * format.size();
    let mut samples = vec![0; pitch * height];
    let output = Image { pixels: samples.as_mut_slice(), width, pitch, height, format };
    match decoder.decompress(bytes, output) {
        Ok(()) => {}
        Err(turbojpeg::Error::TurboJpegError(warning)) if is_padding(&warning) => {}
        Err(_) => return Err(damaged()),
    }
    let rgb = match header.inks {
        Some(inks) => inks_to_rgb(&samples, inks),
        None => samples,
    };
    RgbImage::from_raw(width as u32, height as u32, rgb).ok_or_else(damaged)
}

/// Most bytes of padding before the end of the image that are passed over.
const MOST_PADDING: u32 = 64;

/// Whether libjpeg's warning is only about a few bytes between the last pixel and the end marker, as some
/// cameras write them. More than a few may be pixels that were lost: that is damage.
fn is_padding(warning: &str) -> bool {
    warning.ends_with("extraneous bytes before marker 0xd9")
        && warning
            .split(' ')
            .find_map(|word| word.parse::<u32>().ok())
            .is_some_and(|bytes| bytes <= MOST_PADDING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_little_padding_before_the_end_is_passed_over() {
        assert!(is_padding("Corrupt JPEG data: 2 extraneous bytes before marker 0xd9"));
        assert!(!is_padding("Corrupt JPEG data: 2000 extraneous bytes before marker 0xd9"));
        assert!(!is_padding("Corrupt JPEG data: 2 extraneous bytes before marker 0xd3"));
        assert!(!is_padding("Corrupt JPEG data: premature end of data segment"));
        assert!(!is_padding(""));
    }
}
