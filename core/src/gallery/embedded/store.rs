//! The open store: its connections, what it remembers, and the way into it.

use super::change::Change;
use super::connect::{Options, connect, use_log};
use super::failure::{failure, read_only};
use super::header::{self, Master};
use super::layout::kind_digest;
use super::schema;
use super::tenant::Tenant;
use super::view::View;
use crate::gallery::crypt::{MasterKey, StoreKeys};
use crate::gallery::model::TemplateKind;
use crate::{Error, ErrorKind, Result};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Connections that wait for the next reader.
const IDLE_READERS: usize = 16;
/// Pages in the log from which on it is copied into the main file.
const LOG_PAGES: i64 = 1000;

/// A kind of templates that the store knows. Kinds are never changed or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) id: u64,
    pub(super) dimension: usize,
    pub(super) digest: [u8; 16],
}

/// An open store.
pub(super) struct Store {
    pub(super) path: PathBuf,
    pub(super) options: Options,
    pub(super) id: [u8; 16],
    pub(super) keys: StoreKeys,
    /// The caller's key, newest last. An older one opens what a reader still sees of the time before.
    pub(super) masters: RwLock<Vec<Master>>,
    writer: Mutex<Option<Connection>>,
    readers: Mutex<Vec<Connection>>,
    tenants: RwLock<BTreeMap<u64, Arc<Tenant>>>,
    kinds: RwLock<BTreeMap<TemplateKind, Kind>>,
    closed: AtomicBool,
    failed: AtomicBool,
    /// Whether bytes of something deleted may still be in the files.
    pub(super) erasure_pending: AtomicBool,
    /// Deletions of this process since it last shortened their list.
    pub(super) listed_deletions: AtomicU64,
}

/// A connection for reading, given back when dropped.
pub(super) struct Reader<'a> {
    store: &'a Store,
    connection: Option<Connection>,
}

impl std::ops::Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("it is there until the reader is dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut readers = lock(&self.store.readers);
        if readers.len() < IDLE_READERS && !self.store.closed.load(Ordering::Acquire) {
            readers.extend(self.connection.take());
        }
    }
}

impl Store {
    pub(super) fn open(path: &Path, key: &MasterKey, options: Options) -> Result<Self> {
        let mut connection = connect(path, &options)?;
        let newest = schema::STEPS.len();
        let version = schema::version(&connection, newest)?;
        // The key comes before anything else is done to a file that is there.
        if version > 0 {
            header::read(&connection, key)?;
        }
        if !options.read_only {
            if version == 0 && !options.create {
                return Err(Error::new(
                    ErrorKind::StoreIncompatible,
                    "The file is empty. Check its path, or ask for the store to be made.",
                ));
            }
            use_log(&connection)?;
            schema::bring_up_to_date(&mut connection, schema::STEPS, |connection| {
                header::begin(connection, key)
            })?;
        } else if version < newest {
            return Err(Error::new(
                ErrorKind::StoreIncompatible,
                "The store is of an older release. Open it once for writing, which brings it up to date.",
            ));
        }
        let header = header::read(&connection, key)?;
        Ok(Self {
            path: path.to_owned(),
            id: header.store,
            keys: header.keys,
            masters: RwLock::new(vec![header.master]),
            writer: Mutex::new(Some(connection)),
            readers: Mutex::default(),
            tenants: RwLock::default(),
            kinds: RwLock::default(),
            closed: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            erasure_pending: AtomicBool::new(false),
            listed_deletions: AtomicU64::new(0),
            options,
        })
    }

