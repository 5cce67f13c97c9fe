//! The project's own chores: `cargo xtask assets`, `cargo xtask dist`.
// A chore speaks to the person who typed it; only the library must stay silent.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod assets;
mod dist;
mod failure;
mod files;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Fetch the models, the runtime and the test photos that assets.lock pins, and check their hashes.
    Assets(assets::Options),
    /// Pack the release build with models, runtime and licences into target/dist/.
    Dist,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Assets(options) => assets::run(&options),
        Chore::Dist => dist::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
