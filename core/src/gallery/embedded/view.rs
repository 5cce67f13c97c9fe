//! One state of a tenant, as one transaction sees it.

use super::failure::{damaged, failure};
use super::header::{key_changed, master_version};
use super::layout::{Tallies, read_face, read_subject, read_tallies, read_template};
use super::store::{Kind, Store};
use super::tenant::Tenant;
use crate::gallery::crypt::{DataKey, Place, Record, wrapping_key};
use crate::gallery::model::{Face, Subject, Template, TemplateKind};
use crate::{Error, ErrorKind, Result};
use rusqlite::{Connection, OptionalExtension, Row, types::ValueRef};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use zeroize::Zeroizing;

/// A tenant at one state of the store.
pub(super) struct View<'a> {
    pub(super) store: &'a Store,
    /// In a transaction.
    pub(super) connection: &'a Connection,
    pub(super) tenant: Arc<Tenant>,
    /// Version of the key for new rows.
    pub(super) key: u32,
    /// Number of the tenant's last change.
    pub(super) change: u64,
}

/// A subject with the store's number of it.
pub(super) struct NumberedSubject {
    pub(super) number: u64,
    pub(super) subject: Subject,
}

/// A face with the number of its subject.
pub(super) struct OwnedFace {
    pub(super) face: Face,
    pub(super) owner: u64,
}

/// A sealed part of a row.
pub(super) struct Sealed<'a> {
    pub(super) key: u32,
    pub(super) bytes: &'a [u8],
}

/// A number that the store wrote.
pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

/// The key version and the sealed bytes in two columns that follow each other.
pub(super) fn sealed<'a>(row: &'a Row<'_>, column: usize) -> Result<Sealed<'a>> {
    match row.get_ref(column + 1).map_err(failure)? {
        ValueRef::Blob(bytes) => Ok(Sealed { key: row.get(column).map_err(failure)?, bytes }),
        _ => Err(damaged()),
    }
}

