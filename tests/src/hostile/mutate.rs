//! Changes a picture a little: bits, bytes, numbers, blocks.

use crate::pictures::png;
use crate::random::Random;
use flate2::Crc;

/// Numbers at which decoders go wrong.
const INTERESTING: [u32; 12] =
    [0, 1, 0x7F, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF];

/// A changed copy and what was done.
pub(super) fn mutated(original: &[u8], random: &mut Random) -> (String, Vec<u8>) {
    let mut bytes = original.to_vec();
    let changes = 1 + random.below(8);
    let mut done = Vec::new();
    for _ in 0..changes {
        if bytes.is_empty() {
            break;
        }
        done.push(change(&mut bytes, random));
    }
    // A wrong checksum would end most mutations of a PNG at its first chunk.
    if bytes.starts_with(png::SIGNATURE) && random.below(4) != 0 {
        repair_checksums(&mut bytes);
        done.push("checksums repaired".to_owned());
    }
    (done.join(", "), bytes)
}

fn change(bytes: &mut Vec<u8>, random: &mut Random) -> String {
    // Half of the changes go to the first bytes, where the structure is.
    let reach = if random.below(2) == 0 { bytes.len().min(700) } else { bytes.len() };
    let at = random.below(reach);
    match random.below(7) {
        0 => {
            bytes[at] ^= 1 << random.below(8);
            format!("bit at {at}")
        }
        1 => {
            bytes[at] = random.next() as u8;
            format!("byte at {at}")
        }
        2 => {
            let number = INTERESTING[random.below(INTERESTING.len())];
            let wide = random.below(2) == 0;
            let written = match (wide, random.below(2) == 0) {
                (true, true) => number.to_be_bytes().to_vec(),
                (true, false) => number.to_le_bytes().to_vec(),
                (false, true) => (number as u16).to_be_bytes().to_vec(),
                (false, false) => (number as u16).to_le_bytes().to_vec(),
            };
            for (target, value) in bytes[at..].iter_mut().zip(written) {
                *target = value;
            }
            format!("number {number:#x} at {at}")
        }
        3 => {
            let length = (1 + random.below(64)).min(bytes.len() - at);
            bytes.drain(at..at + length);
            format!("{length} bytes cut at {at}")
        }
        4 => {
            let length = (1 + random.below(64)).min(bytes.len() - at);
            let block = bytes[at..at + length].to_vec();
            let to = random.below(bytes.len());
            bytes.splice(to..to, block);
            format!("{length} bytes of {at} again at {to}")
        }
        5 => {
            let length = (1 + random.below(256)).min(bytes.len() - at);
            let value = [0x00, 0xFF, 0xD8, 0x80][random.below(4)];
            bytes[at..at + length].fill(value);
            format!("{length} times {value:#x} at {at}")
        }
        _ => {
            let length = 1 + random.below(32);
            let noise: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
            bytes.splice(at..at, noise);
            format!("{length} random bytes at {at}")
        }
    }
}

fn repair_checksums(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
        let Some(end) = at.checked_add(8).and_then(|start| start.checked_add(length)) else { return };
        if end.checked_add(4).is_none_or(|after| after > bytes.len()) {
            return;
        }
        let mut checksum = Crc::new();
        checksum.update(&bytes[at + 4..end]);
        bytes[end..end + 4].copy_from_slice(&checksum.sum().to_be_bytes());
        at = end + 4;
    }
}
