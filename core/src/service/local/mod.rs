//! The engine on this machine as a backend.

mod backend;

pub(crate) use backend::{LocalBackend, forked};

use crate::api::{
    BoundingBox, CheckCode, Client, Comparison, Detection, Direction, Embedding, Face, ImageInput, Landmarks,
    Point, Pose, Quality, SelectedFace, Warning,
};
use crate::decision::{Calibration, Policy, decide};
use crate::engine::image::Picture;
use crate::engine::models::read_text;
use crate::engine::{Engine, FaceReport, cosine};
use crate::{Error, ErrorKind, Result};
use std::io::Read;
use std::path::Path;

/// The name under which this backend answers.
pub(crate) const NAME: &str = "local";

pub(crate) fn detect(engine: &Engine, image: ImageInput<'_>, max_faces: usize) -> Result<Detection> {
    with_picture(engine, image, "image", |picture| {
        let report = if max_faces == 1 {
            engine.inspect_prominent(picture)?
        } else {
            engine.inspect_all(picture, max_faces)?
        };
        let faces: Vec<Face> = report.faces.iter().map(|face| describe(engine, face)).collect();
        let warnings = match faces.first() {
            None => Vec::new(),
            Some(face) => warnings(face, report.quarter_turns, report.rivals && max_faces == 1),
        };
        let (image_width, image_height) = picture.upright_size();
        Ok(Detection {
            check_code: faces.first().map_or(CheckCode::NoFace, |face| face.quality.check_code),
            faces,
            image_width,
            image_height,
            rotation: u32::from(report.quarter_turns) * 90,
            warnings,
        })
    })
}

/// `which` names the picture in an error message.
pub(crate) fn embed(engine: &Engine, image: ImageInput<'_>, which: &str) -> Result<Embedding> {
    with_picture(engine, image, which, |picture| {
        let found = engine.embed(picture)?.ok_or_else(|| {
            Error::new(
                ErrorKind::NoFace,
                format!("No face was found in the {which}. Take the photo again: one person, facing the camera, in good light."),
            )
            .with_check_code(CheckCode::NoFace.into())
        })?;
        let face = describe(engine, &found.report);
        Ok(Embedding {
            values: found.values,
            model_id: engine.embedder_id().to_owned(),
            pipeline: engine.pipeline.clone(),
            source: SelectedFace {
                warnings: warnings(&face, found.quarter_turns, found.rivals),
                face,
                rotation: u32::from(found.quarter_turns) * 90,
            },
        })
    })
}

pub(crate) fn compare(
    a: &Embedding,
    b: &Embedding,
    policy: &Policy,
    calibration: Option<&Calibration>,
) -> Result<Comparison> {
    if a.pipeline != b.pipeline || a.model_id != b.model_id || a.values.len() != b.values.len() {
        return Err(mismatch());
    }
    let cosine = cosine(&a.values, &b.values);
    let score = calibration.and_then(|calibration| calibration.score(cosine));
    // Without a calibration there is no score on the scale, but the reason is that nothing was calibrated.
    let judged = match calibration {
        Some(_) => decide(score, policy, calibration),
        None => decide(Some(0.0), policy, None),
    };
    Ok(Comparison {
        decision: judged.decision,
        indeterminate_reason: judged.reason,
        score,
        scale: 100.0,
        raw_score: Some(cosine),
        estimated_fmr: judged.estimated_fmr,
        threshold: judged.threshold,
        answered_by: NAME.to_owned(),
        model_id: a.model_id.clone(),
        trace_id: None,
        face_a: Some(a.source.clone()),
        face_b: Some(b.source.clone()),
    })
}

/// Refuses what is no embedding of this engine: a vector that is not of length 1 would stretch the cosine, and
/// with it the score.
pub(crate) fn check_embedding(engine: &Engine, embedding: &Embedding) -> Result<()> {
    if engine.embedder.model.dimension.is_some_and(|dimension| embedding.values.len() != dimension as usize) {
        return Err(mismatch());
    }
    let length = embedding.values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    // NaN lies in no range.
    if !(0.999..=1.001).contains(&length) {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "The embedding is not a vector of length 1. Pass it on exactly as `embed` returned it.",
        ));
    }
    Ok(())
}

pub(crate) fn mismatch() -> Error {
    Error::new(
        ErrorKind::ModelMismatch,
        "The embeddings come from different models or pipelines and cannot be compared. Embed both photos again with one engine.",
    )
}

/// The calibration of this release, made with its own models and pipeline.
const BUILT_IN_CALIBRATION: &str = include_str!("../../../../models/calibration.toml");

