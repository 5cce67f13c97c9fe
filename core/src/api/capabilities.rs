//! What a client can do, known before it is asked.

use serde::Serialize;

/// An operation of [`crate::api::Client`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Finding faces.
    Detect,
    /// Turning a face into a vector.
    Embed,
    /// Comparing two faces.
    Compare,
    /// Measuring error rates on labelled photos.
    Evaluate,
    /// Deriving a calibration from labelled photos.
    Calibrate,
    /// Comparing a face with those of an enrolled subject (1:1).
    Verify,
    /// Enrolling faces.
    Enroll,
    /// Replacing an enrolled face.
    UpdateFace,
    /// Deleting enrolled faces and subjects.
    DeleteFace,
    /// Listing enrolled faces and subjects.
    ListFaces,
    /// Searching a gallery (1:N).
    Identify,
}

/// One loaded model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelDescription {
    /// Name and version.
    pub id: String,
    /// `detector` or `embedder`.
    pub kind: String,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// Licence, as an SPDX expression.
    pub licence: String,
    /// Where it comes from.
    pub source: String,
}

/// What a client can do and what it runs on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capabilities {
    /// The backend: `local`.
    pub backend: String,
    /// The operations it has; any other is an `Unsupported` error.
    pub operations: Vec<Operation>,
    /// The models, for a local backend.
    pub models: Vec<ModelDescription>,
    /// The pipeline stamped into embeddings.
    pub pipeline: String,
    /// Numbers in an embedding.
    pub embedding_length: u32,
    /// Whether scores are calibrated, so that `max_fmr` can be asked for.
    pub calibrated: bool,
    /// Smallest false match rate per comparison that the calibration supports.
    pub lowest_supported_fmr: Option<f64>,
    /// Full path of the inference library.
    pub runtime_library: String,
    /// Version of the inference library.
    pub runtime_version: String,
    /// Most inferences at a time.
    pub concurrency: u32,
    /// Threads within one inference.
    pub threads_per_inference: u32,
    /// Image formats that are read.
    pub image_formats: Vec<String>,
    /// The JPEG decoder: `libjpeg-turbo` or `zune-jpeg`.
    pub jpeg_decoder: String,
}
