//! From SQLite's errors to ours.

use crate::{Error, ErrorKind};
use rusqlite::ffi;

/// Our error for one of SQLite's.
pub(super) fn failure(error: rusqlite::Error) -> Error {
    use rusqlite::Error as Sqlite;
    match error {
        Sqlite::SqliteFailure(code, _) => of_code(code.extended_code),
        Sqlite::FromSqlConversionFailure(..)
        | Sqlite::IntegralValueOutOfRange(..)
        | Sqlite::InvalidColumnType(..)
        | Sqlite::QueryReturnedNoRows
        | Sqlite::SqlInputError { .. } => damaged(),
        _ => Error::new(ErrorKind::Internal, "The store was used wrongly. Please report this."),
    }
}

fn of_code(code: i32) -> Error {
    match code {
        ffi::SQLITE_IOERR_DATA | ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_SHORT_READ => {
            return damaged();
        }
        ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_ACCESS | ffi::SQLITE_IOERR_FSTAT => {
            return Error::new(ErrorKind::Io, "The store could not be read. Check the disk and try again.");
        }
        ffi::SQLITE_IOERR_NOMEM => return no_memory(),
        ffi::SQLITE_IOERR_LOCK
        | ffi::SQLITE_IOERR_RDLOCK
        | ffi::SQLITE_IOERR_SHMLOCK
        | ffi::SQLITE_IOERR_BLOCKED => return busy(),
        _ => {}
    }
    match code & 0xff {
        // A store's first page is checked before SQLite looks at it, so this is another program's file.
        ffi::SQLITE_NOTADB => not_ours(),
        ffi::SQLITE_FULL => Error::new(
            ErrorKind::StoreFull,
            "No space is left, so nothing was changed. Free some and try again.",
        ),
        ffi::SQLITE_READONLY => read_only(),
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_PROTOCOL => busy(),
        // A constraint that fails although it was looked after says the same as a malformed page.
        ffi::SQLITE_CORRUPT
        | ffi::SQLITE_CONSTRAINT
        | ffi::SQLITE_ERROR
        | ffi::SQLITE_MISMATCH
        | ffi::SQLITE_FORMAT => damaged(),
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_PERM | ffi::SQLITE_AUTH => {
            Error::new(ErrorKind::Io, "The store could not be opened. Check its path and permissions.")
        }
        ffi::SQLITE_NOMEM => no_memory(),
        ffi::SQLITE_IOERR => failed(),
        _ => Error::new(ErrorKind::Internal, "The store was used wrongly. Please report this."),
    }
}

pub(super) fn damaged() -> Error {
    Error::new(
        ErrorKind::StoreDamaged,
        "The store does not hold what was written to it. Restore it from a backup, and check the disk.",
    )
}

pub(super) fn not_ours() -> Error {
    Error::new(ErrorKind::StoreIncompatible, "The file is not a gallery's store. Check its path.")
}

pub(super) fn failed() -> Error {
    Error::new(
        ErrorKind::StoreFailed,
        "A write could not be made safe, so its outcome is unknown. Check the disk, open the store again, and repeat the call.",
    )
}

pub(super) fn read_only() -> Error {
    Error::new(
        ErrorKind::StoreReadOnly,
        "The store can only be read. Check its permissions and how it was opened.",
    )
}

pub(super) fn busy() -> Error {
    Error::new(ErrorKind::StoreBusy, "Another process held the store for too long. Try again.")
        .retryable_later()
}

fn no_memory() -> Error {
    Error::new(ErrorKind::Io, "The system has no memory left for the store. Free some and try again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_get_their_kinds() {
        for (code, kind) in [
            (ffi::SQLITE_FULL, ErrorKind::StoreFull),
            (ffi::SQLITE_READONLY_DIRECTORY, ErrorKind::StoreReadOnly),
            (ffi::SQLITE_BUSY_SNAPSHOT, ErrorKind::StoreBusy),
            (ffi::SQLITE_IOERR_FSYNC, ErrorKind::StoreFailed),
            (ffi::SQLITE_IOERR_WRITE, ErrorKind::StoreFailed),
            (ffi::SQLITE_IOERR_DIR_FSYNC, ErrorKind::StoreFailed),
            (ffi::SQLITE_IOERR_DATA, ErrorKind::StoreDamaged),
            (ffi::SQLITE_IOERR_READ, ErrorKind::Io),
            (ffi::SQLITE_CORRUPT_INDEX, ErrorKind::StoreDamaged),
            (ffi::SQLITE_NOTADB, ErrorKind::StoreIncompatible),
            (ffi::SQLITE_CANTOPEN, ErrorKind::Io),
        ] {
            let error = of_code(code);
            assert_eq!((code, error.kind()), (code, kind));
            assert_eq!(error.retryable(), kind == ErrorKind::StoreBusy);
        }
    }
}
