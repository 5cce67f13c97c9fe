//! The definition of the public API: what this file exports is what every language gets.
//!
//! `cargo xtask generate` reads the exported items where they are defined, and writes the wrappers. What is
//! meant for Rust alone (such as `Client::calibration`) stands outside the files named here.

mod capabilities;
mod client;
mod evaluation;
mod gallery;
mod images;
mod jobs;
mod options;
mod records;
mod sensitive;

pub use crate::decision::{
    CalibrationEvidence, CohortEvidence, Decision, EstimatedFmr, IndeterminateReason, RateEvidence,
    RateMethod,
};
pub use crate::engine::image::{ImageFormat, ImageLimits, PixelFormat, PixelView};
pub use crate::evaluation::{
    AnchorDemand, AnchorReport, Bootstrap, CalibrationReport, DetPoint, EqualError, ErrorRates,
    EvaluationReport, FoldAccuracy, GroupReport, Identification, Interval, RateRow, SearchRates, Suspect,
    Suspects, TrialCounts, TrialProtocol,
};
pub use capabilities::{Capabilities, ModelDescription, Operation};
pub use client::{Client, optimize_model, restore_galleries, verify_audit_log};
pub use evaluation::{CalibrationResult, CohortList, Evaluation, LabelledPhotos};
pub use gallery::{
    AuditReport, Candidate, CandidateList, DuplicateFace, DuplicatePolicy, EnrollItem, EnrollOptions,
    EnrollSource, EnrolledFace, Enrollment, EnrollmentStatus, ExportOptions, GalleryDescription,
    GalleryOptions, IdentifyOptions, PersonType, RefusalReason, RefusedFaces, Subject, SubjectAttributes,
    SubjectPage, TransferRefusal, TransferReport, UpdateFaceOptions, Verification,
};
pub use images::{EncodedBytes, ImageInput};
pub use jobs::{
    CalibrationJob, EmbeddingJob, EmbeddingOutcome, EnrollmentJob, EnrollmentOutcome, EvaluationJob, Failure,
    JobState, Progress, TransferJob,
};
pub use options::{CompareOptions, DetectOptions, EngineOptions, QualityThresholds};
pub use records::{
    BoundingBox, CheckCode, Comparison, Detection, Direction, Embedding, Face, Landmarks, Point, Pose,
    Quality, SelectedFace, Warning,
};
pub use sensitive::Sensitive;
