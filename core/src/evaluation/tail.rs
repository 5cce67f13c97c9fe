//! The highest non-mated scores with their weights: rates by counting, and by a fitted tail where counts are
//! thin.
//!
//! Above a high threshold u the excesses of almost any distribution follow a generalized Pareto law (Balkema
//! and de Haan, 1974; Pickands, Annals of Statistics 3, 1975):
//! P(S > u + x) = ζ (1 + ξ x / σ)^(−1/ξ), the exponential law ζ exp(−x / σ) for ξ = 0. The parameters come from
//! probability-weighted moments (Hosking and Wallis, Technometrics 29, 1987), weighted.

use super::random::SplitMix64;
use super::trials::{Design, Scores};
use crate::decision::RateMethod;

/// What weighs the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weighting {
    /// Each pair of images.
    ImagePairs,
    /// Each pair of people, however many photos they have.
    IdentityPairs,
}

/// One non-mated trial of the tail.
#[derive(Clone, Copy, Debug)]
struct Entry {
    score: f64,
    weight: f64,
    a: u32,
    b: u32,
}

/// How the total weight follows a resampling of people.
#[derive(Clone, Debug)]
enum Total {
    /// Trials are resampled one by one; the total is fixed.
    Fixed(f64),
    /// Every person against every other: from the sums of (multiplicity × images).
    AllPairs { images: Vec<f64>, excluded: Vec<(u32, u32)> },
    /// A list of pairs of people, with weights.
    Listed(Vec<(u32, u32, f64)>),
}

/// The weighted upper tail of the non-mated scores, by falling score.
#[derive(Clone, Debug)]
pub(crate) struct Tail {
    entries: Vec<Entry>,
    people: usize,
    total: Total,
    /// Independent pieces of evidence: pairs of people, or trials where people are not told apart.
    pub(crate) units: f64,
}

/// A tail law fitted above `start`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TailFit {
    /// Share of the weight above `start`.
    pub(crate) rate: f64,
    pub(crate) start: f64,
    pub(crate) scale: f64,
    /// ξ; 0 for the exponential law.
    pub(crate) shape: f64,
}

impl TailFit {
    /// The score above which a share `rate` of the weight lies.
    pub(crate) fn score_for(&self, rate: f64) -> f64 {
        let log = (self.rate / rate).ln();
        let excess = if self.shape == 0.0 { log } else { (self.shape * log).exp_m1() / self.shape };
        self.start + self.scale * excess
    }

    /// The share of the weight above a score.
    pub(crate) fn rate_at(&self, score: f64) -> f64 {
        let x = ((score - self.start) / self.scale).max(0.0);
        if self.shape == 0.0 {
            return self.rate * (-x).exp();
        }
        self.rate * (1.0 + self.shape * x).max(0.0).powf(-1.0 / self.shape)
    }
}

impl Tail {
    /// The tail of the non-mated scores down to a share of about `depth` of the weight.
    pub(crate) fn new(scores: &Scores, weighting: Weighting, depth: f64) -> Self {
        let person = |image: u32| scores.person_of.get(image as usize).copied();
        let by_people = !scores.person_of.is_empty();
        let mut listed = std::collections::BTreeMap::new();
        let pair = |a: u32, b: u32| (a.min(b), a.max(b));
        if let (Design::Listed, true) = (&scores.design, by_people) {
            for trial in &scores.non_mated {
                if let (Some(a), Some(b)) = (person(trial.a), person(trial.b)) {
                    *listed.entry(pair(a, b)).or_insert(0.0) += 1.0;
                }
            }
        }
        let weigh = |a: u32, b: u32| match (weighting, &scores.design) {
            (Weighting::ImagePairs, _) => 1.0,
            (Weighting::IdentityPairs, Design::AllPairs { images, .. }) => {
                1.0 / (f64::from(images[a as usize]) * f64::from(images[b as usize]))
            }
            (Weighting::IdentityPairs, Design::Listed) => {
                1.0 / listed.get(&pair(a, b)).copied().unwrap_or(1.0)
            }
        };
        let (total, units) = match &scores.design {
            Design::AllPairs { images, excluded } => {
                let present: Vec<f64> = images.iter().map(|&count| f64::from(count.min(1))).collect();
                let mut units = all_pairs_total(&present, excluded, None);
                if units < 1.0 {
                    units = 0.0;
                }
                let images = match weighting {
                    Weighting::ImagePairs => images.iter().map(|&count| f64::from(count)).collect(),
                    Weighting::IdentityPairs => present,
                };
                (Total::AllPairs { images, excluded: excluded.clone() }, units)
            }
            Design::Listed if by_people => {
                let units = listed.len() as f64;
                let weights = listed
                    .iter()
                    .map(|(&(a, b), &count)| {
                        (a, b, if weighting == Weighting::ImagePairs { count } else { 1.0 })
                    })
                    .collect();
                (Total::Listed(weights), units)
            }
            Design::Listed => (Total::Fixed(scores.non_mated_total as f64), scores.non_mated_total as f64),
        };
        let mut tail = Self { entries: Vec::new(), people: scores.people, total, units };
        let limit = depth * tail.total(None);
        let mut sum = 0.0;
        for trial in &scores.non_mated {
            if sum > limit {
                break;
            }
            let (a, b) = (person(trial.a).unwrap_or(0), person(trial.b).unwrap_or(0));
            let weight = weigh(a, b);
            tail.entries.push(Entry { score: f64::from(trial.score), weight, a, b });
            sum += weight;
        }
        tail
    }

