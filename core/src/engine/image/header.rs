//! What a file says about itself in its first bytes: format, dimensions, orientation.

use super::{damaged, jpeg_markers};
use crate::{Error, ErrorKind, Result};
use image::metadata::Orientation;

/// The image formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG, baseline or progressive; grey, YCbCr, RGB, CMYK and YCCK.
    Jpeg,
    /// PNG of any colour type and bit depth; the first frame of an animation.
    Png,
    /// Windows bitmap.
    Bmp,
    /// WebP, lossy or lossless; the first frame of an animation.
    WebP,
}

impl ImageFormat {
    /// The format's usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Bmp => "BMP",
            Self::WebP => "WebP",
        }
    }
}

/// The meaning of a four-colour JPEG's samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inks {
    /// 0 is no ink.
    Plain,
    /// 255 is no ink, as Adobe's programs write it.
    Inverted,
}

pub(super) struct Header {
    pub(super) format: ImageFormat,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Absent where the file states none.
    pub(super) orientation: Option<Orientation>,
    /// Bytes that decoding needs beyond the RGB result, estimated from the header.
    pub(super) working_bytes: u64,
    /// Pixels that the decoder passes over: width times height, times the scans of a JPEG.
    pub(super) pixel_passes: u64,
    /// How a JPEG with four colour components stores its inks.
    pub(super) inks: Option<Inks>,
}

impl Header {
    fn plain(format: ImageFormat, width: u32, height: u32, bytes_per_pixel: u64) -> Self {
        let pixels = u64::from(width) * u64::from(height);
        Self {
            format,
            width,
            height,
            orientation: None,
            working_bytes: pixels.saturating_mul(bytes_per_pixel),
            pixel_passes: pixels,
            inks: None,
        }
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Header> {
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        jpeg(bytes)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        png(bytes)
    } else if bytes.starts_with(b"BM") {
        bmp(bytes)
    } else if bytes.len() >= 12 && bytes.starts_with(b"RIFF") && &bytes[8..12] == b"WEBP" {
        webp(bytes)
    } else {
        let what = if bytes.is_empty() {
            "The image is empty."
        } else {
            "The bytes are not an image in a supported format."
        };
        Err(Error::new(ErrorKind::UnsupportedImage, format!("{what} Send a JPEG, PNG, BMP or WebP file."))
            .with_check_code(50))
    }
}

fn jpeg(bytes: &[u8]) -> Result<Header> {
    let markers = jpeg_markers::walk(bytes)?;
    let pixels = u64::from(markers.width) * u64::from(markers.height);
    // A file of several scans is held as 16-bit coefficients until the last scan has been read.
    let coefficients =
        if markers.scans > 1 || markers.progressive { pixels * 2 * u64::from(markers.components) } else { 0 };
    let four_components = markers.components == 4;
    Ok(Header {
        format: ImageFormat::Jpeg,
        width: markers.width,
        height: markers.height,
        orientation: markers.exif.and_then(Orientation::from_exif_chunk),
        working_bytes: coefficients + if four_components { pixels * 4 } else { 0 },
        pixel_passes: pixels * u64::from(markers.scans.max(1)),
        inks: four_components.then_some(if markers.adobe { Inks::Inverted } else { Inks::Plain }),
    })
}

fn png(bytes: &[u8]) -> Result<Header> {
    let header = bytes
        .get(8..26)
        .filter(|header| &header[4..8] == b"IHDR")
        .ok_or_else(|| damaged(ImageFormat::Png))?;
    let (width, height) = (big_endian_u32(&header[8..]), big_endian_u32(&header[12..]));
    // Four 8-bit channels: wider samples are narrowed row by row.
    let mut read = Header::plain(ImageFormat::Png, width, height, 4);
    read.orientation = png_chunk(bytes, b"eXIf").and_then(Orientation::from_exif_chunk);
    Ok(read)
}

/// The first chunk of a type before the pixel data.
fn png_chunk<'a>(bytes: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    let mut at = 8;
    loop {
        let length = big_endian_u32(bytes.get(at..at + 4)?) as usize;
        let kind = bytes.get(at + 4..at + 8)?;
        let data = at + 8;
        if kind == wanted {
            return bytes.get(data..data.checked_add(length)?);
        }
        if kind == b"IDAT" {
            return None;
        }
        at = data.checked_add(length)?.checked_add(4)?;
    }
}

fn bmp(bytes: &[u8]) -> Result<Header> {
    let damaged = || damaged(ImageFormat::Bmp);
    let header = bytes.get(14..26).ok_or_else(damaged)?;
    let (width, height) = if little_endian_u32(header) == 12 {
        (
            u32::from(u16::from_le_bytes([header[4], header[5]])),
            u32::from(u16::from_le_bytes([header[6], header[7]])),
        )
    } else {
        // A negative height stores the rows from the top; a negative width is an error.
        let width = little_endian_u32(&header[4..]).cast_signed();
        let height = little_endian_u32(&header[8..]).cast_signed();
        (u32::try_from(width).map_err(|_| damaged())?, height.unsigned_abs())
    };
    Ok(Header::plain(ImageFormat::Bmp, width, height, 4))
}

fn webp(bytes: &[u8]) -> Result<Header> {
    let damaged = || damaged(ImageFormat::WebP);
    let first = bytes.get(12..30).ok_or_else(damaged)?;
    let (width, height) = match &first[..4] {
        b"VP8X" => (little_endian_u24(&first[12..]) + 1, little_endian_u24(&first[15..]) + 1),
        b"VP8L" => {
            let bits = little_endian_u32(&first[9..]);
            ((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
        }
        b"VP8 " => (
            u32::from(u16::from_le_bytes([first[14], first[15]]) & 0x3FFF),
            u32::from(u16::from_le_bytes([first[16], first[17]]) & 0x3FFF),
        ),
        _ => return Err(damaged()),
    };
    // The decoded frame with alpha, and the planes it is made from. A frame of an animation is first laid on a
    // canvas, with alpha too, from which the result is copied.
    let animated = &first[..4] == b"VP8X" && first[8] & 0b10 != 0;
    let mut read = Header::plain(ImageFormat::WebP, width, height, if animated { 14 } else { 6 });
    // Its pixels take longer than other formats', and more so the more bytes describe them: 25 megapixels of
    // texture in 9.5 MB took over three seconds.
    read.pixel_passes = read.pixel_passes.saturating_mul(16).saturating_add(bytes.len() as u64 * 24);
    read.orientation = webp_chunk(bytes, b"EXIF").and_then(Orientation::from_exif_chunk);
    Ok(read)
}

fn webp_chunk<'a>(bytes: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    let mut at = 12usize;
    loop {
        let kind = bytes.get(at..at + 4)?;
        let length = little_endian_u32(bytes.get(at + 4..at + 8)?) as usize;
        let data = at + 8;
        if kind == wanted {
            return bytes.get(data..data.checked_add(length)?);
        }
        at = data.checked_add(length)?.checked_add(length & 1)?;
    }
}

fn big_endian_u32(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn little_endian_u32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn little_endian_u24(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])
}
