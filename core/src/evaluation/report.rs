//! The whole evaluation of a backend in one serialisable record.

use serde::Serialize;

use super::anchor_rule::{TAIL_DEPTH, rate_at};
use super::dataset::Dataset;
use super::embeddings::Embeddings;
use super::identification::{Identification, identification};
use super::intervals::{Bootstrap, CONFIDENCE, Interval, fmr_interval, tar_interval};
use super::lists::{Cohort, Exclusions};
use super::metrics::{
    DetPoint, EqualError, ErrorRates, FoldAccuracy, det_points, equal_error_rate, fold_accuracy, rates_at,
    rates_at_fmr,
};
use super::tail::{Tail, Weighting};
use super::trials::{Scores, pair_scores};
use crate::Result;
use crate::decision::{Calibration, RateEvidence};

/// The false match rates at which the TAR is reported.
pub const REPORTED_FMRS: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-5];

/// Points of the DET curve for each power of ten.
const POINTS_PER_DECADE: u32 = 10;

/// How the trials were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialProtocol {
    /// A list of pairs, every one kept.
    Pairs,
    /// All images with each other, listed label errors left out.
    AllPairs,
}

/// How much was compared, and how much could not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TrialCounts {
    /// Different people; absent where the data do not tell people apart.
    pub people: Option<u64>,
    /// Mated trials with a score.
    pub mated: u64,
    /// Non-mated trials with a score.
    pub non_mated: u64,
    /// Images without an embedding, of all images with each other; 0 for a list of pairs.
    pub failed_images: u64,
    /// Mated trials without a score.
    pub failed_mated: u64,
    /// Non-mated trials without a score.
    pub failed_non_mated: u64,
    /// Pairs of people left out as one person.
    pub excluded_identity_pairs: u64,
    /// Images left out as mislabelled.
    pub excluded_images: u64,
}

/// The rates at one threshold, with 95 % intervals (people resampled, the threshold held).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RateRow {
    /// The false match rate asked for, or promised by the score, 0–1.
    pub max_fmr: f64,
    /// The score (0–100) of the threshold; absent without a calibration.
    pub score: Option<f64>,
    /// The rates; absent where the trials are too few for the rate asked for.
    pub rates: Option<ErrorRates>,
    /// The interval of the FMR.
    pub fmr_interval: Option<Interval>,
    /// The interval of the TAR.
    pub tar_interval: Option<Interval>,
    /// The FMR with each pair of people weighing the same, as a calibration promises it to a cohort; only at the
    /// anchors, and absent for all people and where a cohort is too small.
    pub by_identity: Option<RateEvidence>,
}

/// The rates of a group of people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupReport {
    /// `all`, or the name of the cohort.
    pub name: String,
    /// How much was compared.
    pub counts: TrialCounts,
    /// At measured false match rates of 1e-2 to 1e-5.
    pub at_fmr: Vec<RateRow>,
    /// At the anchors of the calibration in use; empty without one.
    pub at_anchors: Vec<RateRow>,
    /// Where FMR and FNMR meet; absent without both kinds of trial.
    pub equal_error: Option<EqualError>,
}

/// The evaluation of a backend on a data set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvaluationReport {
    /// How the trials were made.
    pub protocol: TrialProtocol,
    /// The confidence level of the intervals.
    pub confidence: f64,
    /// How intervals were made.
    pub bootstrap: Bootstrap,
    /// All people.
    pub all: GroupReport,
    /// Each cohort by itself.
    pub cohorts: Vec<GroupReport>,
    /// Accuracy by cross-validation, for a list of pairs with folds.
    pub fold_accuracy: Option<FoldAccuracy>,
    /// 1:N search, where people and several images of them are known.
    pub identification: Option<Identification>,
    /// The DET curve.
    pub det: Vec<DetPoint>,
}

