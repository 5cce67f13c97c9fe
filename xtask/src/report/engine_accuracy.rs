//! `engine-accuracy`: error rates on labelled photos through the command that users have, and whether the score
//! keeps what its anchors promise.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::figure::{Figure, Goal, number};
use super::program;
use super::{Measured, Outcome, Place, data};
use crate::failure::{Failure, Result};

const PHOTOS: &str = "lfw";
const PAIRS: &str = "lfw_pairs.txt";
const EXCLUSIONS: &str = "lfw_impostor_exclusions.tsv";
const COHORT: &str = "cohort_east_asian_names.txt";
const COHORT_NAME: &str = "east-asian-names";
/// What users of the same models elsewhere do.
const PLAIN: &str = "single-pass:640";

/// The scores whose promises are checked, with the promised rate and the least TAR there.
const ANCHORS: [(f64, f64, f64); 2] = [(70.0, 1e-3, 0.98), (80.0, 1e-4, 0.955)];

pub(super) fn run(place: &Place<'_>) -> Result<Outcome> {
    let folder = match data::folder(place.root, &[PHOTOS, PAIRS, EXCLUSIONS, COHORT]) {
        Ok(folder) => folder,
        Err(sentence) => return Ok(Outcome::Absent(sentence)),
    };
    let command = program::installed(place, &["-p", "facebridge-cli"])?;
    let shipped = evaluated(place, &command, &folder, None)?;
    let plain = evaluated(place, &command, &folder, Some(PLAIN))?;
    let notes = vec![
        "LFW View 2, folds 1 to 5, deep-funneled; the official pairs are all kept, label errors included. All \
         photos with each other: listed label errors left out."
            .to_owned(),
        "Intervals: 95 %, people resampled. The anchors were placed on this data set; a check on other people is \
         not part of this report."
            .to_owned(),
        "The cohort is chosen by name alone; how its people see themselves is not known. Its rate weighs each \
         pair of people the same, and is fitted to the tail where counts are thin."
            .to_owned(),
    ];
    let versions =
        vec![("pipeline".to_owned(), shipped["pipeline"].as_str().unwrap_or("unknown").to_owned())];
    Ok(Outcome::Measured(Measured { figures: figures(&shipped, &plain), notes, versions }))
}

/// What `facebridge evaluate` writes.
fn evaluated(place: &Place<'_>, program: &Path, data: &Path, detection: Option<&str>) -> Result<Value> {
    let path = place.target.join("reports/engine-accuracy-evaluation.json");
    let mut command = program::command(program);
    command.arg("evaluate").arg("--folder").arg(data.join(PHOTOS)).arg("--pairs").arg(data.join(PAIRS));
    command.arg("--exclusions").arg(data.join(EXCLUSIONS));
    command.arg("--cohort").arg(format!("{COHORT_NAME}={}", data.join(COHORT).display()));
    command.arg("--json").arg(&path);
    if let Some(detection) = detection {
        command.args(["--detection", detection]);
    }
    eprintln!("evaluating{}", detection.map_or_else(String::new, |detection| format!(" with {detection}")));
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| Failure::io("start", program, &error))?;
    if !status.success() {
        return Err(Failure::new("`facebridge evaluate` failed; the reason stands above"));
    }
    let text = fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("`facebridge evaluate` wrote no readable result: {error}")))
}

fn figures(shipped: &Value, plain: &Value) -> Vec<Figure> {
    let mut figures = Vec::new();
    let all = &shipped["all_pairs"]["all"];
    let (accuracy, accuracy_plain) = (fold_accuracy(shipped), fold_accuracy(plain));
    let error = shipped["pairs"]["fold_accuracy"]["standard_error"].as_f64();
    figures.push(
        beside(Figure::new("LFW View 2 accuracy", accuracy, "%"), accuracy_plain)
            .goal(Goal::AtLeast(99.1))
            .note(error.map_or_else(String::new, |error| format!("± {}", number(100.0 * error)))),
    );
    let images = shipped["images"].as_u64().unwrap_or(0);
    let missed = shipped["undetected"].as_f64().zip(shipped["unreadable"].as_f64()).map(|(a, b)| a + b);
    figures.push(
        beside(
            Figure::new("photos without a face", missed, format!("of {images}")),
            plain["undetected"].as_f64(),
        )
        .goal(Goal::AtMost(0.0)),
    );
    for fmr in [1e-3, 1e-4] {
        let (row, row_plain) = (at_fmr(all, fmr), at_fmr(&plain["all_pairs"]["all"], fmr));
        let (tar, tar_plain) = (percent(&row["rates"]["tar"]), percent(&row_plain["rates"]["tar"]));
        let goal = (fmr == 1e-4).then_some(Goal::AtLeast(98.5));
        figures.push(
            beside(Figure::new(format!("TAR at measured FMR {fmr:e}"), tar, "%"), tar_plain)
                .goal(goal)
                .note(interval(&row["tar_interval"], percent)),
        );
        if fmr == 1e-4 {
            let lost = tar_plain.zip(tar).map(|(plain, ours)| plain - ours);
            figures.push(
                Figure::new(format!("TAR lost against {PLAIN} at FMR {fmr:e}"), lost, "points")
                    .goal(Goal::AtMost(0.2)),
            );
        }
    }
    let cohort = &shipped["all_pairs"]["cohorts"][0];
    for (score, promised, least_tar) in ANCHORS {
        let row = at_score(all, score);
        figures.push(
            Figure::new(format!("FMR at score {score}, all people"), row["rates"]["fmr"].as_f64(), "")
                .goal(Goal::AtMost(promised))
                .note(interval(&row["fmr_interval"], Value::as_f64)),
        );
        figures.push(
            Figure::new(format!("TAR at score {score}, all people"), percent(&row["rates"]["tar"]), "%")
                .goal(Goal::AtLeast(100.0 * least_tar))
                .note(interval(&row["tar_interval"], percent)),
        );
        let row = at_score(cohort, score);
        let weighed = &row["by_identity"];
        let method = weighed["method"].as_str().unwrap_or("too few people").replace('_', " ");
        figures.push(
            Figure::new(format!("FMR at score {score}, {COHORT_NAME}"), weighed["fmr"].as_f64(), "")
                .goal(Goal::AtMost(promised))
                .note(format!("{}, {method}", interval(weighed, Value::as_f64))),
        );
        figures.push(
            Figure::new(
                format!("FMR at score {score}, {COHORT_NAME}, image pairs"),
                row["rates"]["fmr"].as_f64(),
                "",
            )
            .note(format!("{} false matches", row["rates"]["false_matches"])),
        );
    }
    figures
}

