//! From a score to a decision: the one 0–100 scale, thresholds by false match rate, gallery sizes.
//!
//! Nothing here accepts on doubt. A score that is missing, −1, NaN or out of range, a backend without a
//! calibration, and a rate below what the calibration supports all end in [`Decision::Indeterminate`].

mod calibration;
mod policy;
mod scale;

pub(crate) use calibration::PROMISES;
pub use calibration::{
    Anchor, Calibration, CalibrationEvidence, CalibrationParts, CohortEvidence, RateEvidence, RateMethod,
};
pub use policy::Policy;
pub use scale::EstimatedFmr;

use serde::{Deserialize, Serialize};

/// Whether two faces are taken to be the same person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The score reaches the threshold of the policy.
    Match,
    /// The score is below the threshold of the policy.
    NoMatch,
    /// There is no sound answer; the reason says why. Treat it as "not accepted".
    Indeterminate,
}

/// Why a decision is [`Decision::Indeterminate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndeterminateReason {
    /// There is no score: absent, or the sentinel −1.
    MissingScore,
    /// The score is not a number from 0 to 100.
    InvalidScore,
    /// A false match rate was asked for, but no calibration ties this backend's scores to one.
    Uncalibrated,
    /// The rate asked for is below what the calibration supports, and the score does not rule a match out.
    BeyondCalibration,
}

/// A decision with the figures it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// What was decided.
    pub decision: Decision,
    /// Why nothing was decided; `None` unless the decision is [`Decision::Indeterminate`].
    pub reason: Option<IndeterminateReason>,
    /// The score (0–100) from which the policy accepts; `None` where no calibration supports one.
    pub threshold: Option<f64>,
    /// The false match rate of a policy that would accept at exactly this score; `None` without a
    /// calibration or a valid score.
    pub estimated_fmr: Option<EstimatedFmr>,
}

impl Judgement {
    fn indeterminate(reason: IndeterminateReason) -> Self {
        Self { decision: Decision::Indeterminate, reason: Some(reason), threshold: None, estimated_fmr: None }
    }
}

/// Decides on a score of the 0–100 scale under a policy.
///
/// `score` is `None` where a backend gave none. [`Decision::Match`] is returned only where the score is a
/// number in 0–100, a calibration is given, the policy's rate lies within it, and the score reaches the
/// threshold. Where the rate is below the calibration's support, a score that fails even the strictest
/// supported threshold is still [`Decision::NoMatch`]; any other is
/// [`IndeterminateReason::BeyondCalibration`].
pub fn decide(score: Option<f64>, policy: &Policy, calibration: Option<&Calibration>) -> Judgement {
    let Some(score) = score.filter(|&score| score != -1.0) else {
        return Judgement::indeterminate(IndeterminateReason::MissingScore);
    };
    if !(0.0..=100.0).contains(&score) {
        return Judgement::indeterminate(IndeterminateReason::InvalidScore);
    }
    let Some(calibration) = calibration else {
        return Judgement::indeterminate(IndeterminateReason::Uncalibrated);
    };
    let threshold = calibration.threshold_for(policy.max_fmr());
    let decision = match threshold {
        Some(threshold) if score >= threshold => Decision::Match,
        Some(_) => Decision::NoMatch,
        None if score < calibration.strictest_threshold() => Decision::NoMatch,
        None => Decision::Indeterminate,
    };
    Judgement {
        decision,
        reason: (decision == Decision::Indeterminate).then_some(IndeterminateReason::BeyondCalibration),
        threshold,
        estimated_fmr: calibration.estimated_fmr(score),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) use super::calibration::tests::example;
    use super::*;
    use crate::evaluation::random::SplitMix64;

    #[test]
    fn decides_at_the_threshold() {
        let calibration = example();
        let policy = Policy::default();
        let at = |score| decide(Some(score), &policy, Some(&calibration)).decision;
        assert_eq!(at(80.0), Decision::Match);
        assert_eq!(at(80.0_f64.next_down()), Decision::NoMatch);
        assert_eq!(at(100.0), Decision::Match);
        assert_eq!(at(0.0), Decision::NoMatch);
    }

    #[test]
    fn nothing_unsound_ever_matches() {
        let calibration = example();
        let unsound = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.1, 100.1, f64::MAX, f64::MIN];
        for max_fmr in [0.5, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6] {
            let policy = Policy::new(max_fmr).unwrap();
            for calibration in [None, Some(&calibration)] {
                for score in unsound {
                    let judgement = decide(Some(score), &policy, calibration);
                    assert_eq!(judgement.decision, Decision::Indeterminate, "{score}");
                }
                assert_eq!(
                    decide(None, &policy, calibration).reason,
                    Some(IndeterminateReason::MissingScore)
                );
            }
            let uncalibrated = decide(Some(99.0), &policy, None);
            assert_eq!(uncalibrated.reason, Some(IndeterminateReason::Uncalibrated));
        }
    }

    #[test]
    fn random_bits_never_match_wrongly() {
        let calibration = example();
        let mut random = SplitMix64::new(7);
        for _ in 0..100_000 {
            let score = f64::from_bits(random.next_u64());
            let max_fmr = 10f64.powf(-7.0 * random.next_unit()).min(0.999);
            let policy = Policy::new(max_fmr).unwrap();
            let judgement = decide(Some(score), &policy, Some(&calibration));
            if judgement.decision == Decision::Match {
                assert!((0.0..=100.0).contains(&score));
                assert!(calibration.estimated_fmr(score).unwrap().rate <= max_fmr * (1.0 + 1e-9));
            }
        }
    }

    #[test]
    fn a_higher_score_never_turns_a_match_away() {
        let calibration = example();
        let mut random = SplitMix64::new(8);
        for _ in 0..10_000 {
            let (x, y) = (100.0 * random.next_unit(), 100.0 * random.next_unit());
            let policy = Policy::new(10f64.powf(-5.0 * random.next_unit()).min(0.999)).unwrap();
            let matches =
                |score| decide(Some(score), &policy, Some(&calibration)).decision == Decision::Match;
            assert!(!matches(x.min(y)) || matches(x.max(y)));
        }
    }

    #[test]
    fn beyond_the_calibration_only_a_refusal_is_certain() {
        let calibration = example();
        let policy = Policy::new(1e-7).unwrap();
        assert_eq!(decide(Some(89.9), &policy, Some(&calibration)).decision, Decision::NoMatch);
        for score in [90.0, 99.0, 100.0] {
            let judgement = decide(Some(score), &policy, Some(&calibration));
            assert_eq!(judgement.reason, Some(IndeterminateReason::BeyondCalibration));
            assert!(judgement.threshold.is_none());
        }
    }
}
