//! The calibration file: which raw score stands for which score and which false match rate, and on what
//! evidence.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// The version of the file layout that this library reads and writes.
const FORMAT_VERSION: u32 = 1;

/// What the scale means: from this score on, the false match rate is at most this.
pub(crate) const PROMISES: [(f64, f64); 3] = [(70.0, 1e-3), (80.0, 1e-4), (90.0, 1e-5)];

/// One fixed point of the scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// The backend's own score: the cosine (−1..1) for the local engine, otherwise the vendor's figure.
    pub raw: f64,
    /// The score that it becomes, 0–100.
    pub score: f64,
    /// The false match rate from this score on, strictly between 0 and 1; absent at the ends of the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fmr: Option<f64>,
}

/// How a false match rate was obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateMethod {
    /// By counting comparisons at or above the threshold.
    Counted,
    /// From an exponential tail fitted to the highest scores.
    ExponentialTail,
    /// From a generalized Pareto tail fitted to the highest scores.
    ParetoTail,
}

/// A false match rate at one anchor, with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateEvidence {
    /// The score (0–100) at which the rate holds.
    pub score: f64,
    /// The false match rate, 0–1.
    pub fmr: f64,
    /// The lower end of its 95 % interval (people resampled), 0–1.
    pub low: f64,
    /// The upper end of its 95 % interval (people resampled), 0–1.
    pub high: f64,
    /// Counted or fitted.
    pub method: RateMethod,
}

/// What was measured in one group of people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortEvidence {
    /// The name given to the group.
    pub name: String,
    /// People of the group in the data.
    pub people: u64,
    /// Pairs of different people that were compared.
    pub identity_pairs: u64,
    /// Pairs of images of different people that were compared.
    pub image_pairs: u64,
    /// Whether the group had enough pairs to take part in placing the anchors.
    pub used: bool,
    /// The rates at the anchors, each pair of people weighing the same.
    #[serde(default)]
    pub rates: Vec<RateEvidence>,
}

/// What a calibration rests on. TrialCounts only: no person and no file is named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationEvidence {
    /// Different people; 0 where the data do not tell people apart.
    pub people: u64,
    /// Images that gave an embedding; 0 where only scores were at hand.
    pub images: u64,
    /// Comparisons of two images of one person.
    pub mated_pairs: u64,
    /// Comparisons of images of two people.
    pub non_mated_pairs: u64,
    /// Listed pairs of people, known to be one person, that were left out.
    pub excluded_identity_pairs: u64,
    /// Listed images, known to be mislabelled, that were left out.
    pub excluded_images: u64,
    /// How the anchors were placed, in a sentence.
    pub rule: String,
    /// The rates over all people.
    #[serde(default)]
    pub rates: Vec<RateEvidence>,
    /// The rates in each group.
    #[serde(default)]
    pub cohorts: Vec<CohortEvidence>,
}

/// The contents of a calibration, before validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationParts {
    /// The layout of the file; 1.
    pub format_version: u32,
    /// The model whose scores these are.
    pub model_id: String,
    /// The processing around the model (decoding, detection, alignment) that the figures hold for.
    pub pipeline_id: String,
    /// The backend whose scores these are.
    pub backend: String,
    /// The day it was made, `YYYY-MM-DD`.
    pub made: String,
    /// The lowest false match rate that the evidence supports, strictly between 0 and 1.
    pub lowest_supported_fmr: f64,
    /// The fixed points, from score 0 to score 100, strictly increasing in raw score and in score.
    pub anchors: Vec<Anchor>,
    /// What it rests on.
    pub evidence: CalibrationEvidence,
}

/// A validated calibration: turns raw scores into scores and false match rates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "CalibrationParts", into = "CalibrationParts")]
pub struct Calibration(CalibrationParts);

