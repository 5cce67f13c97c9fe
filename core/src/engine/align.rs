//! Turns a face into the 112 x 112 crop that the embedder was trained on.

use crate::Result;
use crate::engine::detect::{RawFace, Region, scaled};
use image::RgbImage;

/// Width and height of an aligned face in pixels.
pub(crate) const ALIGNED_SIDE: usize = 112;

/// Where the landmarks belong in the crop: the template of ArcFace and SFace
/// (OpenCV, modules/objdetect/src/face_recognize.cpp, Apache-2.0).
const TEMPLATE: [(f64, f64); 5] =
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)];

/// Rotation, uniform scale and shift: `x' = a·x − b·y + tx`, `y' = b·x + a·y + ty`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Similarity {
    a: f64,
    b: f64,
    shift_x: f64,
    shift_y: f64,
}

impl Similarity {
    /// The least-squares similarity from `from` to `to` (Umeyama 1991; closed form in the plane).
    ///
    /// Absent where the points coincide.
    pub(crate) fn fit(from: &[(f64, f64); 5], to: &[(f64, f64); 5]) -> Option<Self> {
        let mean = |points: &[(f64, f64); 5]| {
            let sum = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
            (sum.0 / 5.0, sum.1 / 5.0)
        };
        let (from_mean, to_mean) = (mean(from), mean(to));
        let (mut dot, mut cross, mut spread) = (0.0, 0.0, 0.0);
        for (source, target) in from.iter().zip(to) {
            let (x, y) = (source.0 - from_mean.0, source.1 - from_mean.1);
            let (u, v) = (target.0 - to_mean.0, target.1 - to_mean.1);
            dot += x * u + y * v;
            cross += x * v - y * u;
            spread += x * x + y * y;
        }
        let (a, b) = (dot / spread, cross / spread);
        let usable = (a * a + b * b).is_normal();
        usable.then_some(Self {
            a,
            b,
            shift_x: to_mean.0 - (a * from_mean.0 - b * from_mean.1),
            shift_y: to_mean.1 - (b * from_mean.0 + a * from_mean.1),
        })
    }

    fn inverse(&self) -> Self {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        Self {
            a,
            b,
            shift_x: -(a * self.shift_x - b * self.shift_y),
            shift_y: -(b * self.shift_x + a * self.shift_y),
        }
    }

    fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        (self.a * x - self.b * y + self.shift_x, self.b * x + self.a * y + self.shift_y)
    }

    fn scale(&self) -> f64 {
        self.a.hypot(self.b)
    }
}

/// The face at `landmarks` of `pixels`, upright, at its standard size, black where the image ends.
///
/// A face much larger than the crop is first reduced by a whole factor, so that sampling does not alias.
/// Absent where the landmarks coincide.
pub(crate) fn aligned(pixels: &RgbImage, face: &RawFace) -> Result<Option<RgbImage>> {
    let landmarks = face.landmarks.map(|(x, y)| (f64::from(x), f64::from(y)));
    let Some(to_crop) = Similarity::fit(&landmarks, &TEMPLATE) else { return Ok(None) };
    let source_per_crop = 1.0 / to_crop.scale();
    let factor = source_per_crop.floor();
    if factor < 2.0 {
        return Ok(Some(sample(pixels, &to_crop.inverse())));
    }
    let middle = (ALIGNED_SIDE / 2) as f64;
    let centre = to_crop.inverse().apply(middle, middle);
    let region = Region::square_within(
        pixels,
        centre,
        source_per_crop * ALIGNED_SIDE as f64 * std::f64::consts::SQRT_2,
    );
    let (reduced, scale) = scaled(pixels, region, (region.width.max(region.height) / factor).round(), false)?;
    // Pixel centres lie at half coordinates, landmarks are counted from pixel centres.
    let moved =
        landmarks.map(|(x, y)| ((x + 0.5 - region.left) / scale - 0.5, (y + 0.5 - region.top) / scale - 0.5));
    Ok(Similarity::fit(&moved, &TEMPLATE).map(|to_crop| sample(&reduced, &to_crop.inverse())))
}

/// Bilinear sampling, rounded to whole values as OpenCV's `warpAffine` does.
fn sample(pixels: &RgbImage, from_crop: &Similarity) -> RgbImage {
    let (width, height) = (i64::from(pixels.width()), i64::from(pixels.height()));
    let source = pixels.as_raw();
    let mut crop = Vec::with_capacity(ALIGNED_SIDE * ALIGNED_SIDE * 3);
    for row in 0..ALIGNED_SIDE {
        for column in 0..ALIGNED_SIDE {
            let (x, y) = from_crop.apply(column as f64, row as f64);
            let (left, top) = (x.floor(), y.floor());
            let (right_part, lower_part) = ((x - left) as f32, (y - top) as f32);
            let (left, top) = (left as i64, top as i64);
            let mut value = [0.0f32; 3];
            for (dx, dy, weight) in [
                (0, 0, (1.0 - right_part) * (1.0 - lower_part)),
                (1, 0, right_part * (1.0 - lower_part)),
                (0, 1, (1.0 - right_part) * lower_part),
                (1, 1, right_part * lower_part),
            ] {
                let (x, y) = (left.saturating_add(dx), top.saturating_add(dy));
                if (0..width).contains(&x) && (0..height).contains(&y) {
                    let at = (y * width + x) as usize * 3;
                    for (value, &channel) in value.iter_mut().zip(&source[at..at + 3]) {
                        *value += weight * f32::from(channel);
                    }
                }
            }
            crop.extend(value.map(|value| value.round() as u8));
        }
    }
    RgbImage::from_raw(ALIGNED_SIDE as u32, ALIGNED_SIDE as u32, crop)
        .expect("one pixel was pushed for each place")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fit_recovers_a_known_similarity() {
        let known = Similarity { a: 0.3, b: -0.2, shift_x: 7.0, shift_y: -3.0 };
        let moved = TEMPLATE.map(|(x, y)| known.apply(x, y));
        let fitted = Similarity::fit(&TEMPLATE, &moved).unwrap();
        let back = fitted.inverse();
        for ((x, y), (u, v)) in TEMPLATE.into_iter().zip(moved) {
            let (x2, y2) = back.apply(u, v);
            assert!((x - x2).abs() < 1e-9 && (y - y2).abs() < 1e-9);
        }
    }

    #[test]
    fn coinciding_landmarks_have_no_alignment() {
        assert!(Similarity::fit(&[(5.0, 5.0); 5], &TEMPLATE).is_none());
        assert!(Similarity::fit(&[(f64::NAN, 5.0); 5], &TEMPLATE).is_none());
    }

    #[test]
    fn a_large_face_is_reduced_without_being_moved() {
        // A horizontal ramp stays a ramp: each crop column must show the brightness of its source column.
        let pixels = RgbImage::from_fn(1120, 1120, |x, _| image::Rgb([(x / 5) as u8; 3]));
        let landmarks = TEMPLATE.map(|(x, y)| ((x * 10.0) as f32, (y * 10.0) as f32));
        let face = RawFace { left: 0.0, top: 0.0, width: 1.0, height: 1.0, landmarks, probability: 1.0 };
        let crop = aligned(&pixels, &face).unwrap().unwrap();
        for column in 8..100 {
            let expected = f64::from(column) * 10.0 / 5.0;
            assert!((f64::from(crop.get_pixel(column, 56)[0]) - expected).abs() <= 1.0);
        }
    }
}
