//! Answers as tables.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use facebridge::api::{Comparison, Detection, Warning};
use facebridge::decision::{Decision, EstimatedFmr, IndeterminateReason};
use facebridge::evaluation::{CalibrationReport, EvaluationReport, GroupReport, Interval, RateRow};
use std::fmt::Write as _;
use std::path::Path;

pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header.to_vec());
    table
}

pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A name such as `TooDark` in lower case with blanks.
pub(super) fn words(value: impl std::fmt::Debug) -> String {
    let mut words = String::new();
    for (index, letter) in format!("{value:?}").chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn warnings<'a>(warnings: impl IntoIterator<Item = &'a Warning>) -> String {
    warnings.into_iter().map(words).collect::<Vec<_>>().join(", ")
}

/// The faces of one photo.
pub(crate) fn detection(image: &Path, detection: &Detection) -> String {
    let mut text = format!("{} ({}x{})", image.display(), detection.image_width, detection.image_height);
    if detection.faces.is_empty() {
        text.push_str(": no face");
        return text;
    }
    if detection.rotation != 0 {
        let _ = write!(text, ", to be turned by {} degrees", detection.rotation);
    }
    let mut rows = table(&[
        "face",
        "box",
        "probability",
        "direction",
        "yaw/pitch/roll",
        "sharpness",
        "brightness",
        "check",
    ]);
    for (index, face) in detection.faces.iter().enumerate() {
        let area = &face.bounding_box;
        rows.add_row([
            (index + 1).to_string(),
            format!("{:.0},{:.0} {:.0}x{:.0}", area.x, area.y, area.width, area.height),
            format!("{:.3}", face.probability),
            words(face.direction),
            format!("{:+.0}/{:+.0}/{:+.0}", face.pose.yaw, face.pose.pitch, face.pose.roll),
            format!("{:.0}", face.quality.sharpness),
            format!("{:.0}", face.quality.brightness),
            format!(
                "{} {}",
                u32::from(face.quality.check_code),
                if face.quality.too_small { "too small".to_owned() } else { words(face.quality.check_code) }
            ),
        ]);
    }
    let _ = write!(text, "\n{rows}");
    if !detection.warnings.is_empty() {
        let _ = write!(text, "\nnote: {}", warnings(&detection.warnings));
    }
    text
}

/// A decision in words.
pub(super) fn decision(decision: Decision, reason: Option<IndeterminateReason>) -> String {
    match (decision, reason) {
        (Decision::Match, _) => "same person".to_owned(),
        (Decision::NoMatch, _) => "different people".to_owned(),
        (Decision::Indeterminate, Some(reason)) => format!("no decision ({})", words(reason)),
        (Decision::Indeterminate, None) => "no decision".to_owned(),
    }
}

/// A false match rate in words.
pub(super) fn rate(rate: Option<EstimatedFmr>) -> String {
    rate.map_or("uncalibrated".to_owned(), |fmr| match fmr.rate {
        rate if fmr.at_most => format!("at most {rate:.0e}"),
        rate if rate < 0.01 => format!("{rate:.1e}"),
        rate => format!("{:.0} %", rate * 100.0),
    })
}

