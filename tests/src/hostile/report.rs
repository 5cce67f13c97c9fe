//! What a run saw, as data.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One call on one input.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Call {
    /// `detect`, `detect_all` (up to 100 faces) or `embed`.
    pub operation: String,
    /// `faces`, `no_faces`, `embedding`, the name of an error kind, or `panic`.
    pub outcome: String,
    /// Processor time of the whole process during the call.
    pub cpu_seconds: f64,
}

/// What one input did.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct InputRecord {
    /// Its number in the plan.
    pub number: u64,
    /// Its name in the plan.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// The calls, in order.
    pub calls: Vec<Call>,
    /// Where the code panicked, as file and line; whether or not anything caught it.
    pub panics: Vec<String>,
    /// Peak resident memory during the calls, above that of the idle, warmed-up process.
    pub peak_growth_bytes: u64,
}

/// Something that must not happen, and the input that made it happen.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Incident {
    /// The input's number.
    pub number: u64,
    /// The input's name.
    pub input: String,
    /// What happened.
    pub what: String,
}

/// The largest value of a measure, and the input that gave it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Extreme {
    /// The value, in the unit of the field that holds this.
    pub value: f64,
    /// The input's name.
    pub input: String,
}

impl Extreme {
    fn raise(&mut self, value: f64, input: &str) {
        if value > self.value {
            *self = Self { value, input: input.to_owned() };
        }
    }
}

/// What a run saw.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Report {
    /// The seed of the plan.
    pub seed: u64,
    /// Inputs that were run to their end.
    pub inputs: u64,
    /// How many of them were handmade.
    pub handmade: u64,
    /// Processes that were started.
    pub processes: u64,
    /// Inputs at which the process died.
    pub aborts: Vec<Incident>,
    /// Panics that reached the caller.
    pub escaped_panics: Vec<Incident>,
    /// Panics that something inside the engine caught.
    pub contained_panics: Vec<Incident>,
    /// Answers that are neither a result nor one of the errors that a bad picture has.
    pub untyped_outcomes: Vec<Incident>,
    /// How often each outcome was seen, for each operation.
    pub outcomes: BTreeMap<String, BTreeMap<String, u64>>,
    /// Most processor seconds of one call.
    pub worst_call_cpu_seconds: Extreme,
    /// Most processor seconds of all calls on one input.
    pub worst_input_cpu_seconds: Extreme,
    /// Most resident memory, in bytes, above the idle, warmed-up process.
    pub worst_growth_bytes: Extreme,
}

/// Errors that a bad picture may have.
const ERRORS_OF_PICTURES: [&str; 4] = ["UnsupportedImage", "InvalidImage", "ImageTooLarge", "NoFace"];
/// Answers to a picture that is none the worse for what was done to it.
const ANSWERS: [&str; 3] = ["faces", "no_faces", "embedding"];

impl Report {
    /// Counts one input.
    pub fn add(&mut self, record: &InputRecord) {
        self.inputs += 1;
        let incident = |what: String| Incident { number: record.number, input: record.name.clone(), what };
        let mut escaped = 0;
        for call in &record.calls {
            *self
                .outcomes
                .entry(call.operation.clone())
                .or_default()
                .entry(call.outcome.clone())
                .or_default() += 1;
            self.worst_call_cpu_seconds.raise(call.cpu_seconds, &record.name);
            if call.outcome == "panic" {
                let place = record.panics.get(escaped).cloned().unwrap_or_default();
                self.escaped_panics.push(incident(format!("{} panicked at {place}", call.operation)));
                escaped += 1;
            } else if !ERRORS_OF_PICTURES.contains(&call.outcome.as_str())
                && !ANSWERS.contains(&call.outcome.as_str())
            {
                self.untyped_outcomes.push(incident(format!("{} gave {}", call.operation, call.outcome)));
            }
        }
        if record.panics.len() > escaped {
            self.contained_panics.push(incident(record.panics.join(", ")));
        }
        let seconds = record.calls.iter().map(|call| call.cpu_seconds).sum();
        self.worst_input_cpu_seconds.raise(seconds, &record.name);
        self.worst_growth_bytes.raise(record.peak_growth_bytes as f64, &record.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(outcome: &str, panics: &[&str]) -> InputRecord {
        InputRecord {
            number: 7,
            name: "seven".to_owned(),
            bytes: 1,
            calls: vec![Call {
                operation: "embed".to_owned(),
                outcome: outcome.to_owned(),
                cpu_seconds: 0.5,
            }],
            panics: panics.iter().map(|&place| place.to_owned()).collect(),
            peak_growth_bytes: 9,
        }
    }

    #[test]
    fn every_kind_of_incident_is_told() {
        let mut report = Report::default();
        report.add(&record("panic", &["a.rs:1"]));
        report.add(&record("InvalidImage", &["b.rs:2"]));
        report.add(&record("Internal", &[]));
        report.add(&record("NoFace", &[]));
        assert_eq!(report.escaped_panics.len(), 1);
        assert!(report.escaped_panics[0].what.contains("a.rs:1"));
        assert_eq!(report.contained_panics.len(), 1);
        assert_eq!(report.untyped_outcomes.len(), 1);
        assert_eq!(report.outcomes["embed"].values().sum::<u64>(), 4);
        assert_eq!((report.worst_call_cpu_seconds.value, report.worst_growth_bytes.value), (0.5, 9.0));
    }
}
