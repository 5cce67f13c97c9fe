//! Every image with every other: a blocked product of the embedding matrix with itself.

use rayon::prelude::*;

use super::embeddings::Embeddings;
use super::lists::Exclusions;
use super::trials::{Trial, by_falling_score};

/// Columns computed side by side. Each keeps its own sum in index order, so the bits are the canonical ones
/// while the compiler can use vector instructions.
const LANES: usize = 16;

/// Rows that share a pass over a panel of columns.
const ROWS: usize = 32;

/// The most non-mated trials that are kept one by one (12 bytes each).
const KEPT: u64 = 4_000_000;

/// Bins over −1..1, 0.0001 wide.
const BINS: usize = 20_000;

/// What comparing all with all gives, in falling order.
pub(crate) struct Compared {
    pub(crate) mated: Vec<Trial>,
    pub(crate) non_mated: Vec<Trial>,
    pub(crate) non_mated_total: u64,
    pub(crate) histogram: Option<Histogram>,
}

/// TrialCounts of cosines in narrow bins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Histogram(Vec<u64>);

impl Histogram {
    fn new() -> Self {
        Self(vec![0; BINS])
    }

    fn bin(score: f32) -> usize {
        // The cast saturates, and NaN cannot occur between unit vectors.
        (((f64::from(score) + 1.0) * (BINS as f64 / 2.0)) as usize).min(BINS - 1)
    }

    fn edge(bin: usize) -> f32 {
        ((bin as f64) * (2.0 / BINS as f64) - 1.0) as f32
    }

    /// Scores in the bin of the threshold or above.
    pub(crate) fn count_at_least(&self, threshold: f32) -> u64 {
        self.0[Self::bin(threshold)..].iter().sum()
    }

    /// The lowest edge of a bin that at most `count` scores reach.
    pub(crate) fn threshold_for_count(&self, count: u64) -> f32 {
        let mut sum = 0;
        for (bin, &scores) in self.0.iter().enumerate().rev() {
            sum += scores;
            if sum > count {
                if bin + 1 == BINS {
                    // The last bin also holds what rounding put above 1.
                    return f32::INFINITY;
                }
                // One step up: the edge may have been rounded down into the bin below.
                return Self::edge(bin + 1).next_up();
            }
        }
        f32::NEG_INFINITY
    }

    fn merge(mut self, other: &Self) -> Self {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine += theirs;
        }
        self
    }
}

/// Compares the images in `present` with each other.
pub(crate) fn compare_all(
    embeddings: &Embeddings,
    present: &[u32],
    person_of: &[u32],
    exclusions: &Exclusions,
) -> Compared {
    let product = Product::new(embeddings, present, person_of, exclusions);
    // First pass: count. Second pass: keep what is worth keeping. Computing twice is cheaper than holding
    // everything.
    let histogram = product
        .blocks()
        .fold(Histogram::new, |mut histogram, block| {
            product.visit(block, |trial, mated| {
                if !mated {
                    histogram.0[Histogram::bin(trial.score)] += 1;
                }
            });
            histogram
        })
        .reduce(Histogram::new, |x, y| x.merge(&y));
    let total: u64 = histogram.0.iter().sum();
    let complete = total <= KEPT;
    let floor = if complete { f32::NEG_INFINITY } else { histogram.threshold_for_count(KEPT) };
    let (mut mated, mut non_mated) = product
        .blocks()
        .map(|block| {
            let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
            product.visit(block, |trial, is_mated| {
                if is_mated {
                    mated.push(trial);
                } else if trial.score >= floor {
                    non_mated.push(trial);
                }
            });
            (mated, non_mated)
        })
        .reduce(Default::default, |mut x, mut y| {
            x.0.append(&mut y.0);
            x.1.append(&mut y.1);
            x
        });
    mated.par_sort_unstable_by(by_falling_score);
    non_mated.par_sort_unstable_by(by_falling_score);
    Compared { mated, non_mated, non_mated_total: total, histogram: (!complete).then_some(histogram) }
}

