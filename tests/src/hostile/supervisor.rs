//! The parent: starts children, reads what they saw, and goes on after one dies.

use super::worker::{BEGIN, RECORD};
use super::{Incident, InputRecord, Plan, Report};
use std::io::{BufRead, BufReader, Result};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How many inputs.
    pub count: u64,
    /// Seed of the plan.
    pub seed: u64,
    /// Inputs for one child.
    pub batch: u64,
    /// Leaves out the handmade inputs that take long to decode.
    pub skip_heavy: bool,
}

/// Runs a plan through children of `program`, which is the command `hostile`; `progress` is called after each
/// child with the number of inputs done.
///
/// # Errors
/// Where a child cannot be started or its output not be read.
pub fn supervise(program: &Path, run: &Run, mut progress: impl FnMut(u64)) -> Result<Report> {
    let handmade = Plan::new(run.seed, run.skip_heavy).handmade().min(run.count);
    let mut report = Report { seed: run.seed, handmade, ..Report::default() };
    let mut next = 0;
    while next < run.count {
        let end = run.count.min(next.saturating_add(run.batch.max(1)));
        report.processes += 1;
        let (unfinished, status) = child(program, run, next, end, &mut report)?;
        next = match unfinished {
            Some((number, input)) => {
                report.aborts.push(Incident { number, input, what: format!("the process died: {status}") });
                number + 1
            }
            None if status.success() => end,
            None => {
                let what = format!("the process died before its first input or after its last: {status}");
                report.aborts.push(Incident { number: next, input: String::new(), what });
                end
            }
        };
        progress(next);
    }
    Ok(report)
}

/// Runs inputs `first` to `end`; tells the one that was begun and not ended, if any.
fn child(
    program: &Path,
    run: &Run,
    first: u64,
    end: u64,
    report: &mut Report,
) -> Result<(Option<(u64, String)>, ExitStatus)> {
    let mut command = Command::new(program);
    command.args(["--worker", &first.to_string(), &end.to_string(), "--seed", &run.seed.to_string()]);
    if run.skip_heavy {
        command.arg("--skip-heavy");
    }
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().expect("it is piped");
    let mut begun = None;
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some(text) = line.strip_prefix(BEGIN) {
            let (number, name) = text.split_once(' ').unwrap_or((text, ""));
            begun = number.parse().ok().map(|number| (number, name.to_owned()));
        } else if let Some(json) = line.strip_prefix(RECORD)
            && let Ok(record) = serde_json::from_str::<InputRecord>(json)
        {
            report.add(&record);
            begun = None;
        }
    }
    Ok((begun, child.wait()?))
}
