//! One module per command.

mod audit;
mod calibrate;
mod compare;
mod completions;
mod detect;
mod doctor;
mod embed;
mod evaluate;
mod gallery;
mod optimize_model;

pub(crate) use gallery::Tally;

use crate::exit::{Failure, Outcome};
use clap::Subcommand;

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Find faces: boxes, landmarks, direction, quality
    Detect(detect::Arguments),
    /// Turn the most prominent face into a vector
    Embed(embed::Arguments),
    /// Decide whether photos show the same person
    Compare(compare::Arguments),
    /// Enrol faces, search them, and look after the store
    #[command(subcommand)]
    Gallery(gallery::Command),
    /// Check audit logs
    #[command(subcommand)]
    Audit(audit::Command),
    /// Measure error rates on labelled photos
    Evaluate(evaluate::Arguments),
    /// Derive the score scale from labelled photos, or from any backend's scores
    Calibrate(calibrate::Arguments),
    /// Check models, runtime and machine
    Doctor(doctor::Arguments),
    /// Rewrite an ONNX model so that it runs faster with the same results
    OptimizeModel(optimize_model::Arguments),
    /// Print shell completions
    Completions(completions::Arguments),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        match self {
            Self::Detect(arguments) => detect::run(&arguments),
            Self::Embed(arguments) => embed::run(&arguments),
            Self::Compare(arguments) => compare::run(&arguments),
            Self::Gallery(command) => command.run(),
            Self::Audit(command) => command.run(),
            Self::Evaluate(arguments) => evaluate::run(&arguments),
            Self::Calibrate(arguments) => calibrate::run(&arguments),
            Self::Doctor(arguments) => doctor::run(&arguments),
            Self::OptimizeModel(arguments) => optimize_model::run(&arguments),
            Self::Completions(arguments) => completions::run(&arguments),
        }
    }
}
