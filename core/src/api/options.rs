//! What a caller may choose.

use super::gallery::GalleryOptions;
#[cfg(doc)]
use super::records::Direction;
use crate::engine::image::ImageLimits;
use serde::Deserialize;
use std::path::PathBuf;

/// How the local engine is set up. The default needs nothing but installed models.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Folder of the model files. Default: `FACEBRIDGE_MODEL_DIR`, then the one installed with the program.
    pub model_dir: Option<PathBuf>,
    /// Full path of the ONNX Runtime library. Default: `FACEBRIDGE_ORT_LIBRARY`, then the one installed.
    pub runtime_library: Option<PathBuf>,
    /// Manifest of other models (docs/models.md). Default: this release's own.
    pub manifest: Option<PathBuf>,
    /// Calibration file made by `facebridge calibrate`. Default: this release's own, for its own models.
    pub calibration: Option<PathBuf>,
    /// Most inferences at a time, up to 1024. Default (0): the cores this process may use, by affinity and
    /// cgroup quota.
    pub concurrency: u32,
    /// Threads within one inference, up to 1024. Default (0): 1, which serves most photos per second; more shorten a
    /// single answer on an idle machine.
    pub threads_per_inference: u32,
    /// Caps on what is decoded.
    pub limits: ImageLimits,
    /// One pass of the detector over the picture at no more than this many pixels along its long side, 32 to
    /// 4096: what users of the same models elsewhere do, for comparison with them. Default: a small picture
    /// first, then the face at a standard size, which the calibration is made for.
    pub single_pass_side: Option<u32>,
    /// Leaves sideways and upside-down photos as they are instead of turning them. Default: false.
    pub keep_rotation: bool,
    /// The pictures are mirrored, as a selfie preview is: left and right of [`Direction`] change places.
    /// Default: false.
    pub mirrored: bool,
    /// From where on a face counts as blurred, dark, bright, small or turned.
    pub quality: QualityThresholds,
    /// Where enrolled faces are kept. Default: nowhere, and operations on galleries are refused.
    pub gallery: Option<GalleryOptions>,
}

/// From where on a face is refused for enrolment; measured by `cargo xtask report engine-quality`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityThresholds {
    /// Smallest face, in pixels along the shorter side of its box. Default 100.
    pub min_face_size: f32,
    /// Least variance of the Laplacian on the aligned 112 x 112 face; below it is blurred. Default 30.
    pub min_sharpness: f32,
    /// Least mean grey value of the aligned face, 0 to 255; below it is too dark. Default 68.
    pub min_brightness: f32,
    /// Largest mean grey value of the aligned face, 0 to 255; above it is too bright. Default 168.
    pub max_brightness: f32,
    /// Largest share of the aligned face that may be burnt out, 0 to 1. Default 0.3.
    pub max_burnt: f32,
    /// Nose offset, in eye distances, from which a face counts as turned left or right. Default 0.2.
    pub min_turned_offset: f32,
    /// Degrees of pitch from which a face counts as looking up or down. Coarse: five landmarks hardly show
    /// it. Default 16.
    pub min_tilted_pitch: f32,
}

impl Default for QualityThresholds {
    fn default() -> Self {
        Self {
            min_face_size: 100.0,
            min_sharpness: 30.0,
            min_brightness: 68.0,
            max_brightness: 168.0,
            max_burnt: 0.3,
            min_turned_offset: 0.2,
            min_tilted_pitch: 16.0,
        }
    }
}

/// What `detect` looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectOptions {
    /// Most faces to return, 1 to 100. Default 1: the most prominent one, found fastest.
    pub max_faces: u32,
}

impl Default for DetectOptions {
    fn default() -> Self {
        Self { max_faces: 1 }
    }
}

/// How strict `compare` is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CompareOptions {
    /// Largest acceptable false match rate of one comparison, above 0 and below 1. Default: 1e-4, which is
    /// score 80.
    pub max_fmr: Option<f64>,
}