/// Evaluates a list of pairs by its official protocol: every pair is kept. `scores` has one entry for each pair,
/// from any backend, `None` where a face was not acquired.
///
/// # Errors
/// [`InsufficientData`](crate::ErrorKind::InsufficientData) without mated or without non-mated scores;
/// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) where the numbers of pairs and scores differ.
pub fn evaluate_pairs(
    dataset: &Dataset,
    scores: &[Option<f32>],
    calibration: Option<&Calibration>,
    bootstrap: &Bootstrap,
) -> Result<EvaluationReport> {
    let trials = Scores::from_pairs(dataset, scores)?;
    let det = det_points(&trials, POINTS_PER_DECADE)?;
    Ok(EvaluationReport {
        protocol: TrialProtocol::Pairs,
        confidence: CONFIDENCE,
        bootstrap: *bootstrap,
        all: group("all", &trials, calibration, bootstrap),
        cohorts: Vec::new(),
        fold_accuracy: fold_accuracy(&dataset.pairs, dataset.folds, scores).ok(),
        identification: None,
        det,
    })
}

/// [`evaluate_pairs`] on embeddings.
///
/// # Errors
/// As [`evaluate_pairs`].
pub fn evaluate_pair_embeddings(
    dataset: &Dataset,
    embeddings: &Embeddings,
    calibration: Option<&Calibration>,
    bootstrap: &Bootstrap,
) -> Result<EvaluationReport> {
    evaluate_pairs(dataset, &pair_scores(dataset, embeddings), calibration, bootstrap)
}

