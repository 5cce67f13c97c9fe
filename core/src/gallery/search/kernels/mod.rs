//! The vector kernels: products of probes' codes with those of 16 rows at a time, chosen once at run time.
//!
//! A block holds 16 rows. Its lines of 64 bytes hold four codes of each row, so that one step serves all 16 without
//! summing across a register; the last line holds the 16 scales. Row codes are stored as `code + 128` (the
//! instruction that multiplies bytes wants one side unsigned), which adds `128 * sum(probe codes)` to every sum and
//! is taken off again. Every kernel gives the same integers.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vnni;

use std::sync::LazyLock;
use zeroize::{DefaultIsZeroes, Zeroizing};

/// Rows of a block.
pub(crate) const BLOCK_ROWS: usize = 16;
/// Codes of one row in a line.
pub(crate) const LINE_CODES: usize = 4;
/// Probes that are scanned together.
pub(crate) const PACK: usize = 8;
/// Lines whose products a kernel may add up in 16 bits.
pub(crate) const CHAIN: usize = 2;
/// What the codes of one sign that meet in a chain may sum to: as stored, a row's code is at most 255, and 255 times
/// this fits 16 bits.
pub(crate) const CHAIN_SUM: i32 = 128;
/// What is added to a row's code to store it.
pub(crate) const CODE_OFFSET: u8 = 128;

/// Four codes of each of 16 rows, or the scales of 16 rows as native `f32`.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
pub(crate) struct Line(pub(crate) [u8; 64]);

impl Default for Line {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl DefaultIsZeroes for Line {}

impl Line {
    /// The scale of a row, where this is a line of scales.
    pub(crate) fn scale(&self, lane: usize) -> f32 {
        let at = 4 * lane;
        f32::from_ne_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }
}

/// The lines of a block of rows of this dimension, its scales included.
pub(crate) fn block_lines(dimension: usize) -> usize {
    dimension.div_ceil(LINE_CODES) + 1
}

/// The codes of `PROBES` probes, line by line, in the shapes that the kernels read.
pub(crate) struct Packed<const PROBES: usize> {
    /// Four codes a probe and line.
    bytes: Zeroizing<Vec<[[i8; LINE_CODES]; PROBES]>>,
    /// The same codes, two bytes each.
    words: Zeroizing<Vec<[[i16; LINE_CODES]; PROBES]>>,
    /// What the stored form of row codes adds to every sum.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "the portable kernel undoes it by itself")
    )]
    excess: [i32; PROBES],
    /// Whether the codes of every probe keep to `CHAIN_SUM`.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only the kernel for AVX2 chains"))]
    chained: bool,
}

impl<const PROBES: usize> Packed<PROBES> {
    /// Packs at most `PROBES` probes of one dimension; those that lack are zero.
    pub(crate) fn new(probes: &[&[i8]]) -> Self {
        let lines = probes.iter().map(|codes| codes.len().div_ceil(LINE_CODES)).max().unwrap_or(0);
        let mut bytes = Zeroizing::new(vec![[[0; LINE_CODES]; PROBES]; lines]);
        let mut words = Zeroizing::new(vec![[[0; LINE_CODES]; PROBES]; lines]);
        let mut excess = [0; PROBES];
        for (probe, codes) in probes.iter().enumerate() {
            for (place, &code) in codes.iter().enumerate() {
                let (line, within) = (place / LINE_CODES, place % LINE_CODES);
                bytes[line][probe][within] = code;
                words[line][probe][within] = i16::from(code);
                excess[probe] += i32::from(CODE_OFFSET) * i32::from(code);
            }
        }
        let chained = probes.iter().all(|codes| is_chained(codes));
        Self { bytes, words, excess, chained }
    }

    /// The lines of a block that goes with these probes.
    fn block_lines(&self) -> usize {
        self.bytes.len() + 1
    }
}

/// Whether codes keep to `CHAIN_SUM`. Of each line, the first two codes meet, and the last two.
pub(crate) fn is_chained(codes: &[i8]) -> bool {
    codes.chunks(CHAIN * LINE_CODES).all(|chain| {
        let mut sums = [[0; 2]; 2];
        for (place, &code) in chain.iter().enumerate() {
            sums[place % LINE_CODES / 2][usize::from(code < 0)] += i32::from(code).abs();
        }
        sums.as_flattened().iter().all(|&sum| sum <= CHAIN_SUM)
    })
}

/// Rows of a block that may matter to a probe.
pub(crate) struct Found<'a> {
    /// Place of the probe among the packed ones.
    pub(crate) probe: usize,
    /// Place of the block among those scanned.
    pub(crate) block: usize,
    /// A bit for each row whose `sum * scale` is at least what was asked.
    pub(crate) lanes: u16,
    /// The products of codes, for all 16 rows.
    pub(crate) sums: &'a [i32; BLOCK_ROWS],
    pub(crate) scales: &'a Line,
}

