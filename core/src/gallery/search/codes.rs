//! From a vector to codes of one byte, and how far they are from it.

use super::bound::{outward, outward_length};
use super::kernels::{CHAIN, CHAIN_SUM, CODE_OFFSET, LINE_CODES};

/// The largest code.
const LARGEST: f64 = 127.0;
/// Added to a number below 2^22 it leaves the nearest whole number in the lowest bits: its own are zero there.
const ROUNDER: f32 = 12_582_912.0;
/// Values that are coded together.
const STEP: usize = 16;

/// What is known of a coded vector `x`, whose codes `c` stand for `s * c`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Coded {
    /// `s`.
    pub(crate) scale: f32,
    /// At least the length of `x - s * c`.
    pub(crate) error: f64,
    /// At least the length of `s * c`.
    pub(crate) reach: f64,
}

/// Codes a vector. Each code is −127 to 127 and is stored with `CODE_OFFSET` added.
///
/// Nothing where a value is not finite.
pub(crate) fn code(values: &[f32], codes: &mut [u8]) -> Option<Coded> {
    Some(code_to(values, f64::from(largest(values)?), LARGEST, codes))
}

/// As `code`, but so that the codes of one sign that meet in a chain keep to `CHAIN_SUM`.
pub(crate) fn code_chained(values: &[f32], codes: &mut [u8]) -> Option<Coded> {
    largest(values)?;
    let peak = values.chunks(CHAIN * LINE_CODES).map(chain_peak).fold(0.0, f64::max);
    // Half of the chunk's codes meet, and each may be rounded up by a half.
    let most = f64::from(CHAIN_SUM) - (CHAIN * LINE_CODES / 2) as f64 / 2.0;
    Some(code_to(values, peak, most, codes))
}

/// The largest sum of values of one sign whose codes meet in a chain.
fn chain_peak(values: &[f32]) -> f64 {
    let mut sums = [[0.0; 2]; 2];
    for (place, &value) in values.iter().enumerate() {
        sums[place % LINE_CODES / 2][usize::from(value < 0.0)] += f64::from(value.abs());
    }
    sums.as_flattened().iter().copied().fold(0.0, f64::max)
}

/// Codes finite values so that `peak` would become `most`.
fn code_to(values: &[f32], peak: f64, most: f64, codes: &mut [u8]) -> Coded {
    debug_assert_eq!(values.len(), codes.len());
    let (scale, inverse) = ((peak / most) as f32, (most / peak) as f32);
    if !inverse.is_finite() {
        // All values are zero, or too small to divide by.
        codes.fill(CODE_OFFSET);
        return Coded { scale: 0.0, error: outward_length(square(values)), reach: 0.0 };
    }
    let mut sums = Sums::default();
    let (steps, rest) = values.as_chunks::<STEP>();
    let (step_codes, rest_codes) = codes.as_chunks_mut::<STEP>();
    for (values, codes) in steps.iter().zip(step_codes) {
        code_step(values, inverse, scale, codes, &mut sums);
    }
    let (mut padded, mut padded_codes) = ([0.0; STEP], [0; STEP]);
    padded[..rest.len()].copy_from_slice(rest);
    code_step(&padded, inverse, scale, &mut padded_codes, &mut sums);
    rest_codes.copy_from_slice(&padded_codes[..rest.len()]);
    Coded {
        scale,
        error: outward_length(sums.lost.iter().sum()),
        reach: outward(f64::from(scale) * sums.codes.iter().copied().map(f64::from).sum::<f64>().sqrt()),
    }
}

/// Sums of squares, each in as many parts as values are coded together.
#[derive(Default)]
struct Sums {
    /// Of what the codes miss.
    lost: [f64; STEP],
    /// Of the codes. Exact: at most 4096 / 16 * 127^2, below 2^24.
    codes: [f32; STEP],
}

#[inline]
fn code_step(values: &[f32; STEP], inverse: f32, scale: f32, codes: &mut [u8; STEP], sums: &mut Sums) {
    for place in 0..STEP {
        let value = values[place];
        let shifted = value * inverse + ROUNDER;
        codes[place] = (shifted.to_bits() as u8).wrapping_add(CODE_OFFSET);
        let code = shifted - ROUNDER;
        sums.codes[place] += code * code;
        let missing = f64::from(value) - f64::from(scale) * f64::from(code);
        sums.lost[place] += missing * missing;
    }
}

