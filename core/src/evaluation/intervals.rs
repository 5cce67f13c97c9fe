//! How sure a rate is: Wilson's interval for independent trials, and the bootstrap over people.
//!
//! Comparisons that share a person are not independent, so resampling trials understates the spread. People
//! are resampled instead, with all their images, and a pair counts as often as both of its people (the
//! subset bootstrap of Bolle, Ratha and Pankanti, Computer Vision and Image Understanding 93, 2004).

use rayon::prelude::*;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::random::SplitMix64;
use super::tail::{Tail, Weighting};
use super::trials::Scores;
use crate::{Error, ErrorKind, Result};

/// An interval of a rate, within 0–1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bootstrap {
    /// Resamplings; 1,000 give the ends of a 95 % interval to about two digits.
    pub replicates: u32,
    /// The same seed gives the same interval on every machine and number of cores.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { replicates: 1000, seed: 20_040_101 }
    }
}

/// The 95 % confidence level of every interval in a report.
pub const CONFIDENCE: f64 = 0.95;

/// Wilson's score interval (Wilson, JASA 22, 1927) for `successes` of `trials` independent trials, at a
/// `confidence` strictly between 0 and 1. Without trials it is 0–1.
pub fn wilson(successes: f64, trials: f64, confidence: f64) -> Interval {
    if trials.is_nan() || trials <= 0.0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let z = Normal::standard().inverse_cdf(0.5 + confidence.clamp(0.0, 1.0 - f64::EPSILON) / 2.0);
    let share = (successes / trials).clamp(0.0, 1.0);
    let centre = share + z * z / (2.0 * trials);
    let spread = z * (share * (1.0 - share) / trials + z * z / (4.0 * trials * trials)).sqrt();
    let scale = 1.0 + z * z / trials;
    // At the ends the exact value is 0 or 1; rounding must not move it.
    Interval {
        low: if share == 0.0 { 0.0 } else { ((centre - spread) / scale).max(0.0) },
        high: if share == 1.0 { 1.0 } else { ((centre + spread) / scale).min(1.0) },
    }
}

/// The 95 % interval of the FMR at a threshold, people resampled (trials, where people are not told apart).
///
/// Where no trial reaches the threshold, resampling says nothing; the answer is then Wilson's interval for no
/// success among the pairs of people.
///
/// # Errors
/// [`ErrorKind::InsufficientData`] without non-mated trials, or where the threshold lies below the kept tail.
pub fn fmr_interval(scores: &Scores, threshold: f32, bootstrap: &Bootstrap) -> Result<Interval> {
    let total = scores.non_mated_count();
    let reached = scores.non_mated_at_least(threshold);
    if total == 0 || reached > scores.non_mated.len() as u64 {
        return Err(Error::new(
            ErrorKind::InsufficientData,
            "no interval: there are no non-mated trials, or the threshold lies below the kept tail",
        ));
    }
    let tail = Tail::new(scores, Weighting::ImagePairs, reached as f64 / total as f64);
    if reached == 0 {
        return Ok(wilson(0.0, tail.units, CONFIDENCE));
    }
    let rates = replicate(bootstrap, |random| Some(tail.draw(Some(random)).rate_at(f64::from(threshold))));
    Ok(percentiles(rates))
}

/// The 95 % interval of the TAR (1 − FNMR) at a threshold, people resampled; Wilson's interval where people are
/// not told apart or all trials end the same.
///
/// # Errors
/// [`ErrorKind::InsufficientData`] without mated trials.
pub fn tar_interval(scores: &Scores, threshold: f32, bootstrap: &Bootstrap) -> Result<Interval> {
    let total = scores.mated_count();
    if total == 0 {
        return Err(Error::new(ErrorKind::InsufficientData, "no interval: there are no mated trials"));
    }
    let matched = scores.mated_at_least(threshold);
    let mut by_person = vec![(0u64, 0u64); scores.people];
    for trial in &scores.mated {
        if let Some(&person) = scores.person_of.get(trial.a as usize) {
            by_person[person as usize].0 += u64::from(trial.score >= threshold);
            by_person[person as usize].1 += 1;
        }
    }
    by_person.retain(|counts| counts.1 > 0);
    if by_person.is_empty() || matched == total || matched == 0 {
        let units = if by_person.is_empty() { total as f64 } else { by_person.len() as f64 };
        return Ok(wilson(matched as f64 / total as f64 * units, units, CONFIDENCE));
    }
    let rates = replicate(bootstrap, |random| {
        let (mut matched, mut trials) = (0, 0);
        for _ in 0..by_person.len() {
            let drawn = by_person[random.next_index(by_person.len())];
            matched += drawn.0;
            trials += drawn.1;
        }
        Some(matched as f64 / trials as f64)
    });
    Ok(percentiles(rates))
}

