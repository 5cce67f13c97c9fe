//! The store's part of `gallery-search`: durable enrolments a second, and opening a large store.

use serde_json::Value;

use super::Place;
use super::figure::{Figure, Goal};
use super::program;
use crate::failure::{Failure, Result};

const SINGLES: u64 = 2_000;
const BULK: u64 = 998_000;

/// Enrols a million made-up faces and opens their store.
pub(super) fn figures(place: &Place<'_>) -> Result<Vec<Figure>> {
    let store = program::build(place, &["-p", "facebridge", "--bench", "gallery_store"])?;
    // Beside the reports: the usual place for temporary files is in memory on some systems.
    let folder = tempfile::tempdir_in(place.target.join("reports"))
        .map_err(|error| Failure::new(format!("no folder for the store: {error}")))?;
    eprintln!("enrolling {} faces", SINGLES + BULK);
    let mut command = program::command(&store);
    command.arg(folder.path()).args([SINGLES.to_string(), BULK.to_string()]);
    Ok(read(&program::said(&mut command)?))
}

fn read(said: &Value) -> Vec<Figure> {
    let number = |key: &str| said[key].as_f64();
    let wall =
        number("opening_seconds").map_or_else(String::new, |seconds| format!("{seconds:.2} s by the clock"));
    vec![
        Figure::new("enrolments one by one, each on the disk", number("singles_per_second"), "a second")
            .goal(Goal::AtLeast(200.0))
            .note("templates given, duplicates looked for"),
        Figure::new("enrolments in batches of 1,000", number("bulk_per_second"), "a second")
            .goal(Goal::AtLeast(20_000.0)),
        Figure::new(
            "opening 1M sealed templates, first search included",
            number("opening_cpu_seconds"),
            "CPU s",
        )
        .goal(Goal::AtMost(4.0))
        .note(wall),
        Figure::new("memory of a face in an open store", number("memory_bytes_per_face"), "bytes")
            .goal(Goal::AtMost(670.0)),
        Figure::new("file of a face", number("file_bytes_per_face"), "bytes"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_slow_store_misses_its_goals() {
        let said = |rate: f64, seconds: f64| {
            json!({
                "singles_per_second": rate, "bulk_per_second": 100.0 * rate, "opening_cpu_seconds": seconds,
                "memory_bytes_per_face": 660, "file_bytes_per_face": 900
            })
        };
        let missed = |said: &Value| read(said).iter().filter(|figure| figure.ok == Some(false)).count();
        assert_eq!(missed(&said(200.0, 4.0)), 0);
        assert_eq!(missed(&said(199.0, 4.1)), 3);
        assert!(read(&Value::Null).iter().all(|figure| figure.value.is_none()));
    }
}
