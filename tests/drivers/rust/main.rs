//! Answers a plan of conformance cases: `driver PLAN`, one line for each case on standard output.
#![allow(clippy::print_stdout)]

use conformance::assets::{client, engine_options};
use conformance::cases::answer::answer;
use std::path::Path;

fn main() {
    let plan = std::env::args_os().nth(1).expect("usage: driver PLAN");
    print!("{}", answer(Path::new(&plan), client(), &engine_options()));
}
