//! The sums in plain Rust.

use super::{BLOCK_ROWS, CODE_OFFSET, Finder, Found, LINE_CODES, Line, Packed};

/// Scans whole blocks for each of the probes.
pub(super) fn scan<const PROBES: usize>(
    probes: &Packed<PROBES>,
    blocks: &[Line],
    least: &mut [f32; PROBES],
    finder: &mut Finder<'_>,
) {
    for (block, lines) in blocks.chunks_exact(probes.block_lines()).enumerate() {
        let (scales, lines) = lines.split_last().expect("a block has a line of scales");
        for (probe, least) in least.iter_mut().enumerate() {
            let sums = sums(probes, probe, lines);
            let mut lanes = 0;
            for (lane, &sum) in sums.iter().enumerate() {
                lanes |= u16::from(sum as f32 * scales.scale(lane) >= *least) << lane;
            }
            if lanes != 0 {
                *least = finder(&Found { probe, block, lanes, sums: &sums, scales });
            }
        }
    }
}

/// Codes are multiplied and added in pairs as 16-bit numbers, which every machine does many at a time: two products
/// of codes are at most 2 * 127 * 128.
fn sums<const PROBES: usize>(probes: &Packed<PROBES>, probe: usize, lines: &[Line]) -> [i32; BLOCK_ROWS] {
    let mut sums = [0; BLOCK_ROWS];
    for (line, codes) in lines.iter().zip(probes.words.iter()) {
        let [a, b, c, d] = codes[probe];
        let rows = line.0.as_chunks::<LINE_CODES>().0;
        for (sum, &row) in sums.iter_mut().zip(rows) {
            let row = u32::from_le_bytes(row) ^ u32::from_le_bytes([CODE_OFFSET; LINE_CODES]);
            let code = |place: u32| i16::from((row >> (8 * place)) as i8);
            *sum += i32::from(code(0) * a + code(1) * b) + i32::from(code(2) * c + code(3) * d);
        }
    }
    sums
}
