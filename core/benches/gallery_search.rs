//! Our side of `cargo xtask report gallery-search`: does what it is asked, and says how much processor time it took.
//!
//! - `gallery_search make ROWS FILE PROBES` writes test vectors, row by row as little-endian f32: two faces a person
//!   to FILE, and 1,000 probes to PROBES, the first half of persons in FILE, the others of persons who are not.
//! - `gallery_search serve FILE PROBES` answers one JSON request a line, in the protocol of the peer beside it
//!   (xtask/src/report/faiss/peer.py); a probe is named by its place in PROBES:
//!   - `{"do": "open", "lean": BOOL, "kernel": NAME or null}` fills an index with FILE;
//!   - `{"do": "search", "probes": [PLACE], "count": K, "times": N}` searches each probe by itself, N times over;
//!   - `{"do": "batch", "probes": [PLACE], "count": K, "times": N}` searches them together; times are of a probe;
//!   - `{"do": "check", "probes": [PLACE], "count": K, "theirs": [[ROW]]}` compares our answers with brute force,
//!     and theirs with both; `theirs` are rows from 0;
//!   - `{"do": "read", "times": N}` reads as many bytes as the codes have, as fast as it can.

#![allow(clippy::print_stdout)] // Its answers are its output.

use facebridge::gallery::search::measured::MeasuredIndex;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::hint::black_box;
use std::io::{BufRead, BufWriter, Write};
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const DIMENSION: usize = 128;
const PROBES: usize = 1000;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", rows, file, probes] => make(rows.parse()?, Path::new(file), Path::new(probes)),
        ["serve", file, probes] => {
            // On one core, as the peer is: the report binds both to it.
            let (rows, probes) = (read(Path::new(file))?, read(Path::new(probes))?);
            serve(&rows, &probes)
        }
        _ => {
            println!("gallery_search is measured by `cargo xtask report gallery-search`");
            Ok(())
        }
    }
}

/// Processor time of this process since it began, all threads together, in nanoseconds.
fn cpu_ns() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

fn serve(rows: &[f32], probes: &[f32]) -> Outcome<()> {
    let mut index = None;
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let asked = Asked::read(&request, probes)?;
        let answer = match (request["do"].as_str(), &index) {
            (Some("open"), _) => {
                drop(index.take());
                let before = cpu_ns();
                let lean = request["lean"].as_bool().unwrap_or(false);
                let made = MeasuredIndex::new(rows, DIMENSION, lean, request["kernel"].as_str())?;
                let answer = json!({
                    "cpu_ns": [cpu_ns() - before],
                    "kernel": made.kernel(),
                    "faces": made.len(),
                    "memory_bytes": made.memory_bytes(),
                });
                index = Some(made);
                answer
            }
            (Some("search"), Some(index)) => asked.search(index)?,
            (Some("batch"), Some(index)) => asked.batch(index)?,
            (Some("check"), Some(index)) => asked.check(index, &request["theirs"])?,
            (Some("read"), _) => asked.read_codes(rows),
            _ => return Err(format!("not understood: {request}").into()),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// What a request names.
struct Asked<'a> {
    probes: Vec<&'a [f32]>,
    count: usize,
    times: u64,
}

impl<'a> Asked<'a> {
    fn read(request: &Value, probes: &'a [f32]) -> Outcome<Self> {
        let places = request["probes"].as_array().into_iter().flatten();
        let probe = |place: &Value| -> Outcome<&'a [f32]> {
            let place = place.as_u64().ok_or("a probe is named by its place")? as usize;
            probes.chunks_exact(DIMENSION).nth(place).ok_or_else(|| "there is no such probe".into())
        };
        Ok(Self {
            probes: places.map(probe).collect::<Outcome<_>>()?,
            count: request["count"].as_u64().unwrap_or(1) as usize,
            times: request["times"].as_u64().unwrap_or(1),
        })
    }

    fn search(&self, index: &MeasuredIndex<'_>) -> Outcome<Value> {
        let mut times = Vec::new();
        for _ in 0..self.times {
            for probe in &self.probes {
                let before = cpu_ns();
                black_box(index.faces(probe, self.count)?);
                times.push(cpu_ns() - before);
            }
        }
        Ok(json!({ "cpu_ns": times }))
    }

    fn batch(&self, index: &MeasuredIndex<'_>) -> Outcome<Value> {
        let mut times = Vec::new();
        for _ in 0..self.times {
            let before = cpu_ns();
            black_box(index.subjects_of_many(&self.probes, self.count)?);
            times.push((cpu_ns() - before) / i64::try_from(self.probes.len())?);
        }
        Ok(json!({ "cpu_ns": times }))
    }

    /// How many probes have our answers, the best and the best K, alone and in a batch, bit for bit those of brute
    /// force; for how many the peer names the same rows in the same order; and for how many it does not although the
    /// canonical scores that it exchanged differ by more than its arithmetic can err: twice (n additions of f32, each
    /// within 2^-24).
    fn check(&self, index: &MeasuredIndex<'_>, theirs: &Value) -> Outcome<Value> {
        let (mut exact, mut same, mut near_ties, mut wrong) = (0, 0, 0, 0);
        let tolerance = 2.0 * DIMENSION as f64 / f64::from(1 << 24);
        let batch = index.subjects_of_many(&self.probes, self.count)?;
        let batch_of_first = index.subjects_of_many(&self.probes, 1)?;
        for (place, probe) in self.probes.iter().enumerate() {
            let [brute, subjects] = index.brute_force(probe, self.count);
            exact += u64::from(
                bits(&index.faces(probe, self.count)?) == bits(&brute)
                    && bits(&index.faces(probe, 1)?) == bits(&brute[..1])
                    && bits(&batch[place]) == bits(&subjects)
                    && bits(&batch_of_first[place]) == bits(&subjects[..1]),
            );
            let Some(rows) = theirs.get(place).and_then(Value::as_array) else { continue };
            let faces: Vec<u64> = rows.iter().filter_map(Value::as_u64).map(|row| row + 1).collect();
            if faces.iter().eq(brute.iter().map(|(face, _)| face)) {
                same += 1;
                continue;
            }
            let near = faces.len() == brute.len()
                && faces.iter().zip(&brute).all(|(&face, &(_, score))| {
                    index.score(probe, face).is_some_and(|theirs| (theirs - score).abs() <= tolerance)
                });
            near_ties += u64::from(near);
            wrong += u64::from(!near);
        }
        Ok(json!({
            "probes": self.probes.len(),
            "exact": exact,
            "same": same,
            "near_ties": near_ties,
            "wrong": wrong,
        }))
    }

    /// The memory-bandwidth floor: reads once, in order, bytes as many as the codes and scales of the rows have.
    fn read_codes(&self, rows: &[f32]) -> Value {
        let share = rows.len() / DIMENSION * (DIMENSION + 4) / size_of::<f32>();
        let mut times = Vec::new();
        for _ in 0..self.times {
            let before = cpu_ns();
            black_box(sum_of(black_box(&rows[..share])));
            times.push(cpu_ns() - before);
        }
        json!({ "cpu_ns": times, "bytes": share * size_of::<f32>() })
    }
}

