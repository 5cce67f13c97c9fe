//! Labelled photos that are not part of the repository.

use std::path::{Path, PathBuf};

/// Environment variable: the folder of labelled photos.
const VARIABLE: &str = "FACEBRIDGE_EVAL_DATA";
/// Where they lie without it, seen from the checkout's root.
const USUAL: &str = "../shared/data/dev";

/// The folder of labelled photos that holds all of `needed`; otherwise a sentence that says what is missing.
pub(crate) fn folder(root: &Path, needed: &[&str]) -> Result<PathBuf, String> {
    let chosen = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    found(&chosen.unwrap_or_else(|| root.join(USUAL)), needed)
}

fn found(folder: &Path, needed: &[&str]) -> Result<PathBuf, String> {
    let missing: Vec<&str> = needed.iter().copied().filter(|name| !folder.join(name).exists()).collect();
    if missing.is_empty() {
        return Ok(folder.to_owned());
    }
    Err(format!(
        "the labelled photos it measures on are not here ({} in {}); point {VARIABLE} at a folder that holds them",
        missing.join(", "),
        folder.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pairs.txt"), "").unwrap();
        assert!(found(folder.path(), &["pairs.txt"]).is_ok());
        let sentence = found(folder.path(), &["pairs.txt", "photos"]).unwrap_err();
        assert!(sentence.contains("(photos in") && sentence.contains(VARIABLE), "{sentence}");
    }
}
