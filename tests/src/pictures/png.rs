//! PNG files of any colour type, depth and interlacing, with any further chunks (W3C PNG, third edition).

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use image::RgbImage;
use std::io::{Read, Write};

/// The colour types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Colour {
    /// One sample of brightness.
    Grey = 0,
    /// Red, green, blue.
    Rgb = 2,
    /// An index into the palette.
    Palette = 3,
    /// Brightness and opacity.
    GreyAlpha = 4,
    /// Red, green, blue and opacity.
    Rgba = 6,
}

impl Colour {
    /// Samples of one pixel.
    pub fn samples(self) -> usize {
        match self {
            Self::Grey | Self::Palette => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// The first eight bytes of every PNG.
pub const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

/// One chunk with its length and checksum.
pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = Crc::new();
    checksum.update(kind);
    checksum.update(data);
    let mut chunk = (data.len() as u32).to_be_bytes().to_vec();
    chunk.extend(kind);
    chunk.extend(data);
    chunk.extend(checksum.sum().to_be_bytes());
    chunk
}

/// The first chunk.
pub fn header(width: u32, height: u32, depth: u8, colour: Colour, interlaced: bool) -> Vec<u8> {
    let mut data = width.to_be_bytes().to_vec();
    data.extend(height.to_be_bytes());
    data.extend([depth, colour as u8, 0, 0, u8::from(interlaced)]);
    chunk(b"IHDR", &data)
}

/// A whole file: `before` stands between header and data.
pub fn file(header: Vec<u8>, before: &[Vec<u8>], data: &[u8]) -> Vec<u8> {
    let mut file = SIGNATURE.to_vec();
    file.extend(header);
    file.extend(before.concat());
    file.extend(chunk(b"IDAT", data));
    file.extend(chunk(b"IEND", &[]));
    file
}

/// zlib data of these bytes.
pub fn deflated(bytes: &[u8]) -> Vec<u8> {
    deflated_from(bytes)
}

/// zlib data of `count` equal bytes, made without holding them.
pub fn deflated_run(byte: u8, count: u64) -> Vec<u8> {
    deflated_from(std::io::repeat(byte).take(count))
}

fn deflated_from(mut source: impl Read) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    std::io::copy(&mut source, &mut encoder).expect("writing to memory cannot fail");
    encoder.flush().and_then(|()| encoder.finish()).expect("writing to memory cannot fail")
}

/// Left, top, horizontal and vertical step of Adam7's passes.
const ADAM7: [(usize, usize, usize, usize); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

/// Unfiltered scan lines of whole-byte pixels, interlaced or not.
pub fn scan_lines(
    samples: &[u8],
    width: usize,
    height: usize,
    pixel_bytes: usize,
    interlaced: bool,
) -> Vec<u8> {
    let passes: &[(usize, usize, usize, usize)] = if interlaced { &ADAM7 } else { &[(0, 0, 1, 1)] };
    let mut lines = Vec::with_capacity(samples.len() + height * 2);
    for &(left, top, across, down) in passes {
        if left >= width {
            continue;
        }
        for row in (top..height).step_by(down) {
            lines.push(0);
            for column in (left..width).step_by(across) {
                let at = (row * width + column) * pixel_bytes;
                lines.extend(&samples[at..at + pixel_bytes]);
            }
        }
    }
    lines
}

/// A PNG of 8-bit or 16-bit samples given as whole bytes.
pub fn encode(
    samples: &[u8],
    (width, height): (u32, u32),
    depth: u8,
    colour: Colour,
    interlaced: bool,
    before: &[Vec<u8>],
) -> Vec<u8> {
    let pixel_bytes = colour.samples() * usize::from(depth) / 8;
    let lines = scan_lines(samples, width as usize, height as usize, pixel_bytes, interlaced);
    file(header(width, height, depth, colour, interlaced), before, &deflated(&lines))
}

/// A plain 8-bit RGB PNG with further chunks before the data.
pub fn rgb(pixels: &RgbImage, before: &[Vec<u8>]) -> Vec<u8> {
    encode(pixels.as_raw(), pixels.dimensions(), 8, Colour::Rgb, false, before)
}

/// A palette chunk.
pub fn palette_chunk(colours: &[[u8; 3]]) -> Vec<u8> {
    chunk(b"PLTE", &colours.concat())
}

/// A colour profile of `count` zero bytes, compressed.
pub fn profile_chunk(count: u64) -> Vec<u8> {
    chunk(b"iCCP", &[b"profile\0\0".as_slice(), &deflated_run(0, count)].concat())
}
