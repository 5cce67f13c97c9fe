//! `engine-speed`: processor time and memory beside OpenCV's own pipeline on the same weights, in one run.
//!
//! Both sides use one thread, get the same bytes (already read), and decode within the measured call. They take
//! turns: a few calls of ours, a few of theirs, the first to go changing with every round.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::figure::{Figure, Goal, number};
use super::opencv::OpenCv;
use super::program::{self, Asked};
use super::rounds::{Round, Summary, quantile, summarise};
use super::{Measured, Outcome, Place};
use crate::failure::{Failure, Result};

const CALLS: u32 = 3;
const SMALL: &str = "640x480";
const MIDDLE: &str = "1280x720";
const LARGE: &str = "4000x3000";

/// One operation at one size, ours against theirs.
struct Contest {
    name: String,
    operation: &'static str,
    size: &'static str,
    /// Long side of our single detection pass; 0 is the shipped search.
    our_side: u32,
    their_side: u32,
    /// OpenCV decodes the JPEG at a quarter of its size, which its documentation does not teach.
    reduced_decode: bool,
    goal: Option<Goal>,
}

/// Everything that is timed call by call.
fn contests() -> Vec<Contest> {
    let mut contests = Vec::new();
    let mut add =
        |name: String, operation, size, (our_side, their_side), reduced_decode, limit: Option<f64>| {
            let goal = limit.map(Goal::RatioAtMost);
            contests.push(Contest { name, operation, size, our_side, their_side, reduced_decode, goal });
        };
    for (size, limit) in [(SMALL, 0.48), (MIDDLE, 0.50), (LARGE, 0.38)] {
        for operation in ["detect", "embed", "compare"] {
            let limit = (operation == "embed").then_some(limit);
            add(format!("{operation} {size}"), operation, size, (0, 640), false, limit);
        }
    }
    for (side, limits) in [(640, [Some(0.65), Some(0.65), None]), (320, [None; 3])] {
        for (size, limit) in [SMALL, MIDDLE, LARGE].into_iter().zip(limits) {
            let name = format!("embed {size}, both detect at {side}");
            add(name, "embed", size, (side, side), false, limit);
        }
    }
    add(format!("embed {LARGE}, OpenCV decodes at 1/4"), "embed", LARGE, (0, 640), true, None);
    contests
}

pub(super) fn run(place: &Place<'_>, rounds: u32) -> Result<Outcome> {
    let portraits = place.root.join("assets/photos");
    if !portraits.join("face_recognition/obama.jpg").is_file() {
        return Ok(Outcome::Absent("the photos are not here; run `cargo xtask assets`".to_owned()));
    }
    let ours = program::installed(place, &["-p", "facebridge", "--bench", "engine_speed"])?;
    let folder = place.target.join("reports/engine-speed");
    let opencv = OpenCv::prepare(&ours, &portraits, &folder)?;
    let mut sides = Sides {
        ours: Asked::start("our side", program::command(&ours).arg("serve"))?,
        theirs: Asked::start("OpenCV's side", opencv.command().arg("serve"))?,
    };
    let mut figures = timings(&mut sides, &opencv.photos, rounds)?;
    figures.extend(agreement(&mut sides, &opencv.photos)?);
    let versions = sides.versions()?;
    drop(sides);
    figures.extend(cold_starts(&ours, &opencv, rounds)?);
    figures.extend(peaks(&ours, &opencv)?);
    let notes = vec![
        format!(
            "{rounds} rounds by turns, {CALLS} calls a photo and turn; processor time of the whole process, 1 thread \
             each, JPEG decoding included. Ratio: median of the rounds' ratios. In the note: the middle half of \
             the rounds, and the ratio of the fastest calls."
        ),
        "Peer: OpenCV's FaceDetectorYN on the photo reduced to a long side of 640 (INTER_AREA), FaceRecognizerSF \
         on the full photo, on the same weights with PRelu kept."
            .to_owned(),
        "Our detect also aligns the face and judges its quality; OpenCV's does not.".to_owned(),
        "Least that float arithmetic on one core allows for embed, by OpenCV's time: 0.26 / 0.29 / 0.25 \
         (computed from the number of operations, not measured here)."
            .to_owned(),
        "The 12-megapixel photos are enlarged portraits with noise, as long as a phone's files.".to_owned(),
    ];
    Ok(Outcome::Measured(Measured { figures, notes, versions }))
}

/// Both running programs.
struct Sides {
    ours: Asked,
    theirs: Asked,
}

