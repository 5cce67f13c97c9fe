//! `engine-hostile`: what damaged and malicious images do to the engine; a wrapper of the program `hostile` in
//! `tests/`.

use std::process::Stdio;

use serde_json::Value;

use super::figure::{Figure, Goal};
use super::program;
use super::{Measured, Outcome, Place};
use crate::failure::{Failure, Result};

/// Inputs that one process handles before the next is started.
const BATCH: u64 = 250;
const MIB: f64 = (1 << 20) as f64;

pub(super) fn run(place: &Place<'_>, count: u64, seed: u64) -> Result<Outcome> {
    // It makes its inputs from real photos.
    if !place.root.join("assets/photos/face_recognition/obama2.jpg").is_file() {
        return Ok(Outcome::Absent("the photos are not here; run `cargo xtask assets`".to_owned()));
    }
    let hostile = program::installed(place, &["-p", "conformance", "--bin", "hostile"])?;
    let arguments = [("--count", count), ("--seed", seed), ("--batch", BATCH)];
    let output = program::command(&hostile)
        .args(arguments.iter().flat_map(|(name, value)| [(*name).to_owned(), value.to_string()]))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::io("start", &hostile, &error))?;
    let found: Value = serde_json::from_slice(&output.stdout).map_err(|error| {
        Failure::new(format!("hostile ended with {} and told no result: {error}", output.status))
    })?;
    let versions = Vec::new();
    Ok(Outcome::Measured(Measured { figures: figures(&found, count), notes: notes(&found), versions }))
}

fn figures(found: &Value, count: u64) -> Vec<Figure> {
    let incidents = |name: &str, key: &str| {
        let list = found[key].as_array();
        Figure::new(name, list.map(|list| list.len() as f64), "").note(first_of(&found[key]))
    };
    let worst = |name: &str, key: &str, unit: &str, divisor: f64| {
        let value = found[key]["value"].as_f64().map(|value| value / divisor);
        Figure::new(name, value, unit).note(found[key]["input"].as_str().unwrap_or_default())
    };
    let inputs = Figure::new("inputs run to their end", found["inputs"].as_f64(), "");
    vec![
        inputs.goal(Goal::AtLeast(count as f64)).note(format!("{} handmade", found["handmade"])),
        incidents("processes that died", "aborts").goal(Goal::AtMost(0.0)),
        incidents("panics that reached the caller", "escaped_panics").goal(Goal::AtMost(0.0)),
        incidents("panics caught inside", "contained_panics"),
        incidents("answers that fit no picture", "untyped_outcomes").goal(Goal::AtMost(0.0)),
        worst("longest call", "worst_call_cpu_seconds", "CPU s", 1.0).goal(Goal::AtMost(3.0)),
        worst("longest input, all three calls", "worst_input_cpu_seconds", "CPU s", 1.0),
        worst("most memory above the idle process", "worst_growth_bytes", "MiB", MIB)
            .goal(Goal::AtMost(256.0)),
    ]
}

/// One incident, so that it can be looked into.
fn first_of(incidents: &Value) -> String {
    let first = &incidents[0];
    match first["input"].as_str() {
        Some(input) => format!("first: input {}, {input}: {}", first["number"], first["what"]),
        None => String::new(),
    }
}

fn notes(found: &Value) -> Vec<String> {
    let mut notes = vec![format!("Seed {}, {} processes.", found["seed"], found["processes"])];
    for (operation, outcomes) in found["outcomes"].as_object().into_iter().flatten() {
        let outcomes = outcomes.as_object().into_iter().flatten();
        let told: Vec<String> = outcomes.map(|(outcome, times)| format!("{outcome} {times}")).collect();
        notes.push(format!("{operation}: {}.", told.join(", ")));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn missed(found: &Value) -> usize {
        figures(found, 100).iter().filter(|figure| figure.ok == Some(false)).count()
    }

    fn clean() -> Value {
        json!({ "seed": 7, "inputs": 100, "handmade": 9, "processes": 2, "aborts": [], "escaped_panics": [],
                "contained_panics": [], "untyped_outcomes": [], "outcomes": { "embed": { "InvalidImage": 100 } },
                "worst_call_cpu_seconds": { "value": 0.4, "input": "a" },
                "worst_input_cpu_seconds": { "value": 5.0, "input": "a" },
                "worst_growth_bytes": { "value": 1e6, "input": "b" } })
    }

    #[test]
    fn each_finding_misses_its_goal() {
        assert_eq!(missed(&clean()), 0);
        let incident = json!([{ "number": 3, "input": "c", "what": "panic" }]);
        for (key, value) in [
            ("inputs", json!(99)),
            ("aborts", incident.clone()),
            ("escaped_panics", incident.clone()),
            ("untyped_outcomes", incident),
            ("worst_call_cpu_seconds", json!({ "value": 3.1, "input": "a" })),
            ("worst_growth_bytes", json!({ "value": 257.0 * MIB, "input": "b" })),
        ] {
            let mut found = clean();
            found[key] = value;
            assert_eq!(missed(&found), 1, "{key}");
        }
        assert_eq!(missed(&json!({})), 6, "what was not told is not met");
    }

    #[test]
    fn incidents_are_named_and_outcomes_told() {
        let mut found = clean();
        found["aborts"] = json!([{ "number": 3, "input": "c", "what": "died" }]);
        let note = &figures(&found, 100)[1].note;
        assert!(note.contains("input 3, c"), "{note}");
        assert_eq!(notes(&found), ["Seed 7, 2 processes.", "embed: InvalidImage 100."]);
    }
}
