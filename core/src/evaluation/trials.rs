//! Comparison trials: the mated and the non-mated scores on which every figure rests.

use std::cmp::Ordering;

use super::all_pairs::{Histogram, compare_all};
use super::dataset::Dataset;
use super::embeddings::Embeddings;
use super::lists::Exclusions;
use crate::{Error, ErrorKind, Result};

/// One comparison of two images, by their index in the data set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// The comparison score; higher is more alike.
    pub score: f32,
    /// The first image.
    pub a: u32,
    /// The second image.
    pub b: u32,
}

/// Orders by falling score, then by image, so that results do not depend on threads.
pub(crate) fn by_falling_score(x: &Trial, y: &Trial) -> Ordering {
    y.score.total_cmp(&x.score).then((x.a, x.b).cmp(&(y.a, y.b)))
}

/// How the non-mated trials were made, which decides how they are resampled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Design {
    /// A list of pairs; every non-mated trial is kept.
    Listed,
    /// All images of all people with each other, less some pairs of people.
    AllPairs {
        /// Images with an embedding, by person.
        images: Vec<u32>,
        /// Pairs of people left out.
        excluded: Vec<(u32, u32)>,
    },
}

/// The scores of a data set.
#[derive(Clone, Debug)]
pub struct Scores {
    pub(crate) mated: Vec<Trial>,
    /// The highest non-mated trials; all of them unless there is a histogram.
    pub(crate) non_mated: Vec<Trial>,
    pub(crate) non_mated_total: u64,
    pub(crate) histogram: Option<Histogram>,
    /// The person on each image; empty where people are not told apart.
    pub(crate) person_of: Vec<u32>,
    pub(crate) people: usize,
    pub(crate) design: Design,
    /// Mated trials without a score.
    pub failed_mated: u64,
    /// Non-mated trials without a score.
    pub failed_non_mated: u64,
    /// Images without an embedding; 0 for a list of pairs, where trials are counted instead.
    pub failed_images: u64,
    /// Images left out as mislabelled.
    pub excluded_images: u64,
    /// Pairs of people left out as one person.
    pub excluded_identity_pairs: u64,
}

