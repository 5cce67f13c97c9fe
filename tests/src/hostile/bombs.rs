//! Pictures made by hand to break decoders: huge sizes in tiny files, endless scans, loops, contradictions.

mod bitmaps;
mod jpegs;
mod others;
mod pngs;
mod webps;

/// A handmade input.
pub struct Bomb {
    /// Says what it is.
    pub name: &'static str,
    /// Whether decoding it takes long, because it stays just within the limits.
    pub heavy: bool,
    /// Makes its bytes.
    pub make: fn() -> Vec<u8>,
}

fn light(name: &'static str, make: fn() -> Vec<u8>) -> Bomb {
    Bomb { name, heavy: false, make }
}

fn heavy(name: &'static str, make: fn() -> Vec<u8>) -> Bomb {
    Bomb { name, heavy: true, make }
}

/// The largest width that the default limits allow.
const WIDEST: u32 = 8192;
/// The largest height at that width: just under 25 megapixels.
const TALLEST: u32 = 25_000_000 / WIDEST;

/// Every handmade input, always in the same order.
pub fn all() -> Vec<Bomb> {
    [bitmaps::all(), jpegs::all(), pngs::all(), webps::all(), others::all()].into_iter().flatten().collect()
}
