//! The `facebridge` command: every operation of the library for the terminal and for scripts.

use std::process::ExitCode;

fn main() -> ExitCode {
    facebridge_cli::run(std::env::args_os()).into()
}
