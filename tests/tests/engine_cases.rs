//! The table of cases in `cases/engine.json` against the local engine.

use conformance::assets::{client, photo, photo_pixels, repository_file};
use conformance::pictures::pixels::{side_by_side, view};
use facebridge::api::{CompareOptions, DetectOptions, ImageInput, Warning};
use facebridge::{Error, Result};
use image::{Rgb, RgbImage};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    format: u32,
    #[serde(rename = "about")]
    _about: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    operation: String,
    image: Option<PictureSource>,
    a: Option<PictureSource>,
    b: Option<PictureSource>,
    max_faces: Option<u32>,
    max_fmr: Option<Value>,
    expect: Expectation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, untagged)]
enum PictureSource {
    Photo { photo: String, first_bytes: Option<usize> },
    Text { text: String },
    Plain { plain: [u8; 3], size: [u32; 2] },
    SideBySide { side_by_side: [String; 2], height: u32 },
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    error: Option<String>,
    error_check_code: Option<u32>,
    message_contains: Option<String>,
    decision: Option<Value>,
    indeterminate_reason: Option<Value>,
    score_at_least: Option<f64>,
    score_below: Option<f64>,
    faces: Option<usize>,
    check_code: Option<u32>,
    warnings: Option<BTreeSet<String>>,
    face_a_warnings: Option<BTreeSet<String>>,
    face_b_warnings: Option<BTreeSet<String>>,
}

enum Picture {
    Bytes(Vec<u8>),
    Pixels(RgbImage),
}

impl Picture {
    fn make(source: &PictureSource) -> Self {
        match source {
            PictureSource::Photo { photo: name, first_bytes } => {
                let mut bytes = photo(name);
                if let Some(length) = *first_bytes {
                    assert!(length < bytes.len(), "{name} has only {} bytes", bytes.len());
                    bytes.truncate(length);
                }
                Self::Bytes(bytes)
            }
            PictureSource::Text { text } => Self::Bytes(text.clone().into_bytes()),
            PictureSource::Plain { plain, size: [width, height] } => {
                Self::Pixels(RgbImage::from_pixel(*width, *height, Rgb(*plain)))
            }
            PictureSource::SideBySide { side_by_side: [left, right], height } => {
                Self::Pixels(side_by_side(&photo_pixels(left), &photo_pixels(right), *height))
            }
        }
    }

    fn input(&self) -> ImageInput<'_> {
        match self {
            Self::Bytes(bytes) => bytes.into(),
            Self::Pixels(pixels) => view(pixels).into(),
        }
    }
}

/// What a case got, each part as text or number, so that one list of differences tells everything.
#[derive(Default)]
struct Outcome {
    error: Option<Error>,
    decision: Option<Value>,
    indeterminate_reason: Option<Value>,
    score: Option<f64>,
    faces: Option<usize>,
    check_code: Option<u32>,
    warnings: Option<BTreeSet<String>>,
    face_a_warnings: Option<BTreeSet<String>>,
    face_b_warnings: Option<BTreeSet<String>>,
}

fn names(warnings: &[Warning]) -> BTreeSet<String> {
    warnings.iter().map(|warning| text(serde_json::to_value(warning).expect("a name"))).collect()
}

