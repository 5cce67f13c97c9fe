//! Accuracy on labelled photos, and the calibration made from it.
//!
//! Terms are those of ISO/IEC 2382-37 and 19795-1: a *mated* trial compares two images of one person, a
//! *non-mated* one images of two people; FMR and FNMR are shares of those trials. "FAR" in a vendor's document
//! that speaks of single comparisons is the FMR. A trial *matches* where its score is at least the threshold.


mod all_pairs;
mod dataset;
mod embeddings;
mod lists;
pub(crate) mod random;
mod text;
mod trials;

pub use dataset::{Dataset, LabelledImage, LabelledPair};
pub use embeddings::Embeddings;
pub use lists::{Cohort, Exclusions};
pub use trials::{Scores, Trial, pair_scores};