struct Product<'a> {
    embeddings: &'a Embeddings,
    present: &'a [u32],
    person_of: &'a [u32],
    exclusions: &'a Exclusions,
    /// People with a pair left out; most have none, and asking the set for each trial would cost more than the
    /// product.
    listed: Vec<bool>,
    /// Columns in panels of `LANES`, one coordinate of all lanes after the other, padded with zeros.
    panels: Vec<f64>,
}

impl<'a> Product<'a> {
    fn new(
        embeddings: &'a Embeddings,
        present: &'a [u32],
        person_of: &'a [u32],
        exclusions: &'a Exclusions,
    ) -> Self {
        let dimension = embeddings.dimension();
        let mut panels = vec![0.0; present.len().div_ceil(LANES) * LANES * dimension];
        for (column, &image) in present.iter().enumerate() {
            let panel = &mut panels[column / LANES * LANES * dimension..];
            for (i, &x) in embeddings.get(image as usize).unwrap_or_default().iter().enumerate() {
                panel[i * LANES + column % LANES] = f64::from(x);
            }
        }
        let people = person_of.iter().max().map_or(0, |&highest| highest as usize + 1);
        let mut listed = vec![false; people];
        for &(a, b) in &exclusions.people {
            for person in [a, b] {
                if let Some(listed) = listed.get_mut(person as usize) {
                    *listed = true;
                }
            }
        }
        Self { embeddings, present, person_of, exclusions, listed, panels }
    }

    fn blocks(&self) -> impl ParallelIterator<Item = usize> {
        (0..self.present.len().div_ceil(ROWS)).into_par_iter()
    }

    /// Calls `found` with every trial whose first image is in the block of rows, and whether it is mated.
    fn visit(&self, block: usize, mut found: impl FnMut(Trial, bool)) {
        let size = LANES * self.embeddings.dimension();
        let rows = block * ROWS..((block + 1) * ROWS).min(self.present.len());
        for (index, panel) in self.panels.chunks_exact(size.max(1)).enumerate().skip(rows.start / LANES) {
            let columns = index * LANES;
            for row in rows.clone() {
                let a = self.present[row];
                let mut sums = [0.0; LANES];
                let vector = self.embeddings.get(a as usize).unwrap_or_default();
                for (&x, lanes) in vector.iter().zip(panel.as_chunks::<LANES>().0) {
                    let x = f64::from(x);
                    for (sum, &y) in sums.iter_mut().zip(lanes) {
                        *sum += x * y;
                    }
                }
                for (lane, &sum) in sums.iter().enumerate() {
                    let column = columns + lane;
                    let Some(&b) = self.present.get(column).filter(|_| column > row) else { continue };
                    let (p, q) = (self.person_of[a as usize], self.person_of[b as usize]);
                    if p == q || !(self.listed[p as usize] && self.exclusions.covers(p, q)) {
                        found(Trial { score: sum as f32, a, b }, p == q);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_histogram_never_undercounts() {
        let mut histogram = Histogram::new();
        let scores = [-1.0_f32, -0.5, 0.1, 0.10004, 0.3, 1.0, 1.000_000_1];
        for score in scores {
            histogram.0[Histogram::bin(score)] += 1;
        }
        for threshold in [-1.0, -0.2, 0.1, 0.10001, 0.2, 0.3, 0.9] {
            let exact = scores.iter().filter(|&&score| score >= threshold).count() as u64;
            assert!(histogram.count_at_least(threshold) >= exact);
        }
        for count in 0..7 {
            let threshold = histogram.threshold_for_count(count);
            assert!(scores.iter().filter(|&&score| score >= threshold).count() as u64 <= count);
        }
        assert_eq!(histogram.threshold_for_count(7), f32::NEG_INFINITY);
    }
}
