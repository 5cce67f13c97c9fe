//! Making a calibration: where 70, 80 and 90 lie for a backend, from labelled scores.
//!
//! Each anchor keeps its promise over all people, pairs of images weighing the same, and in every group with
//! enough pairs, pairs of people weighing the same, so that one pair of look-alikes photographed often does
//! not decide alone. Where a group has image pairs enough to count (20 expected above the anchor), its plain
//! rate must keep the promise as well. The highest of these raw scores is taken, rounded up to four digits.

use serde::Serialize;

use super::anchor_rule::{ASSURANCE, ENOUGH_UNITS, Placement, TAIL_DEPTH, place, rate_at};
use super::dataset::Dataset;
use super::embeddings::Embeddings;
use super::intervals::{Bootstrap, Interval, tar_interval};
use super::lists::{Cohort, Exclusions};
use super::metrics::share;
use super::tail::{Tail, Weighting};
use super::trials::{Scores, Trial};
use crate::decision::{
    Anchor, Calibration, CalibrationEvidence, CalibrationParts, CohortEvidence, PROMISES, RateEvidence,
    RateMethod,
};
use crate::{Error, ErrorKind, Result};

/// The most suspicious pairs that are listed.
const LISTED_SUSPECTS: usize = 100;

/// Image pairs expected above an anchor from which a group's plain rate is counted.
const COUNTED_IMAGE_PAIRS: f64 = 20.0;

/// The range of a backend's own scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RawRange {
    /// Cosines, −1..1; 0 becomes score 5.
    Cosine,
    /// Any other range, for example 0–1 or 0–100.
    Linear {
        /// The lowest score the backend gives.
        low: f64,
        /// The highest.
        high: f64,
    },
}

/// What the calibration is of, and how it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationRequest {
    /// The model whose scores these are.
    pub model_id: String,
    /// The processing around the model.
    pub pipeline_id: String,
    /// The backend.
    pub backend: String,
    /// Today, `YYYY-MM-DD`.
    pub made: String,
    /// The range of the raw scores.
    pub range: RawRange,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
    /// Non-mated pairs at or above this raw score are reported as possible label errors; `None` takes the
    /// median of the mated scores.
    pub suspicious_from: Option<f32>,
}

/// The scores within a group of people.
#[derive(Clone, Debug)]
pub struct CohortScores {
    /// What the report calls it.
    pub name: String,
    /// Its trials: all of its people with each other.
    pub scores: Scores,
}

impl CohortScores {
    /// Compares the people of a group with each other, label errors left out.
    ///
    /// # Errors
    /// As [`Scores::all_pairs`].
    pub fn new(
        dataset: &Dataset,
        embeddings: &Embeddings,
        exclusions: &Exclusions,
        cohort: &Cohort,
    ) -> Result<Self> {
        let scores = Scores::all_pairs(dataset, embeddings, exclusions, Some(&cohort.people))?;
        Ok(Self { name: cohort.name.clone(), scores })
    }
}

/// What one group of people asked of an anchor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnchorDemand {
    /// `all people`, or the name of the group.
    pub group: String,
    /// Whether pairs of people weigh the same, rather than pairs of images.
    pub by_identity: bool,
    /// Counted or fitted.
    pub method: RateMethod,
    /// The raw score at which the rate is the promised one by the plain estimate.
    pub estimate: f64,
    /// Its 95 % interval, people resampled.
    pub interval: Interval,
    /// The raw score asked for.
    pub asked: f64,
}

/// How an anchor was placed and what it costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnchorReport {
    /// The score, 0–100.
    pub score: f64,
    /// The false match rate promised from there on.
    pub max_fmr: f64,
    /// The raw score of the anchor.
    pub raw: f64,
    /// What each group asked; the highest decides.
    pub demands: Vec<AnchorDemand>,
    /// TAR at the anchor, 0–1, and its 95 % interval; absent without mated trials.
    pub tar: Option<f64>,
    /// The interval of the TAR.
    pub tar_interval: Option<Interval>,
}

