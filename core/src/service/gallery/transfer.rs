//! A gallery written out and read in: an export is a store of its own, sealed under a key of its own.

use super::copy::{Copied, Place, copy};
use super::trail::Told;
use super::{Galleries, key, of};
use crate::api::{ExportOptions, TransferReport};
use crate::gallery::audit::{Operation, Outcome};
use crate::gallery::{EmbeddedGallery, Gallery, MasterKey, NewStore, Options};
use crate::service::job::Steps;
use crate::service::local::LocalBackend;
use crate::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// An export that is about to be written.
pub(crate) struct Export {
    gallery: String,
    key: MasterKey,
    file: NewStore,
}

/// An import that is about to be read.
pub(crate) struct Import {
    gallery: String,
    key: MasterKey,
    from: PathBuf,
}

impl Export {
    /// # Errors
    /// `GalleryNotFound`; `InvalidArgument` where something is at `to` or there is no key; `Io`.
    pub(crate) fn begin(
        backend: &LocalBackend,
        gallery: &str,
        to: &Path,
        options: &ExportOptions,
    ) -> Result<Self> {
        of(backend)?.store.count(gallery)?;
        let key = key::of_export(options)?;
        Ok(Self { gallery: gallery.to_owned(), key, file: NewStore::claim(to)? })
    }

    /// # Errors
    /// `Cancelled`; `StoreDamaged` where the file does not hold what was read; those of the store. Nothing is left of
    /// the file then.
    pub(crate) fn run(self, backend: &LocalBackend, steps: &Steps) -> Result<TransferReport> {
        let galleries = of(backend)?;
        let gallery = self.gallery.as_str();
        let work = || {
            self.file.fill(&self.key, |file| {
                file.create_tenant(gallery)?;
                let copied = copy(galleries.place(gallery), Place { store: file, gallery }, steps)?;
                let count = file.count(gallery)?;
                if copied.stored != copied.faces() || copied.stored != count.faces {
                    return Err(Error::new(
                        ErrorKind::StoreDamaged,
                        "The export does not hold what was written to it. Check the disk and try again.",
                    ));
                }
                Ok(report(copied, count.subjects))
            })
        };
        // What is not recorded is not left behind either.
        let report =
            galleries.recorded(Operation::Export, gallery, None, work, |_| Told::of(Outcome::Done))?;
        self.file.keep();
        Ok(report)
    }
}

impl Import {
    /// # Errors
    /// `GalleryNotFound`; `InvalidArgument` where there is no key; `Io` where there is no file.
    pub(crate) fn begin(
        backend: &LocalBackend,
        gallery: &str,
        from: &Path,
        options: &ExportOptions,
    ) -> Result<Self> {
        of(backend)?.store.count(gallery)?;
        let key = key::of_export(options)?;
        if !from.exists() {
            return Err(Error::new(ErrorKind::Io, "The export is not there. Check its path."));
        }
        Ok(Self { gallery: gallery.to_owned(), key, from: from.to_owned() })
    }

    /// # Errors
    /// `WrongKey`, `StoreDamaged`, `StoreIncompatible` before anything is stored; `Cancelled`; those of the store.
    pub(crate) fn run(self, backend: &LocalBackend, steps: &Steps) -> Result<TransferReport> {
        let galleries = of(backend)?;
        let gallery = self.gallery.as_str();
        let work = || {
            let file = EmbeddedGallery::open(&self.from, &self.key, Options::default()).map_err(of_file)?;
            file.check()?;
            let names = file.tenants()?;
            let [name] = names.as_slice() else {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "The file does not hold one gallery, so it is no export. Restore a backup instead.",
                ));
            };
            let from = Place { store: &file, gallery: name };
            let count = file.count(name)?;
            let copied = copy(from, galleries.place(gallery), steps)?;
            if copied.faces() != count.faces {
                return Err(Error::new(
                    ErrorKind::StoreDamaged,
                    "The export was changed while it was read. Do the import again.",
                ));
            }
            file.close()?;
            Ok(report(copied, count.subjects))
        };
        galleries.recorded(Operation::Import, gallery, None, work, |_| Told::of(Outcome::Done))
    }
}

impl Galleries {
    fn place<'a>(&'a self, gallery: &'a str) -> Place<'a> {
        Place { store: &*self.store, gallery }
    }
}

fn report(copied: Copied, subjects: u64) -> TransferReport {
    TransferReport {
        subjects,
        faces: copied.faces(),
        stored: copied.stored,
        already_there: copied.already_there,
        refused: copied.refused,
    }
}

/// The error of a file that cannot be opened, in the words of an import.
fn of_file(error: Error) -> Error {
    match error.kind() {
        ErrorKind::WrongKey => Error::new(
            ErrorKind::WrongKey,
            "This key does not open the export. Give the key that it was made with; an export that was interrupted opens with none.",
        ),
        _ => error,
    }
}
