//! From probes to the rows that their bounds cannot exclude.

use super::bound::Margin;
use super::contenders::{Contender, Contenders};
use super::cores;
use super::kernels::{BLOCK_ROWS, Found, Kernel, Line, PACK, Packed};
use super::probe::Probe;
use super::segment::Segment;
use super::view::{Portion, View};
use std::ops::Range;
use zeroize::Zeroizing;

/// Bytes of codes from which several cores share a scan: 100,000 rows of 128 values.
const SHARED_BYTES: usize = 100_000 * 128;
/// Bytes of codes that stay in a core's first cache, beside the codes of the probes, while all probes are scanned
/// against them: 8 blocks of rows of 128 values and their scales.
const TILE_BYTES: usize = 17 << 10;

/// What is one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Every face.
    Face,
    /// The best face of every subject.
    Subject,
}

impl Answer {
    /// Rows of one key are one answer.
    pub(crate) fn key(self, face: u64, subject: u64) -> u64 {
        match self {
            Self::Face => face,
            Self::Subject => subject,
        }
    }
}

/// What is asked.
#[derive(Clone)]
pub(crate) struct Question {
    /// Answers wanted at most; at least 1.
    pub(crate) count: usize,
    pub(crate) answer: Answer,
    /// A subject that is no answer.
    pub(crate) except: Option<u64>,
    /// What the score of an answer must reach.
    pub(crate) min_score: f64,
    /// Faces that are gone although they may still be seen, sorted.
    pub(crate) gone: Vec<u64>,
}