impl Scores {
    /// The trials of a list of pairs; `scores` has one entry for each pair, `None` where there is no score
    /// because a face was not acquired. Every pair is kept: this is the official protocol of a list.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] where the numbers of pairs and scores differ or a score is not finite.
    pub fn from_pairs(dataset: &Dataset, scores: &[Option<f32>]) -> Result<Self> {
        if scores.len() != dataset.pairs.len() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("{} scores for {} pairs; give one for each pair", scores.len(), dataset.pairs.len()),
            ));
        }
        let persons: Option<Vec<u32>> = dataset.images.iter().map(|image| image.person).collect();
        let mut result = Self::empty(persons.unwrap_or_default(), dataset.people.len(), Design::Listed);
        for (index, (pair, score)) in dataset.pairs.iter().zip(scores).enumerate() {
            let Some(score) = *score else {
                let failed = if pair.mated { &mut result.failed_mated } else { &mut result.failed_non_mated };
                *failed += 1;
                continue;
            };
            if !score.is_finite() {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    format!(
                        "the score of pair {index} is not a finite number; give none where there is none"
                    ),
                ));
            }
            let trial = Trial { score, a: image_index(pair.a)?, b: image_index(pair.b)? };
            let trials = if pair.mated { &mut result.mated } else { &mut result.non_mated };
            trials.push(trial);
        }
        result.mated.sort_by(by_falling_score);
        result.non_mated.sort_by(by_falling_score);
        result.non_mated_total = result.non_mated.len() as u64;
        Ok(result)
    }

    /// The trials of a list of pairs, compared by their embeddings.
    ///
    /// # Errors
    /// As [`from_pairs`](Self::from_pairs).
    pub fn from_pair_embeddings(dataset: &Dataset, embeddings: &Embeddings) -> Result<Self> {
        Self::from_pairs(dataset, &pair_scores(dataset, embeddings))
    }

    /// Every image with every other, on all cores.
    ///
    /// Label errors in `exclusions` are left out. `among` restricts the people, ascending by index. All mated
    /// trials and the highest 4 million non-mated ones are kept; the rest is counted in bins of 0.0001, so a
    /// false match rate below that tail is at most one bin too high, and memory stays bounded.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] where the numbers of images and embeddings differ or the data set does
    /// not say who is on an image.
    pub fn all_pairs(
        dataset: &Dataset,
        embeddings: &Embeddings,
        exclusions: &Exclusions,
        among: Option<&[u32]>,
    ) -> Result<Self> {
        if dataset.images.len() != embeddings.len() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "{} embeddings for {} images; give one for each",
                    embeddings.len(),
                    dataset.images.len()
                ),
            ));
        }
        let person_of: Option<Vec<u32>> = dataset.images.iter().map(|image| image.person).collect();
        let Some(person_of) = person_of else {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "comparing all with all needs the person on each image; use a folder of people",
            ));
        };
        let wanted = |person: u32| among.is_none_or(|among| among.binary_search(&person).is_ok());
        let mut present = Vec::new();
        let mut images = vec![0u32; dataset.people.len()];
        let mut attempted = vec![0u64; dataset.people.len()];
        let mut excluded_images = 0;
        for (image, &person) in person_of.iter().enumerate().filter(|&(_, &person)| wanted(person)) {
            if exclusions.images.contains(&image) {
                excluded_images += 1;
                continue;
            }
            attempted[person as usize] += 1;
            if embeddings.get(image).is_some() {
                images[person as usize] += 1;
                present.push(image_index(image)?);
            }
        }
        let excluded: Vec<(u32, u32)> =
            exclusions.people.iter().copied().filter(|&(a, b)| wanted(a) && wanted(b)).collect();
        let compared = compare_all(embeddings, &present, &person_of, exclusions);

        let scored: Vec<u64> = images.iter().map(|&count| u64::from(count)).collect();
        let (mated_possible, non_mated_possible) = pair_counts(&attempted, &excluded);
        let (mated_scored, non_mated_scored) = pair_counts(&scored, &excluded);
        debug_assert_eq!(
            (mated_scored, non_mated_scored),
            (compared.mated.len() as u64, compared.non_mated_total)
        );
        let mut result = Self::empty(person_of, dataset.people.len(), Design::Listed);
        result.failed_mated = mated_possible - mated_scored;
        result.failed_non_mated = non_mated_possible - non_mated_scored;
        result.failed_images = attempted.iter().sum::<u64>() - present.len() as u64;
        result.excluded_images = excluded_images;
        result.excluded_identity_pairs = excluded.len() as u64;
        result.mated = compared.mated;
        result.non_mated = compared.non_mated;
        result.non_mated_total = compared.non_mated_total;
        result.histogram = compared.histogram;
        result.design = Design::AllPairs { images, excluded };
        Ok(result)
    }

    fn empty(person_of: Vec<u32>, people: usize, design: Design) -> Self {
        Self {
            mated: Vec::new(),
            non_mated: Vec::new(),
            non_mated_total: 0,
            histogram: None,
            person_of,
            people,
            design,
            failed_mated: 0,
            failed_non_mated: 0,
            failed_images: 0,
            excluded_images: 0,
            excluded_identity_pairs: 0,
        }
    }

    /// Mated trials with a score.
    pub fn mated_count(&self) -> u64 {
        self.mated.len() as u64
    }

    /// Non-mated trials with a score.
    pub fn non_mated_count(&self) -> u64 {
        self.non_mated_total
    }

    /// The mated trials, by falling score.
    pub fn mated(&self) -> &[Trial] {
        &self.mated
    }

    /// The highest non-mated trials, by falling score; all of them for up to 4 million.
    pub fn highest_non_mated(&self) -> &[Trial] {
        &self.non_mated
    }

    /// Different people with a scored image; `None` where people are not told apart.
    pub fn people_count(&self) -> Option<u64> {
        if self.person_of.is_empty() {
            return None;
        }
        Some(match &self.design {
            Design::AllPairs { images, .. } => images.iter().filter(|&&count| count > 0).count() as u64,
            Design::Listed => {
                let mut seen = vec![false; self.people];
                for trial in self.mated.iter().chain(&self.non_mated) {
                    for image in [trial.a, trial.b] {
                        seen[self.person_of[image as usize] as usize] = true;
                    }
                }
                seen.iter().filter(|&&seen| seen).count() as u64
            }
        })
    }

    /// Different images with a score.
    pub fn scored_images(&self) -> u64 {
        match &self.design {
            Design::AllPairs { images, .. } => images.iter().map(|&count| u64::from(count)).sum(),
            Design::Listed => {
                let trials = self.mated.iter().chain(&self.non_mated);
                trials.flat_map(|trial| [trial.a, trial.b]).collect::<std::collections::BTreeSet<_>>().len()
                    as u64
            }
        }
    }

    /// Mated trials at or above a threshold.
    pub fn mated_at_least(&self, threshold: f32) -> u64 {
        self.mated.partition_point(|trial| trial.score >= threshold) as u64
    }

    /// Non-mated trials at or above a threshold; below the kept tail, at most one bin of 0.0001 too many.
    pub fn non_mated_at_least(&self, threshold: f32) -> u64 {
        let kept = self.non_mated.partition_point(|trial| trial.score >= threshold);
        match &self.histogram {
            Some(histogram) if kept == self.non_mated.len() => {
                histogram.count_at_least(threshold).clamp(kept as u64, self.non_mated_total)
            }
            _ => kept as u64,
        }
    }

    /// The lowest threshold that at most `count` non-mated trials reach.
    pub(crate) fn threshold_for_count(&self, count: u64) -> f32 {
        let index = usize::try_from(count).unwrap_or(usize::MAX);
        match (self.non_mated.get(index), &self.histogram) {
            (Some(trial), _) => trial.score.next_up(),
            (None, Some(histogram)) => histogram.threshold_for_count(count),
            (None, None) => f32::NEG_INFINITY,
        }
    }
}

