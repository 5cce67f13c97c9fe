//! The tables, and how a file of an older release is brought up to date.

use super::failure::{failure, not_ours};
use super::pages::APPLICATION;
use crate::{Error, ErrorKind, Result};
use rusqlite::{Connection, TransactionBehavior};

/// What each version adds to the one before. Version n is the n-th; a released step is never edited.
pub(super) const STEPS: &[&str] = &[FIRST];

/// Numbers of tenants, subjects and templates come from one counter (`meta.seq`), so that none is used twice
/// and a process sees what is new by asking for what is larger than it knows.
const FIRST: &str = "
    CREATE TABLE meta (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        store BLOB NOT NULL,      -- random id of this store
        master INTEGER NOT NULL,  -- version of the caller's key
        secret BLOB NOT NULL,     -- sealed under the caller's key
        seq INTEGER NOT NULL,     -- the last number given
        pruned INTEGER NOT NULL   -- deletions up to this one are no longer listed
    ) STRICT;
    CREATE TABLE kind (
        id INTEGER PRIMARY KEY,
        model TEXT NOT NULL,
        pipeline TEXT NOT NULL,
        dimension INTEGER NOT NULL,
        UNIQUE (model, pipeline)
    ) STRICT;
    CREATE TABLE tenant (
        id INTEGER PRIMARY KEY,
        lookup BLOB NOT NULL UNIQUE,
        name BLOB NOT NULL,       -- sealed
        key INTEGER NOT NULL,     -- version of its data key for new rows
        change INTEGER NOT NULL,  -- number of its last change
        tally_key INTEGER NOT NULL,
        tally BLOB NOT NULL       -- sealed
    ) STRICT;
    CREATE TABLE tenant_key (
        tenant INTEGER NOT NULL REFERENCES tenant (id),
        version INTEGER NOT NULL,
        wrapped BLOB NOT NULL,    -- sealed under the caller's key
        PRIMARY KEY (tenant, version)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE dropped (        -- tenants whose keys are destroyed and whose rows are still to be deleted
        tenant INTEGER PRIMARY KEY
    ) STRICT;
    CREATE TABLE subject (
        number INTEGER PRIMARY KEY,
        tenant INTEGER NOT NULL,
        lookup BLOB NOT NULL,
        key INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        UNIQUE (tenant, lookup)
    ) STRICT;
    CREATE INDEX subject_order ON subject (tenant);
    CREATE TABLE face (
        tenant INTEGER NOT NULL,
        face INTEGER NOT NULL,
        subject INTEGER NOT NULL REFERENCES subject (number),
        key INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (tenant, face)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX face_subject ON face (subject);
    CREATE TABLE template (
        seq INTEGER PRIMARY KEY,
        tenant INTEGER NOT NULL,
        kind INTEGER NOT NULL REFERENCES kind (id),
        face INTEGER NOT NULL,
        subject INTEGER NOT NULL,
        key INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        UNIQUE (tenant, face, kind),
        FOREIGN KEY (tenant, face) REFERENCES face (tenant, face)
    ) STRICT;
    CREATE INDEX template_order ON template (tenant, kind);
    CREATE TABLE deleted (
        seq INTEGER PRIMARY KEY,
        tenant INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        face INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX deleted_order ON deleted (tenant, kind);
";

/// The version of a store, 0 where the file is still empty.
///
/// # Errors
/// `StoreIncompatible` where it is something else, or newer than `newest`.
pub(super) fn version(connection: &Connection, newest: usize) -> Result<usize> {
    let application: i32 = pragma(connection, "application_id")?;
    if application == 0 {
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(|_| not_ours())?;
        return if tables == 0 { Ok(0) } else { Err(not_ours()) };
    }
    if application != APPLICATION {
        return Err(not_ours());
    }
    let version: i64 = pragma(connection, "user_version")?;
    match usize::try_from(version) {
        Ok(version) if (1..=newest).contains(&version) => Ok(version),
        _ => Err(Error::new(
            ErrorKind::StoreIncompatible,
            "The store was written by a newer release. Open it with that release or a later one.",
        )),
    }
}

/// Takes the steps that a file still needs and then runs `begin` where it was empty, all in one transaction.
///
/// # Errors
/// `StoreIncompatible` as for [`version`]; on any error the file is as it was.
pub(super) fn bring_up_to_date(
    connection: &mut Connection,
    steps: &[&str],
    begin: impl FnOnce(&Connection) -> Result<()>,
) -> Result<()> {
    if version(connection, steps.len())? == steps.len() {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failure)?;
    // Another process may have been faster.
    let from = version(&transaction, steps.len())?;
    for step in &steps[from..] {
        transaction.execute_batch(step).map_err(failure)?;
    }
    if from == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION).map_err(failure)?;
        begin(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", steps.len() as i64).map_err(failure)?;
    transaction.commit().map_err(failure)
}

fn pragma<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> Result<T> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(failure)
}
