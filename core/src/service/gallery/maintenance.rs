//! Backup, restoring, new keys, checks.

use super::trail::Told;
use super::{Galleries, key};
use crate::Result;
use crate::api::{AuditReport, GalleryOptions, Sensitive};
use crate::gallery::audit::{self, Operation, Outcome};
use crate::gallery::{EmbeddedGallery, MasterKey};
use std::path::Path;

/// What concerns no single gallery.
const ALL: &str = "";

impl Galleries {
    pub(crate) fn backup(&self, to: &Path) -> Result<()> {
        self.recorded(Operation::Backup, ALL, None, || self.store.backup(to), |()| Told::of(Outcome::Done))
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.store.check()
    }

    pub(crate) fn change_key(&self, key: &Sensitive) -> Result<()> {
        let work = || self.store.rotate_master(&MasterKey::parse(key.expose())?);
        self.recorded(Operation::Rekey, ALL, None, work, |()| Told::of(Outcome::Done))
    }

    pub(crate) fn reseal(&self, gallery: &str) -> Result<()> {
        let work = || self.store.rotate_tenant(gallery);
        self.recorded(Operation::Rekey, gallery, None, work, |()| Told::of(Outcome::Done))
    }
}

/// Copies a store into a new file, after checking the key and every row.
pub(crate) fn restore(from: &Path, to: &Path, options: &GalleryOptions) -> Result<()> {
    EmbeddedGallery::restore(from, to, &key::find(options)?)
}

/// Checks an audit log.
pub(crate) fn verify_log(log: &Path, options: &GalleryOptions) -> Result<AuditReport> {
    let report = audit::verify(log, key::find(options)?.bytes())?;
    Ok(AuditReport {
        records: report.records,
        first: report.first,
        last: report.last,
        unsealed: report.unsealed,
        unfinished_bytes: report.unfinished_bytes,
    })
}
