//! EXIF blocks: a TIFF header and one directory.

/// A TIFF block (little-endian) with these directory entries: tag, type, count, value or offset.
pub fn tiff(entries: &[(u16, u16, u32, u32)], next_directory: u32) -> Vec<u8> {
    let mut block = b"II\x2a\0\x08\0\0\0".to_vec();
    block.extend((entries.len() as u16).to_le_bytes());
    for &(tag, kind, count, value) in entries {
        block.extend(tag.to_le_bytes());
        block.extend(kind.to_le_bytes());
        block.extend(count.to_le_bytes());
        block.extend(value.to_le_bytes());
    }
    block.extend(next_directory.to_le_bytes());
    block
}

/// Tag number of the orientation.
pub const ORIENTATION: u16 = 0x0112;
/// Type number of a 16-bit value.
pub const SHORT: u16 = 3;

/// The TIFF block that states an orientation (1 to 8 have a meaning).
pub fn orientation(value: u16) -> Vec<u8> {
    tiff(&[(ORIENTATION, SHORT, 1, u32::from(value))], 0)
}
