//! Copies of a store, and the check of every row.

use super::connect::{Options, connect};
use super::failure::{damaged, failure};
use super::fresh::NewStore;
use super::layout::{Tallies, Tally};
use super::store::Store;
use super::view::{View, number};
use crate::Result;
use crate::gallery::crypt::MasterKey;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;

impl Store {
    /// Reads and opens every row of every tenant, and checks the file's structure.
    pub(super) fn check(&self) -> Result<()> {
        let reader = self.reader()?;
        let verdict: String =
            reader.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failure)?;
        if verdict != "ok" {
            return Err(damaged());
        }
        for name in self.tenants()? {
            self.read(&name, |view| view.check())?;
        }
        Ok(())
    }

    /// Copies the store as it is now into a new file, sealed as it is, and checks the copy.
    pub(super) fn backup(&self, to: &Path, key: &MasterKey) -> Result<()> {
        let reader = self.reader()?;
        copy(&reader, to, key, &self.options)
    }
}

/// Copies the store in `from` into a new file, after checking every row of it.
pub(super) fn restore(from: &Path, to: &Path, key: &MasterKey, options: &Options) -> Result<()> {
    let store = Store::open(from, key, Options { create: false, ..options.clone() })?;
    store.check()?;
    let outcome = copy(&*store.reader()?, to, key, options);
    store.close()?;
    outcome
}

fn copy(from: &Connection, to: &Path, key: &MasterKey, options: &Options) -> Result<()> {
    let file = NewStore::claim(to)?;
    write_copy(from, to, key, options)?;
    file.keep();
    Ok(())
}

fn write_copy(from: &Connection, to: &Path, key: &MasterKey, options: &Options) -> Result<()> {
    let mut target = connect(to, &Options { create: true, read_only: false, ..options.clone() })?;
    let step = Backup::new(from, &mut target).and_then(|backup| backup.step(-1)).map_err(failure)?;
    if step != StepResult::Done {
        return Err(super::failure::busy());
    }
    target.close().map_err(|(_, error)| failure(error))?;
    let copied = Store::open(to, key, Options { create: false, read_only: false, ..options.clone() })?;
    copied.check()?;
    copied.close()
}

impl View<'_> {
    /// Opens every row of the tenant and compares them with its tally.
    fn check(&self) -> Result<()> {
        let tenant = [self.tenant.id.cast_signed()];
        let mut found = Tallies::default();
        self.each("SELECT number, key, sealed, lookup FROM subject WHERE tenant = ?1", tenant, |row| {
            let subject = self.read_subject(row)?.subject;
            let lookup: [u8; 16] = row.get(3).map_err(failure)?;
            if !self.tenant.live_keys().iter().any(|key| key.lookup(&subject.id) == lookup) {
                return Err(damaged());
            }
            found.subjects += 1;
            Ok(())
        })?;
        self.each("SELECT face, subject, key, sealed FROM face WHERE tenant = ?1", tenant, |row| {
            self.read_face(row)?;
            found.faces += 1;
            Ok(())
        })?;
        self.each("SELECT face, subject, kind FROM template WHERE tenant = ?1", tenant, |row| {
            let column = |index| number(row, index).map_err(failure);
            let (face, owner, kind) = (column(0)?, column(1)?, column(2)?);
            let (_, known) = self.store.kind_of(self.connection, kind)?;
            self.values(face, owner, &known)?.ok_or_else(damaged)?;
            found.kinds.entry(kind).or_insert_with(Tally::default).add(face);
            Ok(())
        })?;
        if found == self.tallies()? { Ok(()) } else { Err(damaged()) }
    }

    fn each(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        mut take: impl FnMut(&rusqlite::Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare(sql).map_err(failure)?;
        let mut rows = statement.query(parameters).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            take(row)?;
        }
        Ok(())
    }
}
