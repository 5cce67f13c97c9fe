//! WebP.

use super::{Bomb, TALLEST, WIDEST, heavy, light};
use crate::pictures::exif;
use crate::pictures::webp::{chunk, file, lossless, lossy};
use image::{Rgb, RgbImage};

const ANIMATED: u8 = 1 << 1;
const ALPHA: u8 = 1 << 4;
const EXIF: u8 = 1 << 3;

/// The header of a lossless picture and this data.
fn lossless_header(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let bits = (width - 1) | (height - 1) << 14;
    chunk(b"VP8L", &[&[0x2F], bits.to_le_bytes().as_slice(), data].concat())
}

/// The header of a lossy key frame and this data.
fn lossy_header(width: u16, height: u16, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A];
    frame.extend(width.to_le_bytes());
    frame.extend(height.to_le_bytes());
    frame.extend(data);
    chunk(b"VP8 ", &frame)
}

fn three_bytes(number: u32) -> [u8; 3] {
    let [first, second, third, _] = number.to_le_bytes();
    [first, second, third]
}

/// The extended header.
fn canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let sizes = [three_bytes(width - 1), three_bytes(height - 1)].concat();
    chunk(b"VP8X", &[&[flags, 0, 0, 0], sizes.as_slice()].concat())
}

/// A frame of an animation around a picture chunk.
fn animation_frame(left: u32, top: u32, width: u32, height: u32, picture: &[u8]) -> Vec<u8> {
    let numbers = [left / 2, top / 2, width - 1, height - 1, 100].map(three_bytes).concat();
    chunk(b"ANMF", &[numbers.as_slice(), &[0], picture].concat())
}

fn animation(width: u32, height: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let control = chunk(b"ANIM", &[0, 0, 0, 0, 0, 0]);
    file(&[canvas(ANIMATED | ALPHA, width, height), control, frames.concat()])
}

fn pixels(side: u32) -> RgbImage {
    RgbImage::from_fn(side, side, |x, y| Rgb([x as u8, y as u8, (x * y) as u8]))
}

/// The picture chunk of a lossless file of this side.
fn picture(side: u32) -> Vec<u8> {
    lossless(&pixels(side), Vec::new())[12..].to_vec()
}