/// Non-mated pairs that score like mated ones: look at them, and list the label errors as exclusions. They were
/// not left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspects {
    /// From this raw score on.
    pub threshold: f32,
    /// How many there are.
    pub count: u64,
    /// The highest, by falling score; at most 100.
    pub highest: Vec<Suspect>,
}

/// A non-mated pair that scores like a mated one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Suspect {
    /// The raw score.
    pub raw: f32,
    /// Index of the first image, in the order of the data set.
    pub image_a: u32,
    /// Index of the second image.
    pub image_b: u32,
}

/// How a calibration was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationReport {
    /// The anchors that were placed.
    pub anchors: Vec<AnchorReport>,
    /// Promised rates for which the data were too few; their scores have no anchor.
    pub unsupported: Vec<f64>,
    /// What the calibration rests on, as stored in it.
    pub evidence: CalibrationEvidence,
    /// Possible label errors.
    pub suspects: Suspects,
}

/// Places the anchors from the scores over all people and within groups.
///
/// Scores of any backend will do: all images with each other by embeddings, or a list of pairs with a vendor's
/// scores and no groups. ErrorRates for which the data are too few are left out from the strictest on; the
/// calibration then supports only the others.
///
/// # Errors
/// [`ErrorKind::InsufficientData`] where even a false match rate of 1e-3 is not supported, or no score within
/// the range keeps it; [`ErrorKind::InvalidArgument`] where the range is none; otherwise as
/// [`Calibration::new`].
pub fn calibrate(
    request: &CalibrationRequest,
    scores: &Scores,
    cohorts: &[CohortScores],
) -> Result<(Calibration, CalibrationReport)> {
    let mut anchors = fixed_points(request.range)?;
    let top = anchors.pop().map_or(1.0, |anchor| anchor.raw);
    let step = 1e-4 * (top - anchors[0].raw) / 2.0;
    let groups: Vec<Group<'_>> = std::iter::once(Group::whole(scores))
        .chain(cohorts.iter().map(|cohort| Group::cohort(&cohort.name, &cohort.scores)))
        .collect();
    let mut reports = Vec::new();
    let mut unsupported = Vec::new();
    for (score, max_fmr) in PROMISES {
        // A rate that the whole supports is asked of every group that is large enough.
        let supported = unsupported.is_empty() && groups[0].supports(max_fmr);
        let demands: Vec<AnchorDemand> =
            groups.iter().flat_map(|group| group.demands(max_fmr, &request.bootstrap)).collect();
        let asked = demands.iter().map(|demand| demand.asked).fold(f64::NEG_INFINITY, f64::max);
        let floor = anchors.last().map_or(asked, |anchor| anchor.raw + step);
        let raw = ((asked.max(floor) / step).ceil() * step).max(floor);
        // The grid is decimal; drop the digits that the multiplication leaves behind.
        let raw = (raw * 1e8).round() / 1e8;
        if !supported || !asked.is_finite() || raw >= top {
            unsupported.push(max_fmr);
            continue;
        }
        anchors.push(Anchor { raw, score, fmr: Some(max_fmr) });
        let matched = scores.mated_at_least(raw as f32);
        let mated = scores.mated_count();
        reports.push(AnchorReport {
            score,
            max_fmr,
            raw,
            demands,
            tar: (mated > 0).then(|| share(matched, mated)),
            tar_interval: tar_interval(scores, raw as f32, &request.bootstrap).ok(),
        });
    }
    let Some(lowest_supported_fmr) = reports.last().map(|report| report.max_fmr) else {
        return Err(Error::new(
            ErrorKind::InsufficientData,
            format!(
                "{} non-mated pairs do not support a false match rate of 1e-3; at least {ENOUGH_UNITS} pairs of \
                 different people are needed, and scores that tell people apart",
                scores.non_mated_count()
            ),
        ));
    };
    anchors.push(Anchor { raw: top, score: 100.0, fmr: None });
    let evidence = evidence(scores, &groups, &reports, &request.bootstrap);
    let calibration = Calibration::new(CalibrationParts {
        format_version: 1,
        model_id: request.model_id.clone(),
        pipeline_id: request.pipeline_id.clone(),
        backend: request.backend.clone(),
        made: request.made.clone(),
        lowest_supported_fmr,
        anchors,
        evidence: evidence.clone(),
    })?;
    let suspects = suspects(scores, request.suspicious_from);
    Ok((calibration, CalibrationReport { anchors: reports, unsupported, evidence, suspects }))
}

