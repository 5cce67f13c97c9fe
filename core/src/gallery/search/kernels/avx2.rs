//! The sums with AVX2.
//!
//! For one probe, bytes are widened to 16 bits, so that no pair of products saturates. That is half of the work for
//! several probes, so theirs are multiplied as bytes, and a chain of lines is added up in 16 bits, where the probes'
//! codes are so small that none can overflow (`Packed::chained`).

use super::{BLOCK_ROWS, CHAIN, Finder, Found, LINE_CODES, Line, PACK, Packed};
use std::arch::x86_64::{
    __m128i, __m256i, _CMP_GE_OQ, _mm_load_si128, _mm256_add_epi16, _mm256_add_epi32, _mm256_castsi256_ps,
    _mm256_cmp_ps, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi16, _mm256_hadd_epi32, _mm256_load_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_movemask_ps, _mm256_mul_ps, _mm256_or_ps,
    _mm256_permute4x64_epi64, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_storeu_si256, _mm256_sub_epi32,
};

/// Probes whose sums, and chains, fit the registers at once.
const TOGETHER: usize = 4;

/// Scans whole blocks for one probe.
#[target_feature(enable = "avx2")]
pub(super) fn scan(probe: &Packed<1>, blocks: &[Line], mut least: f32, finder: &mut Finder<'_>) {
    scan_for(probe, 0, blocks, &mut least, finder);
}

/// Scans whole blocks for one of the probes.
#[target_feature(enable = "avx2")]
fn scan_for<const PROBES: usize>(
    probes: &Packed<PROBES>,
    probe: usize,
    blocks: &[Line],
    least: &mut f32,
    finder: &mut Finder<'_>,
) {
    for (block, lines) in blocks.chunks_exact(probes.block_lines()).enumerate() {
        let (scales, lines) = lines.split_last().expect("a block has a line of scales");
        let mut pairs = [_mm256_setzero_si256(); 4];
        for (line, codes) in lines.iter().zip(probes.words.iter()) {
            let codes = repeat_words(&codes[probe]);
            for (quarter, pairs) in pairs.iter_mut().enumerate() {
                let products = _mm256_madd_epi16(widen(line, quarter), codes);
                *pairs = _mm256_add_epi32(*pairs, products);
            }
        }
        let halves = [join(pairs[0], pairs[1]), join(pairs[2], pairs[3])];
        report(halves, probes.excess[probe], scales, (probe, block), least, finder);
    }
}

/// Scans whole blocks for several probes.
#[target_feature(enable = "avx2")]
pub(super) fn scan_pack(
    probes: &Packed<PACK>,
    blocks: &[Line],
    least: &mut [f32; PACK],
    finder: &mut Finder<'_>,
) {
    if !probes.chained {
        for (probe, least) in least.iter_mut().enumerate() {
            scan_for(probes, probe, blocks, least, finder);
        }
        return;
    }
    for (block, lines) in blocks.chunks_exact(probes.block_lines()).enumerate() {
        let (scales, lines) = lines.split_last().expect("a block has a line of scales");
        for first in (0..PACK).step_by(TOGETHER) {
            let halves = chained_sums(probes, first, lines);
            for place in 0..TOGETHER {
                let probe = first + place;
                let halves = [halves[place][0], halves[place][1]];
                report(halves, probes.excess[probe], scales, (probe, block), &mut least[probe], finder);
            }
        }
    }
}

