//! `facebridge evaluate`.

use super::embedding_run::{EmbeddedDataset, embed_dataset};
use crate::arguments::{DatasetArguments, EngineArguments};
use crate::exit::{Failure, Outcome};
use crate::show::{plots, tables};
use facebridge::evaluation::{Bootstrap, EvaluationReport, evaluate_all, evaluate_pair_embeddings};
use serde::Serialize;
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

/// What `--json` writes.
#[derive(Serialize)]
struct Report {
    backend: String,
    model_id: String,
    pipeline: String,
    face_selection: &'static str,
    images: usize,
    undetected: usize,
    unreadable: usize,
    pairs: Option<EvaluationReport>,
    all_pairs: Option<EvaluationReport>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    arguments.data.require()?;
    let client = arguments.engine.client()?;
    let people = arguments.data.people()?;
    let pairs = arguments.data.pairs()?;
    let bootstrap = Bootstrap::default();
    let mut known = EmbeddedDataset::default();
    let mut all_pairs = None;
    if let Some(people) = &people {
        known = embed_dataset(&client, people, known)?;
        let exclusions = arguments.data.exclusions(people)?;
        let cohorts = arguments.data.cohorts(people)?;
        let embeddings = known.embeddings(people)?;
        all_pairs =
            Some(evaluate_all(people, &embeddings, &exclusions, &cohorts, client.calibration(), &bootstrap)?);
    }
    let mut pair_report = None;
    if let Some(pairs) = &pairs {
        // Photos that are also in the folder are not embedded twice.
        known = embed_dataset(&client, pairs, known)?;
        pair_report = Some(evaluate_pair_embeddings(
            pairs,
            &known.embeddings(pairs)?,
            client.calibration(),
            &bootstrap,
        )?);
    }
    let capabilities = client.capabilities();
    let report = Report {
        backend: capabilities.backend,
        model_id: capabilities
            .models
            .iter()
            .find(|model| model.kind == "embedder")
            .map(|model| model.id.clone())
            .unwrap_or_default(),
        pipeline: capabilities.pipeline,
        face_selection: "most prominent: area less twice the squared distance from the middle",
        images: known.len(),
        undetected: known.undetected(),
        unreadable: known.unreadable(),
        pairs: pair_report,
        all_pairs,
    };
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