pub(super) fn all() -> Vec<Bomb> {
    vec![
        light("WebP lossless of 16383 x 16383 in 34 bytes", || {
            file(&[lossless_header(16383, 16383, &[0; 9])])
        }),
        heavy("WebP lossless of 25 megapixels in 34 bytes", || {
            file(&[lossless_header(WIDEST, TALLEST, &[0; 9])])
        }),
        heavy("WebP lossless of 25 megapixels and zeros", || {
            file(&[lossless_header(WIDEST, TALLEST, &[0; 100_000])])
        }),
        heavy("WebP lossless of 25 megapixels of one colour", || {
            lossless(&RgbImage::from_pixel(WIDEST, TALLEST, Rgb([9, 99, 199])), Vec::new())
        }),
        light("WebP lossy of 16383 x 16383 in 40 bytes", || file(&[lossy_header(16383, 16383, &[0; 10])])),
        heavy("WebP lossy of 25 megapixels and zeros", || {
            file(&[lossy_header(WIDEST as u16, TALLEST as u16, &vec![0; 1 << 20])])
        }),
        heavy("WebP lossy of 25 megapixels and noise", || {
            let noise: Vec<u8> =
                (0..1u32 << 20).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            file(&[lossy_header(WIDEST as u16, TALLEST as u16, &noise)])
        }),
        heavy("WebP lossy of 25 megapixels of one colour", || {
            lossy(&RgbImage::from_pixel(WIDEST, TALLEST, Rgb([9, 99, 199])), 10.0)
        }),
        heavy("WebP lossy of 25 megapixels of texture", || {
            // As much detail as fits into 10 MiB: the most that a decoder of this format can be given to do.
            let texture = RgbImage::from_fn(WIDEST, TALLEST, |x, y| {
                let mixed = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519))
                    .wrapping_mul(3_266_489_917);
                Rgb([(mixed >> 24) as u8, (mixed >> 16) as u8, (mixed >> 8) as u8])
            });
            [20.0, 10.0, 5.0, 2.0, 0.0]
                .into_iter()
                .map(|quality| lossy(&texture, quality))
                .find(|file| file.len() <= 10 << 20)
                .unwrap_or_default()
        }),
        light("WebP lossy of no width", || file(&[lossy_header(0, 64, &[0; 64])])),
        light("WebP canvas of 16777216 x 16777216", || file(&[canvas(0, 1 << 24, 1 << 24), picture(16)])),
        light("WebP canvas larger than its picture", || file(&[canvas(0, 4096, 4096), picture(16)])),
        light("WebP canvas smaller than its picture", || file(&[canvas(0, 8, 8), picture(64)])),
        light("WebP of one pixel with a picture of 16383", || {
            file(&[canvas(0, 1, 1), lossless_header(16383, 16383, &[0; 100])])
        }),
        light("WebP canvas without a picture", || file(&[canvas(0, 64, 64)])),
        light("WebP animation without frames", || animation(64, 64, &[])),
        heavy("WebP animation with a small frame on 25 megapixels", || {
            animation(WIDEST, TALLEST, &[animation_frame(0, 0, 16, 16, &picture(16))])
        }),
        heavy("WebP animation with a lossless frame of 25 megapixels", || {
            let frame = lossless_header(WIDEST, TALLEST, &[0; 9]);
            animation(WIDEST, TALLEST, &[animation_frame(0, 0, WIDEST, TALLEST, &frame)])
        }),
        heavy("WebP animation with a lossy frame of 15 megapixels", || {
            let (width, height) = (5000, 3000);
            let frame = lossy(&RgbImage::from_pixel(width, height, Rgb([9, 99, 199])), 10.0)[12..].to_vec();
            animation(width, height, &[animation_frame(0, 0, width, height, &frame)])
        }),
        heavy("WebP lossy with opacity of 25 megapixels", || {
            let colours =
                lossy(&RgbImage::from_pixel(WIDEST, TALLEST, Rgb([9, 99, 199])), 10.0)[12..].to_vec();
            // Uncompressed opacity would be 25 MB; compressed, one code stands for all.
            let opacity = chunk(b"ALPH", &[&[1], [0; 9].as_slice()].concat());
            file(&[canvas(ALPHA, WIDEST, TALLEST), opacity, colours])
        }),
        light("WebP animation with a canvas of 16777216 squared", || {
            animation(1 << 24, 1 << 24, &[animation_frame(0, 0, 16, 16, &picture(16))])
        }),
        light("WebP animation with a frame outside its canvas", || {
            animation(16, 16, &[animation_frame(100_000, 100_000, 16, 16, &picture(16))])
        }),
        light("WebP animation with a frame that is larger than it says", || {
            animation(16, 16, &[animation_frame(0, 0, 16, 16, &picture(64))])
        }),
        light("WebP animation with a frame that hides a huge one", || {
            animation(16, 16, &[animation_frame(0, 0, 16, 16, &lossless_header(16383, 16383, &[0; 100]))])
        }),
        light("WebP animation of 20000 frames", || {
            animation(16, 16, &vec![animation_frame(0, 0, 16, 16, &picture(16)); 20_000])
        }),
        light("WebP animation with a frame of no data", || {
            animation(16, 16, &[animation_frame(0, 0, 16, 16, &[])])
        }),
        light("WebP with opacity of no data", || {
            let colours = lossy(&pixels(16), 80.0)[12..].to_vec();
            file(&[canvas(ALPHA, 16, 16), chunk(b"ALPH", &[]), colours])
        }),
        light("WebP with compressed opacity of nonsense", || {
            let colours = lossy(&pixels(16), 80.0)[12..].to_vec();
            file(&[canvas(ALPHA, 16, 16), chunk(b"ALPH", &[0xFD; 64]), colours])
        }),
        light("WebP with a chunk of 4 GiB", || {
            let mut bytes = file(&[picture(16)]);
            bytes[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
            bytes
        }),
        light("WebP that says it has no bytes", || {
            let mut bytes = file(&[picture(16)]);
            bytes[4..8].copy_from_slice(&0u32.to_le_bytes());
            bytes
        }),
        light("WebP that says it has 4 GiB", || {
            let mut bytes = file(&[picture(16)]);
            bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
            bytes
        }),
        light("WebP with a million empty chunks", || {
            file(&[canvas(EXIF, 16, 16), chunk(b"abcd", &[]).repeat(1_000_000), picture(16)])
        }),
        light("WebP with EXIF that leads to itself", || {
            let block = exif::tiff(&[(exif::ORIENTATION, exif::SHORT, 1, 6)], 8);
            file(&[canvas(EXIF, 16, 16), picture(16), chunk(b"EXIF", &block)])
        }),
        light("WebP of an unknown kind", || file(&[chunk(b"VP9 ", &[0; 64])])),
        light("WebP of twelve bytes", || file(&[])),
    ]
}