impl Sides {
    fn versions(&mut self) -> Result<Vec<(String, String)>> {
        let about = json!({ "do": "about" });
        let mut versions = Vec::new();
        for said in [self.ours.ask(&about)?, self.theirs.ask(&about)?] {
            let named = said.as_object().into_iter().flatten();
            versions.extend(named.map(|(name, value)| (name.clone(), text(value))));
        }
        Ok(versions)
    }

    /// Times of one contest in one round.
    fn round(&mut self, contest: &Contest, photos: &[String], calls: u32, ours_first: bool) -> Result<Round> {
        let mut round = Round::default();
        for index in 0..photos.len() {
            let count = if contest.operation == "compare" { 2 } else { 1 };
            let images: Vec<&String> = photos.iter().cycle().skip(index).take(count).collect();
            let ask = |side: u32| {
                json!({ "do": contest.operation, "images": images, "side": side, "times": calls,
                        "reduced_decode": contest.reduced_decode })
            };
            let (mine, yours) = (ask(contest.our_side), ask(contest.their_side));
            if ours_first {
                round.ours.push(times(&self.ours.ask(&mine)?)?);
            }
            round.theirs.push(times(&self.theirs.ask(&yours)?)?);
            if !ours_first {
                round.ours.push(times(&self.ours.ask(&mine)?)?);
            }
        }
        Ok(round)
    }
}

fn timings(sides: &mut Sides, photos: &Path, rounds: u32) -> Result<Vec<Figure>> {
    let contests = contests();
    let photos = contests.iter().map(|contest| of_size(photos, contest.size)).collect::<Result<Vec<_>>>()?;
    let mut all = vec![Vec::new(); contests.len()];
    for (contest, photos) in contests.iter().zip(&photos) {
        // Models load and memory grows at the first call.
        sides.round(contest, photos, 1, true)?;
    }
    for round in 0..rounds {
        eprint!("\rround {} of {rounds}", round + 1);
        for ((contest, photos), rounds) in contests.iter().zip(&photos).zip(&mut all) {
            rounds.push(sides.round(contest, photos, CALLS, round % 2 == 0)?);
        }
    }
    eprintln!();
    Ok(contests
        .iter()
        .zip(&all)
        .map(|(contest, rounds)| timed(&contest.name, summarise(rounds), contest.goal))
        .collect())
}

fn timed(name: &str, summary: Summary, goal: Option<Goal>) -> Figure {
    let (low, high) = summary.spread;
    Figure::new(name, summary.ours, "CPU ms")
        .against(summary.theirs, summary.ratio)
        .goal(goal)
        .note(format!("{low:.3}–{high:.3}, fastest {:.3}", summary.fastest))
}

/// Whether both sides see the same faces: the cosine between their vectors of one photo.
fn agreement(sides: &mut Sides, photos: &Path) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, side, goal) in [
        ("agreement with OpenCV, both detect at 640", 640, Some(Goal::AtLeast(0.95))),
        ("agreement with OpenCV, shipped search", 0, None),
    ] {
        let mut cosines = Vec::new();
        for size in [SMALL, MIDDLE, LARGE] {
            for photo in of_size(photos, size)? {
                let ours =
                    vector(&sides.ours.ask(&json!({ "do": "vector", "images": [photo], "side": side }))?);
                let theirs =
                    vector(&sides.theirs.ask(&json!({ "do": "vector", "images": [photo], "side": 640 }))?);
                cosines.push(ours.iter().zip(&theirs).map(|(a, b)| a * b).sum::<f64>());
            }
        }
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        let note = format!("{} photos, lowest {}", cosines.len(), number(quantile(&cosines, 0.0)));
        figures.push(Figure::new(name, mean, "mean cosine").goal(goal).note(note));
    }
    Ok(figures)
}

