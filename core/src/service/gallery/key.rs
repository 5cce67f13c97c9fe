//! Where the store's key comes from.

use crate::api::{ExportOptions, GalleryOptions, Sensitive};
use crate::gallery::MasterKey;
use crate::{Error, ErrorKind, Result};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The environment variable that holds the store's key where no option does.
const VARIABLE: &str = "FACEBRIDGE_GALLERY_KEY";
/// The environment variable that holds the key of an export where no option does.
const EXPORT_VARIABLE: &str = "FACEBRIDGE_EXPORT_KEY";

/// The store's key that the options name, or the environment's.
///
/// # Errors
/// `InvalidArgument` where there is none, two are named, or it is malformed; `Io` where its file cannot be read.
pub(super) fn find(options: &GalleryOptions) -> Result<MasterKey> {
    named(&options.key, &options.key_file, "gallery", VARIABLE)
}

/// The key of an export that the options name, or the environment's. The store's own is never taken for it: who is
/// given the export would be given the store.
///
/// # Errors
/// As of [`find`].
pub(super) fn of_export(options: &ExportOptions) -> Result<MasterKey> {
    named(&options.key, &options.key_file, "export", EXPORT_VARIABLE)
}

fn named(key: &Option<Sensitive>, file: &Option<PathBuf>, what: &str, variable: &str) -> Result<MasterKey> {
    match (key, file) {
        (Some(_), Some(_)) => Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("Give the {what}'s key once: `key` or `key_file`."),
        )),
        (Some(key), None) => MasterKey::parse(key.expose()),
        (None, Some(file)) => MasterKey::from_file(file),
        (None, None) => match std::env::var(variable).map(Zeroizing::new) {
            Ok(key) => MasterKey::parse(&key),
            Err(_) => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "The {what} has no key. Give 32 random bytes (`openssl rand -hex 32`) as `key`, in `key_file` or in the environment variable {variable}, and keep a copy: without it nobody can read the {what}."
                ),
            )),
        },
    }
}
