//! PNG.

use super::{Bomb, TALLEST, WIDEST, heavy, light};
use crate::pictures::exif;
use crate::pictures::png::{
    Colour, SIGNATURE, chunk, deflated, deflated_run, file, header, palette_chunk, profile_chunk, scan_lines,
};

const MEGABYTE: u64 = 1 << 20;

/// A file of these sizes whose data are zeros: all of them, however many that is.
fn zeros(width: u32, height: u32, depth: u8, colour: Colour, interlaced: bool) -> Vec<u8> {
    let line = (u64::from(width) * colour.samples() as u64 * u64::from(depth)).div_ceil(8) + 1;
    // Interlacing adds a filter byte for each line of each pass: less than twice the lines.
    let lines = u64::from(height) * line + if interlaced { 2 * u64::from(height) } else { 0 };
    file(header(width, height, depth, colour, interlaced), &[], &deflated_run(0, lines))
}

/// A picture of 8 x 8 pixels with these chunks before its data.
fn small(before: &[Vec<u8>]) -> Vec<u8> {
    file(header(8, 8, 8, Colour::Rgb, false), before, &deflated(&scan_lines(&[99; 192], 8, 8, 3, false)))
}

fn animation(frames: u32, control: &[u8]) -> Vec<u8> {
    small(&[chunk(b"acTL", &[frames.to_be_bytes(), 0u32.to_be_bytes()].concat()), chunk(b"fcTL", control)])
}

/// Frame control: number, width, height, left, top, delay, disposal, blending.
fn frame_control(width: u32, height: u32, left: u32, top: u32) -> Vec<u8> {
    let numbers = [0, width, height, left, top].map(u32::to_be_bytes).concat();
    [numbers.as_slice(), &[0, 1, 0, 10, 0, 0]].concat()
}