/// For each probe, the rows of the view that may be among its best, the most promising first.
pub(crate) fn contenders(
    kernel: Kernel,
    view: &View,
    probes: &[Probe<'_>],
    question: &Question,
) -> Vec<Vec<Contender>> {
    let bytes = view.rows() * probes.first().map_or(0, |probe| probe.coding.dimension);
    let cores = if bytes < SHARED_BYTES { 1 } else { cores::count() };
    contenders_on(cores, kernel, view, probes, question)
}

fn contenders_on(
    cores: usize,
    kernel: Kernel,
    view: &View,
    probes: &[Probe<'_>],
    question: &Question,
) -> Vec<Vec<Contender>> {
    let segments = view.parts().len();
    let found = if cores.min(segments) < 2 {
        scan(kernel, view, 0..segments, probes, question)
    } else {
        let parts = cores::map(shares(view, cores), |share| scan(kernel, view, share, probes, question));
        parts.into_iter().reduce(merge).unwrap_or_default()
    };
    found.into_iter().map(Contenders::finish).collect()
}

/// Ranges of segments with about the same number of rows.
fn shares(view: &View, count: usize) -> Vec<Range<usize>> {
    let (rows, mut seen, mut begin) = (view.rows(), 0, 0);
    let mut shares = Vec::new();
    for (place, (_, portion)) in view.parts().enumerate() {
        seen += portion.len;
        if seen * count >= rows * (shares.len() + 1) {
            shares.push(begin..place + 1);
            begin = place + 1;
        }
    }
    shares
}

fn merge(mut all: Vec<Contenders>, more: Vec<Contenders>) -> Vec<Contenders> {
    for (all, more) in all.iter_mut().zip(more) {
        all.merge(more);
    }
    all
}

fn scan(
    kernel: Kernel,
    view: &View,
    segments: Range<usize>,
    probes: &[Probe<'_>],
    question: &Question,
) -> Vec<Contenders> {
    let mut found: Vec<_> =
        probes.iter().map(|_| Contenders::new(question.count, question.min_score)).collect();
    let mut tail = Zeroizing::new(Vec::new());
    if let ([probe], [contenders]) = (probes, found.as_mut_slice()) {
        let packed = Packed::new(&[probe.codes()]);
        for place in segments {
            let part = Part::new(view, place, question);
            part.each_tile(usize::MAX, &mut tail, |first_block, lines| {
                part.scan(kernel, probe, &packed, first_block, lines, contenders);
            });
        }
        return found;
    }
    let packs: Vec<_> = probes
        .chunks(PACK)
        .map(|probes| Packed::<PACK>::new(&probes.iter().map(Probe::codes).collect::<Vec<_>>()))
        .collect();
    let mut margins = Vec::new();
    for place in segments {
        let part = Part::new(view, place, question);
        margins.clear();
        margins.extend(probes.iter().map(|probe| Margin::new(&probe.coding, part.segment.coding())));
        part.each_tile(TILE_BYTES, &mut tail, |first_block, lines| {
            let groups = margins.chunks(PACK).zip(found.chunks_mut(PACK));
            for ((margins, found), packed) in groups.zip(&packs) {
                part.scan_pack(kernel, margins, packed, first_block, lines, found);
            }
        });
    }
    found
}

/// One segment of a view, while it is scanned.
struct Part<'a> {
    place: usize,
    segment: &'a Segment,
    portion: &'a Portion,
    question: &'a Question,
}

impl<'a> Part<'a> {
    fn new(view: &'a View, place: usize, question: &'a Question) -> Self {
        let (segment, portion) = view.part(place);
        Self { place, segment, portion, question }
    }

    /// Gives its blocks in pieces of at most about `bytes`, each with the number of its first block.
    fn each_tile(&self, bytes: usize, tail: &mut Zeroizing<Vec<Line>>, mut give: impl FnMut(usize, &[Line])) {
        let whole = self.portion.len / BLOCK_ROWS;
        if whole > 0 {
            let lines = self.segment.blocks(whole);
            let size = lines.len() / whole;
            let blocks = (bytes / size_of_val(&lines[..size])).clamp(1, whole);
            for (tile, lines) in lines.chunks(blocks * size).enumerate() {
                give(tile * blocks, lines);
            }
        }
        if !self.portion.len.is_multiple_of(BLOCK_ROWS) {
            self.segment.copy_block(whole, tail);
            give(whole, tail);
        }
    }

    fn scan(
        &self,
        kernel: Kernel,
        probe: &Probe<'_>,
        packed: &Packed<1>,
        first_block: usize,
        lines: &[Line],
        contenders: &mut Contenders,
    ) {
        let margin = Margin::new(&probe.coding, self.segment.coding());
        let least = margin.least(contenders.floor());
        kernel.scan(packed, lines, least, &mut |found| self.take(first_block, found, &margin, contenders));
    }

    fn scan_pack(
        &self,
        kernel: Kernel,
        margins: &[Margin],
        packed: &Packed<PACK>,
        first_block: usize,
        lines: &[Line],
        contenders: &mut [Contenders],
    ) {
        let mut least = [f32::INFINITY; PACK];
        for ((least, margin), contenders) in least.iter_mut().zip(margins).zip(&*contenders) {
            *least = margin.least(contenders.floor());
        }
        kernel.scan_pack(packed, lines, &mut least, &mut |found| {
            self.take(first_block, found, &margins[found.probe], &mut contenders[found.probe])
        });
    }

    /// Takes the rows of a block that may be among the best; answers what the next must reach.
    #[cold]
    fn take(
        &self,
        first_block: usize,
        found: &Found<'_>,
        margin: &Margin,
        contenders: &mut Contenders,
    ) -> f32 {
        let mut lanes = found.lanes;
        while lanes != 0 {
            let lane = lanes.trailing_zeros() as usize;
            lanes &= lanes - 1;
            let row = (first_block + found.block) * BLOCK_ROWS + lane;
            let (low, high) = margin.bounds(found.scales.scale(lane), found.sums[lane]);
            if high < contenders.floor() || !self.counts(row) {
                continue;
            }
            let key = self.question.answer.key(self.segment.face(row), self.segment.subject(row));
            let contender = Contender { high, segment: self.place as u32, row: row as u32 };
            contenders.push(contender, key, low);
        }
        margin.least(contenders.floor())
    }

    /// Whether a row is seen and may be an answer.
    fn counts(&self, row: usize) -> bool {
        row < self.portion.len
            && !self.portion.is_removed(row)
            && self.question.except != Some(self.segment.subject(row))
            && (self.question.gone.is_empty()
                || self.question.gone.binary_search(&self.segment.face(row)).is_err())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::search::segment::{Row, Scratch};
    use crate::gallery::search::testing::Random;
    use arc_swap::ArcSwap;
    use std::sync::Arc;

    #[test]
    fn several_cores_find_what_one_finds() {
        let mut random = Random::new(20);
        let mut segments = Vec::new();
        for rows in [0, 64, 1, 300, 17, 2000, 0, 64, 64, 0] {
            let segment = Segment::new(24, rows, false);
            for row in 0..rows as u64 {
                let (face, subject) = (row + 10_000 * segments.len() as u64 + 1, row % 50);
                let values = &random.unit_vector(24);
                segment.append(&Row { face, subject, values }, &mut Scratch::new(24));
            }
            segments.push(Arc::new(segment));
        }
        let view = View::of(&ArcSwap::from_pointee(segments));
        let vectors: Vec<_> = (0..11).map(|_| random.unit_vector(24)).collect();
        let probes: Vec<_> =
            vectors.iter().map(|values| Probe::new(values, Kernel::best().chains()).unwrap()).collect();
        for answer in [Answer::Face, Answer::Subject] {
            for count in [1, 5, 3000] {
                let question = Question { count, answer, except: Some(7), min_score: -1.0, gone: vec![3] };
                let on = |cores, probes| -> Vec<Vec<_>> {
                    let found = contenders_on(cores, Kernel::best(), &view, probes, &question);
                    found
                        .iter()
                        .map(|found| {
                            let mut rows: Vec<_> = found.iter().map(|row| (row.segment, row.row)).collect();
                            rows.sort_unstable();
                            rows
                        })
                        .collect()
                };
                let alone = on(1, &probes);
                assert!(alone.iter().all(|rows| !rows.is_empty()));
                for cores in [2, 3, 8, 100] {
                    assert_eq!(on(cores, &probes), alone, "{cores} cores");
                    assert_eq!(on(cores, &probes[..1]), alone[..1]);
                }
            }
        }
    }

    #[test]
    fn shares_cover_every_segment_once() {
        let segments = [100, 0, 0, 5, 64, 1, 0].map(|rows| {
            let segment = Segment::new(1, rows, false);
            for row in 0..rows as u64 {
                segment.append(&Row { face: row + 1, subject: 1, values: &[1.0] }, &mut Scratch::new(1));
            }
            Arc::new(segment)
        });
        let view = View::of(&ArcSwap::from_pointee(segments.to_vec()));
        for count in 1..10 {
            let shares = shares(&view, count);
            assert!(shares.len() <= count);
            let rows =
                |share: &Range<usize>| share.clone().map(|place| view.part(place).1.len).sum::<usize>();
            assert_eq!(shares.iter().map(rows).sum::<usize>(), view.rows());
            assert!(shares.windows(2).all(|pair| pair[0].end == pair[1].start));
        }
    }
}