/// One figure for each replicate, sorted; those without one (or not a number) are left out.
pub(crate) fn replicate(
    bootstrap: &Bootstrap,
    figure: impl Fn(&mut SplitMix64) -> Option<f64> + Sync,
) -> Vec<f64> {
    let mut figures: Vec<f64> = (0..u64::from(bootstrap.replicates))
        .into_par_iter()
        .filter_map(|index| figure(&mut SplitMix64::stream(bootstrap.seed, index)))
        .filter(|figure| !figure.is_nan())
        .collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// The value below which a share `q` of sorted figures lies; NaN without figures.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let index = (q * last as f64).round() as usize;
    sorted.get(index.min(last)).copied().unwrap_or(f64::NAN)
}

fn percentiles(sorted: Vec<f64>) -> Interval {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Interval { low: quantile(&sorted, tail), high: quantile(&sorted, 1.0 - tail) }
}

#[cfg(test)]
mod tests {
    use super::super::trials::tests::{listed, people, random_embeddings};
    use super::*;
    use crate::evaluation::{Embeddings, Exclusions};

    #[test]
    fn wilson_by_the_book() {
        // 15 of 50, from the worked example in Newcombe, Statistics in Medicine 17 (1998): 0.191 to 0.438.
        let interval = wilson(15.0, 50.0, 0.95);
        assert!(
            (interval.low - 0.1910).abs() < 5e-4 && (interval.high - 0.4375).abs() < 5e-4,
            "{interval:?}"
        );
        let none = wilson(0.0, 100.0, 0.95);
        assert!(none.low == 0.0 && (none.high - 0.0370).abs() < 5e-4);
        assert_eq!(wilson(10.0, 10.0, 0.95).high, 1.0);
        assert_eq!(wilson(0.0, 0.0, 0.95), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn independent_trials_give_about_the_binomial_interval() {
        let non_mated: Vec<f32> = (0..10_000).map(|i| if i % 100 == 0 { 0.9 } else { 0.1 }).collect();
        let scores = listed(&[0.9], &non_mated);
        let interval = fmr_interval(&scores, 0.5, &Bootstrap::default()).unwrap();
        let expected = wilson(100.0, 10_000.0, 0.95);
        assert!((interval.low - expected.low).abs() < 5e-4 && (interval.high - expected.high).abs() < 5e-4);
        assert!(fmr_interval(&scores, 0.95, &Bootstrap::default()).unwrap().high > 0.0);
        assert!(fmr_interval(&listed(&[0.9], &[]), 0.5, &Bootstrap::default()).is_err());
        assert!(tar_interval(&listed(&[], &[0.5]), 0.5, &Bootstrap::default()).is_err());
    }

    #[test]
    fn people_make_the_interval_wider_than_trials_do_and_repeatable() {
        let dataset = people(&[6; 60]);
        let vectors = random_embeddings(&dataset, 8, 0.6, 11);
        let embeddings = Embeddings::new(vectors.iter().map(|vector| Some(vector.as_slice()))).unwrap();
        let scores = Scores::all_pairs(&dataset, &embeddings, &Exclusions::default(), None).unwrap();
        let threshold = 0.7;
        let trials = scores.non_mated_count() as f64;
        let naive = wilson(scores.non_mated_at_least(threshold) as f64, trials, 0.95);
        let interval = fmr_interval(&scores, threshold, &Bootstrap::default()).unwrap();
        let rate = scores.non_mated_at_least(threshold) as f64 / trials;
        assert!(interval.low < rate && rate < interval.high);
        assert!(interval.high - interval.low > 2.0 * (naive.high - naive.low), "{interval:?} {naive:?}");
        assert_eq!(interval, fmr_interval(&scores, threshold, &Bootstrap::default()).unwrap());
        let tar = tar_interval(&scores, threshold, &Bootstrap::default()).unwrap();
        let share = scores.mated_at_least(threshold) as f64 / scores.mated_count() as f64;
        assert!(tar.low < share && share < tar.high && tar.high - tar.low < 0.3, "{tar:?} {share}");
    }
}
