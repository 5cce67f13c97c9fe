//! Error rates of 1:1 comparison, by the definitions of ISO/IEC 19795-1.

use serde::Serialize;

use super::dataset::LabelledPair;
use super::trials::Scores;
use crate::{Error, ErrorKind, Result};

/// The error rates at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ErrorRates {
    /// Trials at or above it match.
    pub threshold: f32,
    /// Non-mated trials that match.
    pub false_matches: u64,
    /// False match rate, 0–1: their share of the non-mated trials.
    pub fmr: f64,
    /// Mated trials that do not match.
    pub false_non_matches: u64,
    /// False non-match rate, 0–1: their share of the mated trials.
    pub fnmr: f64,
    /// True accept rate, 0–1: 1 − FNMR.
    pub tar: f64,
    /// FNMR with every mated trial that failed for want of a face counted as a non-match.
    pub fnmr_with_failures: f64,
}

/// Where FMR and FNMR meet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EqualError {
    /// The mean of both rates at the threshold, 0–1.
    pub rate: f64,
    /// The threshold at which they are closest.
    pub threshold: f32,
}

/// A point of the detection error trade-off curve; TAR, for an ROC curve, is 1 − `fnmr`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DetPoint {
    /// The threshold.
    pub threshold: f32,
    /// False match rate, 0–1.
    pub fmr: f64,
    /// False non-match rate, 0–1.
    pub fnmr: f64,
}

/// Accuracy by cross-validation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoldAccuracy {
    /// Folds.
    pub folds: u32,
    /// Mean share of right decisions over the folds, 0–1; trials without a score left out.
    pub mean: f64,
    /// Standard error of the mean: the standard deviation over the folds / √folds.
    pub standard_error: f64,
    /// The mean with every trial without a score counted as a non-match.
    pub mean_with_failures: f64,
    /// The threshold of each fold, chosen on the other folds.
    pub thresholds: Vec<f32>,
}

/// The error rates at a threshold.
///
/// # Errors
/// [`ErrorKind::InsufficientData`] without mated or without non-mated trials;
/// [`ErrorKind::InvalidArgument`] where the threshold is NaN.
pub fn rates_at(scores: &Scores, threshold: f32) -> Result<ErrorRates> {
    need_both(scores)?;
    if threshold.is_nan() {
        return Err(Error::new(ErrorKind::InvalidArgument, "the threshold is not a number"));
    }
    let (mated, non_mated) = (scores.mated_count(), scores.non_mated_count());
    let false_matches = scores.non_mated_at_least(threshold);
    let false_non_matches = mated - scores.mated_at_least(threshold);
    let fnmr = share(false_non_matches, mated);
    Ok(ErrorRates {
        threshold,
        false_matches,
        fmr: share(false_matches, non_mated),
        false_non_matches,
        fnmr,
        tar: 1.0 - fnmr,
        fnmr_with_failures: share(false_non_matches + scores.failed_mated, mated + scores.failed_mated),
    })
}

/// The error rates at the lowest threshold whose measured FMR is at most `max_fmr` (strictly between 0 and 1).
///
/// # Errors
/// [`ErrorKind::InsufficientData`] where fewer than one false match is to be expected at that rate, so that
/// the data say nothing about it; otherwise as [`rates_at`].
pub fn rates_at_fmr(scores: &Scores, max_fmr: f64) -> Result<ErrorRates> {
    need_both(scores)?;
    if !(max_fmr > 0.0 && max_fmr < 1.0) {
        return Err(Error::new(ErrorKind::InvalidArgument, "max_fmr must lie strictly between 0 and 1"));
    }
    // The nudge keeps 1e-3 of 1,000 trials at one trial.
    let allowed = (max_fmr * scores.non_mated_count() as f64 * (1.0 + 1e-12)).floor() as u64;
    if allowed == 0 {
        return Err(Error::new(
            ErrorKind::InsufficientData,
            format!(
                "{} non-mated trials are too few for a false match rate of {max_fmr:e}; at least {:.0} are needed",
                scores.non_mated_count(),
                (1.0 / max_fmr).ceil()
            ),
        ));
    }
    rates_at(scores, scores.threshold_for_count(allowed))
}

