//! The one error of the chores: a sentence that says what is wrong and what to do about it.

use std::fmt::{self, Display};
use std::path::Path;

/// What a person reads when a chore cannot be done.
#[derive(Debug)]
pub(crate) struct Failure(String);

/// The result of every step of a chore.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// Makes a failure from its sentence.
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// Says which file could not be read, written or made, and the system's reason.
    pub(crate) fn io(what: &str, path: &Path, error: &std::io::Error) -> Self {
        Self(format!("cannot {what} {}: {error}", path.display()))
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