/// Evaluates all images with each other, each cohort by itself, and 1:N search.
///
/// # Errors
/// [`InsufficientData`](crate::ErrorKind::InsufficientData) without mated or without non-mated scores; otherwise
/// as [`Scores::all_pairs`].
pub fn evaluate_all(
    dataset: &Dataset,
    embeddings: &Embeddings,
    exclusions: &Exclusions,
    cohorts: &[Cohort],
    calibration: Option<&Calibration>,
    bootstrap: &Bootstrap,
) -> Result<EvaluationReport> {
    let trials = Scores::all_pairs(dataset, embeddings, exclusions, None)?;
    let det = det_points(&trials, POINTS_PER_DECADE)?;
    let cohorts = cohorts
        .iter()
        .map(|cohort| {
            let trials = Scores::all_pairs(dataset, embeddings, exclusions, Some(&cohort.people))?;
            let mut report = group(&cohort.name, &trials, calibration, bootstrap);
            weigh_by_identity(&mut report.at_anchors, &trials, bootstrap);
            Ok(report)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(EvaluationReport {
        protocol: TrialProtocol::AllPairs,
        confidence: CONFIDENCE,
        bootstrap: *bootstrap,
        all: group("all", &trials, calibration, bootstrap),
        cohorts,
        fold_accuracy: None,
        identification: identification(dataset, embeddings, exclusions).ok(),
        det,
    })
}

fn group(
    name: &str,
    scores: &Scores,
    calibration: Option<&Calibration>,
    bootstrap: &Bootstrap,
) -> GroupReport {
    let row = |max_fmr, score, rates: Option<ErrorRates>| RateRow {
        max_fmr,
        score,
        rates,
        fmr_interval: rates.and_then(|rates| fmr_interval(scores, rates.threshold, bootstrap).ok()),
        tar_interval: rates.and_then(|rates| tar_interval(scores, rates.threshold, bootstrap).ok()),
        by_identity: None,
    };
    let at_fmr = REPORTED_FMRS
        .into_iter()
        .map(|max_fmr| {
            let rates = rates_at_fmr(scores, max_fmr).ok();
            let score = rates.and_then(|rates| calibration?.score(f64::from(rates.threshold)));
            row(max_fmr, score, rates)
        })
        .collect();
    let anchors = calibration.map(|calibration| calibration.parts().anchors.as_slice()).unwrap_or_default();
    let at_anchors = anchors
        .iter()
        .filter_map(|anchor| {
            Some(row(anchor.fmr?, Some(anchor.score), rates_at(scores, anchor.raw as f32).ok()))
        })
        .collect();
    GroupReport {
        name: name.to_owned(),
        counts: TrialCounts {
            people: scores.people_count(),
            mated: scores.mated_count(),
            non_mated: scores.non_mated_count(),
            failed_images: scores.failed_images,
            failed_mated: scores.failed_mated,
            failed_non_mated: scores.failed_non_mated,
            excluded_identity_pairs: scores.excluded_identity_pairs,
            excluded_images: scores.excluded_images,
        },
        at_fmr,
        at_anchors,
        equal_error: equal_error_rate(scores).ok(),
    }
}

/// Adds the rates that the calibration promised when it placed its anchors.
fn weigh_by_identity(at_anchors: &mut [RateRow], scores: &Scores, bootstrap: &Bootstrap) {
    let tail = Tail::new(scores, Weighting::IdentityPairs, TAIL_DEPTH);
    for row in at_anchors {
        let anchor = row.rates.zip(row.score).map(|(rates, score)| (f64::from(rates.threshold), score));
        row.by_identity = anchor.and_then(|anchor| rate_at(&tail, anchor, row.max_fmr, bootstrap));
    }
}

#[cfg(test)]
mod tests {
    use super::super::trials::tests::{people, random_embeddings};
    use super::*;
    use crate::ErrorKind;
    use crate::decision::tests::example;
    use crate::evaluation::LabelledPair;

    fn embeddings(dataset: &Dataset) -> Embeddings {
        let vectors = random_embeddings(dataset, 16, 0.4, 3);
        Embeddings::new(vectors.iter().map(|vector| Some(vector.as_slice()))).unwrap()
    }

    #[test]
    fn reports_everything_and_serialises() {
        let dataset = people(&[3; 60]);
        // 435 pairs of people in the first cohort are too few to say anything, 1,225 in the second are enough.
        let cohort = |name: &str, people| Cohort { name: name.into(), people, unmatched: 0 };
        let cohorts = [cohort("half", (0..30).collect()), cohort("most", (0..50).collect())];
        let bootstrap = Bootstrap { replicates: 50, seed: 1 };
        let calibration = example();
        let report = evaluate_all(
            &dataset,
            &embeddings(&dataset),
            &Exclusions::default(),
            &cohorts,
            Some(&calibration),
            &bootstrap,
        )
        .unwrap();
        assert_eq!((report.all.counts.mated, report.all.counts.non_mated), (180, 15_930));
        assert_eq!(report.cohorts[0].counts.people, Some(30));
        assert!(
            report
                .all
                .at_anchors
                .iter()
                .chain(&report.cohorts[0].at_anchors)
                .all(|row| row.by_identity.is_none())
        );
        for row in &report.cohorts[1].at_anchors {
            let rate = row.by_identity.unwrap();
            assert!(rate.low <= rate.fmr && rate.fmr <= rate.high && Some(rate.score) == row.score);
        }
        // 15,930 trials support a rate of 1e-4 and no lower one.
        assert_eq!(report.all.at_fmr.iter().filter(|row| row.rates.is_some()).count(), 3);
        assert_eq!(report.all.at_anchors.len(), 3);
        assert!(report.identification.is_some() && report.fold_accuracy.is_none());
        let text = serde_json::to_string(&report).unwrap();
        assert!(text.contains("\"equal_error\"") && !text.contains("00007"), "no names in a report");
    }

    #[test]
    fn pairs_with_folds() {
        let mut dataset = people(&[2; 20]);
        for i in 0..20 {
            dataset.pairs.push(LabelledPair { a: 2 * i, b: 2 * i + 1, mated: true, fold: 0 });
            dataset.pairs.push(LabelledPair { a: 2 * i, b: (2 * i + 2) % 40, mated: false, fold: 0 });
        }
        dataset.assign_folds(5).unwrap();
        let bootstrap = Bootstrap { replicates: 50, seed: 1 };
        let report = evaluate_pair_embeddings(&dataset, &embeddings(&dataset), None, &bootstrap).unwrap();
        assert!(report.fold_accuracy.unwrap().mean > 0.9);
        let none = evaluate_pairs(&dataset, &[None; 40], None, &bootstrap).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::InsufficientData);
    }
}
