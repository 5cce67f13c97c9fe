//! From bytes to upright RGB pixels, refusing what is too large before anything is allocated.

mod bmp;
mod header;
mod jpeg;
mod jpeg_markers;
mod limits;
mod orientation;
mod pixels;
mod png;
mod webp;

pub use header::ImageFormat;
pub use limits::ImageLimits;
pub use pixels::{PixelFormat, PixelView};

/// The JPEG decoder of this build.
pub(crate) const JPEG_DECODER: &str =
    if cfg!(feature = "jpeg-turbo") { "libjpeg-turbo" } else { "zune-jpeg" };

use crate::{Error, ErrorKind, Result};
use ::image::RgbImage;
use ::image::metadata::Orientation;
use header::Header;

/// An image to work on: encoded bytes whose header has been read and accepted, or raw pixels.
///
/// Nothing is decoded until [`Picture::decode`].
pub struct Picture<'a> {
    content: Content<'a>,
}

enum Content<'a> {
    Encoded { bytes: &'a [u8], header: Header, limits: ImageLimits },
    Pixels(PixelView<'a>),
}

/// Upright pixels, possibly smaller than the original by a whole factor.
pub struct Decoded {
    /// Upright RGB pixels, row by row, without padding.
    pub pixels: RgbImage,
    /// How many original pixels one decoded pixel stands for, along either side (1, 2, 4 or 8).
    pub reduction: u32,
}

impl<'a> Picture<'a> {
    /// Reads the header of encoded bytes and checks it against `limits`.
    ///
    /// # Errors
    /// `UnsupportedImage` for a format other than JPEG, PNG, BMP or WebP; `ImageTooLarge` beyond a limit;
    /// `InvalidImage` for a damaged header.
    pub fn open(bytes: &'a [u8], limits: &ImageLimits) -> Result<Self> {
        limits.check_bytes(bytes.len())?;
        let header = header::read(bytes)?;
        limits.check_dimensions(header.width, header.height)?;
        limits.check_decoding(&header)?;
        Ok(Self { content: Content::Encoded { bytes, header, limits: limits.clone() } })
    }

    /// Takes raw pixels as they are.
    ///
    /// # Errors
    /// `ImageTooLarge` beyond a limit; `InvalidArgument` where the buffer is too short for its dimensions.
    pub fn from_pixels(view: PixelView<'a>, limits: &ImageLimits) -> Result<Self> {
        limits.check_dimensions(view.width, view.height)?;
        view.check()?;
        Ok(Self { content: Content::Pixels(view) })
    }

    /// Width and height in pixels of the upright original.
    pub fn upright_size(&self) -> (u32, u32) {
        match &self.content {
            Content::Encoded { header, .. } => {
                orientation::upright_size(header.width, header.height, header.orientation)
            }
            Content::Pixels(view) => (view.width, view.height),
        }
    }

    /// Whether the file itself says which side is up.
    pub fn states_orientation(&self) -> bool {
        matches!(&self.content, Content::Encoded { header, .. }
            if header.orientation.is_some_and(|orientation| orientation != Orientation::NoTransforms))
    }

    /// The largest reduction with which the long side keeps at least `long_side` pixels.
    pub fn reduction_for(&self, long_side: u32) -> u32 {
        match &self.content {
            Content::Encoded { header, .. } if header.format == ImageFormat::Jpeg => {
                let longest = header.width.max(header.height);
                [8, 4, 2]
                    .into_iter()
                    .find(|&reduction| {
                        reduction <= jpeg::LARGEST_REDUCTION && longest / reduction >= long_side
                    })
                    .unwrap_or(1)
            }
            _ => 1,
        }
    }

    /// Decodes to upright RGB, `reduction` times smaller along either side where the format allows it
    /// (see [`Picture::reduction_for`]).
    ///
    /// # Errors
    /// `InvalidImage` where the data is damaged or incomplete.
    pub fn decode(&self, reduction: u32) -> Result<Decoded> {
        match &self.content {
            Content::Pixels(view) => Ok(Decoded { pixels: view.to_rgb(), reduction: 1 }),
            Content::Encoded { bytes, header, limits } => {
                let (pixels, reduction) = match header.format {
                    ImageFormat::Jpeg => (jpeg::decode(bytes, header, reduction)?, reduction),
                    ImageFormat::Png => (png::decode(bytes, header, limits)?, 1),
                    ImageFormat::Bmp => (bmp::decode(bytes, header)?, 1),
                    ImageFormat::WebP => (webp::decode(bytes, header, limits)?, 1),
                };
                Ok(Decoded { pixels: orientation::make_upright(pixels, header.orientation), reduction })
            }
        }
    }
}

/// The error for data that its decoder rejects. The decoder's own text is left out: it may quote the data.
fn damaged(format: ImageFormat) -> Error {
    Error::new(
        ErrorKind::InvalidImage,
        format!("The {} data is damaged or incomplete. Send the original file again.", format.name()),
    )
    .with_check_code(50)
}
