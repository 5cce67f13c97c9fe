//! The index as `cargo xtask report gallery-search` measures it. Not part of the API.

use super::kernels::Kernel;
use super::{Hit, Index, Residence, Row, Vectors};
use crate::engine::cosine;
use crate::{Error, ErrorKind, Result};
use std::cmp::Ordering;

/// An index whose faces 1, 2, … are the rows of one array, two faces in a row of one subject.
pub struct MeasuredIndex<'a> {
    index: Index,
    kernel: Kernel,
    dimension: usize,
    rows: &'a [f32],
}

/// A face and its score.
pub type Scored = (u64, f64);

impl<'a> MeasuredIndex<'a> {
    /// An index of all rows. `lean`: without a copy of the vectors. `kernel`: one by name, or the best there is.
    ///
    /// # Errors
    /// `Unsupported` where this machine lacks the kernel.
    pub fn new(rows: &'a [f32], dimension: usize, lean: bool, kernel: Option<&str>) -> Result<Self> {
        let kernels = Kernel::available();
        let kernel = match kernel {
            Some(name) => kernels.into_iter().find(|kernel| kernel.name() == name),
            None => Some(Kernel::best()),
        };
        let kernel = kernel.ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "This machine does not have the kernel. Choose another.")
        })?;
        let residence = if lean { Residence::Lean } else { Residence::Full };
        let index = Index::with_kernel(dimension, residence, kernel);
        let faces: Vec<_> = (0_u64..)
            .zip(rows.chunks_exact(dimension))
            .map(|(row, values)| Row { face: row + 1, subject: row / 2, values })
            .collect();
        index.insert_many(&faces);
        Ok(Self { index, kernel, dimension, rows })
    }

    /// The kernel in use.
    pub fn kernel(&self) -> &'static str {
        self.kernel.name()
    }

    /// Faces in the index.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether it has no face.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that the index holds.
    pub fn memory_bytes(&self) -> u64 {
        self.index.memory_bytes()
    }

    /// The best faces.
    ///
    /// # Errors
    /// `InvalidArgument` for a probe that is no finite vector of the dimension.
    pub fn faces(&self, probe: &[f32], count: usize) -> Result<Vec<Scored>> {
        Ok(scored(&self.index.faces(probe, count, self)?))
    }

    /// The best faces of the best subjects.
    ///
    /// # Errors
    /// As `faces`.
    pub fn subjects(&self, probe: &[f32], count: usize) -> Result<Vec<Scored>> {
        Ok(scored(&self.index.subjects(probe, count, self)?))
    }

    /// As `subjects`, for many probes.
    ///
    /// # Errors
    /// As `faces`.
    pub fn subjects_of_many(&self, probes: &[&[f32]], count: usize) -> Result<Vec<Vec<Scored>>> {
        let found = self.index.subjects_of_many(probes, count, self)?;
        Ok(found.iter().map(|hits| scored(hits)).collect())
    }

    /// The best faces, and the best faces of the best subjects, by brute force over the canonical score, without the
    /// index.
    pub fn brute_force(&self, probe: &[f32], count: usize) -> [Vec<Scored>; 2] {
        let rows = (1..).zip(self.rows.chunks_exact(self.dimension));
        let faces: Vec<Scored> = rows.map(|(face, values)| (face, cosine(probe, values))).collect();
        let subjects = faces.chunks(2).filter_map(|subject| subject.iter().copied().min_by(in_order));
        let subjects = subjects.collect();
        [best(faces, count), best(subjects, count)]
    }

    /// The canonical score of one face.
    pub fn score(&self, probe: &[f32], face: u64) -> Option<f64> {
        let row = usize::try_from(face).ok()?.checked_sub(1)?;
        let values = self.rows.chunks_exact(self.dimension).nth(row)?;
        Some(cosine(probe, values))
    }
}

impl Vectors for MeasuredIndex<'_> {
    fn fetch(&self, faces: &[u64], take: &mut dyn FnMut(u64, &[f32])) -> Result<()> {
        for &face in faces {
            let row = face as usize - 1;
            take(face, &self.rows[row * self.dimension..][..self.dimension]);
        }
        Ok(())
    }
}

fn scored(hits: &[Hit]) -> Vec<Scored> {
    hits.iter().map(|hit| (hit.face, hit.score)).collect()
}

fn best(mut all: Vec<Scored>, count: usize) -> Vec<Scored> {
    if count < all.len() {
        all.select_nth_unstable_by(count, in_order);
        all.truncate(count);
    }
    all.sort_unstable_by(in_order);
    all
}

fn in_order(a: &Scored, b: &Scored) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}
