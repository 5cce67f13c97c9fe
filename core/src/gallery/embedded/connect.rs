//! Connections to a store's file.

use super::failure::{failure, read_only};
use super::pages;
use crate::gallery::search::Residence;
use crate::{Error, ErrorKind, Result};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to make the store where there is none.
    pub create: bool,
    /// Whether to refuse every change.
    pub(crate) read_only: bool,
    /// Where the vectors are kept for searching.
    pub(crate) residence: Residence,
    /// How long to wait for another process that is writing.
    pub(crate) busy_wait: Duration,
    /// How long a deletion waits for readers that hold back the overwriting of its bytes.
    pub(crate) erasure_wait: Duration,
    /// Name of the SQLite file functions to use; nothing means the system's. For tests that cut the power.
    pub vfs: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            create: false,
            read_only: false,
            residence: Residence::Full,
            busy_wait: Duration::from_secs(10),
            erasure_wait: Duration::from_secs(10),
            vfs: None,
        }
    }
}

/// Opens a connection, making the file first where that is asked for.
pub(super) fn connect(path: &Path, options: &Options) -> Result<Connection> {
    if options.create && !options.read_only && options.vfs.is_none() {
        make_file(path)?;
    }
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags |=
        if options.read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    if options.create && !options.read_only {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let layer = pages::layer(options.vfs.as_deref())?;
    let connection = Connection::open_with_flags_and_vfs(path, flags, layer.as_c_str()).map_err(failure)?;
    connection.set_prepared_statement_cache_capacity(64);
    pages::reserve(&connection);
    settings(&connection, options).map_err(failure)?;
    Ok(connection)
}

fn settings(connection: &Connection, options: &Options) -> rusqlite::Result<()> {
    connection.busy_timeout(options.busy_wait)?;
    for (name, value) in [
        ("page_size", pages::PAGE_BYTES as i64),
        ("max_page_count", pages::MOST_PAGES),
        ("mmap_size", 0),
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
        // Deleted rows are overwritten with zeros.
        ("secure_delete", 1),
        // Nothing is put into files beside the store's own.
        ("temp_store", 2),
        ("cache_size", -16_384),
        // Our own, after each commit: a sync that fails in SQLite's own checkpoint is not reported.
        ("wal_autocheckpoint", 0),
        ("journal_size_limit", 16 << 20),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
    ] {
        // Some of them answer with the value.
        connection.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Ok(()),
            error => Err(error),
        })?;
    }
    // As FULL, which syncs the log before a commit returns; and the folder is synced when the rollback journal of a
    // new file's switch to the log is deleted. If that came back after a power cut, it would undo the switch.
    connection.pragma_update(None, "synchronous", "EXTRA")
}

/// Sets a file that may be written to the write-ahead log.
pub(super) fn use_log(connection: &Connection) -> Result<()> {
    if connection.is_readonly("main").map_err(failure)? {
        return Err(read_only());
    }
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(failure)?;
    if mode.eq_ignore_ascii_case("wal") {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Io,
        "The disk does not support the shared memory that the store needs. Put the store on a local disk.",
    ))
}

/// Makes an empty file that only its owner can read; false where there is one. SQLite gives the files beside it the
/// same mode.
pub(super) fn make_file(path: &Path) -> Result<bool> {
    let mut file = std::fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    match file.open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(_) => Err(Error::new(
            ErrorKind::Io,
            "The store could not be made. Check that its folder is there and may be written to.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cannot be seen while the power stays on.
    #[test]
    fn a_new_file_is_switched_to_the_log_under_extra_syncs() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { create: true, ..Options::default() };
        let connection = connect(&folder.path().join("store"), &options).unwrap();
        let ask = |name: &str| {
            let text =
                connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
            format!("{:?}", text.unwrap())
        };
        assert_eq!(
            (ask("synchronous").as_str(), ask("journal_mode").as_str()),
            ("Integer(3)", "Text(\"delete\")")
        );
        use_log(&connection).unwrap();
        assert_eq!(
            (ask("synchronous").as_str(), ask("journal_mode").as_str()),
            ("Integer(3)", "Text(\"wal\")")
        );
    }
}
