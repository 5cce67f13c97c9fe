//! Where an anchor must lie so that a group of people keeps its false match rate.
//!
//! Counting is used where at least 20 pairs of people are expected above the anchor. Where fewer are, a law is
//! fitted to the highest 2 % of the scores: the exponential one, an upper envelope for the bounded tails that
//! cosines have, or the generalized Pareto law where its fitted shape says that the tail is heavier than that.
//! The promise is for people who are not in the data, so the anchor is not the estimate itself but the upper
//! end of a one-sided bootstrap interval.

use super::intervals::{Bootstrap, CONFIDENCE, Interval, quantile, replicate, wilson};
use super::tail::{Draw, Tail, TailFit};
use crate::decision::{RateEvidence, RateMethod};

/// The share of the weight in the tail to which a law is fitted.
const TAIL_RATE: f64 = 0.02;

/// How deep a [`Tail`] must reach: resampling can push the start of the fitted tail down.
pub(crate) const TAIL_DEPTH: f64 = 4.0 * TAIL_RATE;

/// Pairs of people above an anchor from which counting is trusted.
pub(crate) const COUNTED_UNITS: f64 = 20.0;

/// Pairs of people from which a group is large enough for a fit: 20 of them in the fitted tail.
pub(crate) const ENOUGH_UNITS: f64 = COUNTED_UNITS / TAIL_RATE;

/// Share of its resamplings in which the anchor keeps the rate.
pub(crate) const ASSURANCE: f64 = 0.9;

/// A Pareto shape above this is heavier than exponential by more than the noise of a few hundred excesses.
const HEAVY_SHAPE: f64 = 0.1;

/// What a group of people asks of an anchor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placement {
    pub(crate) method: RateMethod,
    /// Where the group's rate is the target by the plain estimate.
    pub(crate) estimate: f64,
    /// Where it is in the resampling that leaves [`ASSURANCE`] below.
    pub(crate) assured: f64,
    /// The two-sided 95 % interval.
    pub(crate) interval: Interval,
}

/// How the rate near `target` is to be had from a tail.
fn method_for(tail: &Tail, target: f64) -> Option<RateMethod> {
    if tail.units * target >= COUNTED_UNITS {
        return Some(RateMethod::Counted);
    }
    if tail.units < ENOUGH_UNITS {
        return None;
    }
    let heavy =
        tail.draw(None).fit(TAIL_RATE, RateMethod::ParetoTail).is_some_and(|fit| fit.shape > HEAVY_SHAPE);
    Some(if heavy { RateMethod::ParetoTail } else { RateMethod::ExponentialTail })
}

fn fit(draw: &Draw<'_>, method: RateMethod) -> Option<TailFit> {
    draw.fit(TAIL_RATE, method)
}

/// Where the rate of a group is at most `target`; `None` where the group is too small to say.
pub(crate) fn place(tail: &Tail, target: f64, bootstrap: &Bootstrap) -> Option<Placement> {
    let method = method_for(tail, target)?;
    let score_for = |draw: &Draw<'_>| match method {
        RateMethod::Counted => draw.score_for(target),
        _ => fit(draw, method).map(|fit| fit.score_for(target)),
    };
    let estimate = score_for(&tail.draw(None))?;
    let scores = replicate(bootstrap, |random| score_for(&tail.draw(Some(random))));
    let end = (1.0 - CONFIDENCE) / 2.0;
    let interval = Interval { low: quantile(&scores, end), high: quantile(&scores, 1.0 - end) };
    let assured = quantile(&scores, ASSURANCE);
    // A resampling repeats people and so never sees more look-alikes than the data; never go below the estimate.
    let assured = if assured.is_nan() { estimate } else { assured.max(estimate) };
    Some(Placement { method, estimate, assured, interval })
}

