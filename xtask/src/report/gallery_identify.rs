//! `gallery-identify`: searches for labelled people in a gallery of half of them, through the operations that users
//! call, beside `facebridge evaluate` on the same photos.

use serde_json::Value;

use super::figure::{Figure, Goal};
use super::program;
use super::{Measured, Outcome, Place, data};
use crate::failure::Result;

const PHOTOS: &str = "lfw";
const EXCLUSIONS: &str = "lfw_impostor_exclusions.tsv";
/// The rate at which detection and identification are reported.
const FPIR: f64 = 0.01;
/// The rate at which the gallery was asked to decide; the program in core/benches says the same.
const DECIDED_FPIR: f64 = 0.05;

pub(super) fn run(place: &Place<'_>) -> Result<Outcome> {
    let folder = match data::folder(place.root, &[PHOTOS, EXCLUSIONS]) {
        Ok(folder) => folder,
        Err(sentence) => return Ok(Outcome::Absent(sentence)),
    };
    let (photos, exclusions) = (folder.join(PHOTOS), folder.join(EXCLUSIONS));
    let searching = program::installed(place, &["-p", "facebridge", "--bench", "gallery_identify"])?;
    let evaluating = program::installed(place, &["-p", "facebridge-cli"])?;
    eprintln!("enrolling and searching");
    let found = program::said(program::command(&searching).arg(&photos).arg(&exclusions))?;
    eprintln!("evaluating");
    let mut evaluate = program::command(&evaluating);
    evaluate.arg("evaluate").arg("--folder").arg(&photos).arg("--exclusions").arg(&exclusions);
    let evaluated = program::said(evaluate.args(["--json", "-"]))?;
    let notes = vec![
        "Labelled Faces in the Wild, deep-funneled: every other person enrolled with one photo, the least face \
         size lowered to 20 pixels; all other photos searched for."
            .to_owned(),
        format!("{} of the enrolled photos show several faces; the most prominent one is meant.", found["enrolled_of_several_faces"]),
        "Beside it what `facebridge evaluate` says by comparing everything with everything.".to_owned(),
    ];
    Ok(Outcome::Measured(Measured {
        figures: figures(&found, &evaluated["all_pairs"]["identification"]),
        notes,
        versions: Vec::new(),
    }))
}

fn figures(found: &Value, evaluated: &Value) -> Vec<Figure> {
    let number = |key: &str| found[key].as_f64();
    let percent = |value: Option<f64>| value.map(|value| 100.0 * value);
    let rates = evaluated["at_fpir"].as_array().into_iter().flatten();
    let at = rates.into_iter().find(|rates| rates["max_fpir"].as_f64() == Some(FPIR));
    let beside =
        |figure: Figure, fnir: Option<f64>| match (figure.value, fnir.map(|fnir| 100.0 * (1.0 - fnir))) {
            (Some(value), Some(peer)) => figure.against(peer, value / peer),
            _ => figure,
        };
    // Equal but for ties and rounding of the scores.
    let as_evaluated = |figure: Figure| figure.goal(Goal::RatioAtLeast(0.999));
    let searches = format!("{} of enrolled people, {} of others", found["mated"], found["non_mated"]);
    let count = |name: &str, key: &str, unit: &str| Figure::new(name, number(key), unit);
    vec![
        count("people enrolled", "enrolled", "").note(searches),
        count("photos that could not be enrolled", "failed_enrolments", "").goal(Goal::AtMost(0.0)),
        count("photos to search with without a face", "failed_probes", "").goal(Goal::AtMost(0.0)),
        as_evaluated(beside(
            Figure::new("rank 1", percent(number("rank_1")), "%"),
            evaluated["fnir_rank_1"].as_f64(),
        )),
        as_evaluated(beside(
            Figure::new(format!("DIR at a measured FPIR of {FPIR}"), percent(number("dir")), "%"),
            at.and_then(|rates| rates["fnir"].as_f64()),
        )),
        Figure::new(format!("FPIR where {DECIDED_FPIR} was asked for"), percent(number("decided_fpir")), "%")
            .goal(Goal::AtMost(100.0 * DECIDED_FPIR)),
        Figure::new("DIR of those decisions", percent(number("decided_dir")), "%"),
        count("searches without a decision", "undecided", "").goal(Goal::AtMost(0.0)),
        count("answers unlike those of the photo alone", "unlike_alone", "").goal(Goal::AtMost(0.0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_gallery_that_finds_less_than_the_evaluation_misses_its_goal() {
        let found = |rank_1: f64, fpir: f64| {
            json!({
                "enrolled": 10, "failed_enrolments": 0, "failed_probes": 0, "mated": 100, "non_mated": 100,
                "rank_1": rank_1, "dir": 0.9, "decided_fpir": fpir, "decided_dir": 0.9, "undecided": 0,
                "unlike_alone": 0
            })
        };
        let evaluated = json!({ "fnir_rank_1": 0.05, "at_fpir": [{ "max_fpir": 0.01, "fnir": 0.1 }] });
        let missed = |found: &Value| {
            figures(found, &evaluated).iter().filter(|figure| figure.ok == Some(false)).count()
        };
        assert_eq!(missed(&found(0.95, 0.05)), 0);
        assert_eq!(missed(&found(0.94, 0.05)), 1);
        assert_eq!(missed(&found(0.95, 0.06)), 1);
        // Without the evaluation there is nothing to be as good as.
        let alone = figures(&found(0.95, 0.05), &Value::Null);
        assert_eq!(alone.iter().filter(|figure| figure.ok == Some(false)).count(), 2);
    }
}