impl Calibration {
    /// Validates the parts.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidCalibration`] where the layout is another version, an identifier is empty, the date
    /// is none, the anchors do not run from 0 to 100 in strictly increasing order with falling rates, or the
    /// scale does not keep its meaning (70: at most 1e-3, 80: at most 1e-4, 90: at most 1e-5, as far as the
    /// rates are supported).
    pub fn new(parts: CalibrationParts) -> Result<Self> {
        validate(&parts)?;
        let calibration = Self(parts);
        for (score, promised) in PROMISES {
            let estimate = calibration.estimated_fmr(score);
            let supported = promised >= calibration.0.lowest_supported_fmr;
            if supported && !estimate.is_some_and(|estimate| estimate.rate <= promised * (1.0 + 1e-9)) {
                return Err(invalid(format!(
                    "score {score} must stand for a false match rate of at most {promised:e}; calibrate again"
                )));
            }
        }
        Ok(calibration)
    }

    /// Reads a calibration file.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidCalibration`] where the text is not TOML of this layout, and as [`new`](Self::new).
    pub fn from_toml(text: &str) -> Result<Self> {
        let parts = toml::from_str(text).map_err(|error| {
            invalid(format!("not a calibration file ({}); calibrate again", error.message()))
        })?;
        Self::new(parts)
    }

    /// The text of the calibration file.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] where the text cannot be produced, which would be a bug.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string_pretty(&self.0)
            .map_err(|_| Error::new(ErrorKind::Internal, "the calibration could not be written as TOML"))
    }

    /// The contents.
    pub fn parts(&self) -> &CalibrationParts {
        &self.0
    }

    /// Checks that the calibration was made for this model and pipeline.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidCalibration`] where either identifier differs.
    pub fn check_origin(&self, model_id: &str, pipeline_id: &str) -> Result<()> {
        if self.0.model_id == model_id && self.0.pipeline_id == pipeline_id {
            return Ok(());
        }
        Err(invalid("the calibration was made with another model or pipeline; calibrate this one"))
    }
}

impl TryFrom<CalibrationParts> for Calibration {
    type Error = Error;

    fn try_from(parts: CalibrationParts) -> Result<Self> {
        Self::new(parts)
    }
}

impl From<Calibration> for CalibrationParts {
    fn from(calibration: Calibration) -> Self {
        calibration.0
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidCalibration, message)
}

fn validate(parts: &CalibrationParts) -> Result<()> {
    if parts.format_version != FORMAT_VERSION {
        return Err(invalid(format!(
            "the calibration has layout {}, this version reads {FORMAT_VERSION}; calibrate again",
            parts.format_version
        )));
    }
    for (field, text) in
        [("model_id", &parts.model_id), ("pipeline_id", &parts.pipeline_id), ("backend", &parts.backend)]
    {
        if text.trim().is_empty() {
            return Err(invalid(format!("{field} is empty; name what the calibration was made with")));
        }
    }
    if !is_date(&parts.made) {
        return Err(invalid("`made` must be a date, YYYY-MM-DD"));
    }
    let anchors = &parts.anchors;
    let ends = anchors.first().zip(anchors.last()).map(|(first, last)| (first.score, last.score));
    if ends != Some((0.0, 100.0)) {
        return Err(invalid("the anchors must run from score 0 to score 100"));
    }
    if anchors.iter().any(|anchor| !anchor.raw.is_finite() || !anchor.score.is_finite()) {
        return Err(invalid("an anchor has a raw score or a score that is not a finite number"));
    }
    if anchors.windows(2).any(|pair| pair[0].raw >= pair[1].raw || pair[0].score >= pair[1].score) {
        return Err(invalid("the anchors must strictly increase in raw score and in score"));
    }
    let rates: Vec<f64> = anchors.iter().filter_map(|anchor| anchor.fmr).collect();
    if rates.iter().any(|&rate| !(rate > 0.0 && rate < 1.0))
        || rates.windows(2).any(|pair| pair[0] <= pair[1])
    {
        return Err(invalid(
            "the false match rates must lie strictly between 0 and 1 and fall with the score",
        ));
    }
    let supported = rates
        .first()
        .zip(rates.last())
        .is_some_and(|(&first, &last)| (last..=first).contains(&parts.lowest_supported_fmr));
    if !supported {
        return Err(invalid("lowest_supported_fmr must lie within the rates that the anchors state"));
    }
    Ok(())
}

