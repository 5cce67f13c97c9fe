//! Raw pixels as cameras and numerical libraries hold them.

use crate::{Error, ErrorKind, Result};
use image::RgbImage;

/// How the bytes of one pixel are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelFormat {
    /// Three bytes: red, green, blue.
    Rgb,
    /// Three bytes: blue, green, red (OpenCV's order).
    Bgr,
    /// One byte of brightness.
    Grey,
}

impl PixelFormat {
    /// Bytes per pixel.
    pub fn channels(self) -> usize {
        match self {
            Self::Rgb | Self::Bgr => 3,
            Self::Grey => 1,
        }
    }
}

/// A borrowed block of 8-bit pixels, upright, first row at the top.
#[derive(Clone, Copy)]
pub struct PixelView<'a> {
    /// The bytes; at least `stride * (height - 1) + width * channels` of them.
    pub data: &'a [u8],
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes from the start of one row to the start of the next; at least `width * channels`.
    pub stride: usize,
    /// The layout of one pixel.
    pub format: PixelFormat,
}

impl std::fmt::Debug for PixelView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PixelView({}x{} {:?})", self.width, self.height, self.format)
    }
}

impl PixelView<'_> {
    pub(super) fn check(&self) -> Result<()> {
        let row = self.width as usize * self.format.channels();
        let needed = (self.height as usize)
            .checked_sub(1)
            .and_then(|rows| rows.checked_mul(self.stride))
            .and_then(|rows| rows.checked_add(row));
        if self.stride < row || needed.is_none_or(|needed| needed > self.data.len()) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "The pixel buffer is shorter than width, height and stride say. Pass stride in bytes, at least width times channels.",
            ));
        }
        Ok(())
    }

    pub(super) fn to_rgb(self) -> RgbImage {
        let row_bytes = self.width as usize * self.format.channels();
        let mut pixels = Vec::with_capacity(self.width as usize * self.height as usize * 3);
        for row in self.data.chunks(self.stride).take(self.height as usize) {
            let row = &row[..row_bytes];
            match self.format {
                PixelFormat::Rgb => pixels.extend_from_slice(row),
                PixelFormat::Bgr => {
                    pixels.extend(row.chunks_exact(3).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]))
                }
                PixelFormat::Grey => pixels.extend(row.iter().flat_map(|&grey| [grey; 3])),
            }
        }
        RgbImage::from_raw(self.width, self.height, pixels)
            .expect("the length was checked with the dimensions")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_and_strides_give_the_same_pixels() {
        let rgb = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120];
        let plain =
            PixelView { data: &rgb, width: 2, height: 2, stride: 6, format: PixelFormat::Rgb }.to_rgb();
        let bgr = [30, 20, 10, 60, 50, 40, 0, 0, 90, 80, 70, 120, 110, 100];
        let padded = PixelView { data: &bgr, width: 2, height: 2, stride: 8, format: PixelFormat::Bgr };
        padded.check().unwrap();
        assert_eq!(plain, padded.to_rgb());
        let grey = PixelView { data: &[7, 0, 9], width: 1, height: 2, stride: 2, format: PixelFormat::Grey };
        grey.check().unwrap();
        assert_eq!(grey.to_rgb().as_raw(), &[7, 7, 7, 9, 9, 9]);
    }

    #[test]
    fn short_buffers_are_refused() {
        for (stride, length) in [(6, 11), (5, 12), (usize::MAX, 12)] {
            let data = vec![0; length];
            let view = PixelView { data: &data, width: 2, height: 2, stride, format: PixelFormat::Rgb };
            assert_eq!(view.check().unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }
}
