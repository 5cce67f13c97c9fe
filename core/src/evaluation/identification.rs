//! Error rates of 1:N search, by the definitions of ISO/IEC 19795-1.

use rayon::prelude::*;
use serde::Serialize;

use super::dataset::Dataset;
use super::embeddings::Embeddings;
use super::lists::Exclusions;
use super::metrics::share;
use crate::{Error, ErrorKind, Result};

/// The false positive identification rates at which the false negative one is reported.
const FPIRS: [f64; 3] = [1e-1, 1e-2, 1e-3];

/// The error rates of searches at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SearchRates {
    /// The rate asked for, 0–1.
    pub max_fpir: f64,
    /// Candidates at or above it are returned.
    pub threshold: f32,
    /// False positive identification rate, 0–1: searches for people not enrolled that return anyone.
    pub fpir: f64,
    /// False negative identification rate at rank 1, 0–1: searches for enrolled people whose right candidate
    /// is not first or is below the threshold. The detection and identification rate (DIR) is 1 − FNIR.
    pub fnir: f64,
}

/// The result of searching a gallery with one image of each enrolled person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Identification {
    /// Enrolled images, one for each person.
    pub gallery: u64,
    /// People who should be enrolled but whose first image has no embedding.
    pub failed_enrolments: u64,
    /// Searches for enrolled people.
    pub mated_probes: u64,
    /// Searches for people not enrolled.
    pub non_mated_probes: u64,
    /// Images to search with that have no embedding.
    pub failed_probes: u64,
    /// FNIR at rank 1 without a threshold, 0–1; rank-1 accuracy is 1 minus it.
    pub fnir_rank_1: f64,
    /// The same with every search that failed for want of an embedding, probe's or gallery's, as a miss.
    pub fnir_rank_1_with_failures: f64,
    /// At fixed false positive identification rates, as far as the number of searches supports them.
    pub at_fpir: Vec<SearchRates>,
}

/// Searches with every image of a data set in a gallery made from it.
///
/// Every other person, in the order of [`Dataset::people`], is enrolled with the first image. The other
/// images of enrolled people are mated probes; all images of the others are non-mated ones. Of equal scores the
/// earlier image comes first. Excluded images take no part; excluded pairs of people never count against each
/// other.
///
/// # Errors
/// [`ErrorKind::InvalidArgument`] where the numbers of images and embeddings differ or the data set does not
/// say who is on an image; [`ErrorKind::InsufficientData`] without a mated or without a non-mated probe.
pub fn identification(
    dataset: &Dataset,
    embeddings: &Embeddings,
    exclusions: &Exclusions,
) -> Result<Identification> {
    if dataset.images.len() != embeddings.len() {
        return Err(Error::new(ErrorKind::InvalidArgument, "give one embedding for each image"));
    }
    let mut first_seen = vec![false; dataset.people.len()];
    let (mut gallery, mut mated, mut non_mated) = (Vec::new(), Vec::new(), Vec::new());
    let (mut failed_enrolments, mut failed_probes, mut failed_mated) = (0, 0, 0);
    let mut enrolled = vec![false; dataset.people.len()];
    for (index, image) in dataset.images.iter().enumerate() {
        let Some(person) = image.person else {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "search needs the person on each image; use a folder of people",
            ));
        };
        if exclusions.images.contains(&index) {
            continue;
        }
        let vector = embeddings.get(index);
        let first = !std::mem::replace(&mut first_seen[person as usize], true);
        match (person % 2 == 0, first, vector) {
            (true, true, Some(vector)) => {
                enrolled[person as usize] = true;
                gallery.push((person, vector));
            }
            (true, true, None) => failed_enrolments += 1,
            (true, false, Some(vector)) if enrolled[person as usize] => mated.push((person, vector)),
            (true, false, vector) => {
                failed_mated += 1;
                failed_probes += u64::from(vector.is_none());
            }
            (false, _, Some(vector)) => non_mated.push((person, vector)),
            (false, _, None) => failed_probes += 1,
        }
    }
    if mated.is_empty() || non_mated.is_empty() {
        return Err(Error::new(
            ErrorKind::InsufficientData,
            "search needs people with several images to enrol, and other people to search for",
        ));
    }
    // The best candidate of a probe: its person and score.
    let best = |&(person, vector): &(u32, &[f32])| {
        let mut best = (u32::MAX, f32::NEG_INFINITY);
        for &(candidate, reference) in &gallery {
            let score = super::embeddings::cosine(vector, reference);
            if score > best.1 && (candidate == person || !exclusions.covers(candidate, person)) {
                best = (candidate, score);
            }
        }
        (best.0 == person, best.1)
    };
    // Right candidates at rank 1 and highest scores of strangers, both by falling score.
    let mut right: Vec<f32> =
        mated.par_iter().map(best).filter(|&(right, _)| right).map(|(_, score)| score).collect();
    let mut strangers: Vec<f32> = non_mated.par_iter().map(best).map(|(_, score)| score).collect();
    right.sort_by(|x, y| y.total_cmp(x));
    strangers.sort_by(|x, y| y.total_cmp(x));

    let (searches, stranger_searches) = (mated.len() as u64, strangers.len() as u64);
    let missed = |hits: u64| share(searches - hits, searches);
    let at_fpir = FPIRS
        .into_iter()
        .filter_map(|max_fpir| {
            let allowed = (max_fpir * stranger_searches as f64 * (1.0 + 1e-12)).floor() as usize;
            let threshold = strangers.get(allowed).filter(|_| allowed > 0)?.next_up();
            let at_least = |scores: &[f32]| scores.partition_point(|&score| score >= threshold) as u64;
            Some(SearchRates {
                max_fpir,
                threshold,
                fpir: share(at_least(&strangers), stranger_searches),
                fnir: missed(at_least(&right)),
            })
        })
        .collect();
    let hits = right.len() as u64;
    Ok(Identification {
        gallery: gallery.len() as u64,
        failed_enrolments,
        mated_probes: searches,
        non_mated_probes: stranger_searches,
        failed_probes,
        fnir_rank_1: missed(hits),
        fnir_rank_1_with_failures: share(searches - hits + failed_mated, searches + failed_mated),
        at_fpir,
    })
}

