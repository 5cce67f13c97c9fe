//! JPEG.

use super::{Bomb, TALLEST, WIDEST, heavy, light};
use crate::pictures::jpeg::{
    AdobeTransform, adobe_segment, exif_segment, frame, scan, segment, with_segment,
};
use crate::pictures::{exif, jpeg};
use image::{Rgb, RgbImage};

const START: [u8; 2] = [0xFF, 0xD8];
const END: [u8; 2] = [0xFF, 0xD9];
const BASELINE: u8 = 0xC0;
const PROGRESSIVE: u8 = 0xC2;
/// The first symbol of every table here has the code `0`, so that zero bytes are valid data.
const END_OF_BLOCK: u8 = 0x00;
/// 16384 empty blocks, in 15 zero bits.
const END_OF_16384_BLOCKS: u8 = 0xE0;

const GREY: &[(u8, u8, u8)] = &[(1, 1, 1)];
const COLOUR: &[(u8, u8, u8)] = &[(1, 1, 1), (2, 1, 1), (3, 1, 1)];
const INKS: &[(u8, u8, u8)] = &[(1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 1, 1)];

/// Quantisation table 0 and Huffman tables 0, each Huffman table with one symbol.
fn tables(of_blocks: u8) -> Vec<u8> {
    let one_code = |class: u8, symbol: u8| {
        let mut data = vec![class << 4, 1];
        data.extend([0; 15]);
        data.push(symbol);
        segment(0xC4, &data)
    };
    let quantisation = [[0].as_slice(), &[1; 64]].concat();
    [segment(0xDB, &quantisation), one_code(0, 0), one_code(1, of_blocks)].concat()
}

fn blocks((width, height): (u16, u16)) -> usize {
    usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8)
}

/// A baseline picture of flat grey with all its data.
fn flat(size: (u16, u16), components: &[(u8, u8, u8)], before: &[u8]) -> Vec<u8> {
    let numbers: Vec<u8> = components.iter().map(|component| component.0).collect();
    let data = vec![0; blocks(size) * components.len() / 4 + 2];
    [
        &START,
        before,
        &tables(END_OF_BLOCK),
        &frame(BASELINE, size, components),
        &scan(&numbers, 0, 63, 0),
        &data,
        &END,
    ]
    .concat()
}

/// A progressive picture of flat grey with this many scans, each of them allowed by the standard.
fn progressive(size: (u16, u16), components: &[(u8, u8, u8)], scans: usize) -> Vec<u8> {
    let numbers: Vec<u8> = components.iter().map(|component| component.0).collect();
    let mut file =
        [&START, tables(END_OF_16384_BLOCKS).as_slice(), &frame(PROGRESSIVE, size, components)].concat();
    file.extend(scan(&numbers, 0, 0, 0));
    file.extend(vec![0; blocks(size) * components.len() / 8 + 2]);
    // Bit by bit from the 14th down, coefficient by coefficient, component by component.
    let refinements = numbers.iter().flat_map(|&number| {
        (1..=63u8).flat_map(move |coefficient| (0..14u8).rev().map(move |bit| (number, coefficient, bit)))
    });
    for (number, coefficient, bit) in refinements.take(scans.saturating_sub(1)) {
        let before = if bit == 13 { 0 } else { bit + 1 };
        file.extend(scan(&[number], coefficient, coefficient, before << 4 | bit));
        file.extend(vec![0; (blocks(size) / 16384 + 1) * 15 / 8 + 1]);
    }
    file.extend(END);
    file
}

const LARGEST: (u16, u16) = (WIDEST as u16, TALLEST as u16);

/// A small real picture to hang things on.
fn small() -> Vec<u8> {
    let pixels = RgbImage::from_fn(64, 64, |x, y| Rgb([(x * 4) as u8, (y * 4) as u8, 128]));
    jpeg::rgb(&pixels, jpeg::Options::default())
}

/// A small picture with these bytes right after its start.
fn small_with(bytes: &[u8]) -> Vec<u8> {
    with_segment(&small(), bytes)
}

fn small_with_exif(tiff: &[u8]) -> Vec<u8> {
    small_with(&exif_segment(tiff))
}

/// The small picture with one byte of its frame header changed; 0 is the sample precision.
fn small_with_frame_byte(offset: usize, value: u8) -> Vec<u8> {
    let mut file = small();
    let at = file.windows(2).position(|pair| pair == [0xFF, BASELINE]).expect("it is baseline");
    file[at + 4 + offset] = value;
    file
}

pub(super) fn all() -> Vec<Bomb> {
    let mut all = sizes();
    all.extend(structure());
    all.extend(metadata());
    all
}