/// The largest absolute value; nothing where a value is not finite.
fn largest(values: &[f32]) -> Option<f32> {
    // Without their sign, floats order as their bits do, and what is not finite is above all others.
    let bits = values.iter().map(|value| (value.to_bits() & !(1 << 31)) as i32);
    let largest = f32::from_bits(bits.fold(0, i32::max) as u32);
    largest.is_finite().then_some(largest)
}

/// The sum of squares.
pub(crate) fn square(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value) * f64::from(value)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::search::kernels::is_chained;
    use crate::gallery::search::testing::Random;

    fn coded(values: &[f32]) -> (Coded, Vec<i32>) {
        let mut codes = vec![0; values.len()];
        let coded = code(values, &mut codes).unwrap();
        (coded, codes.iter().map(|&code| i32::from(code) - i32::from(CODE_OFFSET)).collect())
    }

    #[test]
    fn codes_by_hand() {
        let (coded, codes) = coded(&[1.0, -1.0, 0.0, 0.5, -0.25, 0.002]);
        assert_eq!(codes, [127, -127, 0, 64, -32, 0]);
        assert_eq!(coded.scale, 1.0 / 127.0);
    }

    #[test]
    fn the_stated_lengths_are_never_below_the_true_ones_nor_far_above() {
        let mut random = Random::new(3);
        for dimension in (1..70).chain([127, 128, 512, 4096]) {
            for scale in [1.0, 1e-3, 1e-20, 1e-38, 1e-44, 1e30] {
                let values: Vec<f32> = (0..dimension).map(|_| (random.normal() * scale) as f32).collect();
                let (coded, codes) = coded(&values);
                assert!(codes.iter().all(|code| (-127..=127).contains(code)));
                let place = |code: i32| f64::from(coded.scale) * f64::from(code);
                let error =
                    values.iter().zip(&codes).map(|(&value, &code)| (f64::from(value) - place(code)).powi(2));
                let (error, reach) = (
                    error.sum::<f64>().sqrt(),
                    codes.iter().map(|&code| place(code).powi(2)).sum::<f64>().sqrt(),
                );
                assert!(coded.error >= error && coded.error <= error * (1.0 + 1e-9) + 1e-300);
                assert!(coded.reach >= reach && coded.reach <= reach * (1.0 + 1e-9));
                if scale > 1e-36 {
                    // Half a step at each place.
                    let half = f64::from(coded.scale) * 0.500_001 * f64::from(dimension).sqrt();
                    assert!(coded.error <= half);
                }
            }
        }
    }

    #[test]
    fn chained_codes_keep_to_what_a_chain_holds() {
        let mut random = Random::new(22);
        for round in 0..2000 {
            let dimension = [1, 2, 7, 8, 9, 127, 128, 512][round % 8];
            let scale = [1.0, 1e-3, 1e-36, 1e-38, 1e38][round % 5];
            // Also vectors of one sign, and of values that are all the same.
            let kind = |normal: f64| [normal, normal.abs(), -normal.abs(), 1.0, -1.0][round % 7 % 5];
            let values: Vec<f32> =
                (0..dimension).map(|_| (kind(random.normal()).clamp(-3.4, 3.4) * scale) as f32).collect();
            let mut codes = vec![0; dimension];
            let coded = code_chained(&values, &mut codes).unwrap();
            let codes: Vec<i8> = codes.iter().map(|code| code.wrapping_sub(CODE_OFFSET) as i8).collect();
            assert!(is_chained(&codes), "{codes:?}");
            let place = |code: i8| f64::from(coded.scale) * f64::from(code);
            let missing = values.iter().zip(&codes).map(|(&value, &code)| f64::from(value) - place(code));
            let error = missing.map(|missing| missing * missing).sum::<f64>().sqrt();
            assert!(coded.error >= error && coded.error <= error * (1.0 + 1e-9) + 1e-300);
            if dimension >= 127 && scale > 1e-37 {
                // Fine enough to be of use.
                assert!(coded.error <= square(&values).sqrt() / 20.0);
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in [0, 15, 16, 36] {
                let mut values = [0.1; 37];
                values[place] = bad;
                assert_eq!(code(&values, &mut [0; 37]), None);
                assert_eq!(code_chained(&values, &mut [0; 37]), None);
            }
        }
    }

    #[test]
    fn zero_stays_zero() {
        let (coded, codes) = coded(&[0.0, -0.0, 0.0]);
        assert_eq!((coded.scale, coded.reach, codes), (0.0, 0.0, vec![0; 3]));
        assert_eq!(code_chained(&[0.0, -0.0, 0.0], &mut [0; 3]), Some(coded));
    }
}