/// The share of right decisions in per cent, a photo without a face counting as a wrong one.
fn fold_accuracy(evaluation: &Value) -> Option<f64> {
    percent(&evaluation["pairs"]["fold_accuracy"]["mean_with_failures"])
}

fn beside(figure: Figure, plain: Option<f64>) -> Figure {
    match (figure.value, plain) {
        (Some(value), Some(plain)) => figure.against(plain, value / plain),
        _ => figure,
    }
}

fn at_fmr(group: &Value, fmr: f64) -> Value {
    row(&group["at_fmr"], "max_fmr", fmr)
}

fn at_score(group: &Value, score: f64) -> Value {
    row(&group["at_anchors"], "score", score)
}

fn row(rows: &Value, key: &str, wanted: f64) -> Value {
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().find(|row| row[key].as_f64() == Some(wanted)).cloned().unwrap_or(Value::Null)
}

fn percent(share: &Value) -> Option<f64> {
    share.as_f64().map(|share| 100.0 * share)
}

fn interval(ends: &Value, read: impl Fn(&Value) -> Option<f64>) -> String {
    match (read(&ends["low"]), read(&ends["high"])) {
        (Some(low), Some(high)) => format!("{}–{}", number(low), number(high)),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn evaluation() -> Value {
        let anchor = |score: f64, fmr: f64, tar: f64| {
            json!({ "score": score, "max_fmr": fmr, "rates": { "fmr": fmr / 2.0, "tar": tar, "false_matches": 3 },
                    "by_identity": { "fmr": fmr * 0.9, "low": 0.0, "high": fmr * 3.0, "method": "exponential_tail" } })
        };
        let anchors = [anchor(70.0, 1e-3, 0.985), anchor(80.0, 1e-4, 0.96), anchor(90.0, 1e-5, 0.9)];
        json!({
            "images": 6165, "undetected": 0, "unreadable": 0,
            "pairs": { "fold_accuracy": { "mean_with_failures": 0.992, "standard_error": 0.0015 } },
            "all_pairs": {
                "all": {
                    "at_fmr": [{ "max_fmr": 1e-3, "rates": { "tar": 0.992 } }, { "max_fmr": 1e-4, "rates": { "tar": 0.986 } }],
                    "at_anchors": anchors,
                },
                "cohorts": [{ "name": COHORT_NAME, "at_anchors": anchors }],
            },
        })
    }

    fn missed(shipped: &Value, plain: &Value) -> Vec<String> {
        let figures = figures(shipped, plain).into_iter();
        figures.filter(|figure| figure.ok == Some(false)).map(|figure| figure.name).collect()
    }

    #[test]
    fn a_good_evaluation_meets_every_goal() {
        assert_eq!(missed(&evaluation(), &evaluation()), Vec::<String>::new());
        let goals = figures(&evaluation(), &evaluation()).into_iter().filter(|figure| figure.goal.is_some());
        assert_eq!(goals.count(), 10);
    }

    #[test]
    fn every_shortfall_is_a_missed_goal() {
        for (place, value) in [
            ("/pairs/fold_accuracy/mean_with_failures", 0.9905),
            ("/undetected", 1.0),
            ("/all_pairs/all/at_anchors/0/rates/fmr", 1.1e-3),
            ("/all_pairs/all/at_anchors/1/rates/fmr", 1.1e-4),
            ("/all_pairs/all/at_anchors/0/rates/tar", 0.979),
            ("/all_pairs/all/at_anchors/1/rates/tar", 0.954),
            ("/all_pairs/cohorts/0/at_anchors/0/by_identity/fmr", 1.1e-3),
            ("/all_pairs/cohorts/0/at_anchors/1/by_identity/fmr", 1.1e-4),
        ] {
            let mut bad = evaluation();
            *bad.pointer_mut(place).unwrap() = json!(value);
            assert_eq!(missed(&bad, &evaluation()).len(), 1, "{place}");
        }
    }

    #[test]
    fn accuracy_is_compared_with_the_plain_pipeline() {
        let mut better = evaluation();
        *better.pointer_mut("/all_pairs/all/at_fmr/1/rates/tar").unwrap() = json!(0.9885);
        assert_eq!(missed(&evaluation(), &better).len(), 1);
        assert_eq!(missed(&better, &evaluation()).len(), 0);
    }

    #[test]
    fn an_evaluation_without_figures_misses_all_goals() {
        assert_eq!(missed(&Value::Null, &Value::Null).len(), 10);
    }
}
