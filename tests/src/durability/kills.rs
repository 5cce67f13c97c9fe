//! Processes that are killed while they change a store.

use super::history::{Op, State, agrees, difference};
use super::observe::observe;
use super::report::Survival;
use super::store::{FILE, open, perform};
use crate::random::Random;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What a child says, a line each.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The store is open.
    Ready,
    /// It is about to make this change.
    Begin(Op),
    /// The change was acknowledged; the ids of the faces that it made.
    Done(Vec<u64>),
}

/// Lines that a child says before it is killed, at most; a change has two.
const MOST_LINES: usize = 40;
/// How long it lives after that, at most: about a change.
const LONGEST_REST_MICROSECONDS: usize = 20_000;
/// How long a child may take for one line before it counts as hanging.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
/// Stamps of one child.
const STAMPS: u64 = 1 << 20;
/// Kills that one store goes through.
const AGE: u64 = 50;

/// Kills `count` children of `program`, which is the command `durability`, at random moments.
///
/// # Errors
/// Where a child cannot be started or its output not be read.
pub fn kills(program: &Path, count: u64, seed: u64) -> std::io::Result<Survival> {
    let mut survival = Survival::default();
    let mut folder = tempfile::tempdir()?;
    let mut known = State::new();
    for number in 0..count {
        let mut random = Random::stream(seed, number);
        let lines = killed(program, folder.path(), number, seed, &mut random)?;
        survival.events += 1;
        let mut under_way = None;
        let mut opened = false;
        for line in lines {
            match line {
                Line::Ready => opened = true,
                Line::Begin(op) => under_way = Some(op),
                Line::Done(ids) => {
                    if let Some(op) = under_way.take() {
                        op.apply(&mut known, Some(&ids));
                        survival.acknowledged += 1;
                    }
                }
            }
        }
        let outcome = if opened {
            examine(folder.path(), &mut known, under_way.as_ref(), &mut random, &mut survival)
        } else {
            Err("the child could not open the store".to_owned())
        };
        if let Err(what) = &outcome {
            survival.fault(format!("kill {number}: {what}"));
        }
        if outcome.is_err() || (number + 1) % AGE == 0 {
            folder = tempfile::tempdir()?;
            known = State::new();
        }
    }
    Ok(survival)
}

/// Starts a child and kills it; what it said.
fn killed(
    program: &Path,
    folder: &Path,
    number: u64,
    seed: u64,
    random: &mut Random,
) -> std::io::Result<Vec<Line>> {
    let mut child = Command::new(program)
        .arg("--worker")
        .arg(folder)
        .args([number.to_string(), "--seed".to_owned(), seed.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let (say, hear) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        // The last line may be torn; whoever wrote it did not get to tell.
        for line in output.lines().map_while(Result::ok) {
            let Ok(line) = serde_json::from_str(&line) else { break };
            if say.send(line).is_err() {
                break;
            }
        }
    });
    let awaited = 1 + random.below(MOST_LINES);
    let mut lines: Vec<Line> = (0..awaited).map_while(|_| hear.recv_timeout(LONGEST_SILENCE).ok()).collect();
    std::thread::sleep(Duration::from_micros(random.below(LONGEST_REST_MICROSECONDS) as u64));
    child.kill()?;
    child.wait()?;
    reader.join().expect("it only reads");
    lines.extend(hear);
    Ok(lines)
}

fn examine(
    folder: &Path,
    known: &mut State,
    under_way: Option<&Op>,
    random: &mut Random,
    survival: &mut Survival,
) -> Result<(), String> {
    let begun = Instant::now();
    let gallery =
        open(&folder.join(FILE), None).map_err(|error| format!("opening: {:?}: {error}", error.kind()))?;
    let seconds = begun.elapsed().as_secs_f64();
    survival.slowest_opening_seconds = survival.slowest_opening_seconds.max(seconds);
    let found = observe(&*gallery, random)?;
    survival.under_way += u64::from(under_way.is_some());
    let done = under_way.map(|op| {
        let mut done = known.clone();
        op.apply(&mut done, None);
        done
    });
    if done.is_some_and(|done| agrees(&done, &found)) {
        survival.under_way_done += 1;
    } else if !agrees(known, &found) {
        return Err(format!("{}; under way {under_way:?}", difference(known, &found)));
    }
    *known = found;
    Ok(())
}

/// The child: changes the store in `folder` for ever, and says on `output` what it does.
///
/// # Errors
/// What the store or the parent did wrong.
pub fn work(
    folder: &Path,
    number: u64,
    seed: u64,
    output: &mut impl Write,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut random = Random::stream(seed, u64::MAX - number);
    let gallery = open(&folder.join(FILE), None)?;
    let mut state = observe(&*gallery, &mut random)?;
    let mut next_stamp = (number + 1) * STAMPS;
    say(output, &Line::Ready)?;
    loop {
        let op = Op::choose(&state, &mut next_stamp, &mut random);
        say(output, &Line::Begin(op.clone()))?;
        let ids = perform(&*gallery, &op)?;
        op.apply(&mut state, Some(&ids));
        say(output, &Line::Done(ids))?;
    }
}

fn say(output: &mut impl Write, line: &Line) -> std::io::Result<()> {
    // In one write, so that a kill tears no line but the last.
    output.write_all(format!("{}\n", serde_json::to_string(line)?).as_bytes())?;
    output.flush()
}
