//! The store on this machine: one SQLite file, sealed rows, an exact search in memory.
//!
//! The file is the truth and memory follows it, so several processes may use one file at once: each call first looks
//! whether another changed anything. Writes are one at a time; readers never wait for them.

mod backup;
mod change;
mod connect;
mod enrol;
mod erase;
mod failure;
mod find;
mod fresh;
mod header;
mod layout;
mod mirror;
mod pages;
mod rotate;
mod schema;
mod store;
mod tenant;
mod tenants;
#[cfg(test)]
mod tests;
mod view;

pub use connect::Options;
pub(crate) use fresh::NewStore;

use super::Gallery;
use super::crypt::MasterKey;
use super::model::{
    Attributes, Candidate, Count, Deleted, Duplicates, Enrolled, Face, NewFace, Page, StoredFace, Subject,
    Template, TemplateKind,
};
use crate::{Error, ErrorKind, Result};
use enrol::Ready;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::PoisonError;
use store::Store;

/// A gallery in a file of this machine.
pub struct EmbeddedGallery {
    store: ManuallyDrop<Store>,
    process: u32,
}

impl EmbeddedGallery {
    /// Opens the store in the file `path`.
    ///
    /// # Errors
    /// `WrongKey` before anything else is done; `StoreIncompatible` where it is no store or from a newer release;
    /// `Io`, `StoreReadOnly`, `StoreBusy`, `StoreDamaged`.
    pub fn open(path: &Path, key: &MasterKey, options: Options) -> Result<Self> {
        let store = Store::open(path, key, options)?;
        let gallery = Self { store: ManuallyDrop::new(store), process: std::process::id() };
        if !gallery.store.options.read_only {
            gallery.finish_drops()?;
        }
        Ok(gallery)
    }

    /// Deletes the rows of tenants that were being dropped when a process ended.
    fn finish_drops(&self) -> Result<()> {
        match self.store.delete_dropped() {
            // Another process is writing, or the disk is full; the rows are unreadable and wait for the next opening.
            Err(error) if matches!(error.kind(), ErrorKind::StoreBusy | ErrorKind::StoreFull) => Ok(()),
            outcome => outcome.map(|_| ()),
        }
    }

    /// The store, in the process that opened it.
    ///
    /// # Errors
    /// `ForkedProcess` in a child: SQLite's locks and another thread's are not the child's.
    fn store(&self) -> Result<&Store> {
        if std::process::id() != self.process {
            return Err(Error::new(
                ErrorKind::ForkedProcess,
                "This gallery was opened before the process was forked and does not work in the child. Open it here, after the fork.",
            ));
        }
        self.store.check_open()?;
        Ok(&self.store)
    }

    /// Copies the store in `from` into the new file `to`, after checking the key and every row.
    ///
    /// # Errors
    /// As of [`EmbeddedGallery::open`] and [`EmbeddedGallery::backup`].
    pub(crate) fn restore(from: &Path, to: &Path, key: &MasterKey) -> Result<()> {
        backup::restore(from, to, key, &Options::default())
    }

    /// Bytes that the searchable copies take in memory.
    pub fn memory_bytes(&self) -> Result<u64> {
        Ok(self.store()?.memory_bytes())
    }
}

impl Drop for EmbeddedGallery {
    fn drop(&mut self) {
        if std::process::id() == self.process {
            // SAFETY: this is the only place that drops the store, and nothing uses it afterwards.
            unsafe { ManuallyDrop::drop(&mut self.store) }
        }
    }
}

impl Gallery for EmbeddedGallery {
    fn create_tenant(&self, tenant: &str) -> Result<bool> {
        self.store()?.create_tenant(tenant)
    }

    fn drop_tenant(&self, tenant: &str) -> Result<bool> {
        self.store()?.drop_tenant(tenant)
    }

    fn tenants(&self) -> Result<Vec<String>> {
        self.store()?.tenants()
    }

    fn count(&self, tenant: &str) -> Result<Count> {
        self.store()?.count(tenant)
    }

