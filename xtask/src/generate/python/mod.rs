//! The bindings for Python.

use super::model::Api;
use super::output::GeneratedFile;
use crate::failure::Result;

/// Where this language's files lie, relative to the repository.
pub(super) const FOLDERS: &[&str] = &["bindings-python"];

/// Every generated file of this language.
pub(super) fn files(_api: &Api) -> Result<Vec<GeneratedFile>> {
    Ok(Vec::new())
}