/// Sums values as bits: one addition a load, in as many sums as registers hold, so that loads alone take time.
fn sum_of(values: &[f32]) -> u32 {
    let mut sums = [0_u32; 32];
    for values in values.as_chunks().0 {
        for (sum, value) in sums.iter_mut().zip::<&[f32; 32]>(values) {
            *sum = sum.wrapping_add(value.to_bits());
        }
    }
    sums.into_iter().fold(0, u32::wrapping_add)
}

fn bits(hits: &[(u64, f64)]) -> Vec<(u64, u64)> {
    hits.iter().map(|&(face, score)| (face, score.to_bits())).collect()
}

fn read(path: &Path) -> Outcome<Vec<f32>> {
    let bytes = std::fs::read(path)?;
    Ok(bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect())
}

/// Persons around 1,000 centres (cosine 0.5), two faces each (cosine 0.72 between them). Of the enrolled probes'
/// persons, the probe's cosine to the person is 0.85, 0.7 or 0.55; the others are persons around the same centres.
fn make(rows: usize, file: &Path, probes: &Path) -> Outcome<()> {
    let mut random = Random(20_261_128);
    let centres: Vec<_> = (0..1000).map(|_| random.unit()).collect();
    let persons: Vec<_> =
        (0..rows.div_ceil(2)).map(|person| random.towards(&centres[person % centres.len()], 0.5)).collect();
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    for row in 0..rows {
        write(&mut out, &random.towards(&persons[row / 2], 0.72_f64.sqrt()))?;
    }
    out.flush()?;
    let mut out = BufWriter::new(std::fs::File::create(probes)?);
    for probe in 0..PROBES {
        let similar = [0.85, 0.7, 0.55][probe % 3];
        let person = if probe < PROBES / 2 {
            persons[random.below(persons.len())].clone()
        } else {
            let centre = random.below(centres.len());
            random.towards(&centres[centre], 0.5)
        };
        write(&mut out, &random.towards(&person, similar))?;
    }
    Ok(out.flush()?)
}

fn write(out: &mut impl Write, values: &[f64]) -> Outcome<()> {
    for &value in values {
        out.write_all(&(value as f32).to_le_bytes())?;
    }
    Ok(())
}

/// SplitMix64: the same vectors on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// 0 to below 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn unit(&mut self) -> Vec<f64> {
        let normal = |random: &mut Self| {
            (-2.0 * (1.0 - random.share()).ln()).sqrt() * (std::f64::consts::TAU * random.share()).cos()
        };
        scaled((0..DIMENSION).map(|_| normal(self)).collect(), 1.0)
    }

    /// A unit vector with this cosine to another, in a random direction.
    fn towards(&mut self, other: &[f64], cosine: f64) -> Vec<f64> {
        let free = self.unit();
        let along: f64 = free.iter().zip(other).map(|(a, b)| a * b).sum();
        let across = free.iter().zip(other).map(|(a, b)| a - along * b).collect();
        let across = scaled(across, (1.0 - cosine * cosine).sqrt());
        scaled(across.iter().zip(other).map(|(a, b)| a + cosine * b).collect(), 1.0)
    }
}

fn scaled(values: Vec<f64>, length: f64) -> Vec<f64> {
    let factor = length / values.iter().map(|value| value * value).sum::<f64>().sqrt();
    values.iter().map(|value| value * factor).collect()
}
