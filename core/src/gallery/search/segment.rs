//! A fixed number of rows that one writer fills while readers search them.
//!
//! Everything is in atomic words. A row's words are written before the published length grows past it (release), and
//! read after that length was read (acquire). A block whose rows are all published is never written again, so the
//! kernels read it as plain memory; the last, unfinished block is copied word by word.

use super::bound::Coding;
use super::codes::code;
use super::kernels::{BLOCK_ROWS, LINE_CODES, Line, block_lines};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use zeroize::{Zeroize, Zeroizing};

/// Rows of a full segment.
pub(crate) const SEGMENT_ROWS: usize = 8192;
/// Rows of the smallest segment.
const LEAST_ROWS: usize = 64;
const WORD_BITS: usize = 64;

/// A line that is being filled.
#[derive(Default)]
#[repr(C, align(64))]
struct OpenLine([AtomicU32; BLOCK_ROWS]);

/// Rows of one index.
pub(crate) struct Segment {
    dimension: usize,
    capacity: usize,
    lines: Box<[OpenLine]>,
    /// The vectors as bits, row by row; empty where they are kept elsewhere.
    vectors: Box<[AtomicU32]>,
    faces: Box<[AtomicU64]>,
    subjects: Box<[AtomicU64]>,
    /// A bit for each removed row.
    removed: Box<[AtomicU64]>,
    removed_rows: AtomicUsize,
    /// Rows that are written whole.
    published: AtomicUsize,
    /// The worst of the published rows (bits of f64).
    error: AtomicU64,
    reach: AtomicU64,
    smallest_face: AtomicU64,
    largest_face: AtomicU64,
}

/// A row as it is in a segment.
pub(crate) struct Row<'a> {
    /// The face, 1..=2^53−1.
    pub(crate) face: u64,
    /// The store's row number of its subject.
    pub(crate) subject: u64,
    /// Of unit length.
    pub(crate) values: &'a [f32],
}

/// Room for the codes of one row.
pub(crate) struct Scratch(Zeroizing<Vec<u8>>);

impl Scratch {
    pub(crate) fn new(dimension: usize) -> Self {
        Self(Zeroizing::new(vec![0; dimension]))
    }
}

fn words<T: Default>(count: usize) -> Box<[T]> {
    std::iter::repeat_with(T::default).take(count).collect()
}

impl Segment {
    /// An empty segment for at least `rows` rows.
    pub(crate) fn new(dimension: usize, rows: usize, keep_vectors: bool) -> Self {
        let capacity = rows.next_multiple_of(BLOCK_ROWS);
        Self {
            dimension,
            capacity,
            lines: words(block_lines(dimension) * capacity / BLOCK_ROWS),
            vectors: words(if keep_vectors { dimension * capacity } else { 0 }),
            faces: words(capacity),
            subjects: words(capacity),
            removed: words(capacity.div_ceil(WORD_BITS)),
            removed_rows: AtomicUsize::new(0),
            published: AtomicUsize::new(0),
            error: AtomicU64::new(0),
            reach: AtomicU64::new(0),
            smallest_face: AtomicU64::new(u64::MAX),
            largest_face: AtomicU64::new(0),
        }
    }

    /// Rows of the segment that follows in an index of `rows`, when `more` are known to come: exactly as many where
    /// they are a fair share of the index, otherwise room for a sixteenth more. So spare room is small, and there
    /// are few segments.
    pub(crate) fn next_capacity(rows: usize, more: usize) -> usize {
        let wanted = if more >= rows / 64 { more } else { rows / 16 };
        wanted.clamp(LEAST_ROWS, SEGMENT_ROWS)
    }

    /// Published rows, removed ones included.
    pub(crate) fn len(&self) -> usize {
        self.published.load(Ordering::Acquire)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len() == self.capacity
    }

    /// Published rows that are not removed.
    pub(crate) fn live(&self) -> usize {
        self.len().saturating_sub(self.removed_rows.load(Ordering::Acquire))
    }

    /// Whether more than a quarter of the rows are removed, and enough of them to be worth a copy.
    pub(crate) fn is_sparse(&self) -> bool {
        let removed = self.removed_rows.load(Ordering::Acquire);
        removed == self.len() && removed > 0 || removed > LEAST_ROWS / 4 && removed * 4 > self.len()
    }

    /// How well the published rows are coded.
    pub(crate) fn coding(&self) -> Coding {
        let read = |word: &AtomicU64| f64::from_bits(word.load(Ordering::Relaxed));
        Coding { error: read(&self.error), reach: read(&self.reach) }
    }

    pub(crate) fn face(&self, row: usize) -> u64 {
        self.faces[row].load(Ordering::Relaxed)
    }

    pub(crate) fn subject(&self, row: usize) -> u64 {
        self.subjects[row].load(Ordering::Relaxed)
    }

