//! The store's side of `cargo xtask report gallery-search`: how fast faces are enrolled durably, and how long a store
//! takes to open.
//!
//! `gallery_store FOLDER SINGLES BULK` makes a store in FOLDER, enrols SINGLES made-up faces one by one and BULK in
//! batches, opens it anew, searches once, and writes one line of JSON.

#![allow(clippy::print_stdout)] // Its answers are its output.

use facebridge::gallery::{
    Duplicates, EmbeddedGallery, Enrolled, Gallery, MasterKey, NewFace, Options, Template, TemplateKind,
};
use rayon::prelude::*;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::path::Path;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const TENANT: &str = "people";
const DIMENSION: usize = 128;
/// Faces enrolled in one step.
const BATCH: usize = 1000;
/// A strict threshold of duplicates; random vectors are far below it, so the search has nothing to find.
const DUPLICATES: Duplicates = Duplicates::Refuse { min_score: 0.7 };

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [folder, singles, bulk] => measure(Path::new(folder), singles.parse()?, bulk.parse()?),
        _ => {
            println!("gallery_store is measured by `cargo xtask report gallery-search`");
            Ok(())
        }
    }
}

/// Processor time of this process since it began, all threads together, in seconds.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn kind() -> TemplateKind {
    TemplateKind { model: "made-up".to_owned(), pipeline: "made-up".to_owned() }
}

/// A face of nobody: SplitMix64 from its number, as a vector of unit length.
fn face(number: usize) -> NewFace {
    let mut state = number as u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64 - 0.5
    };
    let values: Vec<f64> = (0..DIMENSION).map(|_| next() + next()).collect();
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    let values: Vec<f32> = values.iter().map(|value| (value / length) as f32).collect();
    NewFace {
        subject: format!("subject-{number}"),
        attributes: None,
        face: None,
        direction: None,
        subject_since: None,
        enrolled_at: None,
        expires_at: None,
        templates: vec![Template { kind: kind(), values: values.into() }],
    }
}

fn measure(folder: &Path, singles: usize, bulk: usize) -> Outcome<()> {
    let path = folder.join("store");
    let key: Vec<u8> = (0..32).collect();
    let key = MasterKey::from_bytes(&key)?;
    let mut options = Options::default();
    options.create = true;
    let gallery = EmbeddedGallery::open(&path, &key, options)?;
    gallery.create_tenant(TENANT)?;

    let faces: Vec<NewFace> = (0..singles).map(face).collect();
    let begun = Instant::now();
    for face in &faces {
        let Enrolled::New { .. } = gallery.enroll(TENANT, face, DUPLICATES)? else {
            return Err("a made-up face counts as a duplicate".into());
        };
    }
    let single_seconds = begun.elapsed().as_secs_f64();

    let mut bulk_seconds = 0.0;
    let numbers: Vec<usize> = (singles..singles + bulk).collect();
    for batch in numbers.chunks(BATCH) {
        let faces: Vec<NewFace> = batch.par_iter().map(|&number| face(number)).collect();
        let begun = Instant::now();
        let outcomes = gallery.enroll_batch(TENANT, &faces, Duplicates::Off)?;
        bulk_seconds += begun.elapsed().as_secs_f64();
        outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
    }
    gallery.close()?;
    drop(gallery);

    let total = singles + bulk;
    let (begun, before) = (Instant::now(), cpu_seconds());
    let gallery = EmbeddedGallery::open(&path, &key, Options::default())?;
    let probe = face(total / 2);
    let found = gallery.search(TENANT, &kind(), &[&probe.templates[0].values], 1)?;
    let (opening_seconds, opening_cpu_seconds) = (begun.elapsed().as_secs_f64(), cpu_seconds() - before);
    if found[0].first().is_none_or(|candidate| candidate.subject != probe.subject) {
        return Err("the first search did not find who was enrolled".into());
    }
    println!(
        "{}",
        json!({
            "singles": singles,
            "singles_per_second": singles as f64 / single_seconds,
            "bulk": bulk,
            "bulk_per_second": bulk as f64 / bulk_seconds,
            "opening_seconds": opening_seconds,
            "opening_cpu_seconds": opening_cpu_seconds,
            "memory_bytes_per_face": gallery.memory_bytes()? as f64 / total as f64,
            "file_bytes_per_face": std::fs::metadata(&path)?.len() as f64 / total as f64,
        })
    );
    Ok(())
}
