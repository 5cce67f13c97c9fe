//! `gallery-durability`: what power cuts, kills, failing disks and changed bytes do to the gallery, and whether
//! deleted records are in its files; a wrapper of the program `durability` in `tests/`.

use std::process::Stdio;

use serde_json::Value;

use super::figure::{Figure, Goal};
use super::program;
use super::{Measured, Outcome, Place};
use crate::failure::{Failure, Result};

/// How long two processes work on one store, in seconds.
const TOGETHER_SECONDS: u64 = 60;
/// How often each thing is done.
const TIMES: [(&str, u64); 6] =
    [("cuts", 500), ("failures", 300), ("kills", 200), ("deletions", 500), ("flips", 1000), ("logs", 1000)];
/// Of what a negative control does, at least so much must go wrong.
const LEAST_OF_CONTROL: f64 = 0.95;

pub(super) fn run(place: &Place<'_>, seed: u64) -> Result<Outcome> {
    let durability = program::build(place, &["-p", "conformance", "--bin", "durability"])?;
    let mut command = program::command(&durability);
    command.args(TIMES.iter().flat_map(|(name, times)| [format!("--{name}"), times.to_string()]));
    let found = program::said(command.args(["--seed".to_owned(), seed.to_string()]))?;
    let mut figures = figures(&found);
    figures.push(together(place)?);
    let versions = Vec::new();
    Ok(Outcome::Measured(Measured { figures, notes: notes(&found), versions }))
}

/// Two processes with eight threads each on one store: the test of `tests/tests/gallery_processes.rs`, for longer.
fn together(place: &Place<'_>) -> Result<Figure> {
    let test = program::build(place, &["-p", "conformance", "--test", "gallery_processes"])?;
    eprintln!("two processes on one store for {TOGETHER_SECONDS} s");
    let status = program::command(&test)
        .args(["--exact", "two_processes_share_a_store"])
        .env("FACEBRIDGE_TEST_GALLERY_SECONDS", TOGETHER_SECONDS.to_string())
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| Failure::io("start", &test, &error))?;
    let passed = if status.success() { 1.0 } else { 0.0 };
    Ok(Figure::new("two processes of 8 threads on one store: nothing lost, back or twice", passed, "of 1")
        .goal(Goal::AtLeast(1.0))
        .note(format!("{TOGETHER_SECONDS} s")))
}

fn figures(found: &Value) -> Vec<Figure> {
    let times = |name: &str| {
        let times = TIMES.iter().find(|(known, _)| *known == name).map(|(_, times)| *times as f64);
        times.expect("it is in the list")
    };
    let number = |part: &str, key: &str| found[part][key].as_f64();
    let survived = |what: &str, part: &str| {
        let value = number(part, "events").zip(number(part, "lost")).map(|(events, lost)| events - lost);
        Figure::new(format!("{what}, nothing lost or torn"), value, format!("of {}", times(part)))
            .goal(Goal::AtLeast(times(part)))
            .note(first_of(&found[part]))
    };
    let count = |what: &str, part: &str, key: &str, unit: String| {
        Figure::new(what, number(part, key), unit).note(first_of(&found[part]))
    };
    // None of none would be no control.
    let control = |what: &str, part: &str, key: &str, all: &str| {
        let all = number(part, all).filter(|&all| all > 0.0);
        let unit = format!("of {}", all.unwrap_or_default());
        let goal = all.map_or(f64::MAX, |all| (LEAST_OF_CONTROL * all).ceil());
        Figure::new(what, number(part, key), unit).goal(Goal::AtLeast(goal))
    };
    let of_deleted = || format!("of {}", times("deletions"));
    let slowest = ["cuts", "failures", "kills"].map(|part| number(part, "slowest_opening_seconds"));
    let slowest = slowest.into_iter().reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other)));
    vec![
        survived("power cuts", "cuts"),
        control("control: power cuts without syncs, something lost", "cuts_without_syncs", "lost", "events"),
        survived("failed syncs and writes, full disks", "failures"),
        survived("processes killed (SIGKILL)", "kills"),
        Figure::new("slowest opening after any of them", slowest.flatten(), "s").goal(Goal::AtMost(1.0)),
        count("records deleted", "erasure", "deleted", String::new()).goal(Goal::AtLeast(times("deletions"))),
        count("deleted records found, store open", "erasure", "found_while_open", of_deleted())
            .goal(Goal::AtMost(0.0)),
        count("deleted records found, store closed", "erasure", "found_when_closed", of_deleted())
            .goal(Goal::AtMost(0.0)),
        control("control: kept records found", "erasure", "kept_found", "kept"),
        control(
            "control: found where deleted without overwriting",
            "erasure_without_overwriting",
            "found_when_closed",
            "deleted",
        ),
        count("bits changed", "flips", "flips", String::new()).goal(Goal::AtLeast(times("flips"))),
        count("changed bits that changed an answer", "flips", "changed_answers", String::new())
            .goal(Goal::AtMost(0.0)),
        count("changed bits that gave a panic or another error", "flips", "untyped", String::new())
            .goal(Goal::AtMost(0.0)),
        count(
            "changed audit logs found, with the record",
            "tampering",
            "found",
            format!("of {}", times("logs")),
        )
        .goal(Goal::AtLeast(times("logs"))),
    ]
}