pub(super) fn all() -> Vec<Bomb> {
    vec![
        light("PNG of 20000 x 20000 with its data", || zeros(20000, 20000, 8, Colour::Rgb, false)),
        light("PNG of 2147483647 x 2147483647", || {
            file(header(i32::MAX as u32, i32::MAX as u32, 16, Colour::Rgba, true), &[], &[])
        }),
        light("PNG of no width", || zeros(0, 8, 8, Colour::Rgb, false)),
        light("PNG of no height", || zeros(8, 0, 8, Colour::Rgb, false)),
        heavy("PNG RGBA of 25 megapixels", || zeros(WIDEST, TALLEST, 8, Colour::Rgba, false)),
        heavy("PNG 16-bit RGBA of 25 megapixels", || zeros(WIDEST, TALLEST, 16, Colour::Rgba, false)),
        heavy("PNG 16-bit RGBA interlaced of 25 megapixels", || {
            zeros(WIDEST, TALLEST, 16, Colour::Rgba, true)
        }),
        heavy("PNG of 25 megapixels, one bit each", || zeros(WIDEST, TALLEST, 1, Colour::Grey, false)),
        heavy("PNG of 25 megapixels, one bit each, interlaced", || {
            zeros(WIDEST, TALLEST, 1, Colour::Grey, true)
        }),
        heavy("PNG of 25 megapixels without data", || {
            file(header(WIDEST, TALLEST, 8, Colour::Rgb, false), &[], &deflated(&[]))
        }),
        light("PNG one pixel high and 8192 wide", || zeros(8192, 1, 8, Colour::Rgb, false)),
        light("PNG one pixel wide and 8192 high", || zeros(1, 8192, 8, Colour::Rgb, true)),
        light("PNG with a colour profile of 200 MB", || small(&[profile_chunk(200 * MEGABYTE)])),
        light("PNG with compressed text of 200 MB", || {
            small(&[chunk(b"zTXt", &[b"note\0\0".as_slice(), &deflated_run(b'x', 200 * MEGABYTE)].concat())])
        }),
        light("PNG with international text of 200 MB", || {
            let start = b"note\0\x01\0en\0note\0".as_slice();
            small(&[chunk(b"iTXt", &[start, &deflated_run(b'x', 200 * MEGABYTE)].concat())])
        }),
        light("PNG with plain text of nine megabytes", || {
            small(&[chunk(b"tEXt", &[b"note\0".as_slice(), &vec![b'x'; 9 << 20]].concat())])
        }),
        light("PNG with 200 MB of data for 64 pixels", || {
            file(header(8, 8, 8, Colour::Rgb, false), &[], &deflated_run(0, 200 * MEGABYTE))
        }),
        light("PNG with too little data", || {
            file(header(64, 64, 8, Colour::Rgb, false), &[], &deflated(&[0; 1000]))
        }),
        light("PNG with an unknown filter", || {
            file(header(8, 8, 8, Colour::Rgb, false), &[], &deflated(&[77; 200]))
        }),
        light("PNG with data that are not compressed", || {
            file(header(8, 8, 8, Colour::Rgb, false), &[], &[0x55; 400])
        }),
        light("PNG without a palette", || {
            file(header(8, 8, 8, Colour::Palette, false), &[], &deflated(&[0; 72]))
        }),
        light("PNG with colours beyond its palette", || {
            let lines = scan_lines(&[200; 64], 8, 8, 1, false);
            file(header(8, 8, 8, Colour::Palette, false), &[palette_chunk(&[[9; 3]; 2])], &deflated(&lines))
        }),
        light("PNG with a palette of 300 colours", || {
            let lines = scan_lines(&[200; 64], 8, 8, 1, false);
            file(header(8, 8, 8, Colour::Palette, false), &[palette_chunk(&[[9; 3]; 300])], &deflated(&lines))
        }),
        light("PNG with a palette of one byte", || small(&[chunk(b"PLTE", &[7])])),
        light("PNG with more transparency than colours", || {
            let before = [palette_chunk(&[[9; 3]; 2]), chunk(b"tRNS", &[7; 256])];
            file(
                header(8, 8, 8, Colour::Palette, false),
                &before,
                &deflated(&scan_lines(&[1; 64], 8, 8, 1, false)),
            )
        }),
        light("PNG with transparency of one byte", || small(&[chunk(b"tRNS", &[7])])),
        light("PNG with a chunk of 4 GiB", || {
            [
                SIGNATURE.as_slice(),
                &header(8, 8, 8, Colour::Rgb, false),
                &u32::MAX.to_be_bytes(),
                b"IDAT",
                &[0; 64],
            ]
            .concat()
        }),
        light("PNG with a wrong checksum", || {
            let mut bytes = small(&[]);
            let at = SIGNATURE.len() + 8 + 13;
            bytes[at] ^= 1;
            bytes
        }),
        light("PNG with two headers", || small(&[header(20000, 20000, 16, Colour::Rgba, true)])),
        light("PNG with two palettes", || small(&[palette_chunk(&[[9; 3]; 2]), palette_chunk(&[[9; 3]; 3])])),
        light("PNG with 16 bits in a palette", || {
            file(
                header(8, 8, 16, Colour::Palette, false),
                &[palette_chunk(&[[9; 3]; 2])],
                &deflated(&[0; 136]),
            )
        }),
        light("PNG of 3 bits", || file(header(8, 8, 3, Colour::Grey, false), &[], &deflated(&[0; 72]))),
        light("PNG with 700000 empty data chunks", || {
            let empty = chunk(b"IDAT", &[]).repeat(700_000);
            [SIGNATURE.as_slice(), &header(8, 8, 8, Colour::Rgb, false), &empty, &chunk(b"IEND", &[])]
                .concat()
        }),
        light("PNG with 700000 unknown chunks", || small(&[chunk(b"abCd", &[]).repeat(700_000)])),
        light("PNG whose end comes first", || {
            [SIGNATURE.as_slice(), &chunk(b"IEND", &[]), &header(8, 8, 8, Colour::Rgb, false)].concat()
        }),
        light("PNG of a signature", || SIGNATURE.to_vec()),
        light("PNG with an EXIF directory that leads to itself", || {
            small(&[chunk(b"eXIf", &exif::tiff(&[(exif::ORIENTATION, exif::SHORT, 1, 6)], 8))])
        }),
        light("PNG with an EXIF block of nine megabytes", || small(&[chunk(b"eXIf", &vec![b'I'; 9 << 20])])),
        light("APNG of four thousand million frames", || animation(u32::MAX, &frame_control(8, 8, 0, 0))),
        light("APNG with a frame larger than its canvas", || animation(2, &frame_control(8000, 3000, 0, 0))),
        light("APNG with a frame outside its canvas", || {
            animation(2, &frame_control(8, 8, u32::MAX - 4, u32::MAX - 4))
        }),
        light("APNG with a frame of no size", || animation(2, &frame_control(0, 0, 0, 0))),
        light("APNG with a frame smaller than its canvas", || animation(2, &frame_control(4, 4, 0, 0))),
        light("APNG with a control chunk of one byte", || animation(2, &[1])),
        light("APNG of no frames", || animation(0, &frame_control(8, 8, 0, 0))),
    ]
}
