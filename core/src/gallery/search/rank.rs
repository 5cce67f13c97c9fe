//! From the rows that the bounds cannot exclude to the answers: canonical scores, order, ties.

use super::contenders::{Contender, floor_of};
use super::probe::Probe;
use super::scan::{Answer, Question};
use super::view::View;
use super::{Hit, Vectors};
use crate::engine::cosine;
use crate::{Error, ErrorKind, Result};
use std::cmp::Ordering;
use std::collections::HashSet;

/// The answers where the vectors are beside the codes.
pub(crate) fn from_memory(
    view: &View,
    probe: &Probe<'_>,
    question: &Question,
    contenders: &[Contender],
) -> Vec<Hit> {
    let hit = |contender: &Contender| hit(view, contender, |vector| cosine(probe.values, vector));
    // The most promising set a floor closer than the bounds could; few of the others reach it.
    let promising = contenders.len().min(question.count);
    let mut hits: Vec<Hit> = contenders[..promising].iter().map(hit).collect();
    let keys = hits.iter().zip(contenders).map(|(hit, contender)| (contender.key, hit.score));
    let floor = floor_of(keys.collect(), question.count);
    hits.extend(contenders[promising..].iter().filter(|contender| contender.high >= floor).map(hit));
    best(hits, question)
}

fn hit(view: &View, contender: &Contender, score: impl Fn(&[f32]) -> f64) -> Hit {
    let (segment, row) = (view.part(contender.segment as usize).0, contender.row as usize);
    Hit { face: segment.face(row), subject: segment.subject(row), score: score(segment.vector(row)) }
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
        let mut seen = HashSet::new();
        hits.retain(|hit| seen.insert(hit.subject));
    }
    hits.truncate(question.count);
    hits
}

/// Highest score first, of equal scores the smallest face id. Both zeros are equal, so this is no total order of bits.
pub(crate) fn in_order(a: &Hit, b: &Hit) -> Ordering {
    let scores = b.score.partial_cmp(&a.score).expect("finite vectors have no NaN score");
    scores.then(a.face.cmp(&b.face))
}
