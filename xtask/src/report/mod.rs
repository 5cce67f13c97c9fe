//! `cargo xtask report NAME`: measures the real thing, prints a table, writes `target/reports/NAME.json`.
//!
//! Every figure in the documentation comes from here. A figure that could not be measured now is absent, never
//! carried over.

mod bindings_ffi;
mod bindings_misuse;
mod data;
mod engine_accuracy;
mod engine_hostile;
mod engine_quality;
mod engine_speed;
mod figure;
mod gallery_durability;
mod gallery_identify;
mod gallery_search;
mod gallery_store;
mod machine;
mod opencv;
mod program;
mod record;
mod rounds;
mod table;

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::failure::Result;
use crate::files;
use figure::Figure;
use record::Record;

/// A goal was missed.
const MISSED: u8 = 1;
/// There is nothing here to measure on.
const ABSENT: u8 = 3;

/// What `cargo xtask report` is asked to do.
#[derive(Args)]
pub(crate) struct Options {
    /// What to measure.
    name: Name,
    /// How often each side takes its turn (engine-speed, gallery-search, bindings-ffi).
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// How many hostile inputs to try (engine-hostile).
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// Where the random numbers start (engine-hostile, gallery-durability).
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    /// Time and memory beside OpenCV's own pipeline on the same weights.
    EngineSpeed,
    /// Error rates on labelled photos, and whether the score's promises hold.
    EngineAccuracy,
    /// Check codes and directions on blurred, dark, bright and turned photos.
    EngineQuality,
    /// Damaged and malicious images: no abort, no escaped panic, bounded time and memory.
    EngineHostile,
    /// Power cuts, kills, failing disks, changed bytes and audit logs; traces of deleted records.
    GalleryDurability,
    /// Exactness, processor time and memory of the search beside FAISS, on the same vectors; durable enrolment.
    GallerySearch,
    /// Labelled people found in a gallery of half of them, beside `facebridge evaluate`.
    GalleryIdentify,
    /// What crossing into Python, C, C++ and Java costs; Python beside OpenCV; threads beside processes.
    BindingsFfi,
    /// Wrong handles and arguments, and processes that end or fork with calls in flight, in every language.
    BindingsMisuse,
}

/// What a report has to say.
enum Outcome {
    Measured(Measured),
    /// A sentence: what is missing here, and how to get it.
    Absent(String),
}

/// What was measured.
#[derive(Default)]
struct Measured {
    figures: Vec<Figure>,
    /// What a reader must know to judge the figures.
    notes: Vec<String>,
    /// Versions of what took part, beyond our own, by name.
    versions: Vec<(String, String)>,
}

/// Measures, prints and writes one report.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let root = files::root()?;
    let target = files::target(&root);
    let place = Place { root: &root, target: &target };
    let outcome = match options.name {
        Name::EngineSpeed => engine_speed::run(&place, options.rounds)?,
        Name::EngineAccuracy => engine_accuracy::run(&place)?,
        Name::EngineQuality => engine_quality::run(&place)?,
        Name::EngineHostile => engine_hostile::run(&place, options.count, options.seed)?,
        Name::GalleryDurability => gallery_durability::run(&place, options.seed)?,
        Name::GallerySearch => gallery_search::run(&place, options.rounds)?,
        Name::GalleryIdentify => gallery_identify::run(&place)?,
        Name::BindingsMisuse => bindings_misuse::run(&place)?,
        Name::BindingsFfi => bindings_ffi::run(&place, options.rounds)?,
    };
    let name = options.name.to_possible_value().map_or_else(String::new, |name| name.get_name().to_owned());
    let measured = match outcome {
        Outcome::Measured(measured) => measured,
        Outcome::Absent(sentence) => {
            eprintln!("{name}: {sentence}");
            return Ok(ExitCode::from(ABSENT));
        }
    };
    let record = Record::of(&name, measured, &root);
    let path = target.join("reports").join(format!("{name}.json"));
    files::write_atomically(&path, record.to_json().as_bytes())?;
    println!("{}", table::of(&record));
    println!("written to {}", path.display());
    Ok(if record.ok { ExitCode::SUCCESS } else { ExitCode::from(MISSED) })
}

/// Where a report works.
struct Place<'a> {
    root: &'a std::path::Path,
    target: &'a std::path::Path,
}
