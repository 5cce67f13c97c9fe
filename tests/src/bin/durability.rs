//! Does bad things to a store of faces and tells in one line of JSON what was lost:
//! `cargo run --release -p conformance --bin durability -- --cuts 500 --kills 200 --deletions 500 --flips 1000 \
//! --logs 1000`.

#![allow(clippy::print_stdout, clippy::print_stderr)] // A program speaks to a person.

use conformance::durability::{
    Report, cuts, cuts_without_syncs, erasure, erasure_without_overwriting, failures, flips, kills,
    tampering, work,
};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: durability [--cuts N] [--failures N] [--kills N] [--deletions N] [--flips N] [--logs N] [--seed S]";

/// How often each thing is done.
struct Arguments {
    cuts: u64,
    failures: u64,
    kills: u64,
    deletions: u64,
    flips: u64,
    logs: u64,
    seed: u64,
    worker: Option<(PathBuf, u64)>,
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut arguments =
        Arguments { cuts: 0, failures: 0, kills: 0, deletions: 0, flips: 0, logs: 0, seed: 1, worker: None };
    while let Some(word) = words.next() {
        if word == "--worker" {
            arguments.worker = Some((words.next()?.into(), words.next()?.parse().ok()?));
            continue;
        }
        let number = words.next()?.parse().ok()?;
        match word.as_str() {
            "--cuts" => arguments.cuts = number,
            "--failures" => arguments.failures = number,
            "--kills" => arguments.kills = number,
            "--deletions" => arguments.deletions = number,
            "--flips" => arguments.flips = number,
            "--logs" => arguments.logs = number,
            "--seed" => arguments.seed = number,
            _ => return None,
        }
    }
    Some(arguments)
}

fn main() -> ExitCode {
    let Some(arguments) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let outcome = match &arguments.worker {
        Some((folder, number)) => work(folder, *number, arguments.seed, &mut std::io::stdout().lock()),
        None => tell(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("durability: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A control needs fewer rounds than what it controls.
const CONTROL: u64 = 5;

fn tell(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let seed = arguments.seed;
    let report = Report {
        seed,
        cuts: cuts(arguments.cuts, seed),
        cuts_without_syncs: cuts_without_syncs(arguments.cuts / CONTROL, seed),
        failures: failures(arguments.failures, seed),
        kills: kills(&std::env::current_exe()?, arguments.kills, seed)?,
        erasure: erasure(arguments.deletions, seed)?,
        erasure_without_overwriting: erasure_without_overwriting(arguments.deletions, seed)?,
        flips: flips(arguments.flips, seed)?,
        tampering: tampering(arguments.logs, seed)?,
    };
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}
