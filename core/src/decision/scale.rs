//! The 0–100 scale: raw score ↔ score ↔ false match rate, all read off the anchors.

use serde::{Deserialize, Serialize};

use super::{Calibration, Policy};
use crate::Result;

/// A false match rate read off a calibration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EstimatedFmr {
    /// The rate, in 0–1: the share of comparisons of different people that score at least as high.
    pub rate: f64,
    /// The true rate is lower by an unknown amount: the score lies above the last supported anchor.
    pub at_most: bool,
}

/// Raw scores this far outside the range, relative to its width, are rounding and are taken as its end.
const ROUNDING: f64 = 1e-5;

impl Calibration {
    /// The score (0–100) of a raw score: piecewise linear between the anchors, strictly increasing.
    ///
    /// The raw score is the cosine in −1..1 for an embedding, or a vendor's own figure. `None` where it is not
    /// a finite number within the calibrated range.
    pub fn score(&self, raw: f64) -> Option<f64> {
        let anchors = &self.parts().anchors;
        let (first, last) = (anchors.first()?.raw, anchors.last()?.raw);
        let slack = ROUNDING * (last - first);
        if !(first - slack..=last + slack).contains(&raw) {
            return None;
        }
        let raw = raw.clamp(first, last);
        segment(anchors.len(), |i| anchors[i].raw, raw).map(|i| {
            let (low, high) = (&anchors[i], &anchors[i + 1]);
            interpolate(raw, (low.raw, high.raw), (low.score, high.score))
        })
    }

    /// The raw score of a score: the inverse of [`score`](Self::score); `None` outside 0–100.
    pub fn raw(&self, score: f64) -> Option<f64> {
        let anchors = &self.parts().anchors;
        if !(0.0..=100.0).contains(&score) {
            return None;
        }
        segment(anchors.len(), |i| anchors[i].score, score).map(|i| {
            let (low, high) = (&anchors[i], &anchors[i + 1]);
            interpolate(score, (low.score, high.score), (low.raw, high.raw))
        })
    }

    /// The false match rate of a policy that accepts from this score on; `None` outside 0–100.
    ///
    /// Log-linear in the score between the anchors that state a rate. Above the last supported one the answer
    /// is "at most" the lowest supported rate. Below the first one the first segment is continued and capped
    /// at 1, which overstates the rate (the logarithm of the tail of non-mated scores is concave); with a
    /// single anchor the answer there is 1.
    pub fn estimated_fmr(&self, score: f64) -> Option<EstimatedFmr> {
        if !(0.0..=100.0).contains(&score) {
            return None;
        }
        let lowest = self.parts().lowest_supported_fmr;
        let rated: Vec<(f64, f64)> = self.rated_anchors().map(|(score, fmr)| (score, fmr.ln())).collect();
        let (first_score, first_log) = *rated.first()?;
        let log_rate = if rated.len() < 2 {
            if score < first_score { 0.0 } else { first_log }
        } else {
            let last = rated.len() - 1;
            let i = segment(rated.len(), |i| rated[i].0, score.clamp(first_score, rated[last].0))?;
            let score = score.min(rated[last].0);
            interpolate(score, (rated[i].0, rated[i + 1].0), (rated[i].1, rated[i + 1].1))
        };
        let rate = log_rate.exp().clamp(lowest, 1.0);
        Some(EstimatedFmr { rate, at_most: score > self.strictest_threshold() })
    }

    /// The lowest score (0–100) whose estimated false match rate is at most `max_fmr`; `None` where that rate
    /// is below what the calibration supports, or not strictly between 0 and 1.
    pub fn threshold_for(&self, max_fmr: f64) -> Option<f64> {
        let lowest = self.parts().lowest_supported_fmr;
        if !(max_fmr > 0.0 && max_fmr < 1.0) || max_fmr < lowest {
            return None;
        }
        let rated: Vec<(f64, f64)> = self.rated_anchors().map(|(score, fmr)| (score, -fmr.ln())).collect();
        if rated.len() < 2 {
            return rated.first().map(|anchor| anchor.0);
        }
        let wanted = -max_fmr.ln();
        let within = wanted.clamp(rated[0].1, rated[rated.len() - 1].1);
        let i = segment(rated.len(), |i| rated[i].1, within)?;
        let score = interpolate(wanted, (rated[i].1, rated[i + 1].1), (rated[i].0, rated[i + 1].0));
        Some(score.clamp(0.0, 100.0))
    }

    /// The threshold (score 0–100) for a search of `gallery_size` faces of which at most `max_fpir` may return
    /// a person for someone who is not enrolled; `None` where that is beyond the calibration.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) as [`Policy::for_search`].
    pub fn threshold_for_search(&self, max_fpir: f64, gallery_size: u64) -> Result<Option<f64>> {
        Ok(self.threshold_for(Policy::for_search(max_fpir, gallery_size)?.max_fmr()))
    }

    /// The score (0–100) from which the false match rate is at most the lowest supported one.
    pub fn strictest_threshold(&self) -> f64 {
        // Validation puts the lowest supported rate within the anchors; 100 is the safe end were it not.
        self.threshold_for(self.parts().lowest_supported_fmr).unwrap_or(100.0)
    }