fn text(value: Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn run(case: &Case) -> Result<Outcome> {
    let picture = |source: &Option<PictureSource>| {
        Picture::make(source.as_ref().unwrap_or_else(|| panic!("{}: a picture is missing", case.name)))
    };
    match case.operation.as_str() {
        "detect" => {
            let options =
                case.max_faces.map_or_else(DetectOptions::default, |max_faces| DetectOptions { max_faces });
            let detection = client().detect(picture(&case.image).input(), &options)?;
            Ok(Outcome {
                faces: Some(detection.faces.len()),
                check_code: Some(detection.check_code.into()),
                warnings: Some(names(&detection.warnings)),
                ..Outcome::default()
            })
        }
        "embed" => {
            let embedding = client().embed(picture(&case.image).input())?;
            Ok(Outcome { warnings: Some(names(&embedding.source.warnings)), ..Outcome::default() })
        }
        "compare" => {
            let options = CompareOptions {
                max_fmr: case.max_fmr.as_ref().map(|value| match value {
                    Value::String(name) if name == "NaN" => f64::NAN,
                    number => number.as_f64().expect("max_fmr is a number or NaN"),
                }),
            };
            let result = client().compare(picture(&case.a).input(), picture(&case.b).input(), &options)?;
            let json = serde_json::to_value(&result).expect("a comparison is plain data");
            Ok(Outcome {
                decision: Some(json["decision"].clone()),
                indeterminate_reason: Some(json["indeterminate_reason"].clone()),
                score: result.score,
                face_a_warnings: result.face_a.as_ref().map(|face| names(&face.warnings)),
                face_b_warnings: result.face_b.as_ref().map(|face| names(&face.warnings)),
                ..Outcome::default()
            })
        }
        other => panic!("{}: there is no operation {other}", case.name),
    }
}

/// In what an outcome differs from what is expected.
fn differences(expected: &Expectation, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            found.push(what);
        }
    };
    let error = outcome.error.as_ref();
    let kind = error.map(|error| format!("{:?}", error.kind()));
    check(kind == expected.error, format!("error {kind:?}, expected {:?}", expected.error));
    if let Some(code) = expected.error_check_code {
        let got = error.and_then(Error::check_code);
        check(got == Some(code), format!("error check code {got:?}, expected {code}"));
    }
    if let Some(part) = &expected.message_contains {
        let message = error.map(Error::message).unwrap_or_default();
        check(message.contains(part), format!("message {message:?} lacks {part:?}"));
    }
    for (name, got, wanted) in [
        ("decision", &outcome.decision, &expected.decision),
        ("reason", &outcome.indeterminate_reason, &expected.indeterminate_reason),
    ] {
        check(wanted.is_none() || got == wanted, format!("{name} {got:?}, expected {wanted:?}"));
    }
    if let Some(least) = expected.score_at_least {
        let score = outcome.score;
        check(score.is_some_and(|score| score >= least), format!("score {score:?}, expected ≥ {least}"));
    }
    if let Some(limit) = expected.score_below {
        let score = outcome.score;
        check(score.is_some_and(|score| score < limit), format!("score {score:?}, expected < {limit}"));
    }
    if let Some(faces) = expected.faces {
        check(outcome.faces == Some(faces), format!("faces {:?}, expected {faces}", outcome.faces));
    }
    if let Some(code) = expected.check_code {
        check(
            outcome.check_code == Some(code),
            format!("check code {:?}, expected {code}", outcome.check_code),
        );
    }
    for (name, got, wanted) in [
        ("warnings", &outcome.warnings, &expected.warnings),
        ("warnings on the first face", &outcome.face_a_warnings, &expected.face_a_warnings),
        ("warnings on the second face", &outcome.face_b_warnings, &expected.face_b_warnings),
    ] {
        check(wanted.is_none() || got == wanted, format!("{name} {got:?}, expected {wanted:?}"));
    }
    found
}

fn table() -> Table {
    let text =
        std::fs::read_to_string(repository_file("tests/cases/engine.json")).expect("the cases are there");
    serde_json::from_str(&text).expect("the cases are well-formed")
}

#[test]
fn every_case_has_the_expected_outcome() {
    let table = table();
    assert_eq!(table.format, 1);
    let names: BTreeSet<&str> = table.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), table.cases.len(), "two cases have one name");
    let mut failures = Vec::new();
    for case in &table.cases {
        let outcome = run(case).unwrap_or_else(|error| Outcome { error: Some(error), ..Outcome::default() });
        let differences = differences(&case.expect, &outcome);
        if !differences.is_empty() {
            failures.push(format!("{}: {}", case.name, differences.join("; ")));
        }
    }
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
}

/// The comparison of outcomes is itself shown to tell a wrong expectation.
#[test]
fn a_wrong_expectation_is_told() {
    let outcome = || Outcome { score: Some(75.0), faces: Some(1), ..Outcome::default() };
    for wrong in [
        Expectation { error: Some("NoFace".to_owned()), ..Expectation::default() },
        Expectation { score_at_least: Some(80.0), ..Expectation::default() },
        Expectation { score_below: Some(75.0), ..Expectation::default() },
        Expectation { faces: Some(2), ..Expectation::default() },
        Expectation { decision: Some("match".into()), ..Expectation::default() },
        Expectation { warnings: Some(BTreeSet::new()), ..Expectation::default() },
        Expectation { message_contains: Some("x".to_owned()), ..Expectation::default() },
    ] {
        assert_eq!(differences(&wrong, &outcome()).len(), 1);
    }
    assert!(differences(&Expectation { faces: Some(1), ..Expectation::default() }, &outcome()).is_empty());
}
