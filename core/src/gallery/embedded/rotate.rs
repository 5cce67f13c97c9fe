//! New keys without downtime.

use super::change::Change;
use super::failure::{damaged, failure};
use super::header::{self, Master, key_changed};
use super::layout::read_template;
use super::store::Store;
use super::view::{NumberedSubject, OwnedFace, key_place, number, sealed};
use crate::Result;
use crate::gallery::crypt::{DataKey, MasterKey, random, wrapping_key};
use rusqlite::Connection;
use std::sync::{Arc, PoisonError};
use zeroize::Zeroizing;

/// Rows that are sealed anew in one transaction: other writers wait for no longer than that takes.
const BATCH_ROWS: i64 = 500;

/// Seals some rows anew after the one of this number; the number of the last one, or nothing at the end.
type Pass = fn(&mut Change<'_>, u64) -> Result<Option<u64>>;

impl Store {
    /// Seals the store's secret and the tenants' keys under a new key of the caller.
    pub(super) fn rotate_master(&self, new: &MasterKey) -> Result<()> {
        let mut writer = self.writer()?;
        let transaction = writer.begin()?;
        let today = header::master_version(&transaction)?;
        let mut masters = self.masters.write().unwrap_or_else(PoisonError::into_inner);
        let old = masters.last().filter(|master| master.version == today).ok_or_else(key_changed)?;
        let new = Master { key: new.clone(), version: today + 1 };
        header::rewrap(&transaction, &old.key, &new)?;
        rewrap_tenants(&transaction, &self.id, old, &new)?;
        transaction.commit().map_err(|error| self.note(failure(error)))?;
        masters.push(new);
        drop(masters);
        drop(writer);
        // What is sealed under the old key must go too.
        self.erase()
    }

    /// Gives a tenant a new data key, seals its rows with it and destroys the old one. Where that was begun and
    /// interrupted, it is finished.
    pub(super) fn rotate_tenant(&self, name: &str) -> Result<()> {
        self.write(name, |change| {
            if change.view.tenant.live_keys().len() > 1 { Ok(()) } else { change.bring_new_key() }
        })?;
        let passes: [Pass; 3] = [
            |change, after| change.reseal_subjects(after),
            |change, after| change.reseal_faces(after),
            |change, after| change.reseal_templates(after),
        ];
        for pass in passes {
            let mut after = 0;
            while let Some(last) = self.write(name, |change| pass(change, after))? {
                after = last;
            }
        }
        let (tenant, version) = self.write(name, |change| {
            change.check_all_resealed()?;
            change.destroy_old_keys()?;
            Ok((change.view.tenant.clone(), change.view.key))
        })?;
        tenant.set_only_key(version);
        self.erase()
    }
}

fn rewrap_tenants(connection: &Connection, store: &[u8; 16], old: &Master, new: &Master) -> Result<()> {
    let rows: Vec<(i64, u32, Vec<u8>)> = connection
        .prepare("SELECT tenant, version, wrapped FROM tenant_key")
        .and_then(|mut statement| {
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        })
        .map_err(failure)?;
    for (tenant, version, wrapped) in rows {
        let (mut wrapped, id) = (Zeroizing::new(wrapped), tenant.cast_unsigned());
        let place = key_place(*store, id, version);
        let secret =
            wrapping_key(&old.key, store, id, old.version).open(&place, &mut wrapped).ok_or_else(damaged)?;
        let sealed = wrapping_key(&new.key, store, id, new.version).seal(&place, secret);
        connection
            .execute(
                "UPDATE tenant_key SET wrapped = ?3 WHERE tenant = ?1 AND version = ?2",
                (tenant, version, sealed),
            )
            .map_err(failure)?;
    }
    Ok(())
}

impl Change<'_> {
    pub(super) fn bring_new_key(&mut self) -> Result<()> {
        let (store, tenant) = (self.view.store, self.view.tenant.clone());
        let version = self.view.key + 1;
        let secret = Zeroizing::new(random::<32>());
        let wrapped = store.wrap(self.view.connection, tenant.id, version, &secret)?;
        self.add_key(version, wrapped)?;
        tenant.add_key(version, Arc::new(DataKey::new(&secret, &store.id, version)));
        self.use_key(version)
    }

    fn reseal_subjects(&mut self, after: u64) -> Result<Option<u64>> {
        let rows: Vec<NumberedSubject> = self.view.all(
            "SELECT number, key, sealed FROM subject WHERE tenant = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
            [self.view.tenant.id.cast_signed(), after.cast_signed(), BATCH_ROWS],
            |row| self.view.read_subject(row),
        )?;
        for row in &rows {
            self.set_subject(row)?;
        }
        Ok(rows.last().map(|row| row.number))
    }

    fn reseal_faces(&mut self, after: u64) -> Result<Option<u64>> {
        let rows: Vec<OwnedFace> = self.view.all(
            "SELECT face, subject, key, sealed FROM face WHERE tenant = ?1 AND face > ?2 ORDER BY face LIMIT ?3",
            [self.view.tenant.id.cast_signed(), after.cast_signed(), BATCH_ROWS],
            |row| self.view.read_face(row),
        )?;
        for row in &rows {
            self.set_face(row.owner, &row.face)?;
        }
        Ok(rows.last().map(|row| row.face.id))
    }

    fn reseal_templates(&mut self, after: u64) -> Result<Option<u64>> {
        let rows = self.view.all(
            "SELECT seq, face, subject, kind, key, sealed FROM template
             WHERE tenant = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            [self.view.tenant.id.cast_signed(), after.cast_signed(), BATCH_ROWS],
            |row| {
                let column = |index| number(row, index).map_err(failure);
                let (seq, face, owner) = (column(0)?, column(1)?, column(2)?);
                let (_, kind) = self.view.store.kind_of(self.view.connection, column(3)?)?;
                let place = self.view.template_place(face, owner, &kind);
                let values =
                    self.view.open(&place, &sealed(row, 4)?, |bytes| read_template(bytes, kind.dimension))?;
                Ok((seq, face, owner, kind, values))
            },
        )?;
        for (seq, face, owner, kind, values) in &rows {
            self.reseal_template(*seq, *owner, *face, kind, values)?;
        }
        Ok(rows.last().map(|row| row.0))
    }

    fn check_all_resealed(&self) -> Result<()> {
        for table in ["subject", "face", "template"] {
            let old = self.view.one(
                &format!("SELECT 1 FROM {table} WHERE tenant = ?1 AND key <> ?2 LIMIT 1"),
                [self.view.tenant.id.cast_signed(), i64::from(self.view.key)],
                |_| Ok(()),
            )?;
            if old.is_some() {
                return Err(damaged());
            }
        }
        Ok(())
    }
}
