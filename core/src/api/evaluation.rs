//! Labelled photos in, error rates or a calibration out.

use crate::evaluation::{CalibrationReport, EvaluationReport};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A group of people to look at by itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortList {
    /// What reports call it.
    pub name: String,
    /// A text file with one person's name, as in the data, on each line.
    pub file: PathBuf,
}

/// Photos with the truth about who is on them: a `folder` of people, a list of `pairs` below it, or a `csv`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelledPhotos {
    /// Folder of people: one sub-folder of photos for each; all photos are compared with each other.
    pub folder: Option<PathBuf>,
    /// List of pairs in the format of Labeled Faces in the Wild; the photos lie below `folder`.
    pub pairs: Option<PathBuf>,
    /// CSV of `path_a,path_b,same`, paths relative to the file; instead of `folder`.
    pub csv: Option<PathBuf>,
    /// Folds of cross-validation, for lists that state none. Default 10.
    pub folds: u32,
    /// Known label errors below `folder`: pairs of names that are one person, or a name and the number of a
    /// wrong photo.
    pub exclusions: Option<PathBuf>,
    /// Groups of people below `folder` to look at by themselves.
    pub cohorts: Vec<CohortList>,
}

impl Default for LabelledPhotos {
    fn default() -> Self {
        Self { folder: None, pairs: None, csv: None, folds: 10, exclusions: None, cohorts: Vec::new() }
    }
}

/// How often the backend errs on labelled photos.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// The backend that was evaluated: `local`.
    pub backend: String,
    /// Its model.
    pub model_id: String,
    /// Its pipeline.
    pub pipeline: String,
    /// Which face of a photo counts.
    pub face_selection: String,
    /// Photos looked at.
    pub images: u64,
    /// Photos in which no face was found.
    pub undetected: u64,
    /// Photos that could not be read.
    pub unreadable: u64,
    /// On the list of pairs, where one was given.
    pub pairs: Option<EvaluationReport>,
    /// On all photos of the folder with each other, where one was given.
    pub all_pairs: Option<EvaluationReport>,
}

/// A calibration that was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationResult {
    /// The calibration file, as text: write it to a file and name that in `EngineOptions::calibration`.
    pub calibration: String,
    /// How it was made and what it costs.
    pub report: CalibrationReport,
}