/// The rate of a group at the anchor for `target`, obtained the way the anchor was placed; `None` where the group
/// is too small. Where nobody reaches the anchor, the upper end is Wilson's for no success among the pairs of
/// people, as resampling could not find any either.
pub(crate) fn rate_at(
    tail: &Tail,
    anchor: (f64, f64),
    target: f64,
    bootstrap: &Bootstrap,
) -> Option<RateEvidence> {
    let (raw, score) = anchor;
    let method = method_for(tail, target)?;
    let rate = |draw: &Draw<'_>| match method {
        RateMethod::Counted => Some(draw.rate_at(raw)),
        _ => fit(draw, method).map(|fit| fit.rate_at(raw)),
    };
    let fmr = rate(&tail.draw(None))?;
    if fmr == 0.0 {
        let interval = wilson(0.0, tail.units, CONFIDENCE);
        return Some(RateEvidence { score, fmr, low: interval.low, high: interval.high, method });
    }
    let rates = replicate(bootstrap, |random| rate(&tail.draw(Some(random))));
    let end = (1.0 - CONFIDENCE) / 2.0;
    Some(RateEvidence { score, fmr, low: quantile(&rates, end), high: quantile(&rates, 1.0 - end), method })
}

#[cfg(test)]
mod tests {
    use super::super::random::SplitMix64;
    use super::super::tail::Weighting;
    use super::super::trials::tests::listed;
    use super::*;

    fn exponential(count: usize) -> Tail {
        let mut random = SplitMix64::new(21);
        let scores: Vec<f32> = (0..count).map(|_| (-0.03 * (1.0 - random.next_unit()).ln()) as f32).collect();
        Tail::new(&listed(&[1.0], &scores), Weighting::ImagePairs, TAIL_DEPTH)
    }

    #[test]
    fn counts_where_there_is_enough_and_fits_where_not() {
        let bootstrap = Bootstrap { replicates: 300, seed: 1 };
        let tail = exponential(40_000);
        for (target, method) in [(1e-3, RateMethod::Counted), (1e-4, RateMethod::ExponentialTail)] {
            let placement = place(&tail, target, &bootstrap).unwrap();
            let truth = -0.03 * target.ln();
            assert_eq!(placement.method, method);
            assert!(placement.interval.low < truth && truth < placement.interval.high, "{placement:?}");
            assert!((placement.estimate / truth - 1.0).abs() < 0.1);
            assert!(placement.assured >= placement.estimate && placement.assured <= placement.interval.high);
        }
        let rate = rate_at(&tail, (-0.03 * 1e-4_f64.ln(), 80.0), 1e-4, &bootstrap).unwrap();
        assert!(rate.low < 1e-4 && 1e-4 < rate.high && rate.method == RateMethod::ExponentialTail);
        let none = rate_at(&tail, (2.0, 90.0), 1e-3, &bootstrap).unwrap();
        assert!(none.fmr == 0.0 && none.high > 0.0 && none.high < 1e-3);
    }

    #[test]
    fn a_small_group_says_nothing() {
        assert!(place(&exponential(900), 1e-3, &Bootstrap::default()).is_none());
        assert!(rate_at(&exponential(900), (0.5, 80.0), 1e-4, &Bootstrap::default()).is_none());
    }

    #[test]
    fn a_heavy_tail_is_not_taken_for_an_exponential_one() {
        let mut random = SplitMix64::new(22);
        let scores: Vec<f32> =
            (0..20_000).map(|_| (0.01 * (1.0 - random.next_unit()).powf(-0.4)) as f32).collect();
        let tail = Tail::new(&listed(&[1.0], &scores), Weighting::ImagePairs, TAIL_DEPTH);
        let placement = place(&tail, 1e-4, &Bootstrap { replicates: 200, seed: 2 }).unwrap();
        assert_eq!(placement.method, RateMethod::ParetoTail);
        let truth = 0.01 * 1e-4_f64.powf(-0.4);
        assert!(placement.interval.low < truth && truth < placement.interval.high, "{placement:?}");
    }
}