/// Told of each block with rows that may matter; answers what is asked of that probe's rows from now on.
pub(crate) type Finder<'a> = dyn FnMut(&Found<'_>) -> f32 + 'a;

/// A way to compute the sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Plain Rust, for every machine.
    Portable,
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// x86-64 with AVX-512 VNNI.
    #[cfg(target_arch = "x86_64")]
    Vnni,
}

impl Kernel {
    /// The fastest that this machine has.
    pub(crate) fn best() -> Self {
        static BEST: LazyLock<Kernel> =
            LazyLock::new(|| *Kernel::available().last().expect("the portable kernel is always there"));
        *BEST
    }

    /// Those that this machine has, the slowest first.
    pub(crate) fn available() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "there are no others here"))]
        let mut kernels = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") {
                kernels.push(Self::Avx2);
            }
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
                kernels.push(Self::Vnni);
            }
        }
        kernels
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => "vnni",
        }
    }

    /// Whether it is faster for several probes where their codes keep to `CHAIN_SUM`.
    pub(crate) fn chains(self) -> bool {
        match self {
            Self::Portable => false,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => true,
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => false,
        }
    }

    /// Scans whole blocks for one probe. `least` is what `sum * scale` must reach at first.
    pub(crate) fn scan(self, probe: &Packed<1>, blocks: &[Line], least: f32, finder: &mut Finder<'_>) {
        match self {
            Self::Portable => portable::scan(probe, blocks, &mut [least], finder),
            // SAFETY: a kernel is only made where its instructions were found (`available`).
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::scan(probe, blocks, least, finder) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => unsafe { vnni::scan(probe, blocks, least, finder) },
        }
    }

    /// Scans whole blocks for several probes, each with its own `least`, which follows the finder's answers.
    pub(crate) fn scan_pack(
        self,
        probes: &Packed<PACK>,
        blocks: &[Line],
        least: &mut [f32; PACK],
        finder: &mut Finder<'_>,
    ) {
        match self {
            Self::Portable => portable::scan(probes, blocks, least, finder),
            // SAFETY: a kernel is only made where its instructions were found (`available`).
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::scan_pack(probes, blocks, least, finder) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => unsafe { vnni::scan_pack(probes, blocks, least, finder) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::search::testing::Random;

    /// Rows of codes as blocks.
    fn blocks(rows: &[Vec<i8>], scale: impl Fn(usize) -> f32) -> Vec<Line> {
        let lines = block_lines(rows[0].len());
        let mut blocks = vec![Line([CODE_OFFSET; 64]); lines * rows.len().div_ceil(BLOCK_ROWS)];
        for (row, codes) in rows.iter().enumerate() {
            let (block, lane) = (row / BLOCK_ROWS * lines, row % BLOCK_ROWS);
            for (place, &code) in codes.iter().enumerate() {
                blocks[block + place / LINE_CODES].0[lane * LINE_CODES + place % LINE_CODES] =
                    (code as u8) ^ CODE_OFFSET;
            }
            blocks[block + lines - 1].0[4 * lane..][..4].copy_from_slice(&scale(row).to_ne_bytes());
        }
        blocks
    }

    fn codes(random: &mut Random, dimension: usize, kind: usize) -> Vec<i8> {
        let code = |random: &mut Random| match kind {
            0 => 127,
            1 => -127,
            2 => [127, -127][random.below(2)],
            _ => i8::try_from(random.below(255) as i64 - 127).unwrap(),
        };
        (0..dimension).map(|_| code(random)).collect()
    }

    /// Every sum that a kernel reports when everything is asked for.
    fn sums(kernel: Kernel, probes: &[Vec<i8>], blocks: &[Line]) -> Vec<(usize, usize, [i32; BLOCK_ROWS])> {
        let probes: Vec<&[i8]> = probes.iter().map(Vec::as_slice).collect();
        let mut all = Vec::new();
        let mut finder = |found: &Found<'_>| {
            assert_eq!(found.lanes, u16::MAX);
            all.push((found.probe, found.block, *found.sums));
            f32::NEG_INFINITY
        };
        if let [probe] = probes.as_slice() {
            kernel.scan(&Packed::new(&[probe]), blocks, f32::NEG_INFINITY, &mut finder);
        } else {
            kernel.scan_pack(&Packed::new(&probes), blocks, &mut [f32::NEG_INFINITY; PACK], &mut finder);
        }
        all.sort_unstable();
        all
    }

    #[test]
    fn every_kernel_gives_the_integers_of_plain_arithmetic() {
        let mut random = Random::new(1);
        // Probes' codes of any size, and such as meet in a chain up to what it can hold.
        let largest_codes = [127, (CHAIN_SUM / 4) as i8];
        for dimension in (1..=40).chain([63, 64, 65, 127, 128, 129, 511, 512, 4095, 4096]) {
            for (kind, largest) in (0..4).flat_map(|kind| largest_codes.map(|largest| (kind, largest))) {
                let count = if dimension > 512 { 16 } else { 48 };
                let rows: Vec<_> =
                    (0..count).map(|row| codes(&mut random, dimension, [kind, row % 4][row % 2])).collect();
                let blocks = blocks(&rows, |_| 1.0);
                for probes in [1, PACK] {
                    let probes: Vec<_> = (0..probes)
                        .map(|probe| codes(&mut random, dimension, [kind, 3][probe % 2]))
                        .map(|codes| codes.iter().map(|code| (*code).clamp(-largest, largest)).collect())
                        .collect();
                    let mut expected = Vec::new();
                    for (probe, codes) in probes.iter().enumerate() {
                        for (block, rows) in rows.chunks(BLOCK_ROWS).enumerate() {
                            let mut sums = [0; BLOCK_ROWS];
                            for (sum, row) in sums.iter_mut().zip(rows) {
                                *sum =
                                    row.iter().zip(codes).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
                            }
                            expected.push((probe, block, sums));
                        }
                    }
                    for kernel in Kernel::available() {
                        let found = sums(kernel, &probes, &blocks);
                        let case = format!("{kernel:?}, dimension {dimension}, kind {kind}, {largest}");
                        assert_eq!(found, expected, "{case}");
                    }
                }
            }
        }
    }

    #[test]
    fn chains_hold_codes_of_each_sign_up_to_their_sum() {
        assert!(is_chained(&[]) && is_chained(&[64, 64, 127, 1, 0, 0, 0, 0, 64]));
        assert!(is_chained(&[64, -64, 0, 0, 64, -64, 127, 0]));
        assert!(!is_chained(&[64, 0, 0, 0, 64, 1]));
        assert!(!is_chained(&[0, 0, -127, 0, 0, 0, 0, -2]));
    }

    #[test]
    fn only_rows_that_reach_what_is_asked_are_reported() {
        let mut random = Random::new(2);
        let rows: Vec<_> = (0..160).map(|_| codes(&mut random, 33, 3)).collect();
        let scales: Vec<f32> = (0..160).map(|_| 0.001 + random.unit() as f32).collect();
        let blocks = blocks(&rows, |row| scales[row]);
        let probes: Vec<_> = (0..PACK).map(|_| codes(&mut random, 33, 3)).collect();
        let views: Vec<&[i8]> = probes.iter().map(Vec::as_slice).collect();
        let value = |probe: usize, row: usize| {
            let pairs = rows[row].iter().zip(&probes[probe]);
            pairs.map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>() as f32 * scales[row]
        };
        for kernel in Kernel::available() {
            for least in [-20_000.0, 0.0, 9_000.0, f32::INFINITY] {
                let mut found = Vec::new();
                let mut finder = |one: &Found<'_>| {
                    let lanes = (0..BLOCK_ROWS).filter(|lane| one.lanes >> lane & 1 == 1);
                    found.extend(lanes.map(|lane| (one.probe, one.block * BLOCK_ROWS + lane)));
                    least
                };
                kernel.scan_pack(&Packed::new(&views), &blocks, &mut [least; PACK], &mut finder);
                found.sort_unstable();
                let mut expected: Vec<_> =
                    (0..PACK).flat_map(|probe| (0..160).map(move |row| (probe, row))).collect();
                expected.retain(|&(probe, row)| value(probe, row) >= least);
                assert_eq!(found, expected, "{kernel:?}, least {least}");

                let mut found = Vec::new();
                let mut finder = |one: &Found<'_>| {
                    let lanes = (0..BLOCK_ROWS).filter(|lane| one.lanes >> lane & 1 == 1);
                    found.extend(lanes.map(|lane| one.block * BLOCK_ROWS + lane));
                    least
                };
                kernel.scan(&Packed::new(&views[..1]), &blocks, least, &mut finder);
                expected.retain(|&(probe, _)| probe == 0);
                assert_eq!(found, expected.iter().map(|&(_, row)| row).collect::<Vec<_>>(), "{kernel:?}");
            }
        }
    }

    #[test]
    fn what_is_asked_follows_the_finder() {
        let rows: Vec<_> = (0..64).map(|row| vec![i8::try_from(row).unwrap(); 4]).collect();
        let blocks = blocks(&rows, |_| 1.0);
        let probe = vec![1; 4];
        for kernel in Kernel::available() {
            let mut calls = 0;
            let mut finder = |_: &Found<'_>| {
                calls += 1;
                // More than any row of the next two blocks reaches, less than the last block's do.
                200.0
            };
            kernel.scan(&Packed::new(&[&probe]), &blocks, f32::NEG_INFINITY, &mut finder);
            assert_eq!(calls, 2, "{kernel:?}");
        }
    }
}
