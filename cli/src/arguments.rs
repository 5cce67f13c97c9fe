//! Options that several commands share.

use crate::exit::Failure;
use clap::Args;
use facebridge::api::{Client, CohortList, EngineOptions, LabelledPhotos};
use facebridge::decision::Calibration;
use facebridge::engine::image::ImageLimits;
use std::path::PathBuf;
use std::str::FromStr;

/// How the engine is set up.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Engine")]
pub(crate) struct EngineArguments {
    /// Folder of the model files [env: FACEBRIDGE_MODEL_DIR]
    #[arg(long, value_name = "DIR")]
    pub(crate) model_dir: Option<PathBuf>,
    /// Full path of the ONNX Runtime library [env: FACEBRIDGE_ORT_LIBRARY]
    #[arg(long, value_name = "FILE")]
    pub(crate) runtime_library: Option<PathBuf>,
    /// Manifest of other models
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// Calibration made by `facebridge calibrate`
    #[arg(long, value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// Most inferences at a time [default: the cores this process may use]
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<u32>,
    /// Threads within one inference
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads_per_inference: u32,
    /// `small-first`, or `single-pass:SIDE` for one pass at no more than SIDE pixels
    #[arg(long, value_name = "MODE", default_value = "small-first")]
    pub(crate) detection: DetectionArgument,
    /// Leave sideways photos as they are
    #[arg(long)]
    pub(crate) keep_rotation: bool,
    /// The photos are mirrored, as a selfie preview is
    #[arg(long)]
    pub(crate) mirrored: bool,
    /// Smallest face that counts as fit for enrolment, in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 100.0)]
    pub(crate) min_face_size: f32,
    /// Largest file, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = ImageLimits::default().max_bytes)]
    pub(crate) max_bytes: u64,
    /// Largest side, in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = ImageLimits::default().max_side)]
    pub(crate) max_side: u32,
    /// Most pixels in a photo
    #[arg(long, value_name = "PIXELS", default_value_t = ImageLimits::default().max_pixels)]
    pub(crate) max_pixels: u64,
}

impl EngineArguments {
    pub(crate) fn options(&self) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.model_dir.clone_from(&self.model_dir);
        options.runtime_library.clone_from(&self.runtime_library);
        options.manifest.clone_from(&self.manifest);
        options.calibration.clone_from(&self.calibration);
        options.concurrency = self.concurrency.unwrap_or(0);
        options.threads_per_inference = self.threads_per_inference;
        options.single_pass_side = self.detection.0;
        options.keep_rotation = self.keep_rotation;
        options.mirrored = self.mirrored;
        options.quality.min_face_size = self.min_face_size;
        options.limits = self.limits();
        options
    }

    pub(crate) fn limits(&self) -> ImageLimits {
        ImageLimits {
            max_bytes: self.max_bytes,
            max_side: self.max_side,
            max_pixels: self.max_pixels,
            // Decoding needs up to ten bytes a pixel; who raises the pixels means the memory too.
            max_decoding_bytes: ImageLimits::default()
                .max_decoding_bytes
                .max(self.max_pixels.saturating_mul(10)),
            ..ImageLimits::default()
        }
    }

    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Ok(Client::local(self.options())?)
    }
}

/// A detection mode on the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DetectionArgument(Option<u32>);

impl FromStr for DetectionArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "small-first" {
            return Ok(Self(None));
        }
        text.strip_prefix("single-pass:")
            .and_then(|side| side.parse().ok())
            .map(|side| Self(Some(side)))
            .ok_or_else(|| "expected `small-first` or `single-pass:SIDE`, such as single-pass:640".to_owned())
    }
}

/// Labelled photos.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Labelled photos")]
pub(crate) struct DatasetArguments {
    /// Folder of people: one sub-folder of photos for each; all photos are compared with each other
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// List of pairs in the format of Labeled Faces in the Wild; photos lie below --folder
    #[arg(long, value_name = "FILE", requires = "folder")]
    pub(crate) pairs: Option<PathBuf>,
    /// CSV of `path_a,path_b,same`, paths relative to the file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["folder", "pairs"])]
    pub(crate) csv: Option<PathBuf>,
    /// Folds of cross-validation, for lists that state none
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) folds: u32,
    /// Known label errors: pairs of names that are one person, or a name and the number of a wrong photo
    #[arg(long, value_name = "FILE", requires = "folder")]
    pub(crate) exclusions: Option<PathBuf>,
    /// A group of people to look at by itself: NAME=FILE, one name of a person in each line of the file
    #[arg(long, value_name = "NAME=FILE", requires = "folder", value_parser = cohort_argument)]
    pub(crate) cohort: Vec<(String, PathBuf)>,
}

fn cohort_argument(text: &str) -> Result<(String, PathBuf), String> {
    text.split_once('=')
        .filter(|(name, file)| !name.is_empty() && !file.is_empty())
        .map(|(name, file)| (name.to_owned(), PathBuf::from(file)))
        .ok_or_else(|| "expected NAME=FILE".to_owned())
}

impl DatasetArguments {
    /// The labelled photos that the command line names.
    pub(crate) fn photos(&self) -> Result<LabelledPhotos, Failure> {
        if self.folder.is_none() && self.csv.is_none() {
            return Err(Failure::Usage(
                "name labelled photos: --folder DIR, --folder DIR --pairs FILE, or --csv FILE".to_owned(),
            ));
        }
        let cohort = |(name, file): &(String, PathBuf)| CohortList { name: name.clone(), file: file.clone() };
        Ok(LabelledPhotos {
            folder: self.folder.clone(),
            pairs: self.pairs.clone(),
            csv: self.csv.clone(),
            folds: self.folds,
            exclusions: self.exclusions.clone(),
            cohorts: self.cohort.iter().map(cohort).collect(),
        })
    }
}

/// The anchors of a calibration, for tables.
pub(crate) fn anchors(calibration: &Calibration) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
    calibration.parts().anchors.iter().filter_map(|anchor| Some((anchor.score, anchor.raw, anchor.fmr?)))
}
