//! From an aligned face to a unit vector.

use crate::engine::align::ALIGNED_SIDE;
use crate::engine::models::{ColourOrder, ModelEntry};
use crate::engine::runtime::{FloatArray, ModelRunner};
use crate::{Error, ErrorKind, Result};
use image::RgbImage;

/// A loaded embedder.
pub(crate) struct FaceEmbedder {
    pub(crate) runner: ModelRunner,
    pub(crate) model: ModelEntry,
}

impl FaceEmbedder {
    /// The embedding of an aligned face, of length 1.
    ///
    /// # Errors
    /// `InvalidModel` where the model gives no finite, non-zero vector.
    pub(crate) fn embed(&self, aligned: &RgbImage) -> Result<Vec<f32>> {
        let plane = ALIGNED_SIDE * ALIGNED_SIDE;
        let [black, white] = self.model.range;
        let step = (white - black) / 255.0;
        let mut values = vec![0.0; 3 * plane];
        let planes = match self.model.colour {
            ColourOrder::Rgb => [0, 1, 2],
            ColourOrder::Bgr => [2, 1, 0],
        };
        for (index, pixel) in aligned.as_raw().chunks_exact(3).enumerate() {
            for (&plane_index, &channel) in planes.iter().zip(pixel) {
                values[plane_index * plane + index] = black + f32::from(channel) * step;
            }
        }
        let tensor = FloatArray { shape: vec![1, 3, ALIGNED_SIDE, ALIGNED_SIDE], values };
        let mut outputs = self.runner.run(&self.model.input, &tensor, &self.model.outputs)?;
        let mut embedding = outputs.pop().expect("one output was asked for").values;
        // Canonical: accumulated in f64 in index order, so that every machine gives the same bits.
        let length = embedding.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt();
        if !length.is_normal()
            || Some(embedding.len()) != self.model.dimension.map(|dimension| dimension as usize)
        {
            return Err(Error::new(
                ErrorKind::InvalidModel,
                "The embedder gave no usable vector of the promised dimension. Check the model and its manifest.",
            ));
        }
        for value in &mut embedding {
            *value = (f64::from(*value) / length) as f32;
        }
        Ok(embedding)
    }
}

/// The cosine of two unit vectors: f64 accumulation in index order, the same bits on every machine.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>().clamp(-1.0, 1.0)
}
