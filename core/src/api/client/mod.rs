//! The unified operations.

mod gallery;

pub use gallery::{restore_galleries, verify_audit_log};

use crate::api::capabilities::{Capabilities, ModelDescription, Operation};
use crate::api::evaluation::LabelledPhotos;
use crate::api::images::ImageInput;
use crate::api::jobs::{CalibrationJob, EmbeddingJob, EmbeddingOutcome, EvaluationJob, Failure};
use crate::api::options::{CompareOptions, DetectOptions, EngineOptions};
use crate::api::records::{Comparison, Detection, Embedding};
use crate::decision::Policy;
use crate::engine::models::graph::{GraphOptions, optimize};
use crate::service::job::Job;
use crate::service::local::{self, LocalBackend};
use crate::service::{config, labelled};
use crate::{Error, ErrorKind, Result};
use rayon::prelude::*;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Faces found, embedded and compared. Any thread may use it, and all get the same bits.
#[derive(Clone)]
pub struct Client {
    pub(crate) backend: Arc<LocalBackend>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client(local, {})", self.backend.facts().pipeline)
    }
}

impl Client {
    /// A client of the engine on this machine. Loads the models, which takes a fraction of a second; keep it.
    ///
    /// # Errors
    /// `AssetMissing`, `AssetTampered`, `InvalidModel`, `RuntimeUnavailable` or `InvalidCalibration`, each
    /// saying what to do.
    pub fn local(options: EngineOptions) -> Result<Self> {
        Ok(Self { backend: Arc::new(LocalBackend::open(options)?) })
    }

    /// A client as a TOML file describes it; the same file serves every language (docs/configuration.md).
    /// `${NAME}` in a text stands for an environment variable, and relative paths are relative to the file.
    ///
    /// # Errors
    /// `Io` where the file cannot be read; `InvalidArgument` where it is malformed, has an unknown key, or
    /// names a variable that is not set; and those of [`Client::local`].
    pub fn from_config(path: &Path) -> Result<Self> {
        Self::local(config::read(path)?)
    }

    /// What this client can do and what it runs on.
    pub fn capabilities(&self) -> Result<Capabilities> {
        let engine = self.backend.engine()?;
        Ok(Capabilities {
            backend: local::NAME.to_owned(),
            operations: self.operations(),
            models: engine
                .manifest
                .models
                .iter()
                .map(|model| ModelDescription {
                    id: model.id.clone(),
                    kind: format!("{:?}", model.kind).to_lowercase(),
                    sha256: model.sha256.clone(),
                    licence: model.licence.clone(),
                    source: model.source.clone(),
                })
                .collect(),
            pipeline: engine.pipeline.clone(),
            embedding_length: engine.embedder.model.dimension.unwrap_or(0),
            calibrated: self.backend.calibration.is_some(),
            lowest_supported_fmr: self
                .backend
                .calibration
                .as_ref()
                .map(|calibration| calibration.parts().lowest_supported_fmr),
            runtime_library: engine.library.path().display().to_string(),
            runtime_version: engine.library.version().to_owned(),
            concurrency: engine.concurrency as u32,
            threads_per_inference: engine.threads_per_inference as u32,
            image_formats: ["JPEG", "PNG", "BMP", "WebP"].map(str::to_owned).to_vec(),
            jpeg_decoder: crate::engine::image::JPEG_DECODER.to_owned(),
        })
    }

    fn operations(&self) -> Vec<Operation> {
        let mut operations = vec![
            Operation::Detect,
            Operation::Embed,
            Operation::Compare,
            Operation::Evaluate,
            Operation::Calibrate,
        ];
        if self.backend.galleries.is_some() {
            operations.extend([
                Operation::Verify,
                Operation::Enroll,
                Operation::UpdateFace,
                Operation::DeleteFace,
                Operation::ListFaces,
                Operation::Identify,
            ]);
        }
        operations
    }