/// The sums of a block's rows, eight and eight, for a few of the probes.
#[target_feature(enable = "avx2")]
#[inline]
fn chained_sums(probes: &Packed<PACK>, first: usize, lines: &[Line]) -> [[__m256i; 2]; TOGETHER] {
    let mut sums = [[_mm256_setzero_si256(); 2]; TOGETHER];
    let ones = _mm256_set1_epi16(1);
    let (chains, rest) = lines.as_chunks::<CHAIN>();
    let (codes, codes_rest) = probes.bytes.as_chunks::<CHAIN>();
    for (lines, codes) in chains.iter().zip(codes) {
        for (place, sums) in sums.iter_mut().enumerate() {
            let probe = first + place;
            let codes = [repeat(codes[0][probe]), repeat(codes[1][probe])];
            for (half, sum) in sums.iter_mut().enumerate() {
                let products = [
                    _mm256_maddubs_epi16(load_half(&lines[0], half), codes[0]),
                    _mm256_maddubs_epi16(load_half(&lines[1], half), codes[1]),
                ];
                let chain = _mm256_add_epi16(products[0], products[1]);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(chain, ones));
            }
        }
    }
    for (line, codes) in rest.iter().zip(codes_rest) {
        for (sums, &codes) in sums.iter_mut().zip(&codes[first..]) {
            for (half, sum) in sums.iter_mut().enumerate() {
                let chain = _mm256_maddubs_epi16(load_half(line, half), repeat(codes));
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(chain, ones));
            }
        }
    }
    sums
}

/// Four codes, eight times over.
#[target_feature(enable = "avx2")]
fn repeat(codes: [i8; LINE_CODES]) -> __m256i {
    _mm256_set1_epi32(i32::from_ne_bytes(codes.map(|code| code as u8)))
}

/// Half of a line.
#[target_feature(enable = "avx2")]
fn load_half(line: &Line, half: usize) -> __m256i {
    let bytes = line.0[32 * half..].first_chunk::<32>().expect("a line has two halves");
    // SAFETY: 32 bytes are readable, and half of an aligned line is aligned.
    unsafe { _mm256_load_si256(bytes.as_ptr().cast::<__m256i>()) }
}

/// Four codes, four times over.
#[target_feature(enable = "avx2")]
fn repeat_words(codes: &[i16; LINE_CODES]) -> __m256i {
    // SAFETY: four codes are eight readable bytes, and no alignment is asked for.
    _mm256_set1_epi64x(unsafe { codes.as_ptr().cast::<i64>().read_unaligned() })
}

/// The codes of four of a line's rows.
#[target_feature(enable = "avx2")]
fn widen(line: &Line, quarter: usize) -> __m256i {
    let bytes = line.0[16 * quarter..].first_chunk::<16>().expect("a line has four quarters");
    // SAFETY: 16 bytes are readable, and a quarter of an aligned line is aligned.
    _mm256_cvtepu8_epi16(unsafe { _mm_load_si128(bytes.as_ptr().cast::<__m128i>()) })
}

/// The sums of eight rows from those of their halves, four rows each.
#[target_feature(enable = "avx2")]
fn join(first: __m256i, second: __m256i) -> __m256i {
    // Adding neighbours leaves the middle two pairs swapped.
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_hadd_epi32(first, second))
}

#[target_feature(enable = "avx2")]
fn report(
    halves: [__m256i; 2],
    excess: i32,
    scales: &Line,
    (probe, block): (usize, usize),
    least: &mut f32,
    finder: &mut Finder<'_>,
) {
    let excess = _mm256_set1_epi32(excess);
    let sums = [_mm256_sub_epi32(halves[0], excess), _mm256_sub_epi32(halves[1], excess)];
    let least_of_all = _mm256_set1_ps(*least);
    let mut reach = [_mm256_setzero_ps(); 2];
    for half in 0..2 {
        let scales = _mm256_castsi256_ps(load_half(scales, half));
        let values = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[half]), scales);
        reach[half] = _mm256_cmp_ps::<_CMP_GE_OQ>(values, least_of_all);
    }
    if _mm256_movemask_ps(_mm256_or_ps(reach[0], reach[1])) != 0 {
        let lanes = _mm256_movemask_ps(reach[0]) as u16 | (_mm256_movemask_ps(reach[1]) as u16) << 8;
        let mut stored = [0; BLOCK_ROWS];
        for (place, sums) in stored.chunks_exact_mut(8).zip(sums) {
            // SAFETY: eight numbers are writable.
            unsafe { _mm256_storeu_si256(place.as_mut_ptr().cast::<__m256i>(), sums) };
        }
        *least = finder(&Found { probe, block, lanes, sums: &stored, scales });
    }
}