/// A new process that loads everything and embeds one photo.
fn cold_starts(ours: &Path, opencv: &OpenCv, rounds: u32) -> Result<Vec<Figure>> {
    let photo = of_size(&opencv.photos, SMALL)?.remove(0);
    let start = |theirs: bool| -> Result<(f64, f64)> {
        let mut command = if theirs { opencv.command() } else { program::command(ours) };
        let begun = Instant::now();
        let said = program::said(command.args(["cold", &photo]))?;
        let wall = begun.elapsed().as_secs_f64() * 1e3;
        Ok((said["cpu_ns"].as_f64().unwrap_or(f64::NAN) / 1e6, wall))
    };
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (mine, yours) = if round % 2 == 0 {
            (start(false)?, start(true)?)
        } else {
            let yours = start(true)?;
            (start(false)?, yours)
        };
        // The first pair reads its files from disk.
        if round > 0 {
            cpu.push((mine.0, yours.0));
            wall.push((mine.1, yours.1));
        }
    }
    let figure = |name: &str, unit: &str, pairs: &[(f64, f64)]| {
        let of = |pick: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(pick).collect::<Vec<_>>();
        let ratios = of(&|pair| pair.0 / pair.1);
        Figure::new(name, quantile(&of(&|pair| pair.0), 0.5), unit)
            .against(quantile(&of(&|pair| pair.1), 0.5), quantile(&ratios, 0.5))
            .note(format!("{:.3}–{:.3}", quantile(&ratios, 0.25), quantile(&ratios, 0.75)))
    };
    Ok(vec![
        figure("cold start: new process to first embedding", "CPU ms", &cpu),
        figure("cold start: new process from start to end", "ms", &wall),
    ])
}

/// The most memory of a new process that embeds photos of one size.
fn peaks(ours: &Path, opencv: &OpenCv) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for size in [SMALL, LARGE] {
        let photos = of_size(&opencv.photos, size)?;
        let peak = |mut side: Asked| -> Result<f64> {
            for photo in &photos {
                side.ask(&json!({ "do": "embed", "images": [photo], "times": 2 }))?;
            }
            let said = side.ask(&json!({ "do": "peak" }))?;
            Ok(said["peak_rss_kib"].as_f64().filter(|&peak| peak > 0.0).unwrap_or(f64::NAN) / 1024.0)
        };
        let mine = peak(Asked::start("our side", program::command(ours).arg("serve"))?)?;
        let yours = peak(Asked::start("OpenCV's side", opencv.command().arg("serve"))?)?;
        figures.push(
            Figure::new(format!("peak memory, embed {size}"), mine, "MiB").against(yours, mine / yours),
        );
    }
    Ok(figures)
}

/// The test photos of one size, in a fixed order.
fn of_size(folder: &Path, size: &str) -> Result<Vec<String>> {
    let ending = format!("_{size}.jpg");
    let paths = crate::files::listing(folder)?;
    let names = paths.iter().filter_map(|path| path.to_str());
    let found: Vec<String> = names.filter(|name| name.ends_with(&ending)).map(str::to_owned).collect();
    if found.is_empty() {
        Err(Failure::new(format!("no test photos of {size}; delete {}", folder.display())))
    } else {
        Ok(found)
    }
}

fn times(answer: &Value) -> Result<Vec<i64>> {
    let times =
        answer["cpu_ns"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect::<Vec<_>>();
    if times.is_empty() { Err(Failure::new(format!("an answer without times: {answer}"))) } else { Ok(times) }
}

fn vector(answer: &Value) -> Vec<f64> {
    answer["vector"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goals_are_those_agreed_on() {
        let contests = contests();
        let goal = |name: &str| contests.iter().find(|contest| contest.name == name).unwrap().goal;
        assert_eq!(goal("embed 640x480"), Some(Goal::RatioAtMost(0.48)));
        assert_eq!(goal("embed 1280x720"), Some(Goal::RatioAtMost(0.50)));
        assert_eq!(goal("embed 4000x3000"), Some(Goal::RatioAtMost(0.38)));
        assert_eq!(goal("embed 640x480, both detect at 640"), Some(Goal::RatioAtMost(0.65)));
        assert_eq!(goal("embed 1280x720, both detect at 640"), Some(Goal::RatioAtMost(0.65)));
        assert_eq!(contests.iter().filter(|contest| contest.goal.is_some()).count(), 5);
    }

    #[test]
    fn a_slow_contest_misses_its_goal() {
        let summary = Summary { ours: 6.0, theirs: 10.0, ratio: 0.6, spread: (0.5, 0.7), fastest: 0.55 };
        assert_eq!(timed("embed", summary, Some(Goal::RatioAtMost(0.48))).ok, Some(false));
        assert_eq!(timed("embed", summary, Some(Goal::RatioAtMost(0.65))).ok, Some(true));
    }

    #[test]
    fn an_answer_without_times_is_an_error() {
        assert_eq!(times(&json!({ "cpu_ns": [1, 2] })).unwrap(), [1, 2]);
        assert!(times(&json!({ "error": "x" })).is_err());
    }
}
