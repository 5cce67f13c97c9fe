//! The one writer of an index: appends, marks as removed, and gives back what removed rows held.

use super::segment::{Row, SEGMENT_ROWS, Scratch, Segment};
use super::view::Segments;
use super::{Residence, cores};
use arc_swap::ArcSwap;
use std::collections::HashSet;
use std::sync::Arc;

/// What the writer needs from call to call.
pub(crate) struct Writer {
    dimension: usize,
    keep_vectors: bool,
    scratch: Scratch,
}

impl Writer {
    pub(crate) fn new(dimension: usize, residence: Residence) -> Self {
        Self { dimension, keep_vectors: residence == Residence::Full, scratch: Scratch::new(dimension) }
    }

    /// Appends rows; those of another dimension or not finite are left out.
    pub(crate) fn insert(&mut self, list: &ArcSwap<Segments>, rows: &[Row<'_>]) {
        let mut rows = rows;
        let segments = list.load_full();
        if let Some(open) = segments.last() {
            while let Some((row, rest)) = rows.split_first().filter(|_| !open.is_full()) {
                self.append(open, row);
                rows = rest;
            }
        }
        if rows.is_empty() {
            return;
        }
        let mut there = segments.iter().map(|segment| segment.live()).sum::<usize>();
        let mut pieces = Vec::new();
        while !rows.is_empty() {
            let piece = Segment::next_capacity(there, rows.len());
            let (now, later) = rows.split_at(rows.len().min(piece));
            pieces.push((now, piece));
            (rows, there) = (later, there + now.len());
        }
        let fill = |(rows, capacity): (&[Row<'_>], usize)| {
            let segment = Segment::new(self.dimension, capacity, self.keep_vectors);
            let mut scratch = Scratch::new(self.dimension);
            for row in rows.iter().filter(|row| row.values.len() == self.dimension) {
                segment.append(row, &mut scratch);
            }
            Arc::new(segment)
        };
        let mut all = Segments::clone(&segments);
        if let [piece] = pieces[..] {
            all.push(fill(piece));
        } else {
            all.extend(cores::map(pieces, fill));
        }
        list.store(Arc::new(all));
    }

    fn append(&mut self, segment: &Segment, row: &Row<'_>) {
        if row.values.len() == self.dimension {
            segment.append(row, &mut self.scratch);
        }
    }

    /// Removes faces; says how many were there.
    pub(crate) fn remove_faces(&mut self, list: &ArcSwap<Segments>, faces: &[u64]) -> u64 {
        let segments = list.load_full();
        let mut removed = 0;
        if let [face] = faces {
            for segment in segments.iter().filter(|segment| segment.may_hold(*face)) {
                removed += remove_where(segment, |row| segment.face(row) == *face);
            }
        } else {
            let faces: HashSet<u64> = faces.iter().copied().collect();
            for segment in segments.iter() {
                removed += remove_where(segment, |row| faces.contains(&segment.face(row)));
            }
        }
        self.compact(list, &segments);
        removed
    }

    /// Replaces segments of which more than a quarter is removed by copies without the removed rows, together with
    /// the segment before where both are small. Searches that began before keep the old ones, which are wiped when
    /// the last of them ends.
    fn compact(&self, list: &ArcSwap<Segments>, segments: &Segments) {
        if !segments.iter().any(|segment| segment.is_sparse()) {
            return;
        }
        let mut all = Segments::new();
        for segment in segments {
            if !segment.is_sparse() {
                all.push(Arc::clone(segment));
                continue;
            }
            let rows = |segment: &Segment| segment.live();
            let before = all.pop_if(|before| rows(before) + rows(segment) <= SEGMENT_ROWS / 2);
            let kept = before.as_deref().map_or(0, rows) + rows(segment);
            if kept > 0 {
                let copy = Segment::new(self.dimension, kept, self.keep_vectors);
                before.iter().for_each(|before| copy.append_live(before));
                copy.append_live(segment);
                all.push(Arc::new(copy));
            }
        }
        list.store(Arc::new(all));
    }
}

/// Removes the rows that are wanted and not removed yet; says how many.
fn remove_where(segment: &Segment, wanted: impl Fn(usize) -> bool) -> u64 {
    let rows = (0..segment.len()).filter(|&row| wanted(row) && !segment.is_removed(row));
    rows.filter(|&row| segment.remove(row)).count() as u64
}
