//! Compares two photos: `cargo run --release --example compare -- A.jpg B.jpg`.

#![allow(clippy::print_stdout)] // An example speaks to a person.

use facebridge::api::{Client, CompareOptions, EngineOptions};
use facebridge::decision::Decision;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let [a, b] = paths.as_slice() else { return Err("usage: compare A.jpg B.jpg".into()) };
    let client = Client::local(EngineOptions::default())?;
    let result = client.compare(Path::new(a), Path::new(b), &CompareOptions::default())?;
    match result.decision {
        Decision::Match => println!("same person, score {:.1}", result.score.unwrap_or_default()),
        Decision::NoMatch => println!("different people, score {:.1}", result.score.unwrap_or_default()),
        Decision::Indeterminate => println!("no decision: {:?}", result.indeterminate_reason),
    }
    Ok(())
}
