//! The project's own chores: `cargo xtask assets`, `cargo xtask dist`, `cargo xtask generate`,
//! `cargo xtask report`.
// A chore speaks to the person who typed it; only the library must stay silent.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod assets;
mod dist;
mod failure;
mod files;
mod generate;
mod package;
mod report;

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
    /// Make what the users of Python, C or Java install, below target/packages/.
    Package(package::Options),
    /// Make and check what users get of every language, for every platform, in target/dist/.
    Dist(dist::Options),
    /// Write the bindings of the other languages from the API definition in core/src/api.
    Generate(generate::Options),
    /// Measure: speed, accuracy, quality checks, hostile inputs. Exits 1 where a goal is missed, 3 without its data.
    Report(report::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Assets(options) => assets::run(&options).map(|()| ExitCode::SUCCESS),
        Chore::Package(options) => package::run(&options).map(|()| ExitCode::SUCCESS),
        Chore::Dist(options) => dist::run(&options).map(|()| ExitCode::SUCCESS),
        Chore::Generate(options) => generate::run(&options).map(|()| ExitCode::SUCCESS),
        Chore::Report(options) => report::run(&options),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
