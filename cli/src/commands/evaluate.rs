//! `facebridge evaluate`.

use crate::arguments::{DatasetArguments, EngineArguments};
use crate::exit::{Failure, Outcome};
use crate::show::{plots, progress, tables};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: DatasetArguments,
    /// Write all figures as JSON; `-` for standard output instead of the tables
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw ROC and DET curves into this folder, as SVG and PNG
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let job = arguments.engine.client()?.evaluate(&arguments.data.photos()?)?;
    progress::watch("photos", || job.progress(), |timeout| job.wait(timeout))?;
    let report = job.result()?;
    let to_stdout = arguments.json.as_deref().is_some_and(|path| path.as_os_str() == "-");
    if !to_stdout {
        println!(
            "{} photos, {} without a face, {} unreadable",
            report.images, report.undetected, report.unreadable
        );
        for (title, report) in
            [("Pairs of the list", &report.pairs), ("All photos with each other", &report.all_pairs)]
        {
            if let Some(report) = report {
                println!("\n{title}\n{}", tables::evaluation(report));
            }
        }
    }
    if let Some(path) = &arguments.json {
        let json =
            serde_json::to_string_pretty(&report).map_err(|error| Failure::Output(error.to_string()))?;
        if to_stdout {
            println!("{json}");
        } else {
            std::fs::write(path, json).map_err(|error| Failure::output(path.display())(error.to_string()))?;
        }
    }
    if let Some(folder) = &arguments.plots {
        let curves: Vec<_> =
            [("pairs of the list", &report.pairs), ("all photos with each other", &report.all_pairs)]
                .into_iter()
                .filter_map(|(name, report)| report.as_ref().map(|report| (name, report.det.as_slice())))
                .collect();
        for path in plots::draw(&curves, folder)? {
            eprintln!("drawn: {}", path.display());
        }
    }
    Ok(Outcome::Done)
}
