//! Hands hostile pictures to the engine and tells in JSON what happened:
//! `cargo run --release -p conformance --bin hostile -- --count 10000 --seed 1 --batch 250`.
//!
//! `--skip-heavy` leaves out the handmade pictures that take long; `--write N FILE` writes input N to look at.

#![allow(clippy::print_stdout, clippy::print_stderr)] // A program speaks to a person.

use conformance::hostile::{Plan, Run, supervise, work};
use std::process::ExitCode;

const USAGE: &str =
    "usage: hostile [--count N] [--seed S] [--batch B] [--skip-heavy] | --write N FILE [--seed S]";

struct Arguments {
    run: Run,
    worker: Option<(u64, u64)>,
    write: Option<(u64, String)>,
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut arguments = Arguments {
        run: Run { count: 1000, seed: 1, batch: 250, skip_heavy: false },
        worker: None,
        write: None,
    };
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|word| word.parse().ok());
        match word.as_str() {
            "--count" => arguments.run.count = number()?,
            "--seed" => arguments.run.seed = number()?,
            "--batch" => arguments.run.batch = number()?,
            "--skip-heavy" => arguments.run.skip_heavy = true,
            "--worker" => arguments.worker = Some((number()?, number()?)),
            "--write" => arguments.write = Some((number()?, words.next()?)),
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
    let run = arguments.run;
    let outcome = if let Some((first, end)) = arguments.worker {
        work(&Plan::new(run.seed, run.skip_heavy), first..end, &mut std::io::stdout().lock());
        Ok(())
    } else if let Some((number, file)) = arguments.write {
        std::fs::write(file, Plan::new(run.seed, run.skip_heavy).input(number).bytes)
    } else {
        tell(&run)
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hostile: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tell(run: &Run) -> std::io::Result<()> {
    let program = std::env::current_exe()?;
    let report = supervise(&program, run, |done| eprintln!("{done} of {}", run.count))?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
