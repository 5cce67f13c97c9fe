//! The faces of one tenant and one template kind.

use super::kernels::Kernel;
use super::probe::Probe;
use super::scan::{Answer, Question, contenders};
use super::segment::Row;
use super::view::{Segments, View};
use super::writer::Writer;
use super::{Hit, Residence, Vectors, rank};
use crate::{Error, ErrorKind, Result};
use arc_swap::ArcSwap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The faces of one tenant and one template kind.
///
/// Any number of threads search while one at a time changes it; none waits for another but writers for writers. A
/// search sees every face whose insertion returned before it began, and none whose removal did. Of a face that is
/// replaced meanwhile, by inserting the new one before removing the old, it sees at least one.
///
/// All answers are what brute force over the canonical score would give, bit for bit, of equal scores the smallest
/// face id.
pub(crate) struct Index {
    dimension: usize,
    residence: Residence,
    kernel: Kernel,
    segments: ArcSwap<Segments>,
    writer: Mutex<Writer>,
}

impl Index {
    /// An empty index of vectors of `dimension` values, 1..=4096.
    pub(crate) fn new(dimension: usize, residence: Residence) -> Self {
        Self::with_kernel(dimension, residence, Kernel::best())
    }

    /// As `new`, with a kernel of one's choice among those available.
    pub(crate) fn with_kernel(dimension: usize, residence: Residence, kernel: Kernel) -> Self {
        debug_assert!((1..=4096).contains(&dimension));
        let writer = Mutex::new(Writer::new(dimension, residence));
        Self { dimension, residence, kernel, segments: ArcSwap::default(), writer }
    }

    /// Faces in it.
    pub(crate) fn len(&self) -> usize {
        self.segments.load().iter().map(|segment| segment.live()).sum()
    }

    /// Adds a face that is not in it. `values` is of unit length, which the caller checks; every search that begins
    /// after this returned sees it. A vector that is not finite or of another dimension has no score with anything
    /// and is left out.
    pub(crate) fn insert(&self, face: u64, subject: u64, values: &[f32]) {
        self.insert_many(&[Row { face, subject, values }]);
    }

    /// As `insert`, for many faces: they are coded on several cores. Best given tens of thousands at a time.
    pub(crate) fn insert_many(&self, rows: &[Row<'_>]) {
        self.write().insert(&self.segments, rows);
    }

    /// Removes a face; false where it is not in it. Every search that begins after this returned no longer finds it.
    ///
    /// Looks through the face ids of the segments whose range includes it: all of them where ids do not follow the
    /// order of insertion.
    pub(crate) fn remove(&self, face: u64) -> bool {
        self.write().remove_faces(&self.segments, &[face]) > 0
    }

    /// As `remove`, for many faces in one pass; says how many were in it.
    pub(crate) fn remove_many(&self, faces: &[u64]) -> u64 {
        self.write().remove_faces(&self.segments, faces)
    }

    /// The best `count` faces, highest score first, of equal scores the smallest face id.
    ///
    /// # Errors
    /// `InvalidArgument` for a probe of another dimension or with a value that is not finite; those of `vectors`.
    pub(crate) fn faces(&self, probe: &[f32], count: usize, vectors: &dyn Vectors) -> Result<Vec<Hit>> {
        self.ask_one(probe, Question { count, answer: Answer::Face, ..EVERYBODY }, vectors)
    }

    /// The best `count` subjects, each with its best face, in the order of `faces`.
    ///
    /// # Errors
    /// As `faces`.
    pub(crate) fn subjects(&self, probe: &[f32], count: usize, vectors: &dyn Vectors) -> Result<Vec<Hit>> {
        self.ask_one(probe, Question { count, ..EVERYBODY }, vectors)
    }

    /// As `subjects`, for many probes, which share each pass over the codes. Best given 64 or more at a time.
    ///
    /// # Errors
    /// As `faces`.
    pub(crate) fn subjects_of_many(
        &self,
        probes: &[&[f32]],
        count: usize,
        vectors: &dyn Vectors,
    ) -> Result<Vec<Vec<Hit>>> {
        self.ask(probes, Question { count, ..EVERYBODY }, vectors)
    }

    /// The best face with at least `min_score` that belongs to another subject than `except`.
    ///
    /// # Errors
    /// As `faces`.
    pub(crate) fn best_of_others(
        &self,
        probe: &[f32],
        except: Option<u64>,
        min_score: f64,
        vectors: &dyn Vectors,
    ) -> Result<Option<Hit>> {
        let question = Question { answer: Answer::Face, except, min_score, ..EVERYBODY };
        Ok(self.ask_one(probe, question, vectors)?.pop())
    }

    /// Bytes of memory that it holds.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let segments = self.segments.load();
        let held = segments.iter().map(|segment| segment.memory_bytes() + size_of_val(segment));
        (size_of::<Self>() + held.sum::<usize>()) as u64
    }

    fn write(&self) -> MutexGuard<'_, Writer> {
        // A writer that panicked has published only whole rows.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask_one(&self, probe: &[f32], question: Question, vectors: &dyn Vectors) -> Result<Vec<Hit>> {
        Ok(self.ask(&[probe], question, vectors)?.pop().expect("one probe has one list of answers"))
    }

    fn ask(&self, probes: &[&[f32]], mut question: Question, vectors: &dyn Vectors) -> Result<Vec<Vec<Hit>>> {
        let chained = probes.len() > 1 && self.kernel.chains();
        let probes = probes.iter().map(|values| self.probe(values, chained)).collect::<Result<Vec<_>>>()?;
        if probes.is_empty() || question.count == 0 {
            return Ok(probes.iter().map(|_| Vec::new()).collect());
        }
        loop {
            let view = View::of(&self.segments);
            let contenders = contenders(self.kernel, &view, &probes, &question);
            if self.residence == Residence::Full {
                let each = probes.iter().zip(&contenders);
                return Ok(each
                    .map(|(probe, contenders)| rank::from_memory(&view, probe, &question, contenders))
                    .collect());
            }
            let fetched = rank::from_store(&view, &probes, &question, &contenders, vectors)?;
            if fetched.missing.is_empty() {
                return Ok(fetched.answers);
            }
            // A face that is gone may have raised the floor above one that is an answer now.
            question.gone.extend(fetched.missing);
            question.gone.sort_unstable();
        }
    }

    fn probe<'a>(&self, values: &'a [f32], chained: bool) -> Result<Probe<'a>> {
        let probe = Probe::new(values, chained).filter(|_| values.len() == self.dimension);
        probe.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                "The probe is not a finite vector of the gallery's dimension. Use the gallery's own model.",
            )
        })
    }
}

/// Asks for the best subject among all.
const EVERYBODY: Question =
    Question { count: 1, answer: Answer::Subject, except: None, min_score: -1.0, gone: Vec::new() };
