//! What is no picture, or several.

use super::{Bomb, light};
use crate::pictures::png::SIGNATURE;

pub(super) fn all() -> Vec<Bomb> {
    vec![
        light("nothing", Vec::new),
        light("one byte", || vec![0xFF]),
        light("text", || b"Dear bank, please find my photo attached.".to_vec()),
        light("eleven million zeros", || vec![0; 11_000_000]),
        light("nine million bytes of 0xFF", || vec![0xFF; 9_000_000]),
        light("nine million times a JPEG's start", || [0xFF, 0xD8].repeat(4_500_000)),
        light("nine million bytes of a PNG's signature", || SIGNATURE.repeat(1_100_000)),
        light("nine million bytes of BM", || b"BM".repeat(4_500_000)),
        light("nine million bytes of RIFF", || b"RIFF\0\0\0\0WEBP".repeat(750_000)),
        light("GIF", || b"GIF89a\x01\0\x01\0\0\0\0;".to_vec()),
        light("TIFF", || b"II\x2a\0\x08\0\0\0\0\0".to_vec()),
        light("HEIC", || b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()),
        light("SVG with entities", || {
            b"<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY a \"aaaa\">]><svg>&a;</svg>".to_vec()
        }),
        light("PDF", || b"%PDF-1.7\n".to_vec()),
        light("ZIP", || b"PK\x03\x04\x14\0\0\0\x08\0".to_vec()),
    ]
}
