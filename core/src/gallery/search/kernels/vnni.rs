//! The sums with AVX-512 VNNI: one instruction multiplies and adds a whole line.

use super::{BLOCK_ROWS, Finder, Found, LINE_CODES, Line, PACK, Packed};
use std::arch::x86_64::{
    __m512i, _CMP_GE_OQ, _mm512_add_epi32, _mm512_castsi512_ps, _mm512_cmp_ps_mask, _mm512_cvtepi32_ps,
    _mm512_dpbusd_epi32, _mm512_load_si512, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_si512, _mm512_storeu_si512, _mm512_sub_epi32,
};

/// Sums that do not wait for each other.
const CHAINS: usize = 4;

/// Scans whole blocks for one probe.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) fn scan(probe: &Packed<1>, blocks: &[Line], mut least: f32, finder: &mut Finder<'_>) {
    for (block, lines) in blocks.chunks_exact(probe.block_lines()).enumerate() {
        let (scales, lines) = lines.split_last().expect("a block has a line of scales");
        let mut chains = [_mm512_setzero_si512(); CHAINS];
        let (lines, rest) = lines.as_chunks::<CHAINS>();
        let (codes, codes_rest) = probe.bytes.as_chunks::<CHAINS>();
        for (lines, codes) in lines.iter().zip(codes) {
            for ((chain, line), codes) in chains.iter_mut().zip(lines).zip(codes) {
                *chain = _mm512_dpbusd_epi32(*chain, load(line), repeat(codes[0]));
            }
        }
        for ((chain, line), codes) in chains.iter_mut().zip(rest).zip(codes_rest) {
            *chain = _mm512_dpbusd_epi32(*chain, load(line), repeat(codes[0]));
        }
        let [a, b, c, d] = chains;
        let sums = _mm512_add_epi32(_mm512_add_epi32(a, b), _mm512_add_epi32(c, d));
        report(sums, probe.excess[0], scales, (0, block), &mut least, finder);
    }
}

/// Scans whole blocks for several probes.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) fn scan_pack(
    probes: &Packed<PACK>,
    blocks: &[Line],
    least: &mut [f32; PACK],
    finder: &mut Finder<'_>,
) {
    let size = probes.block_lines();
    let mut pairs = blocks.chunks_exact(2 * size);
    for (pair, lines) in pairs.by_ref().enumerate() {
        let (first, second) = lines.split_at(size);
        scan_blocks(probes, [first, second], 2 * pair, least, finder);
    }
    let last = pairs.remainder();
    if last.len() == size {
        scan_blocks(probes, [last], blocks.len() / size - 1, least, finder);
    }
}

/// Two blocks at a time read each probe's codes half as often.
#[target_feature(enable = "avx512f,avx512vnni")]
fn scan_blocks<const BLOCKS: usize>(
    probes: &Packed<PACK>,
    blocks: [&[Line]; BLOCKS],
    first_block: usize,
    least: &mut [f32; PACK],
    finder: &mut Finder<'_>,
) {
    let mut sums = [[_mm512_setzero_si512(); PACK]; BLOCKS];
    for (place, codes) in probes.bytes.iter().enumerate() {
        let mut lines = [_mm512_setzero_si512(); BLOCKS];
        for (line, block) in lines.iter_mut().zip(&blocks) {
            *line = load(&block[place]);
        }
        for (probe, &codes) in codes.iter().enumerate() {
            let codes = repeat(codes);
            for (sums, &line) in sums.iter_mut().zip(&lines) {
                sums[probe] = _mm512_dpbusd_epi32(sums[probe], line, codes);
            }
        }
    }
    for (place, sums) in sums.into_iter().enumerate() {
        let scales = blocks[place].last().expect("a block has a line of scales");
        for (probe, sums) in sums.into_iter().enumerate() {
            let place = (probe, first_block + place);
            report(sums, probes.excess[probe], scales, place, &mut least[probe], finder);
        }
    }
}

#[target_feature(enable = "avx512f")]
fn load(line: &Line) -> __m512i {
    // SAFETY: a line is 64 readable bytes, aligned to 64.
    unsafe { _mm512_load_si512(line.0.as_ptr().cast::<__m512i>()) }
}

/// Four codes, for every row.
#[target_feature(enable = "avx512f")]
fn repeat(codes: [i8; LINE_CODES]) -> __m512i {
    _mm512_set1_epi32(i32::from_ne_bytes(codes.map(|code| code as u8)))
}

#[target_feature(enable = "avx512f")]
fn report(
    sums: __m512i,
    excess: i32,
    scales: &Line,
    (probe, block): (usize, usize),
    least: &mut f32,
    finder: &mut Finder<'_>,
) {
    let sums = _mm512_sub_epi32(sums, _mm512_set1_epi32(excess));
    let values = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_castsi512_ps(load(scales)));
    let lanes = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(values, _mm512_set1_ps(*least));
    if lanes != 0 {
        let mut stored = [0; BLOCK_ROWS];
        // SAFETY: sixteen numbers are writable.
        unsafe { _mm512_storeu_si512(stored.as_mut_ptr().cast::<__m512i>(), sums) };
        *least = finder(&Found { probe, block, lanes, sums: &stored, scales });
    }
}