    /// The vector of a row that was published.
    ///
    /// # Panics
    /// Where vectors are not kept, or the row is not published.
    pub(crate) fn vector(&self, row: usize) -> &[f32] {
        assert!(row < self.len(), "only published rows are read");
        let words = &self.vectors[row * self.dimension..][..self.dimension];
        // SAFETY: a published row is never written again, its writing happened before it was published, and f32 has
        // the size and alignment of a word and no invalid bits.
        unsafe { std::slice::from_raw_parts(words.as_ptr().cast::<f32>(), words.len()) }
    }

    /// The first `count` blocks, whose rows must all be published.
    pub(crate) fn blocks(&self, count: usize) -> &[Line] {
        assert!(count * BLOCK_ROWS <= self.len(), "only published blocks are read");
        let lines = &self.lines[..count * block_lines(self.dimension)];
        // SAFETY: a block with all its rows published is never written again, its writing happened before its last
        // row was published, and both kinds of line have the same size and alignment and no invalid bits.
        unsafe { std::slice::from_raw_parts(lines.as_ptr().cast::<Line>(), lines.len()) }
    }

    /// A copy of a block that may still be written to; its unpublished rows are anything.
    pub(crate) fn copy_block(&self, block: usize, copy: &mut Zeroizing<Vec<Line>>) {
        let size = block_lines(self.dimension);
        copy.clear();
        copy.extend(self.lines[block * size..][..size].iter().map(|line| {
            let mut bytes = [0; 64];
            for (place, word) in bytes.chunks_exact_mut(4).zip(&line.0) {
                place.copy_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
            }
            Line(bytes)
        }));
    }

    /// The removed rows as bits; empty where there are none.
    pub(crate) fn copy_removed(&self) -> Box<[u64]> {
        if self.removed_rows.load(Ordering::Acquire) == 0 {
            return Box::default();
        }
        self.removed.iter().map(|word| word.load(Ordering::Acquire)).collect()
    }

    pub(crate) fn is_removed(&self, row: usize) -> bool {
        self.removed[row / WORD_BITS].load(Ordering::Acquire) >> (row % WORD_BITS) & 1 == 1
    }

    /// Whether a face may be here.
    pub(crate) fn may_hold(&self, face: u64) -> bool {
        (self.smallest_face.load(Ordering::Relaxed)..=self.largest_face.load(Ordering::Relaxed))
            .contains(&face)
    }

    /// Writes a row and publishes it. Only the one writer may call this, and only while there is room.
    ///
    /// Returns whether it was taken: a vector that is not finite has no score and is not.
    pub(crate) fn append(&self, row: &Row<'_>, scratch: &mut Scratch) -> bool {
        let Some(coded) = code(row.values, &mut scratch.0) else { return false };
        let place = self.begin(row.face, row.subject);
        let (block, lane) = (place / BLOCK_ROWS, place % BLOCK_ROWS);
        let size = block_lines(self.dimension);
        let lines = &self.lines[block * size..][..size];
        for (line, codes) in lines.iter().zip(scratch.0.chunks(LINE_CODES)) {
            let mut word = [super::kernels::CODE_OFFSET; LINE_CODES];
            word[..codes.len()].copy_from_slice(codes);
            line.0[lane].store(u32::from_ne_bytes(word), Ordering::Relaxed);
        }
        lines[size - 1].0[lane].store(coded.scale.to_bits(), Ordering::Relaxed);
        if !self.vectors.is_empty() {
            let words = &self.vectors[place * self.dimension..][..self.dimension];
            for (word, value) in words.iter().zip(row.values) {
                word.store(value.to_bits(), Ordering::Relaxed);
            }
        }
        self.publish(place, Coding { error: coded.error, reach: coded.reach });
        true
    }

    /// Appends the rows of another segment that are not removed, their codes as they are.
    pub(crate) fn append_live(&self, other: &Self) {
        let size = block_lines(self.dimension);
        for row in (0..other.len()).filter(|&row| !other.is_removed(row)) {
            let place = self.begin(other.face(row), other.subject(row));
            let from = &other.lines[row / BLOCK_ROWS * size..][..size];
            let to = &self.lines[place / BLOCK_ROWS * size..][..size];
            for (to, from) in to.iter().zip(from) {
                let word = from.0[row % BLOCK_ROWS].load(Ordering::Relaxed);
                to.0[place % BLOCK_ROWS].store(word, Ordering::Relaxed);
            }
            if !self.vectors.is_empty() {
                let from = &other.vectors[row * self.dimension..][..self.dimension];
                let to = &self.vectors[place * self.dimension..][..self.dimension];
                for (to, from) in to.iter().zip(from) {
                    to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
                }
            }
            self.publish(place, other.coding());
        }
    }

    /// Takes the next row and writes whose it is.
    fn begin(&self, face: u64, subject: u64) -> usize {
        let place = self.published.load(Ordering::Relaxed);
        self.faces[place].store(face, Ordering::Relaxed);
        self.subjects[place].store(subject, Ordering::Relaxed);
        self.smallest_face.fetch_min(face, Ordering::Relaxed);
        self.largest_face.fetch_max(face, Ordering::Relaxed);
        place
    }