impl<'a> View<'a> {
    /// The tenant called `name`.
    ///
    /// # Errors
    /// `GalleryNotFound` where there is none.
    pub(super) fn find(store: &'a Store, connection: &'a Connection, name: &str) -> Result<Self> {
        crate::gallery::model::check_text(name, "A gallery's name")?;
        let row: Option<(u64, u32, u64)> = connection
            .prepare_cached("SELECT id, key, change FROM tenant WHERE lookup = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([store.keys.lookup(name)], |row| {
                        Ok((number(row, 0)?, row.get(1)?, number(row, 2)?))
                    })
                    .optional()
            })
            .map_err(failure)?;
        let Some((id, key, change)) = row else {
            store.forget(name);
            return Err(Error::new(
                ErrorKind::GalleryNotFound,
                "There is no gallery of this name. Make it first.",
            ));
        };
        let tenant = match store.known_tenant(id) {
            Some(tenant) => tenant,
            None => store.remember(Tenant::new(id, tenant_name(store, connection, id)?)),
        };
        if tenant.name != name {
            return Err(damaged());
        }
        let view = Self { store, connection, tenant, key, change };
        if !view.tenant.has_current_key(key) {
            view.load_keys()?;
        }
        Ok(view)
    }

    fn load_keys(&self) -> Result<()> {
        let (store, tenant) = (self.store, self.tenant.id);
        let version = master_version(self.connection)?;
        let masters = store.masters.read().unwrap_or_else(PoisonError::into_inner);
        let Some(master) = masters.iter().find(|master| master.version == version) else {
            return Err(key_changed());
        };
        let wrapping = wrapping_key(&master.key, &store.id, tenant, master.version);
        let mut keys = BTreeMap::new();
        let mut statement = self
            .connection
            .prepare_cached("SELECT version, wrapped FROM tenant_key WHERE tenant = ?1")
            .map_err(failure)?;
        let mut rows = statement.query([tenant.cast_signed()]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let version: u32 = row.get(0).map_err(failure)?;
            let mut wrapped = Zeroizing::new(row.get::<_, Vec<u8>>(1).map_err(failure)?);
            let secret =
                wrapping.open(&key_place(store.id, tenant, version), &mut wrapped).ok_or_else(damaged)?;
            let secret = Zeroizing::new(<[u8; 32]>::try_from(&*secret).map_err(|_| damaged())?);
            keys.insert(version, Arc::new(DataKey::new(&secret, &store.id, version)));
        }
        if keys.last_key_value().map(|(version, _)| *version) != Some(self.key) {
            return Err(damaged());
        }
        self.tenant.set_keys(keys);
        Ok(())
    }

    /// The key for new rows.
    pub(super) fn current_key(&self) -> Result<Arc<DataKey>> {
        self.tenant.key(self.key).ok_or_else(damaged)
    }

    pub(super) fn key_of(&self, version: u32) -> Result<Arc<DataKey>> {
        if let Some(key) = self.tenant.key(version) {
            return Ok(key);
        }
        // Another process may be replacing the key.
        self.load_keys()?;
        self.tenant.key(version).ok_or_else(damaged)
    }

    pub(super) fn place(&self, record: Record, row: u64, owner: u64) -> Place {
        Place { store: self.store.id, tenant: self.tenant.id, record, row, owner, model: [0; 16] }
    }

    pub(super) fn template_place(&self, face: u64, owner: u64, kind: &Kind) -> Place {
        Place { model: kind.digest, ..self.place(Record::Template, face, owner) }
    }

    /// What a sealed part says.
    ///
    /// # Errors
    /// `StoreDamaged` where it was not sealed for this place.
    pub(super) fn open<T>(
        &self,
        place: &Place,
        sealed: &Sealed<'_>,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T> {
        let key = self.key_of(sealed.key)?;
        let mut bytes = Zeroizing::new(sealed.bytes.to_vec());
        let plain = key.rows.open(place, &mut bytes).ok_or_else(damaged)?;
        read(plain).ok_or_else(damaged)
    }

    pub(super) fn tallies(&self) -> Result<Tallies> {
        self.one(
            "SELECT tally_key, tally FROM tenant WHERE id = ?1",
            [self.tenant.id.cast_signed()],
            |row| self.open(&self.place(Record::Tally, self.change, 0), &sealed(row, 0)?, read_tallies),
        )?
        .ok_or_else(damaged)
    }

    /// The first row of a statement, read by `take`.
    pub(super) fn one<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        take: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failure)?;
        let mut rows = statement.query(parameters).map_err(failure)?;
        rows.next().map_err(failure)?.map(take).transpose()
    }

    /// All rows of a statement, read by `take`.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        mut take: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failure)?;
        let mut rows = statement.query(parameters).map_err(failure)?;
        let mut answer = Vec::new();
        while let Some(row) = rows.next().map_err(failure)? {
            answer.push(take(row)?);
        }
        Ok(answer)
    }

    pub(super) fn find_subject(&self, id: &str) -> Result<Option<NumberedSubject>> {
        for key in self.tenant.live_keys() {
            let found = self.one(
                "SELECT number, key, sealed FROM subject WHERE tenant = ?1 AND lookup = ?2",
                (self.tenant.id.cast_signed(), key.lookup(id)),
                |row| self.read_subject(row),
            )?;
            match found {
                Some(found) if found.subject.id == id => return Ok(Some(found)),
                Some(_) => return Err(damaged()),
                None => {}
            }
        }
        Ok(None)
    }

    /// A subject by the store's number of it.
    pub(super) fn subject(&self, subject: u64) -> Result<Option<Subject>> {
        let found = self.one(
            "SELECT number, key, sealed FROM subject WHERE number = ?1 AND tenant = ?2",
            [subject.cast_signed(), self.tenant.id.cast_signed()],
            |row| self.read_subject(row),
        )?;
        Ok(found.map(|found| found.subject))
    }

    /// Reads the columns number, key, sealed.
    pub(super) fn read_subject(&self, row: &Row<'_>) -> Result<NumberedSubject> {
        let subject = number(row, 0).map_err(failure)?;
        let place = self.place(Record::Subject, subject, 0);
        Ok(NumberedSubject { number: subject, subject: self.open(&place, &sealed(row, 1)?, read_subject)? })
    }

    pub(super) fn face(&self, face: u64) -> Result<Option<OwnedFace>> {
        self.one(
            "SELECT face, subject, key, sealed FROM face WHERE tenant = ?1 AND face = ?2",
            [self.tenant.id.cast_signed(), face.cast_signed()],
            |row| self.read_face(row),
        )
    }

    pub(super) fn faces_of(&self, subject: u64) -> Result<Vec<Face>> {
        self.all(
            "SELECT face, subject, key, sealed FROM face WHERE subject = ?1 AND tenant = ?2 ORDER BY face",
            [subject.cast_signed(), self.tenant.id.cast_signed()],
            |row| Ok(self.read_face(row)?.face),
        )
    }

    /// Reads the columns face, subject, key, sealed.
    pub(super) fn read_face(&self, row: &Row<'_>) -> Result<OwnedFace> {
        let (face, owner) = (number(row, 0).map_err(failure)?, number(row, 1).map_err(failure)?);
        let place = self.place(Record::Face, face, owner);
        let face = self.open(&place, &sealed(row, 2)?, |bytes| read_face(face, bytes))?;
        Ok(OwnedFace { face, owner })
    }

    /// The template of one kind of a face, where it has one.
    pub(super) fn values(&self, face: u64, owner: u64, kind: &Kind) -> Result<Option<Zeroizing<Vec<f32>>>> {
        self.one(
            "SELECT key, sealed, subject FROM template WHERE tenant = ?1 AND face = ?2 AND kind = ?3",
            [self.tenant.id.cast_signed(), face.cast_signed(), kind.id.cast_signed()],
            |row| {
                if number(row, 2).map_err(failure)? != owner {
                    return Err(damaged());
                }
                let place = self.template_place(face, owner, kind);
                self.open(&place, &sealed(row, 0)?, |bytes| read_template(bytes, kind.dimension))
            },
        )
    }

    /// All templates of a face.
    pub(super) fn templates(&self, face: u64, owner: u64) -> Result<Vec<Template>> {
        let kinds = self.all(
            "SELECT kind FROM template WHERE tenant = ?1 AND face = ?2 ORDER BY kind",
            [self.tenant.id.cast_signed(), face.cast_signed()],
            |row| number(row, 0).map_err(failure),
        )?;
        let mut templates = Vec::new();
        for id in kinds {
            let (kind, known): (TemplateKind, Kind) = self.store.kind_of(self.connection, id)?;
            let values = self.values(face, owner, &known)?.ok_or_else(damaged)?;
            templates.push(Template { kind, values });
        }
        Ok(templates)
    }
}

pub(super) fn key_place(store: [u8; 16], tenant: u64, version: u32) -> Place {
    Place { store, tenant, record: Record::TenantKey, row: u64::from(version), owner: 0, model: [0; 16] }
}

pub(super) fn name_place(store: [u8; 16], tenant: u64) -> Place {
    Place { store, tenant, record: Record::TenantName, row: 0, owner: 0, model: [0; 16] }
}

/// The name of a tenant, opened.
pub(super) fn tenant_name(store: &Store, connection: &Connection, id: u64) -> Result<String> {
    let name: Vec<u8> = connection
        .query_row("SELECT name FROM tenant WHERE id = ?1", [id.cast_signed()], |row| row.get(0))
        .map_err(failure)?;
    let mut name = Zeroizing::new(name);
    let name = store.keys.names.open(&name_place(store.id, id), &mut name).ok_or_else(damaged)?;
    String::from_utf8(name.to_vec()).map_err(|_| damaged())
}
