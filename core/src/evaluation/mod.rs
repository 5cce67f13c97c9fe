//! Accuracy on labelled photos, and the calibration made from it.
//!
//! Terms are those of ISO/IEC 2382-37 and 19795-1: a *mated* trial compares two images of one person, a
//! *non-mated* one images of two people; FMR and FNMR are shares of those trials. "FAR" in a vendor's document
//! that speaks of single comparisons is the FMR. A trial *matches* where its score is at least the threshold.

mod all_pairs;
mod anchor_rule;
mod calibrate;
mod dataset;
mod embeddings;
mod identification;
mod intervals;
mod lists;
mod metrics;
pub(crate) mod random;
mod report;
mod tail;
mod text;
mod trials;

pub use calibrate::{
    AnchorDemand, AnchorReport, CalibrationReport, CalibrationRequest, CohortScores, RawRange, Suspect,
    Suspects, calibrate,
};
pub use dataset::{Dataset, LabelledImage, LabelledPair};
pub use embeddings::Embeddings;
pub use identification::{Identification, SearchRates, identification};
pub use intervals::{Bootstrap, CONFIDENCE, Interval, fmr_interval, tar_interval, wilson};
pub use lists::{Cohort, Exclusions};
pub use metrics::{
    DetPoint, EqualError, ErrorRates, FoldAccuracy, det_points, equal_error_rate, fold_accuracy, rates_at,
    rates_at_fmr,
};
pub use report::{
    EvaluationReport, GroupReport, REPORTED_FMRS, RateRow, TrialCounts, TrialProtocol, evaluate_all,
    evaluate_pair_embeddings, evaluate_pairs,
};
pub use trials::{Scores, Trial, pair_scores};
