//! The definition of the public API. Wrappers for other languages follow these files.

mod capabilities;
mod client;
mod images;
mod options;
mod records;

pub use crate::engine::image::{ImageFormat, ImageLimits, PixelFormat, PixelView};
pub use capabilities::{Capabilities, ModelDescription, Operation};
pub use client::{Client, optimize_model};
pub use images::{EncodedBytes, ImageInput};
pub use options::{CompareOptions, DetectOptions, DetectionMode, EngineOptions, QualityThresholds};
pub use records::{
    BoundingBox, CheckCode, Comparison, Detection, Direction, Embedding, Face, Landmarks, Point, Pose,
    Quality, SelectedFace, Warning,
};