/// The equal error rate.
///
/// # Errors
/// [`ErrorKind::InsufficientData`] without mated or without non-mated trials.
pub fn equal_error_rate(scores: &Scores) -> Result<EqualError> {
    need_both(scores)?;
    let ends = scores.mated.iter().chain(&scores.non_mated).map(|trial| trial.score);
    let (low, high) = ends.fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    let low = if scores.histogram.is_some() { low.min(-1.0) } else { low };
    // FMR − FNMR falls with the threshold: positive where all match, negative above all scores.
    let (mut low, mut high) = (rates_at(scores, low)?, rates_at(scores, high.next_up())?);
    loop {
        let middle = ((f64::from(low.threshold) + f64::from(high.threshold)) / 2.0) as f32;
        if middle <= low.threshold || middle >= high.threshold {
            break;
        }
        let rates = rates_at(scores, middle)?;
        if rates.fmr > rates.fnmr { low = rates } else { high = rates }
    }
    let gap = |rates: &ErrorRates| (rates.fmr - rates.fnmr).abs();
    let nearest = if gap(&low) < gap(&high) { low } else { high };
    Ok(EqualError { rate: (nearest.fmr + nearest.fnmr) / 2.0, threshold: nearest.threshold })
}

/// The detection error trade-off: `per_decade` points for each power of ten of the FMR, from one false match
/// to an FMR of 1, thinned to distinct points.
///
/// # Errors
/// [`ErrorKind::InsufficientData`] without mated or without non-mated trials.
pub fn det_points(scores: &Scores, per_decade: u32) -> Result<Vec<DetPoint>> {
    need_both(scores)?;
    let total = scores.non_mated_count() as f64;
    let steps = (total.log10() * f64::from(per_decade.max(1))).ceil() as i32;
    let mut points: Vec<DetPoint> = Vec::new();
    for step in 0..=steps {
        let fmr = 10f64.powf(-f64::from(step) / f64::from(per_decade.max(1)));
        let count = ((fmr * total).round() as u64).clamp(1, scores.non_mated_count());
        let threshold = match scores.threshold_for_count(count) {
            f32::NEG_INFINITY => -f32::MAX,
            threshold => threshold,
        };
        let ErrorRates { fmr, fnmr, .. } = rates_at(scores, threshold)?;
        if points.last().is_none_or(|last| (last.fmr, last.fnmr) != (fmr, fnmr)) {
            points.push(DetPoint { threshold, fmr, fnmr });
        }
    }
    Ok(points)
}

