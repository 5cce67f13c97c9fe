//! `engine-hostile`: what damaged and malicious images do to the engine; a wrapper of the program `hostile` in
//! `tests/`.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use super::figure::{Figure, Goal};
use super::program;
use super::{Measured, Outcome, Place};
use crate::failure::{Failure, Result};

/// Inputs that one process handles before the next is started.
const BATCH: u64 = 500;
const MIB: f64 = (1 << 20) as f64;

pub(super) fn run(place: &Place<'_>, count: u64, seed: u64) -> Result<Outcome> {
    let hostile = program::installed(place, &["-p", "conformance", "--bin", "hostile"])?;
    let path = place.target.join("reports/engine-hostile-outcomes.json");
    let arguments = [("--count", count), ("--seed", seed), ("--batch", BATCH)];
    let status = program::command(&hostile)
        .args(arguments.iter().flat_map(|(name, value)| [(*name).to_owned(), value.to_string()]))
        .arg("--json")
        .arg(&path)
        .current_dir(place.root)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| Failure::io("start", &hostile, &error))?;
    // It may end in failure because of what it found; what it found is in its file.
    let text = fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("hostile ended with {status} and wrote no result: {error}")))?;
    let found: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("hostile wrote no readable result: {error}")))?;
    let _ = fs::remove_file(&path);
    Ok(Outcome::Measured(Measured {
        figures: figures(&found, count),
        notes: notes(&found, seed),
        ..Measured::default()
    }))
}

fn figures(found: &Value, count: u64) -> Vec<Figure> {
    let of = |key: &str| found[key].as_f64();
    let growth = of("rss_growth_bytes").map(|bytes| bytes / MIB);
    vec![
        Figure::new("inputs tried", of("inputs"), "").goal(Goal::AtLeast(count as f64)),
        Figure::new("processes that ended by themselves", of("aborts"), "").goal(Goal::AtMost(0.0)),
        Figure::new("panics that left the library", of("escaped_panics"), "").goal(Goal::AtMost(0.0)),
        Figure::new("longest input", of("worst_cpu_seconds"), "CPU s").goal(Goal::AtMost(3.0)),
        Figure::new("growth of memory", growth, "MiB").goal(Goal::AtMost(256.0)),
    ]
}

fn notes(found: &Value, seed: u64) -> Vec<String> {
    let outcomes: Vec<String> = found["outcomes"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, times)| format!("{name} {times}"))
        .collect();
    vec![format!("Seed {seed}. Outcomes: {}.", outcomes.join(", "))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn all_ok(found: &Value) -> bool {
        figures(found, 100).iter().all(|figure| figure.ok == Some(true))
    }

    #[test]
    fn each_finding_misses_its_goal() {
        let clean = json!({ "inputs": 100, "aborts": 0, "escaped_panics": 0, "worst_cpu_seconds": 0.4,
                            "rss_growth_bytes": 1 << 20, "outcomes": { "InvalidImage": 100 } });
        assert!(all_ok(&clean));
        for (key, value) in [
            ("inputs", json!(99)),
            ("aborts", json!(1)),
            ("escaped_panics", json!(1)),
            ("worst_cpu_seconds", json!(3.1)),
            ("rss_growth_bytes", json!(257u64 << 20)),
            ("aborts", json!(null)),
        ] {
            let mut found = clean.clone();
            found[key] = value;
            assert!(!all_ok(&found), "{key}");
        }
        assert_eq!(notes(&clean, 7), ["Seed 7. Outcomes: InvalidImage 100."]);
    }
}
