//! A whole report as it is written: figures, machine, versions, command.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::Measured;
use super::figure::Figure;
use super::machine::{self, Machine};

/// What stands in `target/reports/NAME.json`.
#[derive(Serialize)]
pub(crate) struct Record {
    pub(crate) report: String,
    /// When it was finished, UTC.
    pub(crate) date: String,
    pub(crate) command: String,
    pub(crate) machine: Machine,
    pub(crate) versions: BTreeMap<String, String>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) notes: Vec<String>,
    /// Whether every goal is met.
    pub(crate) ok: bool,
}

impl Record {
    pub(crate) fn of(report: &str, measured: Measured, root: &Path) -> Self {
        let words: Vec<String> = std::env::args().skip(1).collect();
        Self {
            report: report.to_owned(),
            date: machine::now(),
            command: format!("cargo xtask {}", words.join(" ")),
            machine: Machine::here(),
            versions: machine::versions(root).into_iter().chain(measured.versions).collect(),
            ok: all_met(&measured.figures),
            figures: measured.figures,
            notes: measured.notes,
        }
    }

    pub(crate) fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.expect("figures are finite and texts are texts") + "\n"
    }
}

/// A report without a figure has measured nothing and proves nothing.
fn all_met(figures: &[Figure]) -> bool {
    !figures.is_empty() && figures.iter().all(|figure| figure.ok != Some(false))
}

#[cfg(test)]
mod tests {
    use super::super::figure::Goal;
    use super::*;

    #[test]
    fn one_missed_goal_spoils_the_report() {
        let met = Figure::new("a", 1.0, "").goal(Goal::AtMost(1.0));
        let missed = Figure::new("b", 2.0, "").goal(Goal::AtMost(1.0));
        let free = Figure::new("c", 3.0, "");
        assert!(all_met(&[met.clone(), free.clone()]));
        assert!(!all_met(&[met, missed, free]));
        assert!(!all_met(&[]));
    }

    #[test]
    fn the_file_holds_what_the_design_asks_for() {
        let figure = Figure::new("embed", 1.0, "ms").against(2.0, 0.5).goal(Goal::RatioAtMost(0.6));
        let measured = Measured { figures: vec![figure], ..Measured::default() };
        let json: serde_json::Value =
            serde_json::from_str(&Record::of("r", measured, Path::new(".")).to_json()).unwrap();
        let line = &json["figures"][0];
        assert_eq!(line["goal"], "ratio ≤ 0.6");
        assert_eq!(line["ok"], true);
        for key in ["name", "value", "unit", "peer", "ratio"] {
            assert!(!line[key].is_null(), "{key}");
        }
        for key in ["date", "command", "machine", "versions"] {
            assert!(!json[key].is_null(), "{key}");
        }
    }
}
