//! Everything that is wrong with the definition, gathered so that it is reported at once.

use std::fmt;

use crate::failure::{Failure, Result};

/// A line of a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Relative to the repository.
    pub(super) file: String,
    /// Counted from 1.
    pub(super) line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Problems(Vec<(Place, String)>);

impl Problems {
    /// Adds one: where, about which item, and why.
    pub(super) fn add(&mut self, place: Place, item: &str, reason: impl fmt::Display) {
        self.0.push((place, format!("{item}: {reason}")));
    }

    /// A failure that lists them in the order of files and lines, or nothing where there are none.
    pub(super) fn into_result(mut self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.sort();
        self.0.dedup();
        let lines: Vec<String> = self.0.iter().map(|(place, text)| format!("  {place}: {text}")).collect();
        Err(Failure::new(format!(
            "the API definition cannot be carried to the other languages:\n{}",
            lines.join("\n")
        )))
    }
}
