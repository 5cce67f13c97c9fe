//! `gallery-search`: exactness, processor time and memory of the search beside FAISS's exact index, in one run.
//!
//! Both sides are bound to one core and take turns on the same vectors: a few probes of ours, the same of theirs, the
//! first to go changing with every round.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::figure::{Figure, Goal, number};
use super::program::{self, Asked};
use super::rounds::{Round, Summary, quantile, summarise};
use super::{Measured, Outcome, Place, gallery_store, opencv};
use crate::failure::{Failure, Result};
use crate::files;

const REQUIREMENTS: &str = include_str!("faiss/requirements.txt");
const PEER: &str = include_str!("faiss/peer.py");
const BATCH: usize = 64;
const CANDIDATES: usize = 10;
/// All test probes: half of people in the gallery, half of others.
const PROBES: usize = 1000;

/// One size of gallery.
struct Size {
    name: &'static str,
    rows: usize,
    /// How many probes are compared with brute force.
    checked: usize,
    /// How many probes a turn has.
    timed: usize,
    single: Option<f64>,
}

const SIZES: [Size; 3] = [
    Size { name: "10k", rows: 10_000, checked: PROBES, timed: 64, single: Some(0.4) },
    Size { name: "100k", rows: 100_000, checked: PROBES, timed: 32, single: None },
    Size { name: "1M", rows: 1_000_000, checked: 100, timed: 8, single: Some(0.36) },
];
/// Kernels whose times have goals, and those that are told beside them where the machine has them.
const KERNELS: [(&str, bool); 2] = [("avx2", true), ("vnni", false)];

pub(super) fn run(place: &Place<'_>, rounds: u32) -> Result<Outcome> {
    let Some(core) = first_core() else {
        return Ok(Outcome::Absent("the cores of this process are not known; measure on Linux".to_owned()));
    };
    let ours = program::build(place, &["-p", "facebridge", "--bench", "gallery_search"])?;
    let folder = place.target.join("reports/gallery-search");
    let python = opencv::environment(&folder.join("faiss"), "FAISS", REQUIREMENTS)?;
    let script = folder.join("faiss_peer.py");
    files::write_atomically(&script, PEER.as_bytes())?;
    let mut measured = Measured::default();
    for size in &SIZES {
        eprintln!("{} faces", size.name);
        let (rows, probes) = (folder.join("rows.f32"), folder.join("probes.f32"));
        let made = Command::new(&ours).args(["make", &size.rows.to_string()]).args([&rows, &probes]).status();
        if !made.is_ok_and(|status| status.success()) {
            return Err(Failure::new("the test vectors cannot be made; the reason stands above"));
        }
        let bound = |program: &Path| {
            let mut command = Command::new("taskset");
            command.args(["-c", &core]).arg(program);
            command
        };
        let mut sides = Sides {
            ours: Asked::start("our side", bound(&ours).arg("serve").args([&rows, &probes]))?,
            theirs: Asked::start("FAISS's side", bound(&python).arg(&script).args([&rows, &probes]))?,
        };
        measured.figures.extend(sides.measure(size, rounds)?);
        if measured.versions.is_empty() {
            measured.versions = sides.versions()?;
        }
        drop(sides);
        for path in [&rows, &probes] {
            std::fs::remove_file(path).map_err(|error| Failure::io("remove", path, &error))?;
        }
    }
    measured.figures.extend(gallery_store::figures(place)?);
    measured.notes = vec![
        format!(
            "{rounds} rounds by turns on core {core}; processor time of a query, vectors of 128 numbers. Ratio: \
             median of the rounds' ratios. In the note: the middle half of the rounds, and for single \
             queries the ratio of the fastest calls."
        ),
        format!(
            "Peer: faiss.IndexFlatIP, one thread, one probe at a time, also beside our batches of {BATCH}. Best \
             {CANDIDATES} of each."
        ),
        "Vectors are made: two faces a person, half of the probes of persons that are there.".to_owned(),
    ];
    Ok(Outcome::Measured(measured))
}

/// The first core that this process may use, as the system lists it.
fn first_core() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?.trim();
    let core: String = list.chars().take_while(char::is_ascii_digit).collect();
    (!core.is_empty()).then_some(core)
}

/// Both running programs.
struct Sides {
    ours: Asked,
    theirs: Asked,
}

impl Sides {
    fn versions(&mut self) -> Result<Vec<(String, String)>> {
        let said = self.theirs.ask(&json!({ "do": "about" }))?;
        let named = said.as_object().into_iter().flatten();
        Ok(named.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect())
    }

    fn measure(&mut self, size: &Size, rounds: u32) -> Result<Vec<Figure>> {
        let mut figures = Vec::new();
        self.theirs.ask(&json!({ "do": "open" }))?;
        figures.push(self.memory(size, "lean", 200.0)?);
        figures.push(self.memory(size, "full", 670.0)?);
        let mut kernels = KERNELS.to_vec();
        kernels.retain(|(kernel, _)| self.has(kernel));
        if kernels.is_empty() {
            kernels.push(("portable", false));
        }
        for (kernel, judged) in kernels {
            self.ours.ask(&json!({ "do": "open", "kernel": kernel }))?;
            figures.extend(self.answers(size, kernel)?);
            figures.extend(self.times(size, kernel, judged, rounds)?);
        }
        Ok(figures)
    }

    /// Whether this machine has the kernel; the program cannot be asked for one that it lacks.
    fn has(&self, kernel: &str) -> bool {
        let flags = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        flags.contains(if kernel == "vnni" { "avx512_vnni" } else { kernel })
    }