/// Comparisons of pairs of photos.
pub(crate) fn comparisons(rows: &[(&Path, &Path, Comparison)]) -> String {
    let mut table = table(&["photo", "photo", "score", "decision", "false match rate", "note"]);
    for (a, b, comparison) in rows {
        let notes =
            [&comparison.face_a, &comparison.face_b].into_iter().flatten().flat_map(|face| &face.warnings);
        table.add_row([
            name(a),
            name(b),
            comparison.score.map_or("-".to_owned(), |score| format!("{score:.1}")),
            decision(comparison.decision, comparison.indeterminate_reason),
            rate(comparison.estimated_fmr),
            warnings(notes),
        ]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn percent(rate: f64) -> String {
    format!("{:.2} %", rate * 100.0)
}

fn percents(interval: Option<Interval>) -> String {
    interval.map_or(String::new(), |interval| {
        format!(" [{:.2}, {:.2}]", interval.low * 100.0, interval.high * 100.0)
    })
}

fn rates(interval: Option<Interval>) -> String {
    interval.map_or(String::new(), |interval| format!(" [{:.1e}, {:.1e}]", interval.low, interval.high))
}

/// All figures of an evaluation.
pub(crate) fn evaluation(report: &EvaluationReport) -> String {
    let mut text = String::new();
    for group in std::iter::once(&report.all).chain(&report.cohorts) {
        let _ = writeln!(text, "{}", group_table(group));
    }
    if let Some(accuracy) = &report.fold_accuracy {
        let _ = writeln!(
            text,
            "{}-fold accuracy: {} ± {:.2} (with failures to detect: {})",
            accuracy.folds,
            percent(accuracy.mean),
            accuracy.standard_error * 100.0,
            percent(accuracy.mean_with_failures)
        );
    }
    if let Some(search) = &report.identification {
        let _ = writeln!(
            text,
            "1:N search in {} faces: rank-1 identification rate {} ({} searches)",
            search.gallery,
            percent(1.0 - search.fnir_rank_1),
            search.mated_probes
        );
        for rates in &search.at_fpir {
            let _ = writeln!(
                text,
                "  at a false positive identification rate of {:.0e}: identification rate (DIR) {} from cosine {:.4}",
                rates.max_fpir,
                percent(1.0 - rates.fnir),
                rates.threshold
            );
        }
    }
    text
}

fn group_table(group: &GroupReport) -> String {
    let counts = &group.counts;
    let mut text = format!("{}: {} mated and {} non-mated pairs", group.name, counts.mated, counts.non_mated);
    if let Some(people) = counts.people {
        let _ = write!(text, " of {people} people");
    }
    let failed = counts.failed_mated + counts.failed_non_mated;
    if failed > 0 {
        let _ = write!(text, "; {failed} pairs failed for want of a face");
    }
    if let Some(equal) = &group.equal_error {
        let _ = write!(text, "; equal error rate {}", percent(equal.rate));
    }
    let mut rows = table(&["threshold", "score", "cosine", "FMR [95 %]", "TAR, % [95 %]"]);
    let mut add = |label: String, row: &RateRow| {
        let cells = match &row.rates {
            None => ["too few pairs".to_owned(), String::new(), String::new(), String::new()],
            Some(found) => [
                row.score.map_or(String::new(), |score| format!("{score:.1}")),
                format!("{:.4}", found.threshold),
                format!("{:.1e}{}", found.fmr, rates(row.fmr_interval)),
                format!("{:.2}{}", found.tar * 100.0, percents(row.tar_interval)),
            ],
        };
        rows.add_row(std::iter::once(label).chain(cells));
    };
    for row in &group.at_fmr {
        add(format!("measured FMR {:.0e}", row.max_fmr), row);
    }
    for row in &group.at_anchors {
        add(format!("promised FMR {:.0e}", row.max_fmr), row);
    }
    let _ = write!(text, "\n{rows}");
    text
}

/// How a calibration was made.
pub(crate) fn calibration(report: &CalibrationReport) -> String {
    let mut rows = table(&["score", "false match rate", "raw score", "asked by", "TAR, % [95 %]"]);
    for anchor in &report.anchors {
        let asked: Vec<String> = anchor
            .demands
            .iter()
            .map(|demand| {
                format!(
                    "{}{}: {:.4} ({:.4} [{:.4}, {:.4}], {})",
                    demand.group,
                    if demand.by_identity { ", by identity" } else { "" },
                    demand.asked,
                    demand.estimate,
                    demand.interval.low,
                    demand.interval.high,
                    words(demand.method)
                )
            })
            .collect();
        rows.add_row([
            format!("{:.0}", anchor.score),
            format!("{:.0e}", anchor.max_fmr),
            format!("{:.4}", anchor.raw),
            asked.join("\n"),
            anchor
                .tar
                .map_or(String::new(), |tar| format!("{:.2}{}", tar * 100.0, percents(anchor.tar_interval))),
        ]);
    }
    let mut text = rows.to_string();
    for rate in &report.unsupported {
        let _ = write!(text, "\nno anchor for a false match rate of {rate:.0e}: too little data");
    }
    if report.suspects.count > 0 {
        let _ = write!(
            text,
            "\n{} pairs of different people score like one person (from {:.4}): look at them, and list label errors as exclusions",
            report.suspects.count, report.suspects.threshold
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use facebridge::api::CheckCode;

    #[test]
    fn names_read_as_words() {
        assert_eq!(words(CheckCode::TooDark), "too dark");
        assert_eq!(words(Warning::SeveralFaces), "several faces");
    }
}