    /// The same tail cut off where it is deep enough to count a rate, so that resampling stays quick.
    pub(crate) fn trimmed(mut self, rate: f64) -> Self {
        // Counting looks no deeper than the rate; resampling people moves the start by far less than tenfold.
        const DEEP_ENOUGH: f64 = 10.0;
        if self.units * rate >= super::anchor_rule::COUNTED_UNITS {
            let limit = DEEP_ENOUGH * rate * self.total(None);
            let mut sum = 0.0;
            let kept = self.entries.iter().take_while(|entry| {
                sum += entry.weight;
                sum <= limit
            });
            let kept = kept.count() + 1;
            self.entries.truncate(kept);
        }
        self
    }

    /// The weights of the entries and the total in one resampling of people (or of trials); without a
    /// generator, as they are.
    pub(crate) fn draw(&self, random: Option<&mut SplitMix64>) -> Draw<'_> {
        let Some(random) = random else {
            let weights = self.entries.iter().map(|entry| entry.weight).collect();
            return Draw { entries: &self.entries, weights, total: self.total(None) };
        };
        if let Total::Fixed(total) = self.total {
            // Multinomial resampling of a rare class is Poisson to a very good approximation.
            let weights =
                self.entries.iter().map(|entry| entry.weight * f64::from(random.next_poisson())).collect();
            return Draw { entries: &self.entries, weights, total };
        }
        let times = random.multiplicities(self.people.max(1));
        let weights = self
            .entries
            .iter()
            .map(|entry| entry.weight * f64::from(times[entry.a as usize] * times[entry.b as usize]))
            .collect();
        Draw { entries: &self.entries, weights, total: self.total(Some(&times)) }
    }

    fn total(&self, times: Option<&[u32]>) -> f64 {
        match &self.total {
            Total::Fixed(total) => *total,
            Total::AllPairs { images, excluded } => all_pairs_total(images, excluded, times),
            Total::Listed(pairs) => {
                let times = |person: u32| times.map_or(1.0, |times| f64::from(times[person as usize]));
                pairs.iter().map(|&(a, b, weight)| weight * times(a) * times(b)).sum()
            }
        }
    }
}

/// Σ over pairs of different people of the product of their sizes, each size times its multiplicity.
fn all_pairs_total(sizes: &[f64], excluded: &[(u32, u32)], times: Option<&[u32]>) -> f64 {
    let size = |person: usize| sizes[person] * times.map_or(1.0, |times| f64::from(times[person]));
    let (sum, squares) = (0..sizes.len()).map(size).fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
    let left_out: f64 = excluded.iter().map(|&(a, b)| size(a as usize) * size(b as usize)).sum();
    (sum * sum - squares) / 2.0 - left_out
}

/// A tail as it is, or as one resampling has it.
pub(crate) struct Draw<'a> {
    entries: &'a [Entry],
    weights: Vec<f64>,
    total: f64,
}

impl Draw<'_> {
    /// The share of the weight at or above a score.
    pub(crate) fn rate_at(&self, score: f64) -> f64 {
        let above = self.entries.partition_point(|entry| entry.score >= score);
        // From 0.0: the sum of nothing is −0.0 otherwise, which would be written to a file.
        self.weights[..above].iter().fold(0.0, |sum, weight| sum + weight) / self.total
    }

    /// The lowest score that at most a share `rate` of the weight reaches.
    pub(crate) fn score_for(&self, rate: f64) -> Option<f64> {
        let mut sum = 0.0;
        for (entry, weight) in self.entries.iter().zip(&self.weights) {
            sum += weight;
            if sum > rate * self.total {
                // Just above this score, in the precision that scores have.
                return Some(f64::from((entry.score as f32).next_up()));
            }
        }
        None
    }

    /// Fits the law of the excesses above the score that a share `rate` of the weight reaches; `None` where
    /// the tail is too short or all its scores are equal.
    pub(crate) fn fit(&self, rate: f64, method: RateMethod) -> Option<TailFit> {
        let start = self.score_for(rate)?;
        let above = self.entries.partition_point(|entry| entry.score >= start);
        let weight: f64 = self.weights[..above].iter().sum();
        let excess = |i: usize| self.entries[i].score - start;
        let mean = (0..above).map(|i| self.weights[i] * excess(i)).sum::<f64>() / weight;
        if !(mean > 0.0 && self.total > 0.0) {
            return None;
        }
        let fit = TailFit { rate: weight / self.total, start, scale: mean, shape: 0.0 };
        if method != RateMethod::ParetoTail {
            // For the exponential law the mean excess is the estimate by moments and by likelihood alike.
            return Some(fit);
        }
        // a1 = E[X (1 − F(X))]; going down from the highest score, the weight passed so far is 1 − F.
        let (mut passed, mut moment) = (0.0, 0.0);
        for i in 0..above {
            let share = self.weights[i] / weight;
            moment += share * excess(i) * (passed + share / 2.0);
            passed += share;
        }
        let ratio = mean / (mean - 2.0 * moment);
        let (scale, shape) = (2.0 * moment * ratio, 2.0 - ratio);
        (scale > 0.0 && shape < 1.0 && shape.is_finite()).then_some(TailFit { scale, shape, ..fit })
    }
}