/// The calibration for this engine: the caller's file, or the built-in one where it was made for this pipeline.
pub(crate) fn calibration(engine: &Engine) -> Result<Option<Calibration>> {
    let (model, pipeline) = (engine.embedder_id(), &engine.pipeline);
    match &engine.options.calibration {
        Some(path) => {
            let calibration = Calibration::from_toml(&read_text(path)?)?;
            calibration.check_origin(model, pipeline)?;
            Ok(Some(calibration))
        }
        None => {
            let calibration = Calibration::from_toml(BUILT_IN_CALIBRATION)?;
            Ok(calibration.check_origin(model, pipeline).is_ok().then_some(calibration))
        }
    }
}

fn with_picture<T>(
    engine: &Engine,
    image: ImageInput<'_>,
    which: &str,
    work: impl FnOnce(&Picture<'_>) -> Result<T>,
) -> Result<T> {
    let limits = &engine.options.limits;
    match image {
        ImageInput::Pixels(view) => work(&Picture::from_pixels(view, limits)?),
        ImageInput::Encoded(bytes) => work(&Picture::open(bytes.0, limits)?),
        ImageInput::Path(path) => work(&Picture::open(&read_file(path, which, limits.max_bytes)?, limits)?),
    }
}

/// Reads at most one byte more than is allowed, so that a larger file is refused without being read.
///
/// The file is not named in an error: photos are often called after the person on them.
fn read_file(path: &Path, which: &str, max_bytes: u64) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Io, format!("The file of the {which} cannot be read: {}.", error.kind()))
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn describe(engine: &Engine, report: &FaceReport) -> Face {
    let face = &report.face;
    let point = |index: usize| Point { x: face.landmarks[index].0, y: face.landmarks[index].1 };
    Face {
        bounding_box: BoundingBox { x: face.left, y: face.top, width: face.width, height: face.height },
        probability: face.probability,
        landmarks: Landmarks {
            right_eye: point(0),
            left_eye: point(1),
            nose_tip: point(2),
            right_mouth_corner: point(3),
            left_mouth_corner: point(4),
        },
        pose: Pose { yaw: report.pose.yaw, pitch: report.pose.pitch, roll: report.pose.roll },
        direction: direction(engine, report),
        quality: judge(engine, report),
    }
}

fn direction(engine: &Engine, report: &FaceReport) -> Direction {
    let thresholds = &engine.options.quality;
    let offset = report.pose.nose_offset;
    if offset.abs() >= thresholds.min_turned_offset {
        // In a mirrored picture the nose points the other way.
        return if (offset < 0.0) != engine.options.mirrored { Direction::Left } else { Direction::Right };
    }
    if report.pose.pitch >= thresholds.min_tilted_pitch {
        Direction::Down
    } else if report.pose.pitch <= -thresholds.min_tilted_pitch {
        Direction::Up
    } else {
        Direction::Front
    }
}

/// Brightness before blur: a dark picture has little contrast, so it would always count as blurred.
fn judge(engine: &Engine, report: &FaceReport) -> Quality {
    let thresholds = &engine.options.quality;
    let measures = &report.measures;
    let face_size = report.face.width.min(report.face.height);
    let too_small = face_size < thresholds.min_face_size;
    let check_code = if measures.brightness < thresholds.min_brightness {
        CheckCode::TooDark
    } else if measures.brightness > thresholds.max_brightness || measures.burnt > thresholds.max_burnt {
        CheckCode::TooBright
    } else if measures.sharpness < thresholds.min_sharpness {
        CheckCode::Blurred
    } else if too_small {
        CheckCode::Other
    } else {
        CheckCode::Ok
    };
    Quality {
        check_code,
        sharpness: measures.sharpness,
        brightness: measures.brightness,
        burnt: measures.burnt,
        face_size,
        too_small,
    }
}

fn warnings(face: &Face, quarter_turns: u8, rivals: bool) -> Vec<Warning> {
    let quality = &face.quality;
    [
        (quarter_turns != 0, Warning::Rotated),
        (rivals, Warning::SeveralFaces),
        (quality.check_code == CheckCode::Blurred, Warning::Blurred),
        (quality.check_code == CheckCode::TooBright, Warning::TooBright),
        (quality.check_code == CheckCode::TooDark, Warning::TooDark),
        (quality.too_small, Warning::TooSmall),
        (matches!(face.direction, Direction::Left | Direction::Right), Warning::Turned),
    ]
    .into_iter()
    .filter_map(|(holds, warning)| holds.then_some(warning))
    .collect()
}

impl Client {
    /// The calibration in force, where there is one. For Rust alone: other languages see its figures in
    /// `capabilities` and in every comparison.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.backend.calibration.as_ref()
    }
}
