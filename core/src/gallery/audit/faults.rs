//! Errors of the log, in words that say where it is wrong.

use crate::{Error, ErrorKind};
use std::io;

/// Record `number` is the first that is wrong.
pub(super) fn broken(number: u64, what: &str) -> Error {
    Error::new(
        ErrorKind::AuditBroken,
        format!(
            "The audit log is broken at record {number}: {what}. Keep the files as they are and find out who could write to them."
        ),
    )
}

/// The head cannot be relied on, so that the end of the log is unknown.
pub(super) fn broken_head(what: &str) -> Error {
    Error::new(
        ErrorKind::AuditBroken,
        format!(
            "The head of the audit log {what}. Keep the files as they are and find out who could write to them."
        ),
    )
}

/// Neither log nor head was written with this key.
pub(super) fn wrong_key() -> Error {
    Error::new(ErrorKind::WrongKey, "The audit log was written with another key. Open it with that one.")
}

/// What kept `doing` from happening.
pub(super) fn failure(doing: &str, error: &io::Error) -> Error {
    let (kind, advice) = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (ErrorKind::StoreFull, "Nothing was recorded; make space and try again")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            (ErrorKind::StoreReadOnly, "Give this process the right to write the log and its folder")
        }
        _ => (ErrorKind::Io, "See that the disk and the path are in order"),
    };
    Error::new(kind, format!("The audit log could not be {doing} ({}). {advice}.", error.kind()))
}

/// A write of which nobody knows whether it reached the disk.
pub(super) fn unsafe_write() -> Error {
    Error::new(
        ErrorKind::StoreFailed,
        "The audit log could not be made safe on the disk, so it takes no more records. Check the disk, then open the log again.",
    )
}
