//! Walks the markers of a JPEG without decoding it: dimensions, scans, EXIF.
//!
//! Source: ITU-T T.81, annex B.

use super::{ImageFormat, damaged};
use crate::{Error, ErrorKind, Result};

pub(super) struct JpegMarkers<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: u8,
    pub(super) progressive: bool,
    pub(super) scans: u32,
    /// Whether an Adobe segment is present: such files store four-colour inks inverted.
    pub(super) adobe: bool,
    /// The TIFF block of the first EXIF segment.
    pub(super) exif: Option<&'a [u8]>,
}

const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;
const APPLICATION_1: u8 = 0xE1;
const APPLICATION_14: u8 = 0xEE;

pub(super) fn walk(bytes: &[u8]) -> Result<JpegMarkers<'_>> {
    let mut frame: Option<(u8, &[u8])> = None;
    let mut exif = None;
    let mut scans = 0;
    let mut adobe = false;
    let mut at = 2;
    while let Some(marker) = next_marker(bytes, &mut at) {
        if marker == END_OF_IMAGE {
            break;
        }
        if is_standalone(marker) {
            continue;
        }
        let Some(segment) = segment(bytes, &mut at) else { break };
        match marker {
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) && frame.is_none() => {
                frame = Some((marker, segment))
            }
            APPLICATION_1 if exif.is_none() => exif = segment.strip_prefix(b"Exif\0\0"),
            APPLICATION_14 => adobe |= segment.starts_with(b"Adobe"),
            START_OF_SCAN => scans += 1,
            _ => {}
        }
    }
    let (marker, frame) = frame.ok_or_else(|| damaged(ImageFormat::Jpeg))?;
    if frame.len() < 6 {
        return Err(damaged(ImageFormat::Jpeg));
    }
    if !matches!(marker, 0xC0..=0xC2) || frame[0] != 8 {
        return Err(Error::new(
            ErrorKind::UnsupportedImage,
            "This kind of JPEG (lossless, arithmetic, hierarchical or more than 8 bits) is not supported. \
             Save it as baseline or progressive JPEG.",
        )
        .with_check_code(50));
    }
    Ok(JpegMarkers {
        height: u32::from(u16::from_be_bytes([frame[1], frame[2]])),
        width: u32::from(u16::from_be_bytes([frame[3], frame[4]])),
        components: frame[5],
        progressive: marker == 0xC2,
        scans,
        adobe,
        exif,
    })
}

/// Moves past the next marker, skipping entropy-coded data and fill bytes.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let offset = memchr::memchr(0xFF, bytes.get(*at..)?)?;
        *at += offset + 1;
        match *bytes.get(*at)? {
            0xFF => {}
            0x00 => *at += 1,
            marker => {
                *at += 1;
                return Some(marker);
            }
        }
    }
}

fn is_standalone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xD0..=0xD8)
}

fn segment<'a>(bytes: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(*at)?, *bytes.get(*at + 1)?]));
    let segment = bytes.get(*at + 2..*at + length)?;
    *at += length;
    Some(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_of_a_marker_sequence_is_refused_or_read() {
        let mut file = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 8, b'E', b'x', b'i', b'f', 0, 0];
        file.extend([0xFF, 0xC2, 0, 17, 8, 0, 20, 0, 30, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        file.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xFF, 0x00, 0x13, 0xFF, 0xD0, 0x14]);
        file.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x15, 0xFF, 0xD9]);
        let read = walk(&file).unwrap();
        assert_eq!((read.width, read.height, read.components, read.scans), (30, 20, 3, 2));
        assert!(read.progressive);
        for length in 0..file.len() {
            let _ = walk(&file[..length]);
        }
    }
}
