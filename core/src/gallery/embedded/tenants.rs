//! Making, naming and ending tenants.

use super::failure::{damaged, failure};
use super::header::{key_changed, master_version};
use super::layout::{Tallies, write_tallies};
use super::store::Store;
use super::view::{key_place, name_place, number, tenant_name};
use crate::Result;
use crate::gallery::crypt::{DataKey, Place, Record, random, wrapping_key};
use crate::gallery::model::check_text;
use rusqlite::{Connection, OptionalExtension};
use std::sync::PoisonError;
use zeroize::Zeroizing;

/// The version of a tenant's first data key.
const FIRST_KEY: u32 = 1;

impl Store {
    pub(super) fn create_tenant(&self, name: &str) -> Result<bool> {
        check_text(name, "A gallery's name")?;
        if find(self, &*self.reader()?, name)?.is_some() {
            return Ok(false);
        }
        let mut writer = self.writer()?;
        let transaction = writer.begin()?;
        if find(self, &transaction, name)?.is_some() {
            return Ok(false);
        }
        self.insert_tenant(&transaction, name)?;
        transaction.commit().map_err(|error| self.note(failure(error)))?;
        writer.shorten_log();
        Ok(true)
    }

    fn insert_tenant(&self, connection: &Connection, name: &str) -> Result<()> {
        let seq = connection.query_row("SELECT seq FROM meta", [], |row| number(row, 0)).map_err(failure)?;
        let (id, change) = (seq + 1, seq + 2);
        let secret = Zeroizing::new(random::<32>());
        let key = DataKey::new(&secret, &self.id, FIRST_KEY);
        let place = Place {
            store: self.id,
            tenant: id,
            record: Record::Tally,
            row: change,
            owner: 0,
            model: [0; 16],
        };
        let tally = key.rows.seal(&place, &write_tallies(&Tallies::default()));
        let sealed_name = self.keys.names.seal(&name_place(self.id, id), name.as_bytes());
        connection
            .execute(
                "INSERT INTO tenant (id, lookup, name, key, change, tally_key, tally)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?4, ?6)",
                (
                    id.cast_signed(),
                    self.keys.lookup(name),
                    sealed_name,
                    FIRST_KEY,
                    change.cast_signed(),
                    tally,
                ),
            )
            .map_err(failure)?;
        let wrapped = self.wrap(connection, id, FIRST_KEY, &secret)?;
        connection
            .execute(
                "INSERT INTO tenant_key (tenant, version, wrapped) VALUES (?1, ?2, ?3)",
                (id.cast_signed(), FIRST_KEY, wrapped),
            )
            .and_then(|_| connection.execute("UPDATE meta SET seq = ?1", [change.cast_signed()]))
            .map_err(failure)?;
        Ok(())
    }

    /// A data key, sealed under the caller's key of today.
    pub(super) fn wrap(
        &self,
        connection: &Connection,
        tenant: u64,
        version: u32,
        secret: &[u8; 32],
    ) -> Result<Vec<u8>> {
        let today = master_version(connection)?;
        let masters = self.masters.read().unwrap_or_else(PoisonError::into_inner);
        let master = masters.iter().find(|master| master.version == today).ok_or_else(key_changed)?;
        let wrapping = wrapping_key(&master.key, &self.id, tenant, today);
        Ok(wrapping.seal(&key_place(self.id, tenant, version), secret))
    }

    pub(super) fn drop_tenant(&self, name: &str) -> Result<bool> {
        let ended = self.end_tenant(name)?;
        // Not there, it may have been ended by a call whose erasure is pending.
        self.erase_dropped(ended)?;
        Ok(ended)
    }

    /// Destroys a tenant's keys, in one step; false where there is none. Its rows are still there and unreadable.
    pub(super) fn end_tenant(&self, name: &str) -> Result<bool> {
        let mut writer = self.writer()?;
        let transaction = writer.begin()?;
        let Some(id) = find(self, &transaction, name)? else { return Ok(false) };
        for sql in [
            "DELETE FROM tenant_key WHERE tenant = ?1",
            "DELETE FROM tenant WHERE id = ?1",
            "INSERT INTO dropped (tenant) VALUES (?1)",
        ] {
            transaction.execute(sql, [id.cast_signed()]).map_err(failure)?;
        }
        transaction.commit().map_err(|error| self.note(failure(error)))?;
        drop(writer);
        self.forget(name);
        Ok(true)
    }

    pub(super) fn tenants(&self) -> Result<Vec<String>> {
        let reader = self.reader()?;
        let snapshot = reader.unchecked_transaction().map_err(failure)?;
        let mut statement = snapshot.prepare_cached("SELECT id FROM tenant").map_err(failure)?;
        let ids: Vec<u64> =
            statement.query_map([], |row| number(row, 0)).and_then(Iterator::collect).map_err(failure)?;
        let mut names: Vec<String> =
            ids.into_iter().map(|id| tenant_name(self, &snapshot, id)).collect::<Result<_>>()?;
        names.sort();
        Ok(names)
    }
}

fn find(store: &Store, connection: &Connection, name: &str) -> Result<Option<u64>> {
    let id = connection
        .prepare_cached("SELECT id FROM tenant WHERE lookup = ?1")
        .and_then(|mut statement| {
            statement.query_row([store.keys.lookup(name)], |row| number(row, 0)).optional()
        })
        .map_err(failure)?;
    match id {
        Some(id) if tenant_name(store, connection, id)? != name => Err(damaged()),
        id => Ok(id),
    }
}
