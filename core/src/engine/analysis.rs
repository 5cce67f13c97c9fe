//! What is done with one picture.

use super::align::aligned;
use super::detect::{FaceDetector, RawFace, Search, SearchPolicy};
use super::embed::FaceEmbedder;
use super::image::{Decoded, Picture};
use super::models::Manifest;
use super::pose::{self, HeadPose};
use super::quality::{self, Measures};
use super::runtime::RuntimeLibrary;
use crate::Result;
use crate::api::EngineOptions;
use ::image::RgbImage;

/// A loaded engine; any thread may use it.
pub(crate) struct Engine {
    pub(super) detector: FaceDetector,
    pub(crate) embedder: FaceEmbedder,
    pub(super) policy: SearchPolicy,
    pub(crate) manifest: Manifest,
    pub(crate) library: RuntimeLibrary,
    pub(crate) concurrency: usize,
    pub(crate) threads_per_inference: usize,
    pub(crate) pipeline: String,
    pub(crate) options: EngineOptions,
}

/// What is found about one face, in pixels of the upright original.
#[derive(Clone, Copy)]
pub(crate) struct FaceReport {
    pub(crate) face: RawFace,
    pub(crate) pose: HeadPose,
    pub(crate) measures: Measures,
}

/// What is found about one picture.
pub(crate) struct PictureReport {
    pub(crate) faces: Vec<FaceReport>,
    /// Clockwise quarter turns that make the first face upright.
    pub(crate) quarter_turns: u8,
    /// Whether another face is nearly as prominent as the first.
    pub(crate) rivals: bool,
}

/// The most prominent face of a picture as a vector.
pub(crate) struct FaceEmbedding {
    pub(crate) values: Vec<f32>,
    pub(crate) report: FaceReport,
    pub(crate) quarter_turns: u8,
    pub(crate) rivals: bool,
}

/// Long side, in pixels, that a reduced decode keeps at least: what the detector's larger picture needs.
const LEAST_DECODED_SIDE: u32 = 640;
/// Size, in pixels, that a face must keep in a reduced decode: that of the embedder's input.
const LEAST_DECODED_FACE: f32 = 112.0;

/// A face on its way through the pipeline.
struct Selected {
    crop: Option<RgbImage>,
    report: FaceReport,
    quarter_turns: u8,
    rivals: bool,
}

impl Engine {
    /// The most prominent face of `picture`; `limits` were checked when it was opened.
    pub(crate) fn inspect_prominent(&self, picture: &Picture<'_>) -> Result<PictureReport> {
        self.inspect_decoded(picture, None)
    }

    fn inspect_decoded(&self, picture: &Picture<'_>, decoded: Option<Decoded>) -> Result<PictureReport> {
        Ok(match self.select(picture, decoded)? {
            None => PictureReport { faces: Vec::new(), quarter_turns: 0, rivals: false },
            Some(found) => PictureReport {
                faces: vec![found.report],
                quarter_turns: found.quarter_turns,
                rivals: found.rivals,
            },
        })
    }

