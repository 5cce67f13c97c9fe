//! The `facebridge` command as a library: the program runs it, and so does every package that brings the
//! command along.
//!
//! Answers go to standard output, everything else to standard error; `--json` makes answers machine-readable.
#![allow(clippy::print_stdout, clippy::print_stderr)] // A command speaks to a person.

mod arguments;
mod commands;
mod exit;
mod show;

pub use show::draw::mark_faces;

use clap::Parser;
use std::ffi::OsString;
use std::io::Write;

/// Face recognition on this machine: detect, embed, compare, evaluate.
#[derive(Parser)]
#[command(name = "facebridge", version, about, after_help = exit::HELP, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: commands::Command,
}

/// Runs the command line `arguments`, whose first is the program's name, and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let code = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => match arguments.command.run() {
            Ok(outcome) => outcome as u8,
            Err(failure) => {
                eprintln!("facebridge: {failure}");
                exit::Outcome::from(&failure) as u8
            }
        },
        // Help and version arrive here too; they are no failure.
        Err(message) => {
            let _unwritable = message.print();
            if message.use_stderr() { exit::Outcome::Usage as u8 } else { exit::Outcome::Done as u8 }
        }
    };
    // A caller that is no Rust program may end without flushing.
    let _unwritable = std::io::stdout().flush();
    code
}
