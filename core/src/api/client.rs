//! The unified operations.

use super::capabilities::{Capabilities, ModelDescription, Operation};
use super::images::ImageInput;
use super::options::{CompareOptions, DetectOptions, EngineOptions};
use super::records::{Comparison, Detection, Embedding};
use crate::decision::{Calibration, Policy};
use crate::engine::Engine;
use crate::engine::models::graph::{GraphOptions, optimize};
use crate::service::local;
use crate::{Error, ErrorKind, Result};
use std::sync::Arc;

/// Faces found, embedded and compared. Cheap to clone; any thread may use it, and all get the same bits.
#[derive(Clone)]
pub struct Client {
    engine: Arc<Engine>,
    calibration: Option<Arc<Calibration>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client(local, {})", self.engine.pipeline)
    }
}

impl Client {
    /// A client of the engine on this machine. Loads the models, which takes a fraction of a second; keep it.
    ///
    /// # Errors
    /// `AssetMissing`, `AssetTampered`, `InvalidModel`, `RuntimeUnavailable` or `InvalidCalibration`, each
    /// saying what to do.
    pub fn local(options: EngineOptions) -> Result<Self> {
        let engine = Engine::open(options)?;
        let calibration = local::calibration(&engine)?.map(Arc::new);
        Ok(Self { engine: Arc::new(engine), calibration })
    }

    /// What this client can do and what it runs on.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            backend: local::NAME.to_owned(),
            operations: vec![Operation::Detect, Operation::Embed, Operation::Compare],
            models: self
                .engine
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
            pipeline: self.engine.pipeline.clone(),
            embedding_length: self.engine.embedder.model.dimension.unwrap_or(0),
            calibrated: self.calibration.is_some(),
            lowest_supported_fmr: self
                .calibration
                .as_ref()
                .map(|calibration| calibration.parts().lowest_supported_fmr),
            runtime_library: self.engine.library.path().display().to_string(),
            runtime_version: self.engine.library.version().to_owned(),
            concurrency: self.engine.concurrency as u32,
            threads_per_inference: self.engine.threads_per_inference as u32,
            image_formats: ["JPEG", "PNG", "BMP", "WebP"].map(str::to_owned).to_vec(),
            jpeg_decoder: crate::engine::image::JPEG_DECODER.to_owned(),
        }
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
        local::detect(&self.engine, image.into(), options.max_faces as usize)
    }

    /// Turns the most prominent face into a vector of length 1.
    ///
    /// # Errors
    /// `NoFace` (check code 10) where there is none, and those of [`Client::detect`].
    pub fn embed<'a>(&self, image: impl Into<ImageInput<'a>>) -> Result<Embedding> {
        local::embed(&self.engine, image.into(), "image")
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
        let a = local::embed(&self.engine, image_a.into(), "first image")?;
        let b = local::embed(&self.engine, image_b.into(), "second image")?;
        local::compare(&a, &b, &policy, self.calibration.as_deref())
    }

    /// Compares two embeddings made earlier; the same decision as [`Client::compare`] on their pictures.
    ///
    /// # Errors
    /// `ModelMismatch` where they come from different models or pipelines, or not from this client's;
    /// `InvalidArgument` as in [`Client::compare`].
    pub fn compare_embeddings(
        &self,
        a: &Embedding,
        b: &Embedding,
        options: &CompareOptions,
    ) -> Result<Comparison> {
        let policy = policy(options)?;
        if a.pipeline != self.engine.pipeline {
            return Err(local::mismatch());
        }
        local::compare(a, b, &policy, self.calibration.as_deref())
    }

    /// The calibration in force, where there is one.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_deref()
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
