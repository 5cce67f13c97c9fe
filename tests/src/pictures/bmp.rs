//! Windows bitmaps (BITMAPINFOHEADER, 40 bytes).

use image::RgbImage;

/// What the two headers of a bitmap say.
#[derive(Clone, Copy, Debug)]
pub struct Headers {
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels; negative where the first row is the top one.
    pub height: i32,
    /// Bits of one pixel.
    pub bits: u16,
    /// 0 is none, 1 run lengths of 8 bits, 3 bit fields.
    pub compression: u32,
    /// Colours in the palette.
    pub colours: u32,
    /// Where the pixels begin.
    pub data_offset: u32,
}

impl Headers {
    /// The 54 bytes of both headers.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"BM".to_vec();
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(self.data_offset.to_le_bytes());
        bytes.extend(40u32.to_le_bytes());
        bytes.extend(self.width.to_le_bytes());
        bytes.extend(self.height.to_le_bytes());
        bytes.extend(1u16.to_le_bytes());
        bytes.extend(self.bits.to_le_bytes());
        bytes.extend(self.compression.to_le_bytes());
        bytes.extend([0; 12]);
        bytes.extend(self.colours.to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        bytes
    }
}

/// 24 bits for each pixel, first row at the top or at the bottom.
pub fn rgb(pixels: &RgbImage, top_down: bool) -> Vec<u8> {
    let (width, height) = (pixels.width() as i32, pixels.height() as i32);
    let height = if top_down { -height } else { height };
    let mut file = Headers { width, height, bits: 24, compression: 0, colours: 0, data_offset: 54 }.bytes();
    let mut rows: Vec<Vec<u8>> = pixels
        .as_raw()
        .chunks_exact(width as usize * 3)
        .map(|row| padded(row.chunks_exact(3).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect()))
        .collect();
    if !top_down {
        rows.reverse();
    }
    file.extend(rows.concat());
    file
}

/// 8 bits for each pixel and a palette.
pub fn palette(colours: &[[u8; 3]], indices: &[u8], width: u32, height: u32) -> Vec<u8> {
    let count = colours.len() as u32;
    let mut file = Headers {
        width: width as i32,
        height: height as i32,
        bits: 8,
        compression: 0,
        colours: count,
        data_offset: 54 + count * 4,
    }
    .bytes();
    file.extend(colours.iter().flat_map(|&[red, green, blue]| [blue, green, red, 0]));
    for row in indices.chunks_exact(width as usize).rev() {
        file.extend(padded(row.to_vec()));
    }
    file
}

/// Rows are whole numbers of four bytes.
fn padded(mut row: Vec<u8>) -> Vec<u8> {
    row.resize(row.len().next_multiple_of(4), 0);
    row
}