    /// Finds faces, most prominent (large and near the middle) first.
    ///
    /// A sideways or upside-down photo is turned; `rotation` and a warning say so. A picture without a face is
    /// a normal answer: no faces, check code 10.
    ///
    /// # Errors
    /// `InvalidArgument` where `max_faces` is not in 1..=100; `UnsupportedImage`, `InvalidImage` or
    /// `ImageTooLarge` for a picture that cannot be read; `Io` where a path cannot.
    pub fn detect<'a>(&self, image: impl Into<ImageInput<'a>>, options: &DetectOptions) -> Result<Detection> {
        if !(1..=100).contains(&options.max_faces) {
            return Err(Error::new(ErrorKind::InvalidArgument, "`max_faces` must lie in 1..=100."));
        }
        local::detect(self.backend.engine()?, image.into(), options.max_faces as usize)
    }

    /// Turns the most prominent face into a vector of length 1.
    ///
    /// # Errors
    /// `NoFace` (check code 10) where there is none, and those of [`Client::detect`].
    pub fn embed<'a>(&self, image: impl Into<ImageInput<'a>>) -> Result<Embedding> {
        local::embed(self.backend.engine()?, image.into(), "image")
    }

    /// Begins to embed the photos at `paths`, on all cores. Each photo has its own outcome; one that fails does
    /// not stop the others.
    pub fn embed_many(&self, paths: &[PathBuf]) -> Result<EmbeddingJob> {
        let threads = self.backend.engine()?.concurrency;
        let (backend, paths) = (Arc::clone(&self.backend), paths.to_vec());
        let outcomes = Arc::new(Mutex::new(VecDeque::new()));
        let sink = Arc::clone(&outcomes);
        let job = Job::begin(threads, move |steps| {
            steps.expect(paths.len() as u64);
            paths.par_iter().enumerate().try_for_each(|(index, path)| {
                steps.go_on()?;
                let result = local::embed(backend.engine()?, path.as_path().into(), "photo");
                let failure = result.as_ref().err().map(Failure::from);
                let outcome = EmbeddingOutcome { index: index as u64, embedding: result.ok(), failure };
                sink.lock().unwrap_or_else(PoisonError::into_inner).push_back(outcome);
                steps.advance();
                Ok(())
            })
        })?;
        Ok(EmbeddingJob { job, outcomes })
    }

    /// Compares the most prominent faces of two pictures (1:1).
    ///
    /// # Errors
    /// `InvalidArgument` where `max_fmr` is not in 0..1; `NoFace` (check code 10), naming the picture, and
    /// those of [`Client::detect`].
    pub fn compare<'a>(
        &self,
        image_a: impl Into<ImageInput<'a>>,
        image_b: impl Into<ImageInput<'a>>,
        options: &CompareOptions,
    ) -> Result<Comparison> {
        let policy = policy(options)?;
        let engine = self.backend.engine()?;
        let a = local::embed(engine, image_a.into(), "first image")?;
        let b = local::embed(engine, image_b.into(), "second image")?;
        local::compare(&a, &b, &policy, self.backend.calibration.as_ref())
    }

    /// Compares two embeddings made earlier; the same decision as [`Client::compare`] on their pictures.
    ///
    /// # Errors
    /// `ModelMismatch` where they come from different models or pipelines, or not from this client's;
    /// `InvalidArgument` where one is not a vector of length 1, and as in [`Client::compare`].
    pub fn compare_embeddings(
        &self,
        a: &Embedding,
        b: &Embedding,
        options: &CompareOptions,
    ) -> Result<Comparison> {
        let policy = policy(options)?;
        let engine = self.backend.engine()?;
        if a.pipeline != engine.pipeline {
            return Err(local::mismatch());
        }
        local::check_embedding(engine, a)?;
        local::check_embedding(engine, b)?;
        local::compare(a, b, &policy, self.backend.calibration.as_ref())
    }

    /// Begins to measure how often this client errs on labelled photos: FMR, FNMR, DET curve, intervals.
    ///
    /// # Errors
    /// `InvalidArgument` where `data` names no photos, or contradicts itself.
    pub fn evaluate(&self, data: &LabelledPhotos) -> Result<EvaluationJob> {
        labelled::check(data)?;
        let threads = self.backend.engine()?.concurrency;
        let (backend, data) = (Arc::clone(&self.backend), data.clone());
        Job::begin(threads, move |steps| labelled::evaluate(&backend, &data, steps)).map(EvaluationJob)
    }

    /// Begins to derive a calibration from labelled photos: which cosine stands for which score and false match
    /// rate. `made` is the day to write into it, YYYY-MM-DD.
    ///
    /// # Errors
    /// `InvalidArgument` where `data` names no photos, or contradicts itself.
    pub fn calibrate(&self, made: &str, data: &LabelledPhotos) -> Result<CalibrationJob> {
        labelled::check(data)?;
        let threads = self.backend.engine()?.concurrency;
        let (backend, data, made) = (Arc::clone(&self.backend), data.clone(), made.to_owned());
        Job::begin(threads, move |steps| labelled::calibrate(&backend, &data, &made, steps))
            .map(CalibrationJob)
    }
}

fn policy(options: &CompareOptions) -> Result<Policy> {
    match options.max_fmr {
        None => Ok(Policy::default()),
        Some(max_fmr) => Policy::new(max_fmr),
    }
}

/// Rewrites an ONNX model so that it runs faster and gives the same results: block-quantised weights are
/// unpacked, PReLU is replaced by operations that the runtime fuses, stale inputs are dropped.
///
/// For models that a caller brings; this release's own are rewritten when they are loaded.
///
/// # Errors
/// `InvalidModel` where the bytes are not an ONNX model.
pub fn optimize_model(model: &[u8]) -> Result<Vec<u8>> {
    optimize(model, &GraphOptions::default())
}