/// The ends of the scale, and what lies below the first promise.
fn fixed_points(range: RawRange) -> Result<Vec<Anchor>> {
    let anchor = |raw, score| Anchor { raw, score, fmr: None };
    match range {
        // Nothing between 5 and 70, so that strangers stay far below 50.
        RawRange::Cosine => Ok(vec![anchor(-1.0, 0.0), anchor(0.0, 5.0), anchor(1.0, 100.0)]),
        RawRange::Linear { low, high } if low.is_finite() && high.is_finite() && low < high => {
            Ok(vec![anchor(low, 0.0), anchor(high, 100.0)])
        }
        RawRange::Linear { .. } => Err(Error::new(
            ErrorKind::InvalidArgument,
            "the range of raw scores must be finite, its lower end below its upper one",
        )),
    }
}

struct Group<'a> {
    name: &'a str,
    scores: &'a Scores,
    whole: bool,
    by_images: Tail,
    by_identity: Tail,
}

impl<'a> Group<'a> {
    fn whole(scores: &'a Scores) -> Self {
        Self { whole: true, ..Self::cohort("all people", scores) }
    }

    fn cohort(name: &'a str, scores: &'a Scores) -> Self {
        let tail = |weighting| Tail::new(scores, weighting, TAIL_DEPTH);
        Self {
            name,
            scores,
            whole: false,
            by_images: tail(Weighting::ImagePairs),
            by_identity: tail(Weighting::IdentityPairs),
        }
    }

    fn large_enough(&self) -> bool {
        self.by_identity.units >= ENOUGH_UNITS
    }

    /// Whether at least one pair of people is expected above the rate: a fit reaches no further than that
    /// where the whole promise rests on it.
    fn supports(&self, max_fmr: f64) -> bool {
        self.large_enough() && self.by_identity.units * max_fmr >= 1.0
    }

    fn demands(&self, max_fmr: f64, bootstrap: &Bootstrap) -> Vec<AnchorDemand> {
        if !self.large_enough() {
            return Vec::new();
        }
        let demand = |by_identity, placement: Placement, asked| AnchorDemand {
            group: self.name.to_owned(),
            by_identity,
            method: placement.method,
            estimate: placement.estimate,
            interval: placement.interval,
            asked,
        };
        if self.whole {
            let placement = place(&self.by_images.clone().trimmed(max_fmr), max_fmr, bootstrap);
            return placement.map(|it| demand(false, it, it.assured)).into_iter().collect();
        }
        let mut demands = Vec::new();
        if let Some(placement) = place(&self.by_identity, max_fmr, bootstrap) {
            demands.push(demand(true, placement, placement.assured));
        }
        if self.scores.non_mated_count() as f64 * max_fmr >= COUNTED_IMAGE_PAIRS
            && let Some(estimate) = self.by_images.draw(None).score_for(max_fmr)
        {
            // The estimate alone: its interval is ruled by how often each look-alike was photographed.
            let interval = Interval { low: estimate, high: estimate };
            let placement = Placement { method: RateMethod::Counted, estimate, assured: estimate, interval };
            demands.push(demand(false, placement, estimate));
        }
        demands
    }

