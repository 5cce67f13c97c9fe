//! A folder with a sub-folder of photos for each subject.

use crate::api::EnrollItem;
use crate::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// The photos below `folder`, by the names of sub-folders and files. What begins with a dot is passed over.
///
/// # Errors
/// `Io` where a folder cannot be read; `InvalidArgument` where a name is not Unicode.
pub(super) fn items(folder: &Path) -> Result<Vec<EnrollItem>> {
    let mut items = Vec::new();
    for (subject, path) in listing(folder)? {
        if !path.is_dir() {
            continue;
        }
        for (_, photo) in listing(&path)? {
            if photo.is_file() {
                items.push(EnrollItem {
                    subject: subject.as_str().into(),
                    path: photo,
                    direction: None,
                    attributes: None,
                });
            }
        }
    }
    Ok(items)
}

/// Names of sub-folders are people's, so no error quotes them.
fn listing(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let unreadable = |error: std::io::Error| {
        Error::new(
            ErrorKind::Io,
            format!("The folder of subjects, or one in it, cannot be read: {}.", error.kind()),
        )
    };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().into_string().map_err(|_| {
            Error::new(
                ErrorKind::InvalidArgument,
                "A name in the folder of subjects is not Unicode; rename it.",
            )
        })?;
        if !name.starts_with('.') {
            entries.push((name, entry.path()));
        }
    }
    entries.sort();
    Ok(entries)
}