    /// Up to `max_faces` faces, most prominent first. Sideways pictures are turned only where no face is
    /// found upright.
    pub(crate) fn inspect_all(&self, picture: &Picture<'_>, max_faces: usize) -> Result<PictureReport> {
        let decoded = picture.decode(picture.reduction_for(LEAST_DECODED_SIDE))?;
        let mut faces = self.search(picture).all(&decoded.pixels)?;
        if faces.is_empty() {
            return self.inspect_decoded(picture, Some(decoded));
        }
        faces.truncate(max_faces);
        let reports = faces
            .iter()
            .map(|face| {
                let crop = aligned(&decoded.pixels, face)?;
                Ok(report(face, crop.as_ref(), decoded.reduction))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(PictureReport { faces: reports, quarter_turns: 0, rivals: faces.len() > 1 })
    }

    /// The embedding of the most prominent face; absent where there is none.
    pub(crate) fn embed(&self, picture: &Picture<'_>) -> Result<Option<FaceEmbedding>> {
        let Some(Selected { crop: Some(crop), report, quarter_turns, rivals }) =
            self.select(picture, None)?
        else {
            return Ok(None);
        };
        Ok(Some(FaceEmbedding { values: self.embedder.embed(&crop)?, report, quarter_turns, rivals }))
    }

    /// The name stamped into embeddings.
    pub(crate) fn embedder_id(&self) -> &str {
        &self.embedder.model.id
    }

    fn search(&self, picture: &Picture<'_>) -> Search<'_> {
        Search {
            detector: &self.detector,
            policy: &self.policy,
            // A file that states its orientation is believed.
            recover_rotation: !self.options.keep_rotation
                && !picture.states_orientation()
                && self.policy.small_side > 0.0,
        }
    }

    /// `decoded` is `picture` at its first reduction, where somebody has it already.
    fn select(&self, picture: &Picture<'_>, mut decoded: Option<Decoded>) -> Result<Option<Selected>> {
        let mut reduction = picture.reduction_for(LEAST_DECODED_SIDE);
        loop {
            let decoded = match decoded.take() {
                Some(decoded) => decoded,
                None => picture.decode(reduction)?,
            };
            let Some(found) = self.search(picture).prominent(&decoded.pixels)? else { return Ok(None) };
            // A face that lost detail in the reduced decode is looked at again in a larger one.
            let size = found.face.width.min(found.face.height);
            if reduction > 1 && size < LEAST_DECODED_FACE {
                reduction = [4, 2, 1]
                    .into_iter()
                    .find(|&smaller| {
                        smaller < reduction && size * (reduction / smaller) as f32 >= LEAST_DECODED_FACE
                    })
                    .unwrap_or(1);
                continue;
            }
            let crop = aligned(&found.pixels, &found.face)?;
            let mut report = report(&found.face, crop.as_ref(), decoded.reduction);
            let turned =
                (found.pixels.width() * decoded.reduction, found.pixels.height() * decoded.reduction);
            report.face = turned_back(&report.face, found.quarter_turns, turned);
            return Ok(Some(Selected {
                crop,
                report,
                quarter_turns: found.quarter_turns,
                rivals: found.rivals,
            }));
        }
    }
}

/// Measures a face; `face` and `crop` are in pixels reduced by `reduction`.
fn report(face: &RawFace, crop: Option<&RgbImage>, reduction: u32) -> FaceReport {
    FaceReport {
        face: face.mapped(f64::from(reduction), (0.0, 0.0)),
        pose: pose::estimate(face),
        measures: crop.map(quality::measure).unwrap_or_default(),
    }
}

/// Undoes clockwise quarter turns: from the pixels of the turned picture of size `turned` to the original's.
fn turned_back(face: &RawFace, quarter_turns: u8, turned: (u32, u32)) -> RawFace {
    let (width, height) = (turned.0 as f32, turned.1 as f32);
    let point = |(x, y): (f32, f32)| match quarter_turns {
        1 => (y, width - x),
        2 => (width - x, height - y),
        3 => (height - y, x),
        _ => (x, y),
    };
    let (first, second) =
        (point((face.left, face.top)), point((face.left + face.width, face.top + face.height)));
    RawFace {
        left: first.0.min(second.0),
        top: first.1.min(second.1),
        width: (first.0 - second.0).abs(),
        height: (first.1 - second.1).abs(),
        landmarks: face.landmarks.map(point),
        probability: face.probability,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::image::imageops::{rotate90, rotate180, rotate270};

    #[test]
    fn turning_back_finds_the_marked_pixel() {
        let mut original = RgbImage::new(40, 30);
        original.put_pixel(7, 4, ::image::Rgb([255; 3]));
        for (quarter_turns, turned) in [
            (0, original.clone()),
            (1, rotate90(&original)),
            (2, rotate180(&original)),
            (3, rotate270(&original)),
        ] {
            let (x, y, _) = turned.enumerate_pixels().find(|(_, _, pixel)| pixel[0] == 255).unwrap();
            let face = RawFace {
                left: x as f32,
                top: y as f32,
                width: 1.0,
                height: 1.0,
                landmarks: [(x as f32 + 0.5, y as f32 + 0.5); 5],
                probability: 1.0,
            };
            let back = turned_back(&face, quarter_turns, turned.dimensions());
            assert_eq!((back.left, back.top, back.width, back.height), (7.0, 4.0, 1.0, 1.0));
            assert_eq!(back.landmarks[0], (7.5, 4.5));
        }
    }
}