#[cfg(test)]
mod tests {
    use super::super::trials::tests::{listed, people};
    use super::*;
    use crate::evaluation::{Embeddings, Exclusions};

    fn sample(count: usize, seed: u64, from_unit: impl Fn(f64) -> f64) -> Scores {
        let mut random = SplitMix64::new(seed);
        let scores: Vec<f32> = (0..count).map(|_| from_unit(1.0 - random.next_unit()) as f32).collect();
        listed(&[1.0], &scores)
    }

    #[test]
    fn finds_an_exponential_tail() {
        let scores = sample(20_000, 1, |u| -0.03 * u.ln());
        let tail = Tail::new(&scores, Weighting::ImagePairs, 0.1);
        let fit = tail.draw(None).fit(0.02, RateMethod::ExponentialTail).unwrap();
        assert!((fit.rate - 0.02).abs() < 1e-4 && (fit.scale / 0.03 - 1.0).abs() < 0.1, "{fit:?}");
        let truth = 0.03 * 1e5_f64.ln();
        assert!((fit.score_for(1e-5) / truth - 1.0).abs() < 0.08);
        assert!((fit.rate_at(fit.score_for(1e-5)) / 1e-5 - 1.0).abs() < 1e-9);
        let pareto = tail.draw(None).fit(0.05, RateMethod::ParetoTail).unwrap();
        assert!(pareto.shape.abs() < 0.1, "{pareto:?}");
    }

    #[test]
    fn finds_the_shape_of_a_bounded_and_of_a_heavy_tail() {
        for shape in [-0.3, 0.3] {
            let scores = sample(50_000, 2, |u| 0.05 * (u.powf(-shape) - 1.0) / shape);
            let tail = Tail::new(&scores, Weighting::ImagePairs, 0.5);
            let fit = tail.draw(None).fit(0.2, RateMethod::ParetoTail).unwrap();
            assert!((fit.shape - shape).abs() < 0.08, "{fit:?}");
            let truth = 0.05 * (1e-4_f64.powf(-shape) - 1.0) / shape;
            assert!((fit.score_for(1e-4) / truth - 1.0).abs() < 0.2);
            assert!((fit.rate_at(fit.score_for(1e-4)) / 1e-4 - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn counts_by_hand() {
        let scores = listed(&[], &[0.9, 0.5, 0.5, 0.1]);
        let tail = Tail::new(&scores, Weighting::ImagePairs, 1.0);
        let draw = tail.draw(None);
        assert_eq!((draw.rate_at(0.5), draw.rate_at(0.6)), (0.75, 0.25));
        assert_eq!(draw.score_for(0.25), Some(f64::from(0.5_f32.next_up())));
        assert_eq!(draw.score_for(1.0), None);
    }

    #[test]
    fn look_alikes_photographed_often_weigh_as_one_pair() {
        // Persons 0 and 1 look the same in all of their 10 images each; 2, 3 and 4 like nobody.
        let dataset = people(&[10, 10, 1, 1, 1]);
        let vectors: Vec<[f32; 4]> = dataset
            .images
            .iter()
            .map(|image| {
                let mut vector = [0.0; 4];
                vector[image.person.unwrap().saturating_sub(1) as usize] = 1.0;
                vector
            })
            .collect();
        let embeddings = Embeddings::new(vectors.iter().map(|vector| Some(vector.as_slice()))).unwrap();
        let scores = Scores::all_pairs(&dataset, &embeddings, &Exclusions::default(), None).unwrap();
        let by_images = Tail::new(&scores, Weighting::ImagePairs, 1.0);
        let by_people = Tail::new(&scores, Weighting::IdentityPairs, 1.0);
        assert!((by_images.draw(None).rate_at(0.5) - 100.0 / 163.0).abs() < 1e-12);
        assert!((by_people.draw(None).rate_at(0.5) - 0.1).abs() < 1e-12);
        assert_eq!(by_people.units, 10.0);
        // A resampling draws pairs as often as both of their people.
        let mut random = SplitMix64::new(9);
        let mean: f64 = (0..4000)
            .map(|_| by_people.draw(Some(&mut random)))
            .filter(|draw| draw.total > 0.0)
            .map(|draw| draw.rate_at(0.5))
            .sum::<f64>()
            / 4000.0;
        assert!((mean - 0.1).abs() < 0.03, "{mean}");
    }
}