    pub(super) fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        self.tenants.write().unwrap_or_else(PoisonError::into_inner).clear();
        let writer = lock(&self.writer).take();
        let readers = std::mem::take(&mut *lock(&self.readers));
        for connection in readers.into_iter().chain(writer) {
            connection.close().map_err(|(_, error)| failure(error))?;
        }
        Ok(())
    }

    pub(super) fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) { Err(closed()) } else { Ok(()) }
    }

    /// A connection for reading.
    pub(super) fn reader(&self) -> Result<Reader<'_>> {
        self.check_open()?;
        let idle = lock(&self.readers).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path, &Options { create: false, ..self.options.clone() })?,
        };
        Ok(Reader { store: self, connection: Some(connection) })
    }

    /// The connection for writing, without a transaction.
    pub(super) fn writer(&self) -> Result<Writer<'_>> {
        self.check_open()?;
        if self.options.read_only {
            return Err(read_only());
        }
        let connection = lock(&self.writer);
        // Checked with the lock held, so that nobody writes after a failure.
        if self.failed.load(Ordering::Acquire) {
            return Err(Error::new(
                ErrorKind::StoreFailed,
                "An earlier write could not be made safe. Close the store, check the disk, and open it again.",
            ));
        }
        if connection.is_none() { Err(closed()) } else { Ok(Writer { store: self, connection }) }
    }

    /// Runs `work` at one state of the store and a tenant.
    pub(super) fn read<T>(&self, tenant: &str, work: impl FnOnce(&View<'_>) -> Result<T>) -> Result<T> {
        let reader = self.reader()?;
        let snapshot = reader.unchecked_transaction().map_err(failure)?;
        work(&View::find(self, &snapshot, tenant)?)
    }

    /// Runs `work` in a write transaction on a tenant, after this process has caught up with all others, and
    /// commits; on any error nothing is changed.
    pub(super) fn write<T>(
        &self,
        tenant: &str,
        work: impl FnOnce(&mut Change<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut writer = self.writer()?;
        let transaction = writer.begin()?;
        let view = View::find(self, &transaction, tenant)?;
        let tenant = view.tenant.clone();
        let mut mirror = tenant.mirror();
        view.catch_up(&mut mirror)?;
        let mut change = Change::begin(view, &mut mirror)?;
        let answer = work(&mut change)?;
        let Some(effects) = change.finish()? else { return Ok(answer) };
        if let Err(error) = transaction.commit() {
            return Err(self.note(failure(error)));
        }
        effects.apply(&mut mirror);
        tenant.publish(&mirror);
        drop(mirror);
        writer.shorten_log();
        Ok(answer)
    }

    /// Remembers a failure after which nothing may be written.
    pub(super) fn note(&self, error: Error) -> Error {
        if error.kind() == ErrorKind::StoreFailed {
            self.failed.store(true, Ordering::Release);
        }
        error
    }

    pub(super) fn known_tenant(&self, id: u64) -> Option<Arc<Tenant>> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Remembers a tenant, unless another thread was faster.
    pub(super) fn remember(&self, tenant: Tenant) -> Arc<Tenant> {
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        tenants.entry(tenant.id).or_insert_with(|| Arc::new(tenant)).clone()
    }

    /// Lets go of the memory of a tenant that is gone.
    pub(super) fn forget(&self, name: &str) {
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        tenants.retain(|_, tenant| tenant.name != name);
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants.values().map(|tenant| tenant.memory_bytes()).sum()
    }

    /// A kind, where the store knows it.
    pub(super) fn kind(&self, connection: &Connection, kind: &TemplateKind) -> Result<Option<Kind>> {
        if let Some(known) = self.kinds.read().unwrap_or_else(PoisonError::into_inner).get(kind) {
            return Ok(Some(known.clone()));
        }
        let row: Option<(i64, i64)> = connection
            .prepare_cached("SELECT id, dimension FROM kind WHERE model = ?1 AND pipeline = ?2")
            .and_then(|mut statement| {
                statement
                    .query_row((&kind.model, &kind.pipeline), |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })
            .map_err(failure)?;
        Ok(row.map(|(id, dimension)| {
            let dimension = dimension.unsigned_abs() as usize;
            let found = Kind { id: id.cast_unsigned(), dimension, digest: kind_digest(kind, dimension) };
            let mut kinds = self.kinds.write().unwrap_or_else(PoisonError::into_inner);
            kinds.insert(kind.clone(), found.clone());
            found
        }))
    }

    /// A kind, made known where it is new. Not in the caller's transaction: another may not take its number.
    pub(super) fn kind_or_new(&self, kind: &TemplateKind, dimension: usize) -> Result<Kind> {
        let known = self.kind(&*self.reader()?, kind)?;
        let found = match known {
            Some(known) => known,
            None => {
                let mut writer = self.writer()?;
                let transaction = writer.begin()?;
                transaction
                    .execute(
                        "INSERT INTO kind (model, pipeline, dimension) VALUES (?1, ?2, ?3)
                         ON CONFLICT DO NOTHING",
                        (&kind.model, &kind.pipeline, dimension as i64),
                    )
                    .and_then(|_| transaction.commit())
                    .map_err(|error| self.note(failure(error)))?;
                self.kind(writer.connection(), kind)?.expect("it was just made known")
            }
        };
        if found.dimension == dimension { Ok(found) } else { Err(other_length()) }
    }

    /// What kind a number stands for.
    pub(super) fn kind_of(&self, connection: &Connection, id: u64) -> Result<(TemplateKind, Kind)> {
        let kinds = self.kinds.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((kind, known)) = kinds.iter().find(|(_, known)| known.id == id) {
            return Ok((kind.clone(), known.clone()));
        }
        drop(kinds);
        let kind = connection
            .prepare_cached("SELECT model, pipeline FROM kind WHERE id = ?1")
            .and_then(|mut statement| {
                statement.query_row([id.cast_signed()], |row| {
                    Ok(TemplateKind { model: row.get(0)?, pipeline: row.get(1)? })
                })
            })
            .map_err(failure)?;
        let known = self.kind(connection, &kind)?.ok_or_else(super::failure::damaged)?;
        Ok((kind, known))
    }
}

/// The one connection that writes, with no other thread of this process writing.
pub(super) struct Writer<'a> {
    store: &'a Store,
    connection: MutexGuard<'a, Option<Connection>>,
}

impl Writer<'_> {
    pub(super) fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("checked when the writer was taken")
    }

    /// Begins a transaction that no other process writes beside.
    pub(super) fn begin(&mut self) -> Result<Transaction<'_>> {
        Transaction::new_unchecked(self.connection(), TransactionBehavior::Immediate)
            .map_err(|error| self.store.note(failure(error)))
    }

    /// Copies a long log into the main file. What is committed stays so whatever becomes of this.
    pub(super) fn shorten_log(&self) {
        let pages = |mode: &str| {
            self.connection().query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
                Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?)
            })
        };
        let outcome =
            pages("NOOP").and_then(|waiting| if waiting < LOG_PAGES { Ok(0) } else { pages("PASSIVE") });
        if let Err(error) = outcome {
            self.store.note(failure(error));
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn other_length() -> Error {
    Error::new(
        ErrorKind::ModelMismatch,
        "The template has another length than those of its kind. Give one from the same model and pipeline.",
    )
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "The gallery was closed. Open it again.")
}