/// One fault, so that it can be looked into.
fn first_of(part: &Value) -> String {
    part["faults"][0].as_str().map_or_else(String::new, |fault| format!("first: {fault}"))
}

fn notes(found: &Value) -> Vec<String> {
    let mut notes = vec![format!("Seed {}.", found["seed"])];
    for (what, part) in [("Power cuts", "cuts"), ("Failures", "failures"), ("Kills", "kills")] {
        let part = &found[part];
        notes.push(format!(
            "{what}: {} changes acknowledged before; {} were under way, of which {} were found done.",
            part["acknowledged"], part["under_way"], part["under_way_done"]
        ));
    }
    notes.push(format!(
        "Bits: {} meant nothing; else the first error was {}.",
        found["flips"]["harmless"], found["flips"]["errors"]
    ));
    notes.push(
        "Power cuts are on a disk in memory that loses, reorders and tears what was not synced; kills and audit \
         logs on the machine's own."
            .to_owned(),
    );
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn missed(found: &Value) -> usize {
        figures(found).iter().filter(|figure| figure.ok == Some(false)).count()
    }

    fn clean() -> Value {
        let survival = |events: u64, lost: u64| {
            json!({ "events": events, "acknowledged": 9, "lost": lost,
            "under_way": 3, "under_way_done": 1, "slowest_opening_seconds": 0.1, "faults": [] })
        };
        json!({ "seed": 7, "cuts": survival(500, 0), "cuts_without_syncs": survival(100, 99),
                "failures": survival(300, 0), "kills": survival(200, 0),
                "erasure": { "deleted": 500, "found_while_open": 0, "found_when_closed": 0, "kept": 1500,
                             "kept_found": 1500 },
                "erasure_without_overwriting": { "deleted": 500, "found_when_closed": 500 },
                "flips": { "flips": 1000, "changed_answers": 0, "harmless": 2, "untyped": 0,
                           "errors": { "StoreDamaged": 998 }, "faults": [] },
                "tampering": { "changed": 1000, "found": 1000, "faults": [] } })
    }

    #[test]
    fn each_finding_misses_its_goal() {
        assert_eq!(missed(&clean()), 0);
        for (part, key, value) in [
            ("cuts", "lost", 1.0),
            ("cuts", "events", 499.0),
            ("cuts_without_syncs", "lost", 94.0),
            ("failures", "lost", 1.0),
            ("kills", "lost", 1.0),
            ("kills", "slowest_opening_seconds", 1.1),
            ("erasure", "deleted", 499.0),
            ("erasure", "found_while_open", 1.0),
            ("erasure", "found_when_closed", 1.0),
            ("erasure", "kept_found", 1000.0),
            ("erasure_without_overwriting", "found_when_closed", 474.0),
            ("flips", "flips", 999.0),
            ("flips", "changed_answers", 1.0),
            ("flips", "untyped", 1.0),
            ("tampering", "found", 999.0),
        ] {
            let mut found = clean();
            found[part][key] = json!(value);
            assert_eq!(missed(&found), 1, "{part} {key}");
        }
        assert_eq!(missed(&json!({})), figures(&clean()).len(), "what was not told is not met");
    }

    #[test]
    fn the_first_fault_is_told() {
        let mut found = clean();
        found["cuts"]["faults"] = json!(["cut 3: gone", "cut 4: gone"]);
        assert_eq!(figures(&found)[0].note, "first: cut 3: gone");
        assert_eq!(
            notes(&found)[1],
            "Power cuts: 9 changes acknowledged before; 3 were under way, of which 1 were found done."
        );
    }
}
