//! The ways to hand over an image.

use crate::engine::image::PixelView;
use std::path::Path;

/// An image: encoded bytes, a file, or raw pixels.
#[derive(Clone, Copy)]
pub enum ImageInput<'a> {
    /// The bytes of a JPEG, PNG, BMP or WebP file.
    Encoded(EncodedBytes<'a>),
    /// The path of such a file.
    Path(&'a Path),
    /// Decoded, upright pixels, as a camera or a numerical library holds them.
    Pixels(PixelView<'a>),
}

impl std::fmt::Debug for ImageInput<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Encoded(bytes) => bytes.fmt(f),
            // Photos are often called after the person on them.
            Self::Path(_) => f.write_str("a file"),
            Self::Pixels(view) => view.fmt(f),
        }
    }
}

/// Encoded bytes that no debug output shows.
#[derive(Clone, Copy)]
pub struct EncodedBytes<'a>(pub(crate) &'a [u8]);

impl std::fmt::Debug for EncodedBytes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<'a> From<&'a [u8]> for ImageInput<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Encoded(EncodedBytes(bytes))
    }
}

impl<'a> From<&'a Vec<u8>> for ImageInput<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Encoded(EncodedBytes(bytes))
    }
}

impl<'a> From<&'a Path> for ImageInput<'a> {
    fn from(path: &'a Path) -> Self {
        Self::Path(path)
    }
}

impl<'a> From<PixelView<'a>> for ImageInput<'a> {
    fn from(view: PixelView<'a>) -> Self {
        Self::Pixels(view)
    }
}
