//! Opens the engine: library, manifest, hashes, graph rewrite, sessions.

use super::analysis::Engine;
use super::detect::{FaceDetector, SearchPolicy};
use super::embed::FaceEmbedder;
use super::models::graph::{DetachedWeight, DynamicShape, GraphOptions, optimize_and_detach};
use super::models::{
    LibraryPlace, Manifest, ModelEntry, ModelKind, model_folder, read_text, read_verified, runtime_library,
    verify,
};
use super::runtime::{ModelRunner, RuntimeLibrary, available_cores};
use crate::api::EngineOptions;
use crate::{Error, ErrorKind, Result};
use std::path::Path;
use std::thread;

/// More threads than this are a mistake, and would starve the machine.
const MOST_THREADS: u32 = 1024;

/// The smallest side that the detector accepts, in pixels.
const SMALLEST_INPUT: usize = 32;

/// Weights with fewer values than this (one megabyte) are not worth sharing between sessions.
const LEAST_SHARED_VALUES: usize = 1 << 18;

impl Engine {
    /// Loads the runtime and the models.
    ///
    /// # Errors
    /// `AssetMissing`, `AssetTampered`, `InvalidModel` or `RuntimeUnavailable`, each naming the file and what
    /// to do.
    pub(crate) fn open(options: EngineOptions) -> Result<Self> {
        if options.single_pass_side.is_some_and(|side| !(32..=4096).contains(&side)) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "`single_pass_side` must lie in 32..=4096 pixels.",
            ));
        }
        for (name, chosen) in
            [("concurrency", options.concurrency), ("threads_per_inference", options.threads_per_inference)]
        {
            if chosen > MOST_THREADS {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    format!("`{name}` must be at most {MOST_THREADS}."),
                ));
            }
        }
        let manifest = match &options.manifest {
            None => Manifest::built_in()?,
            Some(path) => Manifest::parse(&read_text(path)?)?,
        };
        let concurrency = match options.concurrency {
            0 => available_cores(),
            chosen => chosen as usize,
        };
        let threads_per_inference = options.threads_per_inference.max(1) as usize;
        let detector = manifest.model(ModelKind::Detector)?;
        let embedder = manifest.model(ModelKind::Embedder)?;
        let (policy, search) = match options.single_pass_side {
            None => (SearchPolicy::SMALL_FIRST, "small-first-v1".to_owned()),
            Some(side) => (SearchPolicy::single_pass(side), format!("single-pass-{side}")),
        };
        let (library, models) = both(
            || load_library(&options, &manifest),
            || prepare_models(options.model_dir.as_deref(), detector, embedder),
        );
        let (library, [for_detector, for_embedder]) = (library?, models?);
        let run = |model: PreparedModel| {
            ModelRunner::new(&library, model.bytes, model.weights, concurrency, threads_per_inference)
        };
        let embedder_runner = run(for_embedder)?;
        let detector_runner = run(for_detector)?;
        detector_runner.warm_up(
            &detector.input,
            &[1, 3, SMALLEST_INPUT, SMALLEST_INPUT],
            &detector.outputs,
        )?;
        Ok(Self {
            pipeline: format!("{}/{search}/align-5pt-v1/{}", detector.id, embedder.id),
            detector: FaceDetector { runner: detector_runner, model: detector.clone() },
            embedder: FaceEmbedder { runner: embedder_runner, model: embedder.clone() },
            policy,
            manifest,
            library,
            concurrency,
            threads_per_inference,
            options,
        })
    }
}

/// A model as the runtime takes it, and the weights that it is fed.
struct PreparedModel {
    bytes: Vec<u8>,
    weights: Vec<DetachedWeight>,
}

fn prepare_models(
    chosen: Option<&Path>,
    detector: &ModelEntry,
    embedder: &ModelEntry,
) -> Result<[PreparedModel; 2]> {
    let folder = model_folder(chosen)?;
    let prepare = |entry: &ModelEntry, options: &GraphOptions| {
        let file = read_verified(&folder.join(&entry.file), &entry.sha256)?;
        let (bytes, weights) = optimize_and_detach(&file, options, LEAST_SHARED_VALUES)?;
        Ok(PreparedModel { bytes, weights })
    };
    let any_size = DynamicShape { height_width: true, batch: false };
    Ok([
        prepare(detector, &GraphOptions { dynamic_inputs: any_size, ..GraphOptions::default() })?,
        prepare(embedder, &GraphOptions::default())?,
    ])
}

/// What both give, the second on a thread of its own where the system has one to spare.
fn both<A, B: Send>(here: impl FnOnce() -> A, elsewhere: impl Fn() -> B + Sync) -> (A, B) {
    let elsewhere = &elsewhere;
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, elsewhere);
        let first = here();
        let second = other.ok().and_then(|other| other.join().ok());
        (first, second.unwrap_or_else(elsewhere))
    })
}

fn load_library(options: &EngineOptions, manifest: &Manifest) -> Result<RuntimeLibrary> {
    let path = match runtime_library(options.runtime_library.as_deref(), &manifest.runtime.file)? {
        // Somebody else's build: its version is checked when it is loaded, its bytes are not known.
        LibraryPlace::Chosen(path) => path,
        LibraryPlace::Installed(path) => {
            verify(&path, manifest.runtime_sha256()?)?;
            path
        }
    };
    RuntimeLibrary::load(&path)
}
