//! From a vector to codes of one byte, and how far they are from it.

use super::bound::{outward, outward_length};
use super::kernels::CODE_OFFSET;

/// The largest code.
const LARGEST: f32 = 127.0;
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
    debug_assert_eq!(values.len(), codes.len());
    let largest = largest(values)?;
    let inverse = LARGEST / largest;
    if !inverse.is_finite() {
        // All values are zero, or too small to divide by.
        codes.fill(CODE_OFFSET);
        return Some(Coded { scale: 0.0, error: outward_length(square(values)), reach: 0.0 });
    }
    let scale = largest / LARGEST;
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
    Some(Coded {
        scale,
        error: outward_length(sums.lost.iter().sum()),
        reach: outward(f64::from(scale) * sums.codes.iter().copied().map(f64::from).sum::<f64>().sqrt()),
    })
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
    fn what_is_not_finite_is_refused() {
        for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in [0, 15, 16, 36] {
                let mut values = [0.1; 37];
                values[place] = bad;
                assert_eq!(code(&values, &mut [0; 37]), None);
            }
        }
    }

    #[test]
    fn zero_stays_zero() {
        let (coded, codes) = coded(&[0.0, -0.0, 0.0]);
        assert_eq!((coded.scale, coded.reach, codes), (0.0, 0.0, vec![0; 3]));
    }
}