fn is_date(text: &str) -> bool {
    let mut fields = text.split('-');
    let mut number = |digits: usize| {
        fields
            .next()
            .filter(|field| field.len() == digits && field.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|field| field.parse::<u32>().ok())
    };
    let (year, month, day) = (number(4), number(2), number(2));
    year.is_some()
        && month.is_some_and(|month| (1..=12).contains(&month))
        && day.is_some_and(|day| (1..=31).contains(&day))
        && fields.next().is_none()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn example_parts() -> CalibrationParts {
        let anchor = |raw, score, fmr| Anchor { raw, score, fmr };
        CalibrationParts {
            format_version: 1,
            model_id: "example".into(),
            pipeline_id: "example-1".into(),
            backend: "local".into(),
            made: "2026-01-31".into(),
            lowest_supported_fmr: 1e-5,
            anchors: vec![
                anchor(-1.0, 0.0, None),
                anchor(0.0, 5.0, None),
                anchor(0.42, 70.0, Some(1e-3)),
                anchor(0.49, 80.0, Some(1e-4)),
                anchor(0.57, 90.0, Some(1e-5)),
                anchor(1.0, 100.0, None),
            ],
            evidence: CalibrationEvidence {
                people: 2,
                rule: "by hand".into(),
                ..CalibrationEvidence::default()
            },
        }
    }

    pub(crate) fn example() -> Calibration {
        Calibration::new(example_parts()).unwrap()
    }

    #[test]
    fn survives_its_file() {
        let calibration = example();
        let text = calibration.to_toml().unwrap();
        assert_eq!(Calibration::from_toml(&text).unwrap(), calibration);
    }

    #[test]
    fn refuses_what_is_not_a_calibration() {
        let broken: [fn(&mut CalibrationParts); 14] = [
            |parts| parts.format_version = 2,
            |parts| parts.model_id = " ".into(),
            |parts| parts.pipeline_id.clear(),
            |parts| parts.made = "yesterday".into(),
            |parts| parts.made = "2026-13-01".into(),
            |parts| parts.anchors.clear(),
            |parts| parts.anchors.swap(2, 3),
            |parts| parts.anchors[3].raw = f64::NAN,
            |parts| parts.anchors[5].raw = f64::INFINITY,
            |parts| parts.anchors[2].fmr = Some(0.0),
            |parts| parts.anchors[3].fmr = Some(2e-3),
            |parts| parts.lowest_supported_fmr = 1e-6,
            |parts| parts.lowest_supported_fmr = f64::NAN,
            // A scale on which 80 means one in a thousand is not the scale.
            |parts| parts.anchors[2].fmr = Some(1e-2),
        ];
        for (i, breaks) in broken.iter().enumerate() {
            let mut parts = example_parts();
            breaks(&mut parts);
            let error = Calibration::new(parts).expect_err(&format!("case {i}"));
            assert_eq!(error.kind(), ErrorKind::InvalidCalibration);
        }
        let text = example().to_toml().unwrap();
        for text in
            ["", "anchors = 3", &text.replace("pipeline_id", "pipeline"), &text.replace("0.49", "nan")]
        {
            assert_eq!(Calibration::from_toml(text).unwrap_err().kind(), ErrorKind::InvalidCalibration);
        }
    }

    #[test]
    fn belongs_to_one_model_and_pipeline() {
        assert!(example().check_origin("example", "example-1").is_ok());
        assert!(example().check_origin("example", "example-2").is_err());
    }
}
