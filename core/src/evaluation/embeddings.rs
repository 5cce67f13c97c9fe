//! The embeddings of a data set, side by side in one flat array.

use crate::{Error, ErrorKind, Result};

/// How far the length of an embedding may be from 1.
const LENGTH_TOLERANCE: f64 = 1e-3;

/// One unit vector for each image of a [`Dataset`](super::Dataset), or none where no face was acquired.
#[derive(Clone, Debug, Default)]
pub struct Embeddings {
    dimension: usize,
    values: Vec<f32>,
    rows: Vec<Option<u32>>,
}

impl Embeddings {
    /// Takes the embeddings in the order of the images; `None` is a failure to acquire (no face found).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] where lengths differ, a value is not finite, or a vector is not of unit
    /// length (within 0.001).
    pub fn new<'a>(images: impl IntoIterator<Item = Option<&'a [f32]>>) -> Result<Self> {
        let mut embeddings = Self::default();
        for (index, image) in images.into_iter().enumerate() {
            let Some(vector) = image else {
                embeddings.rows.push(None);
                continue;
            };
            if embeddings.dimension == 0 {
                embeddings.dimension = vector.len();
            }
            if vector.is_empty() || vector.len() != embeddings.dimension {
                return Err(refused(index, "has another length than the first one"));
            }
            let square: f64 = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            // A range, so that NaN fails as well.
            if !(1.0 - LENGTH_TOLERANCE..=1.0 + LENGTH_TOLERANCE).contains(&square.sqrt()) {
                return Err(refused(index, "is not a unit vector; normalise it"));
            }
            let row = u32::try_from(embeddings.values.len() / embeddings.dimension)
                .map_err(|_| refused(index, "is one too many (2^32)"))?;
            embeddings.values.extend_from_slice(vector);
            embeddings.rows.push(Some(row));
        }
        Ok(embeddings)
    }

    /// How many images there are, those without an embedding included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no images at all.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Numbers in each embedding; 0 where there is none.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The embedding of an image; `None` where it failed or there is no such image.
    pub fn get(&self, image: usize) -> Option<&[f32]> {
        let row = (*self.rows.get(image)?)? as usize;
        self.values.get(row * self.dimension..(row + 1) * self.dimension)
    }

    /// The cosine of two images, −1..1; `None` where either has no embedding.
    pub fn cosine(&self, a: usize, b: usize) -> Option<f32> {
        Some(cosine(self.get(a)?, self.get(b)?))
    }
}

/// The canonical score: accumulated in f64 in index order and rounded once, the same bits everywhere.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).fold(0.0, |sum, term| sum + term) as f32
}

fn refused(index: usize, why: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, format!("embedding {index} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_failures_in_their_place() {
        let embeddings = Embeddings::new([Some([1.0, 0.0].as_slice()), None, Some(&[0.6, 0.8])]).unwrap();
        assert_eq!((embeddings.len(), embeddings.dimension()), (3, 2));
        assert_eq!(embeddings.cosine(0, 2), Some(0.6));
        assert_eq!(embeddings.cosine(0, 1), None);
        assert_eq!(embeddings.cosine(0, 9), None);
        assert!(Embeddings::new([]).unwrap().is_empty());
    }

    #[test]
    fn refuses_what_is_no_unit_vector() {
        for bad in [&[1.0, 1.0][..], &[0.0, 0.0], &[f32::NAN, 0.0], &[], &[1.0]] {
            let error = Embeddings::new([Some([1.0, 0.0].as_slice()), Some(bad)]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains("embedding 1"));
        }
    }
}
