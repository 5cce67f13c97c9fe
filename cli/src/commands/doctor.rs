//! `facebridge doctor`.

use crate::arguments::{EngineArguments, anchors};
use crate::exit::{Failure, Outcome};
use facebridge::api::{Capabilities, DetectOptions, PixelFormat, PixelView};
use serde::Serialize;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Print a JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    engine: EngineArguments,
}

#[derive(Serialize)]
struct Report {
    facebridge: &'static str,
    system: String,
    cores_available: usize,
    cpu_features: Vec<&'static str>,
    inference_works: bool,
    score_anchors: Vec<(f64, f64, f64)>,
    capabilities: Capabilities,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.engine.client()?;
    // A grey picture runs through the detector and has no face.
    let grey = vec![128; 160 * 160];
    let view = PixelView { data: &grey, width: 160, height: 160, stride: 160, format: PixelFormat::Grey };
    let inference_works = client.detect(view, &DetectOptions::default())?.faces.is_empty();
    let report = Report {
        facebridge: env!("CARGO_PKG_VERSION"),
        system: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        cores_available: facebridge::engine::runtime::available_cores(),
        cpu_features: cpu_features(),
        inference_works,
        score_anchors: client
            .calibration()
            .map(|calibration| anchors(calibration).collect())
            .unwrap_or_default(),
        capabilities: client.capabilities()?,
    };
    if arguments.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&report).map_err(|error| Failure::Output(error.to_string()))?
        );
    } else {
        print_report(&report);
    }
    Ok(if inference_works { Outcome::Done } else { Outcome::Installation })
}

fn print_report(report: &Report) {
    let Capabilities { runtime_library, runtime_version, models, pipeline, .. } = &report.capabilities;
    println!("facebridge   {} on {}", report.facebridge, report.system);
    println!("processor    {} cores available; {}", report.cores_available, report.cpu_features.join(", "));
    println!(
        "threads      {} inferences at a time, {} thread(s) each",
        report.capabilities.concurrency, report.capabilities.threads_per_inference
    );
    println!("runtime      ONNX Runtime {runtime_version}, {runtime_library}");
    for model in models {
        println!("{:<12} {}, {} (SHA-256 {}, verified)", model.kind, model.id, model.licence, model.sha256);
    }
    println!("pipeline     {pipeline}");
    println!(
        "images       {}; JPEG by {}",
        report.capabilities.image_formats.join(", "),
        report.capabilities.jpeg_decoder
    );
    match report.capabilities.lowest_supported_fmr {
        None => println!(
            "calibration  none for this pipeline: compare answers `indeterminate`; run `facebridge calibrate`"
        ),
        Some(lowest) => {
            println!("calibration  supports false match rates down to {lowest:e}");
            for (score, raw, fmr) in &report.score_anchors {
                println!("             score {score:.0} = cosine {raw:.4}: false match rate at most {fmr:e}");
            }
        }
    }
    println!(
        "inference    {}",
        if report.inference_works { "works" } else { "FAILS: a grey picture showed a face" }
    );
}

#[cfg(target_arch = "x86_64")]
fn cpu_features() -> Vec<&'static str> {
    [
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
        ("sha", is_x86_feature_detected!("sha")),
    ]
    .into_iter()
    .filter_map(|(name, present)| present.then_some(name))
    .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_features() -> Vec<&'static str> {
    Vec::new()
}
