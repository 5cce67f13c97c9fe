//! Enrolled faces behind a client: what may enter the store, what a search decides, and what is recorded.

mod copy;
mod enrol;
mod fitness;
mod key;
mod listing;
mod maintenance;
mod many;
mod records;
mod search;
mod trail;
mod transfer;

pub(crate) use enrol::Sample;
pub(crate) use maintenance::{restore, verify_log};
pub(crate) use many::{Enrolment, Source};
pub(crate) use search::Probes;
pub(crate) use transfer::{Export, Import};

use super::local::LocalBackend;
use crate::api::{DuplicatePolicy, Embedding, GalleryOptions};
use crate::gallery::{EmbeddedGallery, Gallery, MasterKey, Options, Residence, Template, TemplateKind};
use crate::{Error, ErrorKind, Result};
use trail::Trail;
use zeroize::Zeroizing;

/// The galleries of a client.
pub(crate) struct Galleries {
    store: Box<dyn Gallery>,
    duplicates: DuplicatePolicy,
    trail: Option<Trail>,
    key: MasterKey,
}

impl Galleries {
    /// Opens the store, and makes it where there is none.
    ///
    /// # Errors
    /// `InvalidArgument` where no store or no key is named; `WrongKey`, `StoreIncompatible`, `StoreDamaged`,
    /// `Io` and others of the store.
    pub(crate) fn open(options: &GalleryOptions) -> Result<Self> {
        if options.store.as_os_str().is_empty() {
            return Err(Error::new(ErrorKind::InvalidArgument, "Name the gallery's file: `store`."));
        }
        let key = key::find(options)?;
        let residence = if options.lean { Residence::Lean } else { Residence::Full };
        let store = EmbeddedGallery::open(
            &options.store,
            &key,
            Options { create: true, residence, ..Options::default() },
        )?;
        let trail = match &options.audit_log {
            Some(path) => Some(Trail::open(path, &key, &options.actor)?),
            None => None,
        };
        Ok(Self { store: Box::new(store), duplicates: options.duplicates, trail, key })
    }
}

/// The galleries of a backend.
///
/// # Errors
/// `InvalidArgument` where the client was made without any.
pub(crate) fn of(backend: &LocalBackend) -> Result<&Galleries> {
    backend.engine()?;
    backend.galleries.as_ref().ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidArgument,
            "This client has no gallery. Make it with `gallery` among its options, which names the store and its key.",
        )
    })
}

/// What the store calls a template.
fn template(embedding: &Embedding) -> Template {
    Template { kind: kind(embedding), values: Zeroizing::new(embedding.values.clone()) }
}

fn kind(embedding: &Embedding) -> TemplateKind {
    TemplateKind { model: embedding.model_id.clone(), pipeline: embedding.pipeline.clone() }
}
