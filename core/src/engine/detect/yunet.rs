//! YuNet: one pass over one image.
//!
//! Decoding follows OpenCV's `FaceDetectorYN` (modules/objdetect/src/face_detect.cpp, Apache-2.0), which the
//! model's authors wrote for it.

use super::prepare::to_tensor;
use crate::Result;
use crate::engine::models::ModelEntry;
use crate::engine::runtime::{FloatArray, ModelRunner};
use image::RgbImage;

/// A face as the detector gives it, in the pixels it was shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RawFace {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Right eye, left eye, nose tip, right and left mouth corner: the subject's right and left.
    pub(crate) landmarks: [(f32, f32); 5],
    pub(crate) probability: f32,
}

impl RawFace {
    pub(crate) fn centre(&self) -> (f64, f64) {
        (f64::from(self.left + self.width / 2.0), f64::from(self.top + self.height / 2.0))
    }

    /// The longer side of the box.
    pub(crate) fn size(&self) -> f32 {
        self.width.max(self.height)
    }

    pub(crate) fn area(&self) -> f32 {
        self.width * self.height
    }

    /// Moves every coordinate: first scaled, then shifted.
    pub(crate) fn mapped(&self, scale: f64, shift: (f64, f64)) -> Self {
        let x = |value: f32| (f64::from(value) * scale + shift.0) as f32;
        let y = |value: f32| (f64::from(value) * scale + shift.1) as f32;
        Self {
            left: x(self.left),
            top: y(self.top),
            width: (f64::from(self.width) * scale) as f32,
            height: (f64::from(self.height) * scale) as f32,
            landmarks: self.landmarks.map(|(point_x, point_y)| (x(point_x), y(point_y))),
            probability: self.probability,
        }
    }

    /// The area shared with `other`, over the area of both together (0 to 1).
    pub(crate) fn overlap(&self, other: &Self) -> f32 {
        let along =
            |a: f32, a_size: f32, b: f32, b_size: f32| ((a + a_size).min(b + b_size) - a.max(b)).max(0.0);
        let shared = along(self.left, self.width, other.left, other.width)
            * along(self.top, self.height, other.top, other.height);
        let together = self.area() + other.area() - shared;
        if together > 0.0 { shared / together } else { 0.0 }
    }
}

/// Of faces that overlap more than this, only the most probable is kept; OpenCV's default.
const LARGEST_OVERLAP: f32 = 0.3;

/// A loaded detector.
pub(crate) struct FaceDetector {
    pub(crate) runner: ModelRunner,
    pub(crate) model: ModelEntry,
}

impl FaceDetector {
    /// Finds the faces in `pixels` with at least `least_probability`, most probable first.
    pub(crate) fn detect(&self, pixels: &RgbImage, least_probability: f32) -> Result<Vec<RawFace>> {
        let tensor = to_tensor(pixels);
        let padded_width = tensor.shape[3];
        let outputs = self.runner.run(&self.model.input, &tensor, &self.model.outputs)?;
        let mut faces = Vec::new();
        for (level, stride) in [8usize, 16, 32].into_iter().enumerate() {
            let of = |group: usize| &outputs[group * 3 + level];
            collect(
                &mut faces,
                stride,
                padded_width / stride,
                [of(0), of(1), of(2), of(3)],
                least_probability,
            );
        }
        Ok(without_overlaps(faces))
    }
}

/// Reads one level of outputs: class and object confidence, boxes, landmarks.
fn collect(
    faces: &mut Vec<RawFace>,
    stride: usize,
    columns: usize,
    outputs: [&FloatArray; 4],
    least_probability: f32,
) {
    let [class, object, boxes, landmarks] = outputs.map(|output| output.values.as_slice());
    let stride = stride as f32;
    for (index, ((&class, &object), (face_box, points))) in
        class.iter().zip(object).zip(boxes.chunks_exact(4).zip(landmarks.chunks_exact(10))).enumerate()
    {
        let probability = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
        if probability < least_probability {
            continue;
        }
        let (column, row) = ((index % columns) as f32, (index / columns) as f32);
        let (width, height) = (face_box[2].exp() * stride, face_box[3].exp() * stride);
        let mut placed = [(0.0, 0.0); 5];
        for (landmark, point) in placed.iter_mut().zip(points.chunks_exact(2)) {
            *landmark = ((point[0] + column) * stride, (point[1] + row) * stride);
        }
        faces.push(RawFace {
            left: (column + face_box[0]) * stride - width / 2.0,
            top: (row + face_box[1]) * stride - height / 2.0,
            width,
            height,
            landmarks: placed,
            probability,
        });
    }
}

/// Most probable first, each face once.
pub(crate) fn without_overlaps(mut faces: Vec<RawFace>) -> Vec<RawFace> {
    faces.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let mut kept: Vec<RawFace> = Vec::new();
    for face in faces {
        if kept.iter().all(|other| face.overlap(other) <= LARGEST_OVERLAP) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(left: f32, probability: f32) -> RawFace {
        RawFace { left, top: 0.0, width: 10.0, height: 10.0, landmarks: [(0.0, 0.0); 5], probability }
    }

    #[test]
    fn overlapping_faces_are_kept_once_most_probable_first() {
        let kept = without_overlaps(vec![face(0.0, 0.7), face(1.0, 0.9), face(8.0, 0.8)]);
        assert_eq!(kept.iter().map(|face| face.probability).collect::<Vec<_>>(), [0.9, 0.8]);
    }

    #[test]
    fn overlap_is_shared_over_joined_area() {
        assert!((face(0.0, 1.0).overlap(&face(5.0, 1.0)) - 50.0 / 150.0).abs() < 1e-6);
        assert_eq!(face(0.0, 1.0).overlap(&face(20.0, 1.0)), 0.0);
    }
}