    fn publish(&self, place: usize, coding: Coding) {
        let worst = self.coding();
        self.error.store(worst.error.max(coding.error).to_bits(), Ordering::Relaxed);
        self.reach.store(worst.reach.max(coding.reach).to_bits(), Ordering::Relaxed);
        self.published.store(place + 1, Ordering::Release);
    }

    /// Marks a published row as removed; false where it was already. Only the one writer may call this.
    pub(crate) fn remove(&self, row: usize) -> bool {
        let bit = 1 << (row % WORD_BITS);
        let before = self.removed[row / WORD_BITS].fetch_or(bit, Ordering::AcqRel);
        if before & bit == 0 {
            self.removed_rows.fetch_add(1, Ordering::AcqRel);
        }
        before & bit == 0
    }

    /// Bytes that it holds.
    pub(crate) fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + size_of_val(&*self.lines)
            + size_of_val(&*self.vectors)
            + size_of_val(&*self.faces)
            + size_of_val(&*self.subjects)
            + size_of_val(&*self.removed)
    }
}

impl Drop for Segment {
    /// Leaves nothing of the faces in memory that others will get.
    fn drop(&mut self) {
        for line in &mut self.lines {
            line.0.iter_mut().for_each(|word| word.get_mut().zeroize());
        }
        self.vectors.iter_mut().for_each(|word| word.get_mut().zeroize());
        self.faces.iter_mut().chain(self.subjects.iter_mut()).for_each(|word| word.get_mut().zeroize());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::search::testing::Random;

    fn filled(rows: u64, keep_vectors: bool) -> (Segment, Vec<Vec<f32>>) {
        let mut random = Random::new(5);
        let segment = Segment::new(7, rows as usize, keep_vectors);
        let vectors: Vec<_> = (0..rows).map(|_| random.unit_vector(7)).collect();
        for (face, values) in (1..).zip(&vectors) {
            assert!(segment.append(&Row { face, subject: face * 10, values }, &mut Scratch::new(7)));
        }
        (segment, vectors)
    }

    /// The codes of a row, padding included, and its scale.
    fn stored(segment: &Segment, row: usize) -> (Vec<u8>, f32) {
        let mut copy = Zeroizing::new(Vec::new());
        segment.copy_block(row / BLOCK_ROWS, &mut copy);
        let lane = row % BLOCK_ROWS;
        let codes = copy[..2].iter().flat_map(|line| line.0[4 * lane..][..4].to_vec()).collect();
        (codes, copy[2].scale(lane))
    }

    #[test]
    fn what_is_appended_is_read_back() {
        let (segment, vectors) = filled(33, true);
        assert_eq!((segment.len(), segment.live(), segment.is_full()), (33, 33, false));
        for (row, vector) in vectors.iter().enumerate() {
            assert_eq!(segment.vector(row), vector);
            assert_eq!((segment.face(row), segment.subject(row)), (row as u64 + 1, row as u64 * 10 + 10));
            let (codes, scale) = stored(&segment, row);
            let mut expected = [128; 8];
            assert_eq!(code(vector, &mut expected[..7]).unwrap().scale, scale);
            assert_eq!(codes, expected);
        }
        assert_eq!(segment.blocks(2)[2].scale(0), stored(&segment, 0).1);
        assert!(segment.may_hold(33) && !segment.may_hold(34) && !segment.may_hold(0));
    }

    #[test]
    fn live_rows_move_as_they_are() {
        let (old, vectors) = filled(40, true);
        assert!(old.remove(0) && old.remove(20) && !old.remove(20));
        let new = Segment::new(7, 38, true);
        new.append_live(&old);
        assert_eq!((new.len(), old.live(), new.coding()), (38, 38, old.coding()));
        assert_eq!((new.face(0), new.face(19)), (2, 22));
        assert_eq!(new.vector(37), vectors[39]);
        assert_eq!(stored(&new, 19), stored(&old, 21));
    }

    #[test]
    fn a_segment_becomes_sparse_beyond_a_quarter() {
        let (segment, _) = filled(100, false);
        (0..25).for_each(|row| assert!(segment.remove(row)));
        assert!(!segment.is_sparse());
        segment.remove(60);
        assert!(segment.is_sparse());
        let (few, _) = filled(20, false);
        (0..16).for_each(|row| assert!(few.remove(row)));
        assert!(!few.is_sparse());
        (16..20).for_each(|row| assert!(few.remove(row)));
        assert!(few.is_sparse());
    }

    #[test]
    fn a_vector_that_is_not_finite_is_not_taken() {
        let segment = Segment::new(2, 16, true);
        assert!(
            !segment.append(&Row { face: 1, subject: 1, values: &[f32::NAN, 0.0] }, &mut Scratch::new(2))
        );
        assert_eq!((segment.len(), segment.coding()), (0, Coding::default()));
    }
}
