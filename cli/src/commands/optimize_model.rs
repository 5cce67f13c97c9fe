//! `facebridge optimize-model`.

use crate::exit::{Failure, Outcome};
use facebridge::engine::models::graph::{DynamicShape, GraphOptions, optimize};
use facebridge::engine::models::sha256;
use facebridge::{Error, ErrorKind};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The ONNX model
    input: PathBuf,
    /// Where to write the result
    output: PathBuf,
    /// Only unpack weights and drop stale inputs; leave PReLU layers as they are
    #[arg(long)]
    keep_prelu: bool,
    /// Let the caller choose height and width at each call
    #[arg(long)]
    any_size: bool,
    /// Let the caller choose the batch size at each call
    #[arg(long)]
    any_batch: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let model = std::fs::read(&arguments.input).map_err(|error| {
        Error::new(ErrorKind::Io, format!("{} cannot be read: {error}.", arguments.input.display()))
    })?;
    let options = GraphOptions {
        rewrite_prelu: !arguments.keep_prelu,
        dynamic_inputs: DynamicShape { batch: arguments.any_batch, height_width: arguments.any_size },
        ..GraphOptions::default()
    };
    let optimized = optimize(&model, &options)?;
    std::fs::write(&arguments.output, &optimized)
        .map_err(|error| Failure::output(arguments.output.display())(error.to_string()))?;
    println!("{}  {}", sha256(&optimized), arguments.output.display());
    Ok(Outcome::Done)
}
