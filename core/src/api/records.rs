//! What the operations answer.

use crate::decision::{Decision, EstimatedFmr, IndeterminateReason};
use serde::Serialize;

/// A point in the upright picture, in pixels from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Point {
    /// Pixels from the left edge.
    pub x: f32,
    /// Pixels from the top edge.
    pub y: f32,
}

/// A rectangle in the upright picture, in pixels; it may reach beyond the picture's edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BoundingBox {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// Five points of a face. Right and left are the subject's own: the right eye is on the left of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Landmarks {
    /// Centre of the right eye.
    pub right_eye: Point,
    /// Centre of the left eye.
    pub left_eye: Point,
    /// Tip of the nose.
    pub nose_tip: Point,
    /// Right corner of the mouth.
    pub right_mouth_corner: Point,
    /// Left corner of the mouth.
    pub left_mouth_corner: Point,
}

/// Where the head points, in degrees; a coarse estimate from five landmarks (about ±10 degrees of yaw, worse
/// for pitch).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Pose {
    /// Positive where the nose points to the right of the picture.
    pub yaw: f32,
    /// Positive where the face looks down.
    pub pitch: f32,
    /// Positive where the head leans clockwise in the picture.
    pub roll: f32,
}

/// Which side of the face is towards the camera. Numbers are the vendors' own.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Facing the camera.
    Front = 0,
    /// The left side of the face is shown: the nose points to the left of an unmirrored picture.
    Left = 1,
    /// The right side of the face is shown: the nose points to the right of an unmirrored picture.
    Right = 2,
    /// Looking up. Coarse.
    Up = 3,
    /// Looking down. Coarse.
    Down = 4,
}

/// Whether a face is fit for enrolment, and if not, why. Numbers are the vendors' own.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "u32")]
pub enum CheckCode {
    /// Fit.
    Ok = 0,
    /// No face was found.
    NoFace = 10,
    /// Blurred.
    Blurred = 20,
    /// Too bright.
    TooBright = 30,
    /// Too dark.
    TooDark = 31,
    /// Turned another way than asked for.
    WrongDirection = 40,
    /// Anything else, such as a face that is too small.
    Other = 50,
}

impl From<CheckCode> for u32 {
    fn from(code: CheckCode) -> Self {
        code as Self
    }
}

/// How good the picture of a face is. Measured on the aligned face of 112 x 112 pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// The verdict at the thresholds in force: brightness is judged before blur, size last.
    pub check_code: CheckCode,
    /// Variance of the Laplacian; a sharp photo has some hundreds.
    pub sharpness: f32,
    /// Mean grey value, 0 to 255.
    pub brightness: f32,
    /// Share of burnt-out pixels, 0 to 1.
    pub burnt: f32,
    /// Shorter side of the box in pixels of the original picture.
    pub face_size: f32,
    /// Whether the face is smaller than enrolment accepts.
    pub too_small: bool,
}

/// One face in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Face {
    /// Where it is.
    pub bounding_box: BoundingBox,
    /// How sure the detector is, 0 to 1.
    pub probability: f32,
    /// Eyes, nose and mouth.
    pub landmarks: Landmarks,
    /// Where the head points.
    pub pose: Pose,
    /// Which side is towards the camera.
    pub direction: Direction,
    /// How good the picture of it is.
    pub quality: Quality,
}

/// Something a caller should know about an answer that was given all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// The photo lay on its side or upside down, and was turned before use.
    Rotated,
    /// Another face is nearly as prominent as the one used.
    SeveralFaces,
    /// The face is blurred.
    Blurred,
    /// The face is too bright.
    TooBright,
    /// The face is too dark.
    TooDark,
    /// The face is small.
    TooSmall,
    /// The face is turned away from the camera.
    Turned,
}

/// The faces of one picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// The faces, most prominent (large and near the middle) first. Coordinates are those of the picture as
    /// EXIF turns it, whatever `rotation` says.
    pub faces: Vec<Face>,
    /// The verdict on the first face; `NoFace` where there is none.
    pub check_code: CheckCode,
    /// Width of the upright picture in pixels.
    pub image_width: u32,
    /// Height of the upright picture in pixels.
    pub image_height: u32,
    /// Degrees (0, 90, 180 or 270) by which the picture must be turned clockwise for the face to be upright.
    pub rotation: u32,
    /// What else to know.
    pub warnings: Vec<Warning>,
}

/// The face that an operation on one face has used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelectedFace {
    /// The face.
    pub face: Face,
    /// Degrees (0, 90, 180 or 270) by which the picture must be turned clockwise for the face to be upright.
    pub rotation: u32,
    /// What else to know.
    pub warnings: Vec<Warning>,
}

/// A face as a vector.
///
/// It identifies a person for life: store it encrypted. Its values are left out of debug output.
#[derive(Clone, PartialEq, Serialize)]
pub struct Embedding {
    /// The vector, of length 1.
    pub values: Vec<f32>,
    /// The model that made it.
    pub model_id: String,
    /// The pipeline around the model; embeddings of different pipelines are not compared.
    pub pipeline: String,
    /// The face it was made from.
    pub source: SelectedFace,
}

impl std::fmt::Debug for Embedding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedding")
            .field("length", &self.values.len())
            .field("model_id", &self.model_id)
            .field("pipeline", &self.pipeline)
            .finish_non_exhaustive()
    }
}

/// The outcome of a 1:1 comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Whether the two faces belong to one person, at the false match rate asked for.
    pub decision: Decision,
    /// Why there is no decision, where it is `Indeterminate`.
    pub indeterminate_reason: Option<IndeterminateReason>,
    /// Similarity, 0 to 100: 70 stands for a false match rate of at most 1e-3, 80 for at most 1e-4. Absent
    /// where the backend is not calibrated.
    pub score: Option<f64>,
    /// Largest score of the scale: 100.
    pub scale: f64,
    /// The backend's own figure: the cosine, -1 to 1, of a local engine.
    pub raw_score: Option<f64>,
    /// Share of comparisons of different people that score at least this high, as calibrated. Absent where
    /// the backend is not calibrated.
    pub estimated_fmr: Option<EstimatedFmr>,
    /// The score from which the decision is a match. Absent beyond what the calibration supports.
    pub threshold: Option<f64>,
    /// The backend that answered: `local`.
    pub answered_by: String,
    /// The model that was used.
    pub model_id: String,
    /// The remote system's own identifier of the call, where one answered.
    pub trace_id: Option<String>,
    /// The face used in the first picture, where the backend reports it.
    pub face_a: Option<SelectedFace>,
    /// The face used in the second picture, where the backend reports it.
    pub face_b: Option<SelectedFace>,
}
