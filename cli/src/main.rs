//! The `facebridge` command: every operation of the library for the terminal and for scripts.
//!
//! Answers go to standard output, everything else to standard error; `--json` makes answers machine-readable.
#![allow(clippy::print_stdout, clippy::print_stderr)] // A command speaks to a person.

mod arguments;
mod commands;
mod exit;
mod show;

use clap::Parser;
use std::process::ExitCode;

/// Face recognition on this machine: detect, embed, compare, evaluate.
#[derive(Parser)]
#[command(name = "facebridge", version, about, after_help = exit::HELP, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command.run() {
        Ok(outcome) => outcome.into(),
        Err(failure) => {
            eprintln!("facebridge: {failure}");
            exit::Outcome::from(&failure).into()
        }
    }
}