/// The score of each pair of the data set; `None` where an image has no embedding.
pub fn pair_scores(dataset: &Dataset, embeddings: &Embeddings) -> Vec<Option<f32>> {
    dataset.pairs.iter().map(|pair| embeddings.cosine(pair.a, pair.b)).collect()
}

fn image_index(image: usize) -> Result<u32> {
    u32::try_from(image).map_err(|_| Error::new(ErrorKind::InvalidArgument, "more than 2^32 images"))
}

/// Mated and non-mated pairs among people with so many images each, less the excluded pairs of people.
fn pair_counts(images: &[u64], excluded: &[(u32, u32)]) -> (u64, u64) {
    let all: u64 = images.iter().sum();
    let mated: u64 = images.iter().map(|&count| count * count.saturating_sub(1) / 2).sum();
    let left_out: u64 = excluded.iter().map(|&(a, b)| images[a as usize] * images[b as usize]).sum();
    (mated, all * all.saturating_sub(1) / 2 - mated - left_out)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::evaluation::dataset::{LabelledImage, LabelledPair};
    use crate::evaluation::random::SplitMix64;

    /// People with so many images each.
    pub(crate) fn people(images: &[u32]) -> Dataset {
        let mut dataset = Dataset::default();
        for (person, &count) in images.iter().enumerate() {
            dataset.people.push(format!("{person:05}"));
            dataset.images.extend((1..=count).map(|number| LabelledImage {
                path: "x".into(),
                person: Some(person as u32),
                number,
            }));
        }
        dataset
    }

    /// Trials of a list without identities.
    pub(crate) fn listed(mated: &[f32], non_mated: &[f32]) -> Scores {
        let labelled: Vec<(f32, bool)> = mated
            .iter()
            .map(|&score| (score, true))
            .chain(non_mated.iter().map(|&score| (score, false)))
            .collect();
        let mut dataset = Dataset { folds: 1, ..Dataset::default() };
        for (i, &(_, mated)) in labelled.iter().enumerate() {
            dataset.pairs.push(LabelledPair { a: 2 * i, b: 2 * i + 1, mated, fold: 0 });
            for _ in 0..2 {
                dataset.images.push(LabelledImage { path: "x".into(), person: None, number: 0 });
            }
        }
        let scores: Vec<_> = labelled.iter().map(|&(score, _)| Some(score)).collect();
        Scores::from_pairs(&dataset, &scores).unwrap()
    }

    /// Random unit vectors around a centre for each person.
    pub(crate) fn random_embeddings(
        dataset: &Dataset,
        dimension: usize,
        noise: f64,
        seed: u64,
    ) -> Vec<Vec<f32>> {
        let mut random = SplitMix64::new(seed);
        let mut gauss = || (0..12).map(|_| random.next_unit()).sum::<f64>() - 6.0;
        let mut centres: Vec<Vec<f64>> = Vec::new();
        for _ in &dataset.people {
            centres.push((0..dimension).map(|_| gauss()).collect());
        }
        let vector = |image: &LabelledImage| {
            let centre = &centres[image.person.unwrap() as usize];
            let raw: Vec<f64> = centre.iter().map(|x| x + noise * gauss()).collect();
            let length = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
            raw.iter().map(|x| (x / length) as f32).collect()
        };
        dataset.images.iter().map(vector).collect()
    }

    #[test]
    fn all_pairs_agrees_with_one_by_one() {
        let dataset = people(&[3, 1, 40, 2, 7, 1, 1]);
        let vectors = random_embeddings(&dataset, 33, 0.5, 5);
        let failed = [4, 9];
        let embeddings = Embeddings::new(
            vectors.iter().enumerate().map(|(i, v)| (!failed.contains(&i)).then_some(v.as_slice())),
        )
        .unwrap();
        let exclusions =
            Exclusions { people: BTreeSet::from([(0, 3)]), images: BTreeSet::from([20]), unmatched: 0 };
        let scores = Scores::all_pairs(&dataset, &embeddings, &exclusions, None).unwrap();
        let (mut mated, mut non_mated, mut failures) = (Vec::new(), Vec::new(), [0, 0]);
        for a in 0..dataset.images.len() {
            for b in a + 1..dataset.images.len() {
                let (p, q) = (dataset.images[a].person.unwrap(), dataset.images[b].person.unwrap());
                if exclusions.covers(p, q) || a == 20 || b == 20 {
                    continue;
                }
                match embeddings.cosine(a, b) {
                    Some(score) if p == q => mated.push(Trial { score, a: a as u32, b: b as u32 }),
                    Some(score) => non_mated.push(Trial { score, a: a as u32, b: b as u32 }),
                    None => failures[usize::from(p == q)] += 1,
                }
            }
        }
        mated.sort_by(by_falling_score);
        non_mated.sort_by(by_falling_score);
        assert_eq!(scores.mated, mated);
        assert_eq!(scores.non_mated, non_mated);
        assert_eq!([scores.failed_non_mated, scores.failed_mated], failures);
        assert_eq!((scores.failed_images, scores.excluded_images, scores.excluded_identity_pairs), (2, 1, 1));
        assert_eq!(scores.people_count(), Some(7));

        let some = Scores::all_pairs(&dataset, &embeddings, &exclusions, Some(&[1, 4])).unwrap();
        assert_eq!((some.mated_count(), some.non_mated_count(), some.people_count()), (21, 7, Some(2)));
    }

    #[test]
    fn counts_and_thresholds_with_ties() {
        let scores = listed(&[0.9, 0.5], &[0.1, 0.5, 0.5, 0.3]);
        assert_eq!([0.5, 0.50001, 0.3, -1.0].map(|t| scores.non_mated_at_least(t)), [2, 0, 3, 4]);
        assert_eq!(scores.mated_at_least(0.5), 2);
        for count in 0..=4 {
            let threshold = scores.threshold_for_count(count);
            assert!(scores.non_mated_at_least(threshold) <= count);
        }
        assert_eq!(scores.threshold_for_count(1), 0.5_f32.next_up());
        assert_eq!(scores.people_count(), None);
    }

    #[test]
    fn wrong_numbers_are_refused() {
        let dataset = people(&[2, 1]);
        assert!(Scores::from_pairs(&dataset, &[Some(0.5)]).is_err());
        let none = Embeddings::new([]).unwrap();
        assert!(Scores::all_pairs(&dataset, &none, &Exclusions::default(), None).is_err());
        let mut pairs = Dataset { folds: 1, ..people(&[2]) };
        pairs.pairs.push(LabelledPair { a: 0, b: 1, mated: true, fold: 0 });
        assert!(Scores::from_pairs(&pairs, &[Some(f32::NAN)]).is_err());
        assert_eq!(Scores::from_pairs(&pairs, &[None]).unwrap().failed_mated, 1);
    }
}