fn sizes() -> Vec<Bomb> {
    vec![
        light("JPEG baseline of 65500 x 65500 in a few hundred bytes", || {
            [
                &START,
                tables(END_OF_BLOCK).as_slice(),
                &frame(BASELINE, (65500, 65500), COLOUR),
                &scan(&[1, 2, 3], 0, 63, 0),
                &[0; 300],
                &END,
            ]
            .concat()
        }),
        light("JPEG progressive of 65500 x 65500 in a few hundred bytes", || {
            [
                &START,
                tables(END_OF_16384_BLOCKS).as_slice(),
                &frame(PROGRESSIVE, (65500, 65500), COLOUR),
                &scan(&[1, 2, 3], 0, 0, 0),
                &[0; 300],
                &END,
            ]
            .concat()
        }),
        light("JPEG progressive of 12000 x 12000 with its data", || progressive((12000, 12000), COLOUR, 3)),
        heavy("JPEG baseline of 25 megapixels", || flat(LARGEST, COLOUR, &[])),
        heavy("JPEG CMYK of 25 megapixels", || flat(LARGEST, INKS, &adobe_segment(AdobeTransform::None))),
        heavy("JPEG YCCK of 25 megapixels", || flat(LARGEST, INKS, &adobe_segment(AdobeTransform::Ycck))),
        light("JPEG of 25 megapixels without data", || {
            [&START, tables(END_OF_BLOCK).as_slice(), &frame(BASELINE, LARGEST, COLOUR)].concat()
        }),
        heavy("JPEG of 25 megapixels whose data ends at once", || {
            let mut file = flat(LARGEST, COLOUR, &[]);
            file.truncate(700);
            file
        }),
        heavy("JPEG progressive of 25 megapixels, 24 scans", || progressive(LARGEST, COLOUR, 24)),
        heavy("JPEG progressive grey of 25 megapixels, 24 scans", || progressive(LARGEST, GREY, 24)),
        light("JPEG progressive of 25 megapixels, 99 scans", || progressive(LARGEST, COLOUR, 99)),
        light("JPEG progressive of 25 megapixels, 500 scans", || progressive(LARGEST, GREY, 500)),
        heavy("JPEG progressive of 1 megapixel, 500 scans", || progressive((1000, 1000), GREY, 500)),
        heavy("JPEG progressive of 200 x 200, 2600 scans", || progressive((200, 200), COLOUR, 2600)),
        heavy("JPEG progressive of 8 x 8, 2600 scans", || progressive((8, 8), COLOUR, 2600)),
        light("JPEG of no width", || flat((0, 64), COLOUR, &[])),
        light("JPEG of no height", || flat((64, 0), COLOUR, &[])),
        light("JPEG one pixel high and 8192 wide", || flat((8192, 1), COLOUR, &[])),
        light("JPEG one pixel wide and 8192 high", || flat((1, 8192), COLOUR, &[])),
        light("JPEG of one pixel", || flat((1, 1), GREY, &[])),
    ]
}