    fn enroll(&self, tenant: &str, face: &NewFace, duplicates: Duplicates) -> Result<Enrolled> {
        duplicates.check()?;
        let store = self.store()?;
        let ready = Ready::new(store, face)?;
        store.write(tenant, |change| {
            change.look_for_duplicates([&ready], duplicates)?;
            change.enroll(&ready, duplicates)
        })
    }

    fn enroll_batch(
        &self,
        tenant: &str,
        faces: &[NewFace],
        duplicates: Duplicates,
    ) -> Result<Vec<Result<Enrolled>>> {
        duplicates.check()?;
        self.store()?.enroll_batch(tenant, faces, duplicates)
    }

    fn replace(&self, tenant: &str, face: u64, new: &NewFace, duplicates: Duplicates) -> Result<Enrolled> {
        duplicates.check()?;
        self.store()?.replace(tenant, face, new, duplicates)
    }

    fn add_template(&self, tenant: &str, face: u64, template: &Template) -> Result<bool> {
        self.store()?.add_template(tenant, face, template)
    }

    fn retire_kind(&self, tenant: &str, kind: &TemplateKind) -> Result<u64> {
        self.store()?.retire_kind(tenant, kind)
    }

    fn delete_face(&self, tenant: &str, face: u64) -> Result<bool> {
        self.store()?.delete_face(tenant, face)
    }

    fn delete_subjects(&self, tenant: &str, subjects: &[&str]) -> Result<Deleted> {
        self.store()?.delete_subjects(tenant, subjects)
    }

    fn sweep(&self, now: i64) -> Result<Deleted> {
        let store = self.store()?;
        store.sweep(now, &store.tenants()?)
    }

    fn erase(&self) -> Result<()> {
        let store = self.store()?;
        store.delete_dropped()?;
        store.erase()
    }

    fn subject(&self, tenant: &str, subject: &str) -> Result<Option<Subject>> {
        self.store()?.read(tenant, |view| Ok(view.find_subject(subject)?.map(|found| found.subject)))
    }

    fn set_attributes(&self, tenant: &str, subject: &str, attributes: &Attributes) -> Result<()> {
        attributes.check()?;
        self.store()?.set_attributes(tenant, subject, attributes)
    }

    fn owner(&self, tenant: &str, face: u64) -> Result<String> {
        self.store()?.owner(tenant, face)
    }

    fn faces_of(&self, tenant: &str, subject: &str) -> Result<Vec<Face>> {
        self.store()?.faces_of(tenant, subject)
    }

    fn templates_of(&self, tenant: &str, subject: &str, kind: &TemplateKind) -> Result<Vec<(u64, Template)>> {
        self.store()?.templates_of(tenant, subject, kind)
    }

    fn subjects(&self, tenant: &str, after: Option<u64>, limit: usize) -> Result<Page<Subject>> {
        self.store()?.subjects(tenant, after, limit)
    }

    fn scan(&self, tenant: &str, after: Option<u64>, limit: usize) -> Result<Page<StoredFace>> {
        self.store()?.scan(tenant, after, limit)
    }

    fn search(
        &self,
        tenant: &str,
        kind: &TemplateKind,
        probes: &[&[f32]],
        count: usize,
    ) -> Result<Vec<Vec<Candidate>>> {
        self.store()?.search(tenant, kind, probes, count)
    }

    fn rotate_master(&self, new: &MasterKey) -> Result<()> {
        self.store()?.rotate_master(new)
    }

    fn rotate_tenant(&self, tenant: &str) -> Result<()> {
        self.store()?.rotate_tenant(tenant)
    }

    fn backup(&self, to: &Path) -> Result<()> {
        let store = self.store()?;
        let masters = store.masters.read().unwrap_or_else(PoisonError::into_inner);
        let key = masters.last().expect("a store is opened with a key").key.clone();
        drop(masters);
        store.backup(to, &key)
    }

    fn check(&self) -> Result<()> {
        self.store()?.check()
    }

    fn close(&self) -> Result<()> {
        self.store()?.close()
    }
}