/// Accuracy by cross-validation: the threshold of each fold is the one with the most right decisions on the
/// others. `scores` has one entry for each pair, `None` where a face was not acquired.
///
/// Among equally good thresholds the middle one is taken, half-way between neighbouring scores.
///
/// # Errors
/// [`ErrorKind::InvalidArgument`] where the numbers differ or there are fewer than two folds;
/// [`ErrorKind::InsufficientData`] where a fold has no pair with a score.
pub fn fold_accuracy(pairs: &[LabelledPair], folds: u32, scores: &[Option<f32>]) -> Result<FoldAccuracy> {
    if pairs.len() != scores.len() {
        return Err(Error::new(ErrorKind::InvalidArgument, "give one score for each pair"));
    }
    if folds < 2 {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "cross-validation needs at least two folds; assign folds to the pairs first",
        ));
    }
    let mut accuracies = Vec::new();
    let mut with_failures = 0.0;
    let mut thresholds = Vec::new();
    for fold in 0..folds {
        let mut training: Vec<(f32, bool)> = pairs
            .iter()
            .zip(scores)
            .filter(|(pair, _)| pair.fold != fold)
            .filter_map(|(pair, score)| Some(((*score)?, pair.mated)))
            .collect();
        let threshold = best_threshold(&mut training);
        let (mut right, mut scored, mut right_of_all, mut all) = (0, 0, 0, 0);
        for (pair, score) in pairs.iter().zip(scores).filter(|(pair, _)| pair.fold == fold) {
            let correct = score.is_some_and(|score| score >= threshold) == pair.mated;
            all += 1;
            right_of_all += u64::from(correct);
            if score.is_some() {
                scored += 1;
                right += u64::from(correct);
            }
        }
        if scored == 0 || training.is_empty() {
            return Err(Error::new(
                ErrorKind::InsufficientData,
                "a fold has no pair with a score; use fewer folds or more pairs",
            ));
        }
        accuracies.push(share(right, scored));
        with_failures += share(right_of_all, all);
        thresholds.push(threshold);
    }
    let count = f64::from(folds);
    let mean = accuracies.iter().sum::<f64>() / count;
    let variance = accuracies.iter().map(|accuracy| (accuracy - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Ok(FoldAccuracy {
        folds,
        mean,
        standard_error: (variance / count).sqrt(),
        mean_with_failures: with_failures / count,
        thresholds,
    })
}

fn best_threshold(trials: &mut [(f32, bool)]) -> f32 {
    trials.sort_by(|x, y| y.0.total_cmp(&x.0));
    let mated = trials.iter().filter(|trial| trial.1).count() as i64;
    // Right decisions when nothing matches, up to a constant; each matching trial adds or takes one.
    let (mut right, mut best) = (-mated, i64::MIN);
    let mut cuts = Vec::new();
    for i in 0..=trials.len() {
        if i > 0 {
            right += if trials[i - 1].1 { 1 } else { -1 };
        }
        // A cut between equal scores cannot be made by a threshold.
        if i > 0 && i < trials.len() && trials[i - 1].0 == trials[i].0 {
            continue;
        }
        if right > best {
            best = right;
            cuts.clear();
        }
        if right == best {
            cuts.push(i);
        }
    }
    match cuts.get(cuts.len() / 2) {
        Some(&0) | None => trials.first().map_or(f32::INFINITY, |trial| trial.0.next_up()),
        Some(&cut) if cut == trials.len() => trials[cut - 1].0,
        Some(&cut) => {
            let middle = ((f64::from(trials[cut - 1].0) + f64::from(trials[cut].0)) / 2.0) as f32;
            // Between neighbouring numbers the midpoint may round down to the lower one.
            if middle > trials[cut].0 { middle } else { trials[cut - 1].0 }
        }
    }
}

fn need_both(scores: &Scores) -> Result<()> {
    if scores.mated_count() > 0 && scores.non_mated_count() > 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InsufficientData,
        "error rates need at least one mated and one non-mated pair with a score",
    ))
}

pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::super::trials::tests::listed;
    use super::*;
    use crate::evaluation::random::SplitMix64;

    fn pair(mated: bool, fold: u32) -> LabelledPair {
        LabelledPair { a: 0, b: 1, mated, fold }
    }

    #[test]
    fn rates_by_hand() {
        let mut scores = listed(&[0.9, 0.8, 0.7, 0.2], &[0.1, 0.3, 0.75, 0.0, -0.5]);
        scores.failed_mated = 1;
        let rates = rates_at(&scores, 0.7).unwrap();
        assert_eq!((rates.false_matches, rates.false_non_matches), (1, 1));
        assert_eq!((rates.fmr, rates.fnmr, rates.tar), (0.2, 0.25, 0.75));
        assert_eq!(rates.fnmr_with_failures, 0.4);
        let at = rates_at_fmr(&scores, 0.2).unwrap();
        assert_eq!((at.fmr, at.threshold), (0.2, 0.3_f32.next_up()));
        assert_eq!(rates_at_fmr(&scores, 0.19).unwrap_err().kind(), ErrorKind::InsufficientData);
        assert_eq!(rates_at_fmr(&scores, 1.0).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn empty_sets_are_errors() {
        for scores in [listed(&[], &[0.1]), listed(&[0.1], &[]), listed(&[], &[])] {
            for error in [
                rates_at(&scores, 0.5).unwrap_err(),
                rates_at_fmr(&scores, 0.5).unwrap_err(),
                equal_error_rate(&scores).unwrap_err(),
                det_points(&scores, 10).unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::InsufficientData);
            }
        }
    }

    #[test]
    fn equal_error_rates() {
        assert_eq!(equal_error_rate(&listed(&[0.8, 0.9], &[0.1, 0.2])).unwrap().rate, 0.0);
        let half = equal_error_rate(&listed(&[0.1, 0.9], &[0.1, 0.9])).unwrap();
        assert_eq!(half.rate, 0.5);
        // Uniform on 0–1 and on 0.8–1.8: both rates are 0.1 at 0.9.
        let uniform = |from: f32| (0..1000).map(move |i| from + i as f32 / 1000.0).collect::<Vec<_>>();
        let overlap = equal_error_rate(&listed(&uniform(0.8), &uniform(0.0))).unwrap();
        assert!((overlap.rate - 0.1).abs() < 0.002 && (overlap.threshold - 0.9).abs() < 0.002);
    }

    #[test]
    fn det_points_fall() {
        let mut random = SplitMix64::new(4);
        let mut draw =
            |shift: f64| (0..5000).map(|_| (random.next_unit() + shift) as f32).collect::<Vec<_>>();
        let points = det_points(&listed(&draw(0.5), &draw(0.0)), 10).unwrap();
        assert!(points.len() > 20 && points.len() < 60);
        assert_eq!((points[0].fmr, points[0].fnmr), (1.0, 0.0));
        assert!(points.windows(2).all(|w| w[0].fmr > w[1].fmr && w[0].fnmr <= w[1].fnmr));
        assert!(points.iter().all(|point| point.threshold.is_finite()));
    }

    #[test]
    fn separable_data_are_all_right() {
        let mut pairs = Vec::new();
        let mut scores = Vec::new();
        for i in 0..40 {
            pairs.push(pair(i % 2 == 0, i / 8));
            scores.push(Some(if i % 2 == 0 { 0.8 } else { 0.1 } + i as f32 * 1e-3));
        }
        let accuracy = fold_accuracy(&pairs, 5, &scores).unwrap();
        assert_eq!((accuracy.mean, accuracy.standard_error), (1.0, 0.0));
        scores[0] = None;
        let accuracy = fold_accuracy(&pairs, 5, &scores).unwrap();
        assert_eq!(accuracy.mean, 1.0);
        assert!((accuracy.mean_with_failures - (1.0 - 0.125 / 5.0)).abs() < 1e-12);
    }

    #[test]
    fn folds_by_hand() {
        // Fold 0 trains on {0.6 mated, 0.2 not}: threshold 0.4, 1 of 2 right. Fold 1 trains on {0.3 mated,
        // 0.1 not}: threshold 0.2, and 0.2 matches: 1 of 2 right.
        let pairs = [pair(true, 0), pair(false, 0), pair(true, 1), pair(false, 1)];
        let scores = [Some(0.3), Some(0.1), Some(0.6), Some(0.2)];
        let accuracy = fold_accuracy(&pairs, 2, &scores).unwrap();
        assert_eq!((accuracy.mean, accuracy.standard_error), (0.5, 0.0));
        assert!((accuracy.thresholds[0] - 0.4).abs() < 1e-6 && (accuracy.thresholds[1] - 0.2).abs() < 1e-6);
        assert_eq!(fold_accuracy(&pairs, 1, &scores).unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert_eq!(fold_accuracy(&pairs, 3, &scores).unwrap_err().kind(), ErrorKind::InsufficientData);
    }

    #[test]
    fn ties_share_a_decision() {
        assert_eq!(best_threshold(&mut [(0.5, true), (0.5, false), (0.5, true)]), 0.5);
        assert!(best_threshold(&mut [(0.5, false), (0.5, false), (0.5, true)]) > 0.5);
    }
}