fn structure() -> Vec<Bomb> {
    vec![
        light("JPEG of two bytes", || START.to_vec()),
        light("JPEG of start and end", || [START, END].concat()),
        light("JPEG that states small sizes first and huge ones later", || {
            let first = frame(BASELINE, (64, 64), COLOUR);
            let second = frame(BASELINE, (65500, 65500), COLOUR);
            [
                &START,
                tables(END_OF_BLOCK).as_slice(),
                &first,
                &second,
                &scan(&[1, 2, 3], 0, 63, 0),
                &[0; 300],
                &END,
            ]
            .concat()
        }),
        light("JPEG with a huge frame hidden in a comment before the real one", || {
            small_with(&segment(0xFE, &frame(BASELINE, (65500, 65500), COLOUR)))
        }),
        light("JPEG with a frame after a comment that is longer than the file", || {
            [&START, [0xFF, 0xFE, 0xFF, 0xFF].as_slice(), &frame(BASELINE, LARGEST, COLOUR)].concat()
        }),
        light("JPEG with a huge frame after its end", || {
            let mut file = small();
            file.extend(flat((8000, 3000), GREY, &[]));
            file
        }),
        light("JPEG with a second frame between its scans", || {
            let mut file = progressive((64, 64), COLOUR, 4);
            file.truncate(file.len() - 2);
            file.extend(frame(PROGRESSIVE, (8000, 3000), COLOUR));
            file.extend(scan(&[1], 5, 5, 0));
            file.extend([0; 50]);
            file.extend(END);
            file
        }),
        light("JPEG with five megabytes of fill bytes", || small_with(&vec![0xFF; 5 << 20])),
        light("JPEG with five megabytes of restart markers in its data", || {
            let mut file = flat((64, 64), GREY, &[]);
            let end = file.len() - 2;
            file.splice(end..end, [0xFF, 0xD0].repeat(5 << 19));
            file
        }),
        light("JPEG with nine megabytes of comments", || {
            small_with(&segment(0xFE, &vec![b'x'; 65_000]).repeat(140))
        }),
        light("JPEG with a million empty comments", || small_with(&segment(0xFE, &[]).repeat(1_000_000))),
        light("JPEG with a million tables", || small_with(&segment(0xDD, &[0, 0]).repeat(1_000_000))),
        light("JPEG with a segment of length 0", || small_with(&[0xFF, 0xE5, 0, 0])),
        light("JPEG with a segment of length 1", || small_with(&[0xFF, 0xE5, 0, 1])),
        light("JPEG with nine megabytes after its end", || {
            let mut file = small();
            file.extend(vec![0x55; 9 << 20]);
            file
        }),
        light("JPEG of 12 bits", || small_with_frame_byte(0, 12)),
        light("JPEG of 0 bits", || small_with_frame_byte(0, 0)),
        light("JPEG of no components", || small_with_frame_byte(5, 0)),
        light("JPEG of two components", || small_with_frame_byte(5, 2)),
        light("JPEG of four components of which one is missing", || small_with_frame_byte(5, 4)),
        light("JPEG of 255 components", || small_with_frame_byte(5, 255)),
        light("JPEG with sampling factors of 0", || small_with_frame_byte(7, 0)),
        light("JPEG with sampling factors of 15", || small_with_frame_byte(7, 0xFF)),
        light("JPEG with sampling factors of 3 by 1", || small_with_frame_byte(7, 0x31)),
        heavy("JPEG with sampling factors of 4 by 4 at 25 megapixels", || {
            flat(LARGEST, &[(1, 4, 4), (2, 1, 1), (3, 1, 1)], &[])
        }),
        light("JPEG with a table number out of range", || small_with_frame_byte(8, 200)),
        light("JPEG arithmetic", || {
            [
                &START,
                tables(END_OF_BLOCK).as_slice(),
                &frame(0xC9, (64, 64), GREY),
                &scan(&[1], 0, 63, 0),
                &END,
            ]
            .concat()
        }),
        light("JPEG lossless", || {
            [
                &START,
                tables(END_OF_BLOCK).as_slice(),
                &frame(0xC3, (64, 64), GREY),
                &scan(&[1], 1, 0, 0),
                &END,
            ]
            .concat()
        }),
        light("JPEG hierarchical", || {
            [&START, segment(0xDE, &[8, 0, 64, 0, 64, 0]).as_slice(), &frame(0xC5, (64, 64), GREY), &END]
                .concat()
        }),
        light("JPEG with an overfull Huffman table", || {
            small_with(&segment(0xC4, &[[0].as_slice(), &[255; 16], &[7; 255 * 16]].concat()))
        }),
        light("JPEG without tables", || {
            [&START, frame(BASELINE, (64, 64), GREY).as_slice(), &scan(&[1], 0, 63, 0), &[0; 100], &END]
                .concat()
        }),
        light("JPEG whose scan names a component that is not there", || {
            let parts = [frame(BASELINE, (64, 64), GREY), scan(&[9], 0, 63, 0)].concat();
            [&START, tables(END_OF_BLOCK).as_slice(), &parts, &[0; 100], &END].concat()
        }),
        light("JPEG progressive with a scan of impossible coefficients", || {
            let parts = [frame(PROGRESSIVE, (64, 64), GREY), scan(&[1], 63, 1, 0xFF)].concat();
            [&START, tables(END_OF_16384_BLOCKS).as_slice(), &parts, &[0; 100], &END].concat()
        }),
        heavy("JPEG with a restart after each block at 25 megapixels", || {
            flat(LARGEST, GREY, &segment(0xDD, &[0, 1]))
        }),
    ]
}

fn metadata() -> Vec<Bomb> {
    vec![
        light("EXIF directory that leads to itself", || {
            small_with_exif(&exif::tiff(&[(exif::ORIENTATION, exif::SHORT, 1, 6)], 8))
        }),
        light("EXIF subdirectory that leads to itself", || {
            small_with_exif(&exif::tiff(&[(0x8769, 4, 1, 8), (0x8825, 4, 1, 8)], 8))
        }),
        light("EXIF with 65535 entries of which none is there", || {
            small_with_exif(b"II\x2a\0\x08\0\0\0\xff\xff")
        }),
        light("EXIF whose directory lies beyond its end", || small_with_exif(b"II\x2a\0\xff\xff\xff\xff")),
        light("EXIF whose directory lies in its own header", || small_with_exif(b"MM\0\x2a\0\0\0\0\0\0\0\0")),
        light("EXIF with four thousand million values", || {
            small_with_exif(&exif::tiff(&[(exif::ORIENTATION, exif::SHORT, u32::MAX, 0xFFFF_FFF0)], 0))
        }),
        light("EXIF orientation 0", || small_with_exif(&exif::orientation(0))),
        light("EXIF orientation 9", || small_with_exif(&exif::orientation(9))),
        light("EXIF orientation 65535", || small_with_exif(&exif::orientation(65535))),
        light("EXIF orientation as text", || {
            small_with_exif(&exif::tiff(&[(exif::ORIENTATION, 2, 4, 0x3636_3636)], 0))
        }),
        light("EXIF cut off", || small_with_exif(&exif::orientation(6)[..11])),
        light("EXIF of no bytes", || small_with_exif(&[])),
        light("EXIF a thousand times", || small_with(&exif_segment(&exif::orientation(6)).repeat(1000))),
        light("EXIF with a whole JPEG as its thumbnail", || {
            small_with_exif(&[exif::orientation(6), small()].concat())
        }),
        light("Adobe segment that is cut off", || small_with(&segment(0xEE, b"Adobe"))),
        light("Adobe segment with an unknown transform", || {
            small_with(&segment(0xEE, b"Adobe\0\x64\0\0\0\0\xff"))
        }),
    ]
}
