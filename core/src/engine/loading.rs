//! Opens the engine: library, manifest, hashes, graph rewrite, sessions.

use super::analysis::Engine;
use super::detect::{FaceDetector, SearchPolicy};
use super::embed::FaceEmbedder;
use super::models::graph::{DynamicShape, GraphOptions, optimize};
use super::models::{
    LibraryPlace, Manifest, ModelEntry, ModelKind, model_folder, read_text, read_verified, runtime_library,
    verify,
};
use super::runtime::{ModelRunner, RuntimeLibrary, available_cores};
use crate::api::EngineOptions;
use crate::{Error, ErrorKind, Result};

/// More threads than this are a mistake, and would starve the machine.
const MOST_THREADS: u32 = 1024;

/// The smallest side that the detector accepts, in pixels.
const SMALLEST_INPUT: usize = 32;

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
        let library = load_library(&options, &manifest)?;
        let folder = model_folder(options.model_dir.as_deref())?;
        let concurrency = match options.concurrency {
            0 => available_cores(),
            chosen => chosen as usize,
        };
        let threads_per_inference = options.threads_per_inference.max(1) as usize;
        let run = |entry: &ModelEntry, graph: &GraphOptions| {
            let bytes = read_verified(&folder.join(&entry.file), &entry.sha256)?;
            let model = optimize(&bytes, graph)?;
            drop(bytes);
            ModelRunner::new(&library, model, concurrency, threads_per_inference)
        };
        let detector = manifest.model(ModelKind::Detector)?;
        let embedder = manifest.model(ModelKind::Embedder)?;
        let any_size = DynamicShape { height_width: true, batch: false };
        let (policy, search) = match options.single_pass_side {
            None => (SearchPolicy::SMALL_FIRST, "small-first-v1".to_owned()),
            Some(side) => (SearchPolicy::single_pass(side), format!("single-pass-{side}")),
        };
        let detector_runner =
            run(detector, &GraphOptions { dynamic_inputs: any_size, ..GraphOptions::default() })?;
        detector_runner.warm_up(
            &detector.input,
            &[1, 3, SMALLEST_INPUT, SMALLEST_INPUT],
            &detector.outputs,
        )?;
        Ok(Self {
            pipeline: format!("{}/{search}/align-5pt-v1/{}", detector.id, embedder.id),
            detector: FaceDetector { runner: detector_runner, model: detector.clone() },
            embedder: FaceEmbedder {
                runner: run(embedder, &GraphOptions::default())?,
                model: embedder.clone(),
            },
            policy,
            manifest,
            library,
            concurrency,
            threads_per_inference,
            options,
        })
    }
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