    fn rated_anchors(&self) -> impl Iterator<Item = (f64, f64)> {
        self.parts().anchors.iter().filter_map(|anchor| Some((anchor.score, anchor.fmr?)))
    }
}

/// The index i with `at(i) <= x <= at(i + 1)` in an increasing sequence of `length` values.
fn segment(length: usize, at: impl Fn(usize) -> f64, x: f64) -> Option<usize> {
    (0..length.checked_sub(1)?).find(|&i| x <= at(i + 1))
}

/// The straight line through two points, exact at both.
fn interpolate(x: f64, from: (f64, f64), to: (f64, f64)) -> f64 {
    if x == from.1 {
        return to.1;
    }
    to.0 + (x - from.0) / (from.1 - from.0) * (to.1 - to.0)
}

#[cfg(test)]
mod tests {
    use super::super::calibration::tests::example;
    use crate::evaluation::random::SplitMix64;

    #[test]
    fn anchors_are_exact_and_strangers_stay_below_fifty() {
        let calibration = example();
        for (raw, score) in [(-1.0, 0.0), (0.0, 5.0), (0.42, 70.0), (0.49, 80.0), (0.57, 90.0), (1.0, 100.0)]
        {
            assert_eq!(calibration.score(raw), Some(score));
            assert_eq!(calibration.raw(score), Some(raw));
        }
        assert!(calibration.score(0.27).unwrap() < 50.0);
    }

    #[test]
    fn the_scale_is_strictly_increasing_and_inverts() {
        let calibration = example();
        let mut random = SplitMix64::new(1);
        for _ in 0..20_000 {
            let (x, y) = (2.0 * random.next_unit() - 1.0, 2.0 * random.next_unit() - 1.0);
            let (low, high) = (x.min(y), x.max(y));
            let (a, b) = (calibration.score(low).unwrap(), calibration.score(high).unwrap());
            assert!(a < b || low == high);
            assert!((calibration.raw(a).unwrap() - low).abs() < 1e-12);
        }
        // Neighbouring single-precision cosines stay apart as well.
        let mut cosine = 0.4899_f32;
        for _ in 0..10_000 {
            let next = cosine.next_up();
            assert!(calibration.score(f64::from(cosine)) < calibration.score(f64::from(next)));
            cosine = next;
        }
    }

    #[test]
    fn raw_scores_out_of_range_have_no_score() {
        let calibration = example();
        for raw in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.1, -1.1] {
            assert_eq!(calibration.score(raw), None);
        }
        assert_eq!(calibration.score(1.000_000_2), Some(100.0));
        assert_eq!(calibration.score(-1.000_000_2), Some(0.0));
        for score in [f64::NAN, -1.0, 100.5] {
            assert_eq!(calibration.raw(score), None);
            assert!(calibration.estimated_fmr(score).is_none());
        }
    }

    #[test]
    fn rates_are_read_off_the_anchors() {
        let calibration = example();
        for (score, rate) in [(70.0, 1e-3), (80.0, 1e-4), (90.0, 1e-5)] {
            assert_eq!(calibration.threshold_for(rate), Some(score));
            let estimate = calibration.estimated_fmr(score).unwrap();
            assert!((estimate.rate / rate - 1.0).abs() < 1e-12 && !estimate.at_most);
        }
        let middle = calibration.estimated_fmr(75.0).unwrap().rate;
        assert!((middle / 10f64.powf(-3.5) - 1.0).abs() < 1e-9);
        assert!((calibration.estimated_fmr(60.0).unwrap().rate / 1e-2 - 1.0).abs() < 1e-9);
        assert_eq!(calibration.estimated_fmr(3.0).unwrap().rate, 1.0);
        let above = calibration.estimated_fmr(97.0).unwrap();
        assert!(above.at_most && above.rate == 1e-5);
        assert_eq!(calibration.threshold_for(0.99e-5), None);
        assert_eq!(calibration.threshold_for(f64::NAN), None);
    }

    #[test]
    fn thresholds_and_rates_are_inverse_and_monotone() {
        let calibration = example();
        let mut random = SplitMix64::new(2);
        for _ in 0..20_000 {
            let rate = 10f64.powf(-5.0 * random.next_unit()).min(0.999);
            let threshold = calibration.threshold_for(rate).unwrap();
            let back = calibration.estimated_fmr(threshold).unwrap().rate;
            assert!((back / rate - 1.0).abs() < 1e-9, "{rate} {threshold} {back}");
            assert!(calibration.threshold_for((rate * 1.1).min(0.999)).unwrap() <= threshold);
        }
    }

    #[test]
    fn a_larger_gallery_asks_for_a_higher_score() {
        let calibration = example();
        let at = |size| calibration.threshold_for_search(0.01, size).unwrap();
        assert!(at(1) < at(10) && at(10) < at(100) && at(100) < at(1000));
        assert_eq!(at(1_000_000), None);
    }
}
