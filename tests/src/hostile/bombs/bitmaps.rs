//! BMP.

use super::{Bomb, TALLEST, WIDEST, heavy, light};
use crate::pictures::bmp::Headers;

const PLAIN: Headers =
    Headers { width: 64, height: 64, bits: 24, compression: 0, colours: 0, data_offset: 54 };
const RUN_LENGTHS: Headers = Headers { bits: 8, compression: 1, colours: 256, data_offset: 1078, ..PLAIN };

fn with(headers: Headers, rest: &[u8]) -> Vec<u8> {
    [headers.bytes().as_slice(), rest].concat()
}

pub(super) fn all() -> Vec<Bomb> {
    vec![
        light("BMP of 60000 x 60000 in 54 bytes", || {
            Headers { width: 60000, height: 60000, ..PLAIN }.bytes()
        }),
        light("BMP RLE8 of 30000 x 30000 in 1080 bytes", || {
            with(
                Headers { width: 30000, height: 30000, ..RUN_LENGTHS },
                &[[0; 1024].as_slice(), &[0, 1]].concat(),
            )
        }),
        heavy("BMP RLE8 of 25 megapixels in 1080 bytes", || {
            let size = Headers { width: WIDEST as i32, height: TALLEST as i32, ..RUN_LENGTHS };
            with(size, &[[0; 1024].as_slice(), &[0, 1]].concat())
        }),
        heavy("BMP of 25 megapixels without pixels", || {
            Headers { width: WIDEST as i32, height: TALLEST as i32, ..PLAIN }.bytes()
        }),
        light("BMP RLE8 that jumps beyond the picture", || {
            let data = [[7; 1024].as_slice(), &[0, 2, 255, 255].repeat(100), &[255, 1], &[0, 1]].concat();
            with(RUN_LENGTHS, &data)
        }),
        light("BMP RLE8 with runs longer than rows", || {
            with(RUN_LENGTHS, &[[7; 1024].as_slice(), &[255, 1].repeat(5000)].concat())
        }),
        light("BMP RLE8 top-down", || {
            with(
                Headers { height: -64, ..RUN_LENGTHS },
                &[[7; 1024].as_slice(), &[64, 1, 0, 0].repeat(64)].concat(),
            )
        }),
        light("BMP RLE4 with absolute runs cut off", || {
            let headers = Headers { bits: 4, compression: 2, colours: 16, data_offset: 118, ..PLAIN };
            with(headers, &[[7; 64].as_slice(), &[0, 255, 1, 2, 3]].concat())
        }),
        light("BMP with the least height", || Headers { height: i32::MIN, ..PLAIN }.bytes()),
        light("BMP with the least width", || Headers { width: i32::MIN, ..PLAIN }.bytes()),
        light("BMP with negative width", || Headers { width: -64, ..PLAIN }.bytes()),
        light("BMP of no width", || Headers { width: 0, ..PLAIN }.bytes()),
        light("BMP of no height", || Headers { height: 0, ..PLAIN }.bytes()),
        light("BMP with four thousand million colours", || {
            with(Headers { bits: 8, colours: u32::MAX, ..PLAIN }, &[7; 5000])
        }),
        light("BMP palette that is cut off", || {
            with(Headers { bits: 8, colours: 256, data_offset: 1078, ..PLAIN }, &[7; 100])
        }),
        light("BMP with pixels beyond the end", || {
            with(Headers { data_offset: u32::MAX, ..PLAIN }, &[7; 64 * 64 * 3])
        }),
        light("BMP with pixels inside its header", || {
            with(Headers { data_offset: 2, ..PLAIN }, &[7; 64 * 64 * 3])
        }),
        light("BMP that holds a PNG", || {
            with(Headers { compression: 5, bits: 0, ..PLAIN }, &crate::pictures::png::SIGNATURE.repeat(10))
        }),
        light("BMP that holds a JPEG", || {
            with(Headers { compression: 4, bits: 0, ..PLAIN }, &[0xFF, 0xD8, 0xFF])
        }),
        light("BMP with empty bit fields", || {
            with(Headers { compression: 3, bits: 16, data_offset: 66, ..PLAIN }, &[0; 64 * 64 * 2 + 12])
        }),
        light("BMP with overlapping bit fields", || {
            with(Headers { compression: 3, bits: 32, data_offset: 66, ..PLAIN }, &[0xFF; 64 * 64 * 4 + 12])
        }),
        light("BMP with 64 bits for each pixel", || with(Headers { bits: 64, ..PLAIN }, &[7; 64 * 64 * 8])),
        light("BMP with an unknown compression", || {
            with(Headers { compression: 99, ..PLAIN }, &[7; 64 * 64 * 3])
        }),
        light("BMP with the old header, 65535 x 65535", || {
            let mut file = b"BM\0\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0".to_vec();
            file.extend([0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 24, 0]);
            file
        }),
        light("BMP with a header of 4 GiB", || {
            let mut file = Headers { ..PLAIN }.bytes();
            file[14..18].copy_from_slice(&u32::MAX.to_le_bytes());
            file
        }),
        light("BMP with a header of 13 bytes", || {
            let mut file = Headers { ..PLAIN }.bytes();
            file[14] = 13;
            file
        }),
        light("BMP one pixel high and 8192 wide", || {
            with(Headers { width: WIDEST as i32, height: 1, ..PLAIN }, &[90; 8192 * 3])
        }),
    ]
}
