//! Exact search among the faces of one tenant: a scan of one-byte codes whose error is bounded, and the canonical
//! score of every row that the bound cannot exclude (`bound` has the proof).

mod bound;
mod codes;
mod contenders;
mod cores;
mod floor;
mod index;
mod kernels;
#[doc(hidden)]
pub mod measured;
mod probe;
mod rank;
mod scan;
mod segment;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod view;
mod writer;

pub(crate) use index::Index;
pub(crate) use segment::Row;

use crate::Result;

/// Where the full vectors are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Residence {
    /// In memory, beside the codes.
    Full,
    /// Only in the store: rows that the bound cannot exclude are fetched from it.
    Lean,
}

/// Gives the vectors of faces that an index does not keep itself.
pub(crate) trait Vectors {
    /// Calls `take` with each face and its vector, in any order, each bit as it was inserted. `faces` are sorted and
    /// distinct. A face that is left out was removed meanwhile, and the search goes on without it.
    fn fetch(&self, faces: &[u64], take: &mut dyn FnMut(u64, &[f32])) -> Result<()>;
}

/// A face that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) face: u64,
    /// The store's row number of its subject.
    pub(crate) subject: u64,
    /// The canonical cosine, −1 to 1.
    pub(crate) score: f64,
}
