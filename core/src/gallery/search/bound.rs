//! How far the score by codes can be from the canonical score: the certificate that makes the search exact.
//!
//! A row `x` is coded as `s c`, a probe `q` as `t d`; `E >= |x - s c|`, `R >= |s c|`, `e >= |q - t d|` and
//! `N >= |q|` are known, rounded outwards. With `A = s t <c, d>`,
//!
//! `<q, x> - A = <q, x - s c> + <q - t d, s c>`, so `|<q, x> - A| <= N E + e R` (Cauchy and Schwarz).
//!
//! Rounding adds, with `u = 2^-53`, `n` the dimension, `|x| <= E + R` and `|t d| <= N + e`:
//! - the canonical score adds `n` exact products in f64: at most `1.01 n u N (E + R)` from `<q, x>`;
//! - `<c, d>` is an exact integer and `s t` is exact in f64 (two f32 factors), so A is rounded once, and once more
//!   when the margin is added to it or taken off: at most `3 u ((N + e) R + margin)`.
//!
//! Both together are below `(n + 16) 2 u (N + e) (E + R)`. That is [`Margin`]: `A - margin <= score <= A + margin` as
//! computed, before the canonical score is clamped to −1..1. Clamping keeps order, so it is applied to the bounds.
//!
//! The floor of a search is a number that the scores of `k` different answers are known to reach: the k-th highest
//! `A - margin` so far. A row with `A + margin < floor` can neither beat nor tie an answer. Every other row gets its
//! canonical score, so that ties too are decided among all that tie.
//!
//! The kernels compare in f32, without `t`: `s <c, d>` is rounded twice there, each time by a factor within
//! `1 ± 2^-24`; [`Margin::least`] takes `2^-22` off what is asked.

/// Relative slack for what f64 arithmetic loses in a sum of at most 4,096 squares (4e-13) and a few operations more.
const OUTWARD: f64 = 1e-12;

/// A non-negative result of a few f64 operations, raised to where it cannot be below the true one.
pub(crate) fn outward(value: f64) -> f64 {
    value * (1.0 + OUTWARD)
}

/// The length that belongs to a sum of squares computed in f64, rounded upwards.
pub(crate) fn outward_length(square: f64) -> f64 {
    outward(square.sqrt())
}

/// How well the rows of a segment are coded, the worst of each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Coding {
    /// `E`.
    pub(crate) error: f64,
    /// `R`.
    pub(crate) reach: f64,
}

/// What the bounds need of a probe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProbeCoding {
    pub(crate) dimension: usize,
    /// `t`.
    pub(crate) scale: f32,
    /// `e`.
    pub(crate) error: f64,
    /// `N`.
    pub(crate) length: f64,
}

/// Bounds of the scores between one probe and the rows of one segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Margin {
    scale: f64,
    margin: f64,
}

impl Margin {
    pub(crate) fn new(probe: &ProbeCoding, rows: Coding) -> Self {
        let geometry = probe.length * rows.error + probe.error * rows.reach;
        let unit = (probe.dimension as f64 + 16.0) * f64::EPSILON;
        let rounding = unit * (probe.length + probe.error) * (rows.error + rows.reach);
        Self { scale: f64::from(probe.scale), margin: outward(geometry + rounding) }
    }

    /// A number that the score of a row is not below, and one that it is not above.
    pub(crate) fn bounds(&self, scale: f32, sum: i32) -> (f64, f64) {
        let score = f64::from(scale) * self.scale * f64::from(sum);
        ((score - self.margin).clamp(-1.0, 1.0), (score + self.margin).clamp(-1.0, 1.0))
    }

    /// What `scale * sum`, as a kernel computes it, reaches for every row that `floor` does not exclude.
    pub(crate) fn least(&self, floor: f64) -> f32 {
        if floor <= -1.0 || self.scale <= 0.0 {
            // Every row reaches −1 by clamping; a probe without direction says nothing by its codes.
            return f32::NEG_INFINITY;
        }
        let least = (floor - self.margin) / self.scale;
        // The second term covers products too small for a normal f32.
        ((least - least.abs() / f64::from(1 << 22)) as f32).next_down() - f32::MIN_POSITIVE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cosine;
    use crate::gallery::search::codes::code;
    use crate::gallery::search::kernels::CODE_OFFSET;
    use crate::gallery::search::probe::Probe;
    use crate::gallery::search::testing::Random;

    #[test]
    fn the_canonical_score_is_within_the_bounds_and_never_excluded_by_the_kernels_test() {
        let mut random = Random::new(4);
        for round in 0..4000 {
            let dimension = [1, 2, 3, 127, 128, 512][round % 6];
            // Also vectors that are far from unit length: the bounds do not rely on it.
            let size = [1.0, 1.0, 3.0, 1e-3][round % 4];
            let q: Vec<f32> = random.unit_vector(dimension).iter().map(|&value| value * size).collect();
            let x = if round % 5 == 0 { q.clone() } else { random.unit_vector(dimension) };
            let probe = Probe::new(&q, round % 2 == 0).unwrap();
            let mut codes = vec![0; dimension];
            let coded = code(&x, &mut codes).unwrap();
            let sum = codes
                .iter()
                .zip(probe.codes())
                .map(|(&c, &d)| (i32::from(c) - i32::from(CODE_OFFSET)) * i32::from(d));
            let sum = sum.sum::<i32>();
            let margin = Margin::new(&probe.coding, Coding { error: coded.error, reach: coded.reach });
            let (low, high) = margin.bounds(coded.scale, sum);
            let score = cosine(&q, &x);
            assert!(low <= score && score <= high, "{low} {score} {high}");
            assert!(high - low < 0.2 * size.max(1.0) as f64);
            for floor in [high, (low + high) / 2.0, low, high - 1e-9] {
                assert!(sum as f32 * coded.scale >= margin.least(floor));
            }
        }
    }

    #[test]
    fn a_floor_well_above_a_row_excludes_it() {
        let coding = ProbeCoding { dimension: 128, scale: 0.002, error: 0.01, length: 1.0 };
        let margin = Margin::new(&coding, Coding { error: 0.01, reach: 1.0 });
        assert!((100_000_f32 * 0.002) < margin.least(0.5));
        assert_eq!(margin.least(-1.0), f32::NEG_INFINITY);
    }
}