#[cfg(test)]
mod tests {
    use super::super::trials::tests::people;
    use super::*;

    fn unit(degrees: f32) -> [f32; 2] {
        [degrees.to_radians().cos(), degrees.to_radians().sin()]
    }

    #[test]
    fn by_hand() {
        // Enrolled: person 0 at 0°, person 2 at 90°. Mated probes: 10° (right), 60° of person 0 (nearer to
        // person 2: wrong), 80° (right). Strangers: 20° and 45°.
        let dataset = people(&[3, 1, 2, 1]);
        let vectors = [0.0, 10.0, 60.0, 20.0, 90.0, 80.0, 45.0].map(unit);
        let embeddings = Embeddings::new(vectors.iter().map(|vector| Some(vector.as_slice()))).unwrap();
        let result = identification(&dataset, &embeddings, &Exclusions::default()).unwrap();
        assert_eq!((result.gallery, result.mated_probes, result.non_mated_probes), (2, 3, 2));
        assert!((result.fnir_rank_1 - 1.0 / 3.0).abs() < 1e-12);
        assert!(result.at_fpir.is_empty(), "two searches support no rate");
    }

    #[test]
    fn thresholds_keep_strangers_out() {
        // 30 enrolled people 12° apart with a probe 1° off; 30 strangers between them, one right at a person.
        let dataset = people(&(0..60).map(|person| 2 - person % 2).collect::<Vec<_>>());
        let vectors: Vec<[f32; 2]> = (0..30)
            .flat_map(|i| {
                let angle = 12.0 * i as f32;
                [unit(angle), unit(angle + 1.0), unit(angle + if i == 0 { 0.5 } else { 6.0 })]
            })
            .collect();
        let embeddings = Embeddings::new(vectors.iter().map(|vector| Some(vector.as_slice()))).unwrap();
        let result = identification(&dataset, &embeddings, &Exclusions::default()).unwrap();
        assert_eq!(result.fnir_rank_1, 0.0);
        let tenth = result.at_fpir[0];
        assert_eq!((result.at_fpir.len(), tenth.fnir), (1, 0.0));
        assert!(tenth.fpir <= 0.1 && tenth.fpir > 0.0);
    }

    #[test]
    fn failures_are_misses_in_their_own_figure() {
        let dataset = people(&[3, 1, 2, 1]);
        let vectors = [0.0, 10.0, 5.0, 20.0, 90.0, 80.0, 45.0].map(unit);
        let embeddings = Embeddings::new(
            vectors.iter().enumerate().map(|(i, vector)| (i != 1 && i != 4).then_some(vector.as_slice())),
        )
        .unwrap();
        let result = identification(&dataset, &embeddings, &Exclusions::default()).unwrap();
        assert_eq!((result.failed_enrolments, result.failed_probes, result.mated_probes), (1, 1, 1));
        assert_eq!(result.fnir_rank_1, 0.0);
        assert!((result.fnir_rank_1_with_failures - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn nobody_to_search_for_is_too_little() {
        let dataset = people(&[1, 1]);
        let vectors = [0.0, 10.0].map(unit);
        let embeddings = Embeddings::new(vectors.iter().map(|vector| Some(vector.as_slice()))).unwrap();
        let error = identification(&dataset, &embeddings, &Exclusions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InsufficientData);
    }
}
