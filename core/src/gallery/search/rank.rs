//! From the rows that the bounds cannot exclude to the answers: canonical scores, order, ties.

use super::contenders::Contender;
use super::floor::{FEW, Floor};
use super::probe::Probe;
use super::scan::{Answer, Question};
use super::view::View;
use super::{Hit, Vectors};
use crate::engine::cosine;
use crate::{Error, ErrorKind, Result};
use std::cmp::Ordering;
use std::collections::HashSet;

/// Vectors whose scores are computed together.
const TOGETHER: usize = 4;

/// The answers where the vectors are beside the codes.
pub(crate) fn from_memory(
    view: &View,
    probe: &Probe<'_>,
    question: &Question,
    contenders: &[Contender],
) -> Vec<Hit> {
    let mut hits = Vec::with_capacity(contenders.len());
    let mut floor = Floor::new(question.count, question.min_score);
    for contenders in contenders.chunks(TOGETHER) {
        // Canonical scores set a floor closer than the bounds could, and the most promising come first.
        if contenders[0].high < floor.height() {
            break;
        }
        let row = |contender: &Contender| (view.part(contender.segment as usize).0, contender.row as usize);
        // The last may be fewer: the first of them takes the places of those that lack.
        let rows = std::array::from_fn(|place| row(contenders.get(place).unwrap_or(&contenders[0])));
        let scores = cosines(probe.values, rows.map(|(segment, row)| segment.vector(row)));
        for (&(segment, row), &score) in rows.iter().zip(&scores).take(contenders.len()) {
            let hit = Hit { face: segment.face(row), subject: segment.subject(row), score };
            floor.raise(question.answer.key(hit.face, hit.subject), score);
            hits.push(hit);
        }
    }
    best(hits, question)
}

/// The canonical scores of several vectors, bit for bit `cosine`'s. One sum waits for itself at every step; several
/// do not wait for each other.
fn cosines(probe: &[f32], vectors: [&[f32]; TOGETHER]) -> [f64; TOGETHER] {
    let [a, b, c, d] = vectors;
    // Where `Iterator::sum` begins.
    let mut sums = [-0.0; TOGETHER];
    for ((((&value, &a), &b), &c), &d) in probe.iter().zip(a).zip(b).zip(c).zip(d) {
        for (sum, other) in sums.iter_mut().zip([a, b, c, d]) {
            *sum += f64::from(value) * f64::from(other);
        }
    }
    sums.map(|sum| sum.clamp(-1.0, 1.0))
}

/// What came of asking for the vectors of all probes' contenders at once.
pub(crate) struct Fetched {
    /// For each probe, its answers; not to be used where a face is missing.
    pub(crate) answers: Vec<Vec<Hit>>,
    /// Faces that were asked for and not given, sorted.
    pub(crate) missing: Vec<u64>,
}

/// The answers where the vectors are in the store.
///
/// # Errors
/// Those of `vectors`; `Internal` where it gives a vector of another length.
pub(crate) fn from_store(
    view: &View,
    probes: &[Probe<'_>],
    question: &Question,
    contenders: &[Vec<Contender>],
    vectors: &dyn Vectors,
) -> Result<Fetched> {
    struct Wanted {
        face: u64,
        subject: u64,
        probe: usize,
        score: Option<f64>,
    }
    let mut wanted = Vec::new();
    for (probe, contenders) in contenders.iter().enumerate() {
        wanted.extend(contenders.iter().map(|contender| {
            let (segment, row) = (view.part(contender.segment as usize).0, contender.row as usize);
            Wanted { face: segment.face(row), subject: segment.subject(row), probe, score: None }
        }));
    }
    wanted.sort_unstable_by_key(|wanted| (wanted.face, wanted.probe));
    let mut faces: Vec<u64> = wanted.iter().map(|wanted| wanted.face).collect();
    faces.dedup();
    let mut misshapen = false;
    if !faces.is_empty() {
        vectors.fetch(&faces, &mut |face, values| {
            let begin = wanted.partition_point(|wanted| wanted.face < face);
            for wanted in wanted[begin..].iter_mut().take_while(|wanted| wanted.face == face) {
                let probe = probes[wanted.probe].values;
                misshapen |= probe.len() != values.len();
                wanted.score = Some(cosine(probe, values));
            }
        })?;
    }
    if misshapen {
        return Err(Error::new(
            ErrorKind::Internal,
            "The store gave a vector of another dimension than the index has. Please report this.",
        ));
    }
    let mut missing: Vec<u64> =
        wanted.iter().filter(|wanted| wanted.score.is_none()).map(|wanted| wanted.face).collect();
    missing.dedup();
    let mut hits: Vec<Vec<Hit>> = probes.iter().map(|_| Vec::new()).collect();
    for Wanted { face, subject, probe, score } in wanted {
        hits[probe].extend(score.map(|score| Hit { face, subject, score }));
    }
    Ok(Fetched { answers: hits.into_iter().map(|hits| best(hits, question)).collect(), missing })
}

/// The best of rows among which all answers are.
fn best(mut hits: Vec<Hit>, question: &Question) -> Vec<Hit> {
    hits.retain(|hit| hit.score >= question.min_score);
    hits.sort_unstable_by(in_order);
    if question.answer == Answer::Subject {
        if question.count <= FEW {
            return first_of_few_subjects(&hits, question.count);
        }
        let mut seen = HashSet::new();
        hits.retain(|hit| seen.insert(hit.subject));
    }
    hits.truncate(question.count);
    hits
}

/// The first hits of different subjects, so few that looking through them is less work than hashing.
fn first_of_few_subjects(hits: &[Hit], count: usize) -> Vec<Hit> {
    let mut first: Vec<Hit> = Vec::with_capacity(count);
    for hit in hits {
        if first.len() == count {
            break;
        }
        if first.iter().all(|better| better.subject != hit.subject) {
            first.push(*hit);
        }
    }
    first
}

/// Highest score first, of equal scores the smallest face id. Both zeros are equal, so this is no total order of bits.
pub(crate) fn in_order(a: &Hit, b: &Hit) -> Ordering {
    let scores = b.score.partial_cmp(&a.score).expect("finite vectors have no NaN score");
    scores.then(a.face.cmp(&b.face))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::search::testing::Random;

    #[test]
    fn scores_computed_together_are_the_canonical_ones() {
        let mut random = Random::new(23);
        for dimension in [1, 2, 3, 127, 128, 512] {
            for _ in 0..50 {
                let probe = random.unit_vector(dimension);
                let mut others: Vec<_> = (0..TOGETHER).map(|_| random.unit_vector(dimension)).collect();
                // A score beyond 1, and zeros of both signs.
                others[random.below(TOGETHER)] = probe.iter().map(|value| value * 1.000_001).collect();
                others[random.below(TOGETHER)] = vec![[0.0, -0.0][random.below(2)]; dimension];
                let scores = cosines(&probe, std::array::from_fn(|place| &*others[place]));
                let expected = others.iter().map(|other| cosine(&probe, other).to_bits());
                assert!(expected.eq(scores.iter().map(|score| score.to_bits())));
            }
        }
    }
}