    fn memory(&mut self, size: &Size, mode: &str, limit: f64) -> Result<Figure> {
        let said = self.ours.ask(&json!({ "do": "open", "lean": mode == "lean" }))?;
        let each = number_of(&said, "memory_bytes") / size.rows as f64;
        Ok(Figure::new(format!("memory of a face, {mode}, {}", size.name), each, "bytes")
            .goal(Goal::AtMost(limit)))
    }

    /// Whether answers are brute force's, bit for bit, and FAISS's.
    fn answers(&mut self, size: &Size, kernel: &str) -> Result<Vec<Figure>> {
        let (mut exact, mut same, mut near, mut wrong) = (0.0, 0.0, 0.0, 0.0);
        let probes = spread(size.checked);
        for part in probes.chunks(50) {
            let theirs = self.theirs.ask(&json!({ "do": "answers", "probes": part, "count": CANDIDATES }))?;
            let asked =
                json!({ "do": "check", "probes": part, "count": CANDIDATES, "theirs": theirs["rows"] });
            let said = self.ours.ask(&asked)?;
            exact += number_of(&said, "exact");
            same += number_of(&said, "same");
            near += number_of(&said, "near_ties");
            wrong += number_of(&said, "wrong");
        }
        let checked = probes.len() as f64;
        let at = |what: &str| format!("{what}, {kernel}, {}", size.name);
        Ok(vec![
            Figure::new(at("answers as brute force's"), exact / checked, "share")
                .goal(Goal::AtLeast(1.0))
                .note(format!(
                    "{checked} of {PROBES} probes, best 1 and {CANDIDATES}, alone and in batches, bit for bit"
                )),
            Figure::new(at("answers unlike FAISS's"), wrong, "probes")
                .goal(Goal::AtMost(0.0))
                .note(format!("{same} the same, {near} exchange equals within f32's error")),
        ])
    }

    fn times(&mut self, size: &Size, kernel: &str, judged: bool, rounds: u32) -> Result<Vec<Figure>> {
        let (mut single, mut batch, mut theirs_batch, mut floor) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let all = spread(PROBES);
        for round in 0..rounds {
            let from = round as usize * size.timed % PROBES;
            let probes: Vec<usize> = all.iter().cycle().skip(from).take(size.timed).copied().collect();
            let many: Vec<usize> = all.iter().cycle().skip(from).take(BATCH).copied().collect();
            let alone = json!({ "do": "search", "probes": probes, "count": CANDIDATES });
            let together = json!({ "do": "batch", "probes": many, "count": CANDIDATES, "times": 3 });
            let mut turn = Round::default();
            let mut turn_of_many = Vec::new();
            for ours in [round % 2 == 0, round % 2 != 0] {
                if ours {
                    turn.ours = calls(&self.ours.ask(&alone)?)?;
                    turn_of_many = calls(&self.ours.ask(&together)?)?.concat();
                } else {
                    turn.theirs = calls(&self.theirs.ask(&alone)?)?;
                    theirs_batch.extend(calls(&self.theirs.ask(&together)?)?.concat());
                }
            }
            // As often in a row as probes are searched, so that caches hold as much.
            let read = json!({ "do": "read", "times": size.timed });
            floor.extend(calls(&self.ours.ask(&read)?)?.concat());
            batch.push(Round { ours: vec![turn_of_many], theirs: turn.theirs.clone() });
            single.push(turn);
        }
        let (single, batch) = (summarise(&single), summarise(&batch));
        let at = |what: &str| format!("{what}, {kernel}, {}", size.name);
        let goal = |limit: Option<f64>| limit.filter(|_| judged).map(Goal::RatioAtMost);
        let middle =
            |times: &[i64]| quantile(&times.iter().map(|&time| time as f64 / 1e6).collect::<Vec<_>>(), 0.5);
        let floor = middle(&floor);
        let fastest = format!(", fastest {:.3}", single.fastest);
        Ok(vec![
            timed(at("query"), single, goal(size.single), &fastest),
            // Their fastest calls are of each probe, ours of all together, so these have no ratio.
            timed(at(&format!("query in {BATCH}")), batch, goal(Some(0.05)), ""),
            Figure::new(at(&format!("query in {BATCH} beside FAISS's {BATCH}")), batch.ours, "CPU ms")
                .against(middle(&theirs_batch), batch.ours / middle(&theirs_batch)),
            Figure::new(at("query by reading the codes once"), single.ours / floor, "times")
                .note(format!("reading takes {} ms", number(floor))),
        ])
    }
}

/// So many probes, evenly from all.
fn spread(count: usize) -> Vec<usize> {
    (0..count).map(|probe| probe * PROBES / count).collect()
}

fn timed(name: String, summary: Summary, goal: Option<Goal>, fastest: &str) -> Figure {
    let (low, high) = summary.spread;
    Figure::new(name, summary.ours, "CPU ms")
        .against(summary.theirs, summary.ratio)
        .goal(goal)
        .note(format!("{low:.3}–{high:.3}{fastest}"))
}

fn number_of(said: &Value, name: &str) -> f64 {
    said[name].as_f64().unwrap_or(f64::NAN)
}

/// The times of an answer, each by itself.
fn calls(said: &Value) -> Result<Vec<Vec<i64>>> {
    let times = said["cpu_ns"].as_array();
    times
        .and_then(|times| times.iter().map(|time| time.as_i64().map(|time| vec![time])).collect())
        .ok_or_else(|| Failure::new("a side answered without times"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_taken_from_both_halves() {
        let some = spread(100);
        assert_eq!((some.len(), some[0], some[99]), (100, 0, 990));
        assert_eq!(spread(PROBES), (0..PROBES).collect::<Vec<_>>());
    }

    #[test]
    fn every_requirement_is_pinned() {
        assert!(REQUIREMENTS.lines().all(|line| line.contains("==")));
    }
}