    fn rates(&self, anchors: &[AnchorReport], bootstrap: &Bootstrap) -> Vec<RateEvidence> {
        let tail = |max_fmr| {
            if self.whole { self.by_images.clone().trimmed(max_fmr) } else { self.by_identity.clone() }
        };
        anchors
            .iter()
            .filter_map(|anchor| {
                rate_at(&tail(anchor.max_fmr), (anchor.raw, anchor.score), anchor.max_fmr, bootstrap)
            })
            .collect()
    }
}

fn evidence(
    scores: &Scores,
    groups: &[Group<'_>],
    anchors: &[AnchorReport],
    bootstrap: &Bootstrap,
) -> CalibrationEvidence {
    let cohorts = groups
        .iter()
        .filter(|group| !group.whole)
        .map(|group| CohortEvidence {
            name: group.name.to_owned(),
            people: group.scores.people_count().unwrap_or(0),
            identity_pairs: group.by_identity.units as u64,
            image_pairs: group.scores.non_mated_count(),
            used: group.large_enough(),
            rates: group.rates(anchors, bootstrap),
        })
        .collect();
    CalibrationEvidence {
        people: scores.people_count().unwrap_or(0),
        images: scores.scored_images(),
        mated_pairs: scores.mated_count(),
        non_mated_pairs: scores.non_mated_count(),
        excluded_identity_pairs: scores.excluded_identity_pairs,
        excluded_images: scores.excluded_images,
        rule: format!(
            "the highest raw score asked for by any group, {:.0} % of the resamplings of its people keeping the \
             rate; groups: pairs of people weigh the same, tail fitted where fewer than 20 of them are expected",
            100.0 * ASSURANCE
        ),
        rates: groups.first().map(|group| group.rates(anchors, bootstrap)).unwrap_or_default(),
        cohorts,
    }
}

fn suspects(scores: &Scores, from: Option<f32>) -> Suspects {
    let mated = scores.mated();
    let threshold =
        from.or_else(|| mated.get(mated.len() / 2).map(|trial| trial.score)).unwrap_or(f32::INFINITY);
    let count = scores.non_mated_at_least(threshold);
    let highest = scores
        .highest_non_mated()
        .iter()
        .take_while(|trial| trial.score >= threshold)
        .take(LISTED_SUSPECTS)
        .map(|&Trial { score, a, b }| Suspect { raw: score, image_a: a, image_b: b })
        .collect();
    Suspects { threshold, count, highest }
}

#[cfg(test)]
mod tests {
    use super::super::random::SplitMix64;
    use super::super::trials::tests::{listed, people, random_embeddings};
    use super::*;

    fn request(range: RawRange) -> CalibrationRequest {
        CalibrationRequest {
            model_id: "synthetic".into(),
            pipeline_id: "synthetic-1".into(),
            backend: "test".into(),
            made: "2026-01-31".into(),
            range,
            bootstrap: Bootstrap { replicates: 200, seed: 5 },
            suspicious_from: None,
        }
    }

    fn vendor_scores(non_mated: usize) -> Scores {
        let mut random = SplitMix64::new(31);
        let scores: Vec<f32> =
            (0..non_mated).map(|_| (20.0 - 4.0 * (1.0 - random.next_unit()).ln()).min(99.0) as f32).collect();
        listed(&[95.0, 90.0, 85.0], &scores)
    }

    #[test]
    fn calibrates_a_vendor_that_gives_only_scores() {
        let scores = vendor_scores(300_000);
        let range = RawRange::Linear { low: 0.0, high: 100.0 };
        let (calibration, report) = calibrate(&request(range), &scores, &[]).unwrap();
        assert!(report.unsupported.is_empty());
        for (score, max_fmr) in PROMISES {
            let truth = 20.0 - 4.0 * f64::ln(max_fmr);
            let raw = calibration.raw(score).unwrap();
            assert!((raw - truth).abs() < 4.0 && raw > truth - 1.0, "{score}: {raw} {truth}");
            assert!(scores.non_mated_at_least(raw as f32) as f64 <= max_fmr * 300_000.0);
        }
        let text = calibration.to_toml().unwrap();
        assert_eq!(Calibration::from_toml(&text).unwrap(), calibration);
        assert_eq!(calibrate(&request(range), &scores, &[]).unwrap().0, calibration);
    }

    #[test]
    fn leaves_out_rates_that_the_data_do_not_support() {
        let range = RawRange::Linear { low: 0.0, high: 100.0 };
        let (calibration, report) = calibrate(&request(range), &vendor_scores(2_000), &[]).unwrap();
        assert_eq!(report.unsupported, [1e-4, 1e-5]);
        assert_eq!(calibration.parts().lowest_supported_fmr, 1e-3);
        assert_eq!(calibration.threshold_for(1e-4), None);
        let error = calibrate(&request(range), &vendor_scores(500), &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InsufficientData);
        // Scores that do not tell anyone apart reach the end of the range.
        let flat = listed(&[1.0], &vec![100.0; 5000]);
        assert_eq!(calibrate(&request(range), &flat, &[]).unwrap_err().kind(), ErrorKind::InsufficientData);
        let none = RawRange::Linear { low: 1.0, high: 1.0 };
        assert_eq!(calibrate(&request(none), &flat, &[]).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn a_group_of_more_alike_people_moves_the_anchors_up() {
        // The first 60 of 200 people share a direction.
        let dataset = people(&[3; 200]);
        let mut vectors = random_embeddings(&dataset, 48, 0.4, 41);
        for vector in vectors.iter_mut().take(180) {
            vector[0] += 0.35;
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter_mut().for_each(|x| *x /= length);
        }
        let embeddings = Embeddings::new(vectors.iter().map(|vector| Some(vector.as_slice()))).unwrap();
        let exclusions = Exclusions::default();
        let scores = Scores::all_pairs(&dataset, &embeddings, &exclusions, None).unwrap();
        let group = |name: &str, people: u32| Cohort {
            name: name.into(),
            people: (0..people).collect(),
            unmatched: 0,
        };
        let cohort =
            |people| CohortScores::new(&dataset, &embeddings, &exclusions, &group("group", people)).unwrap();
        let request = request(RawRange::Cosine);
        let (without, _) = calibrate(&request, &scores, &[]).unwrap();
        let (with, report) = calibrate(&request, &scores, &[cohort(60)]).unwrap();
        assert!(with.raw(70.0) > without.raw(70.0) && with.raw(80.0) > without.raw(80.0));
        let evidence = &report.evidence.cohorts[0];
        assert!(evidence.used && evidence.identity_pairs == 1770 && evidence.image_pairs == 15_930);
        assert!(evidence.rates.iter().all(|rate| rate.fmr <= report_rate(&report, rate.score)));
        // Ten people are 45 pairs: reported, without a say.
        let (small, report) = calibrate(&request, &scores, &[cohort(10)]).unwrap();
        assert_eq!(small.parts().anchors, without.parts().anchors);
        assert!(!report.evidence.cohorts[0].used);
    }

    fn report_rate(report: &CalibrationReport, score: f64) -> f64 {
        report.anchors.iter().find(|anchor| anchor.score == score).unwrap().max_fmr
    }

    #[test]
    fn suspects_are_listed_and_kept() {
        let mut non_mated = vec![0.1; 2000];
        non_mated[7] = 0.95;
        let scores = listed(&[0.8, 0.9, 0.85], &non_mated);
        let suspects = suspects(&scores, None);
        assert_eq!((suspects.count, suspects.threshold), (1, 0.85));
        assert_eq!(suspects.highest, [Suspect { raw: 0.95, image_a: 20, image_b: 21 }]);
        assert_eq!(scores.non_mated_count(), 2000);
    }
}
