//! The sums with AVX2: bytes are widened to 16 bits, so that no product or pair of products saturates.

use super::{BLOCK_ROWS, Finder, Found, LINE_CODES, Line, PACK, Packed};
use std::arch::x86_64::{
    __m128i, __m256i, _CMP_GE_OQ, _mm_load_si128, _mm256_add_epi32, _mm256_castsi256_ps, _mm256_cmp_ps,
    _mm256_cvtepi32_ps, _mm256_cvtepu8_epi16, _mm256_hadd_epi32, _mm256_load_si256, _mm256_madd_epi16,
    _mm256_movemask_ps, _mm256_mul_ps, _mm256_permute4x64_epi64, _mm256_set1_epi32, _mm256_set1_epi64x,
    _mm256_set1_ps, _mm256_setzero_si256, _mm256_storeu_si256, _mm256_sub_epi32,
};

/// Probes whose sums fit the registers at once.
const TOGETHER: usize = 4;

/// Scans whole blocks for one probe.
#[target_feature(enable = "avx2")]
pub(super) fn scan(probe: &Packed<1>, blocks: &[Line], mut least: f32, finder: &mut Finder<'_>) {
    for (block, lines) in blocks.chunks_exact(probe.block_lines()).enumerate() {
        let (scales, lines) = lines.split_last().expect("a block has a line of scales");
        let mut pairs = [_mm256_setzero_si256(); 4];
        for (line, codes) in lines.iter().zip(probe.words.iter()) {
            let codes = repeat(&codes[0]);
            for (quarter, pairs) in pairs.iter_mut().enumerate() {
                let products = _mm256_madd_epi16(widen(line, quarter), codes);
                *pairs = _mm256_add_epi32(*pairs, products);
            }
        }
        let halves = [join(pairs[0], pairs[1]), join(pairs[2], pairs[3])];
        report(halves, probe.excess[0], scales, (0, block), &mut least, finder);
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
    for (block, lines) in blocks.chunks_exact(probes.block_lines()).enumerate() {
        let (scales, lines) = lines.split_last().expect("a block has a line of scales");
        for first in (0..PACK).step_by(TOGETHER) {
            let mut halves = [[_mm256_setzero_si256(); 2]; TOGETHER];
            for half in 0..2 {
                let mut pairs = [[_mm256_setzero_si256(); 2]; TOGETHER];
                for (line, codes) in lines.iter().zip(probes.words.iter()) {
                    let rows = [widen(line, 2 * half), widen(line, 2 * half + 1)];
                    for (pairs, codes) in pairs.iter_mut().zip(&codes[first..first + TOGETHER]) {
                        let codes = repeat(codes);
                        pairs[0] = _mm256_add_epi32(pairs[0], _mm256_madd_epi16(rows[0], codes));
                        pairs[1] = _mm256_add_epi32(pairs[1], _mm256_madd_epi16(rows[1], codes));
                    }
                }
                for (halves, pairs) in halves.iter_mut().zip(pairs) {
                    halves[half] = join(pairs[0], pairs[1]);
                }
            }
            for (place, halves) in halves.into_iter().enumerate() {
                let probe = first + place;
                report(halves, probes.excess[probe], scales, (probe, block), &mut least[probe], finder);
            }
        }
    }
}

/// Four codes, four times over.
#[target_feature(enable = "avx2")]
fn repeat(codes: &[i16; LINE_CODES]) -> __m256i {
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
    let mut lanes = 0;
    for (half, &sums) in sums.iter().enumerate() {
        let place = scales.0[32 * half..].first_chunk::<32>().expect("a line has two halves");
        // SAFETY: 32 bytes are readable, and half of an aligned line is aligned.
        let scales = _mm256_castsi256_ps(unsafe { _mm256_load_si256(place.as_ptr().cast::<__m256i>()) });
        let values = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), scales);
        let reach = _mm256_cmp_ps::<_CMP_GE_OQ>(values, _mm256_set1_ps(*least));
        lanes |= (_mm256_movemask_ps(reach) as u16) << (8 * half);
    }
    if lanes != 0 {
        let mut stored = [0; BLOCK_ROWS];
        for (place, sums) in stored.chunks_exact_mut(8).zip(sums) {
            // SAFETY: eight numbers are writable.
            unsafe { _mm256_storeu_si256(place.as_mut_ptr().cast::<__m256i>(), sums) };
        }
        *least = finder(&Found { probe, block, lanes, sums: &stored, scales });
    }
}
