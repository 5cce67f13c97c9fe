//! `facebridge calibrate`.

use crate::arguments::{DatasetArguments, EngineArguments};
use crate::exit::{Failure, Outcome};
use crate::show::{progress, tables};
use facebridge::api::CalibrationResult;
use facebridge::evaluation::{
    Bootstrap, CalibrationRequest, Dataset, LabelledImage, LabelledPair, RawRange, Scores, calibrate,
};
use facebridge::{Error, ErrorKind};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: DatasetArguments,
    /// Any backend's scores instead of photos: CSV of `score,same`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["folder", "csv"], requires_all = ["backend", "model_id"])]
    scores: Option<PathBuf>,
    /// Which backend gave the scores
    #[arg(long, requires = "scores")]
    backend: Option<String>,
    /// Which model or version of the backend gave the scores
    #[arg(long, requires = "scores")]
    model_id: Option<String>,
    /// Lowest and highest score the backend gives
    #[arg(long, value_name = "LOW..HIGH", requires = "scores", default_value = "0..100", value_parser = range_argument)]
    range: (f64, f64),
    /// The calibration file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write how it was made, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The day to write into the file, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    made: String,
    #[command(flatten)]
    engine: EngineArguments,
}

fn range_argument(text: &str) -> Result<(f64, f64), String> {
    text.split_once("..")
        .and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)))
        .ok_or_else(|| "expected LOW..HIGH, such as 0..1".to_owned())
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let result = match &arguments.scores {
        Some(file) => from_scores(arguments, file)?,
        None => from_photos(arguments)?,
    };
    std::fs::write(&arguments.out, &result.calibration)
        .map_err(|error| Failure::output(arguments.out.display())(error.to_string()))?;
    if let Some(path) = &arguments.report {
        let json = serde_json::to_string_pretty(&result.report)
            .map_err(|error| Failure::Output(error.to_string()))?;
        std::fs::write(path, json).map_err(|error| Failure::output(path.display())(error.to_string()))?;
    }
    println!("{}", tables::calibration(&result.report));
    println!("written: {}", arguments.out.display());
    Ok(Outcome::Done)
}

fn from_photos(arguments: &Arguments) -> Result<CalibrationResult, Failure> {
    let job = arguments.engine.client()?.calibrate(&arguments.made, &arguments.data.photos()?)?;
    progress::watch("photos", || job.progress(), |timeout| job.wait(timeout))?;
    Ok(job.result()?)
}

fn from_scores(arguments: &Arguments, file: &Path) -> Result<CalibrationResult, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::new(ErrorKind::Io, format!("{} cannot be read: {error}.", file.display())))?;
    let mut dataset = Dataset::default();
    let mut scores = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
        if line.is_empty() || line.starts_with('#') || (number == 1 && line == "score,same") {
            continue;
        }
        let (score, mated) = score_line(line).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "{}, line {number}: expected `score,same` with a number (or nothing) and 1 or 0.",
                    file.display()
                ),
            )
        })?;
        // A pair of two photos that nothing is known of.
        let image = dataset.images.len();
        let unknown = LabelledImage { path: PathBuf::new(), person: None, number: 0 };
        dataset.images.extend([unknown.clone(), unknown]);
        dataset.pairs.push(LabelledPair { a: image, b: image + 1, mated, fold: 0 });
        scores.push(score);
    }
    let name = |option: &Option<String>| option.clone().unwrap_or_default();
    let request = CalibrationRequest {
        model_id: name(&arguments.model_id),
        pipeline_id: name(&arguments.backend),
        backend: name(&arguments.backend),
        made: arguments.made.clone(),
        range: RawRange::Linear { low: arguments.range.0, high: arguments.range.1 },
        bootstrap: Bootstrap::default(),
        suspicious_from: None,
    };
    let (calibration, report) = calibrate(&request, &Scores::from_pairs(&dataset, &scores)?, &[])?;
    Ok(CalibrationResult { calibration: calibration.to_toml()?, report })
}

/// A score, absent where the backend gave none, and whether both photos show one person.
fn score_line(line: &str) -> Option<(Option<f32>, bool)> {
    let (score, same) = line.split_once(',')?;
    let mated = match same.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => true,
        "0" | "false" | "no" => false,
        _ => return None,
    };
    match score.trim() {
        // The vendors' sentinel for "no score".
        "" | "-1" => Some((None, mated)),
        score => Some((Some(score.parse().ok().filter(|score: &f32| score.is_finite())?), mated)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn score_lines_are_strict_about_labels_and_lenient_about_missing_scores() {
        assert_eq!(score_line("0.5,1"), Some((Some(0.5), true)));
        assert_eq!(score_line(" 77 , no"), Some((Some(77.0), false)));
        assert_eq!(score_line(",0"), Some((None, false)));
        assert_eq!(score_line("-1,1"), Some((None, true)));
        for wrong in ["0.5", "0.5,maybe", "x,1", "NaN,1", "inf,0"] {
            assert_eq!(score_line(wrong), None);
        }
    }
}
