//! What a client does with enrolled faces.

use super::Client;
use crate::api::gallery::{
    AuditReport, CandidateList, EnrollOptions, EnrollSource, EnrolledFace, Enrollment, ExportOptions,
    GalleryDescription, GalleryOptions, IdentifyOptions, Subject, SubjectAttributes, SubjectPage,
    UpdateFaceOptions, Verification,
};
use crate::api::images::ImageInput;
use crate::api::jobs::{EnrollmentJob, EnrollmentOutcome, TransferJob};
use crate::api::options::CompareOptions;
use crate::api::records::Embedding;
use crate::api::sensitive::Sensitive;
use crate::service::gallery::{Enrolment, Export, Import, Probes, Sample, Source, of, restore, verify_log};
use crate::service::job::Job;
use crate::{Error, ErrorKind, Result};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Copies a store, or a backup of one, from `backup` into the new file `to`, after checking the key and every row.
/// The key is found as [`GalleryOptions::key`] says; the options' store is not looked at.
///
/// # Errors
/// `WrongKey`, `StoreDamaged`, `StoreIncompatible`, `Io`; `InvalidArgument` where something is at `to`, or there is
/// no key.
pub fn restore_galleries(backup: &Path, to: &Path, options: &GalleryOptions) -> Result<()> {
    restore(backup, to, options)
}

/// Checks an audit log from its first record to its last. The key is found as [`GalleryOptions::key`] says.
///
/// # Errors
/// `AuditBroken`, with the number of the first record that is wrong; `Io`; `InvalidArgument` where there is no key.
pub fn verify_audit_log(log: &Path, options: &GalleryOptions) -> Result<AuditReport> {
    verify_log(log, options)
}

impl Client {
    /// Makes the gallery named `gallery` (1 to 128 characters); false where it was there.
    ///
    /// # Errors
    /// `InvalidArgument` where the client was made without a store, or the name is empty or too long; and those
    /// of the store: `StoreBusy`, `StoreFull`, `StoreReadOnly`, `StoreFailed`, `StoreDamaged`, `WrongKey`, `Io`.
    pub fn create_gallery(&self, gallery: &str) -> Result<bool> {
        of(&self.backend)?.create(gallery)
    }

    /// Destroys the key of `gallery`, then deletes everything in it; false where there was none.
    ///
    /// # Errors
    /// `ErasurePending` as for [`Client::delete_face`], and those of [`Client::create_gallery`].
    pub fn drop_gallery(&self, gallery: &str) -> Result<bool> {
        of(&self.backend)?.drop_gallery(gallery)
    }

    /// All galleries of the store, by name.
    ///
    /// # Errors
    /// Those of [`Client::create_gallery`].
    pub fn list_galleries(&self) -> Result<Vec<GalleryDescription>> {
        of(&self.backend)?.all()
    }

    /// How many subjects and faces `gallery` holds, and whether a filing may be due.
    ///
    /// # Errors
    /// `GalleryNotFound`, and those of [`Client::create_gallery`].
    pub fn describe_gallery(&self, gallery: &str) -> Result<GalleryDescription> {
        of(&self.backend)?.describe(gallery)
    }

    /// Enrols the face on a photo for `subject` (the caller's identifier, 1 to 128 characters) in `gallery`. A
    /// subject may have several faces, such as from five sides.
    ///
    /// A photo that is not fit (no face, several, too small, dark, bright, blurred, turned) is refused, and a
    /// face that is enrolled for another subject is named: both are answers, and nothing is stored. The same face
    /// enrolled again changes nothing. What is answered is on the disk.
    ///
    /// # Errors
    /// `GalleryNotFound`; `AlreadyEnrolled` where the chosen number belongs to another face; those of
    /// [`Client::detect`] and [`Client::create_gallery`].
    pub fn enroll<'a>(
        &self,
        gallery: &str,
        subject: &str,
        image: impl Into<ImageInput<'a>>,
        options: &EnrollOptions,
    ) -> Result<Enrollment> {
        let sample = Sample::Image(image.into());
        of(&self.backend)?.enroll(&self.backend, gallery, subject, sample, options)
    }

    /// Enrols a face that was embedded before. Its quality is not judged.
    ///
    /// # Errors
    /// `ModelMismatch` where it is not of this client's model and pipeline, and those of [`Client::enroll`].
    pub fn enroll_embedding(
        &self,
        gallery: &str,
        subject: &str,
        embedding: &Embedding,
        options: &EnrollOptions,
    ) -> Result<Enrollment> {
        let sample = Sample::Embedding(embedding);
        of(&self.backend)?.enroll(&self.backend, gallery, subject, sample, options)
    }

    /// Begins to enrol many photos, on all cores. Each has an outcome of its own, and is stored wholly or not at
    /// all.
    ///
    /// # Errors
    /// `InvalidArgument` where `source` names no photos or contradicts itself, or `options` names a face's
    /// number; `Io` where it cannot be read; `GalleryNotFound`.
    pub fn enroll_many(
        &self,
        gallery: &str,
        source: &EnrollSource,
        options: &EnrollOptions,
    ) -> Result<EnrollmentJob> {
        of(&self.backend)?.describe(gallery)?;
        if options.face_id.is_some() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "Many photos cannot share one number: leave out `face_id`.",
            ));
        }
        let source = Source::open(&self.backend, gallery, source)?;
        let threads = self.backend.engine()?.concurrency;
        let (backend, gallery, options) = (Arc::clone(&self.backend), gallery.to_owned(), options.clone());
        let outcomes = Arc::new(Mutex::new(VecDeque::new()));
        let sink = Arc::clone(&outcomes);
        let job = Job::begin(threads, move |steps| {
            let take = |enrolment: Enrolment| {
                let (enrollment, failure) = match enrolment.outcome {
                    Ok(enrollment) => (Some(enrollment), None),
                    Err(failure) => (None, Some(failure)),
                };
                let outcome = EnrollmentOutcome { index: enrolment.index, enrollment, failure };
                sink.lock().unwrap_or_else(PoisonError::into_inner).push_back(outcome);
            };
            source.enroll(&backend, &gallery, &options, steps, &take)
        })?;
        Ok(EnrollmentJob { job, outcomes })
    }

    /// Puts a new photo in the place of the face numbered `face_id`. The face gets a new number, which the answer
    /// names; an unfit photo or a duplicate changes nothing.
    ///
    /// # Errors
    /// `FaceNotFound`, and those of [`Client::enroll`].
    pub fn update_face<'a>(
        &self,
        gallery: &str,
        face_id: u64,
        image: impl Into<ImageInput<'a>>,
        options: &UpdateFaceOptions,
    ) -> Result<Enrollment> {
        let options = EnrollOptions {
            attributes: None,
            direction: options.direction,
            face_id: options.new_face_id,
            duplicates: options.duplicates,
            time_to_live: options.time_to_live,
        };
        of(&self.backend)?.update_face(&self.backend, gallery, face_id, image.into(), &options)
    }

    /// Deletes the face numbered `face_id`, and its subject with the last one; false where there is none. It is
    /// no longer matched by any process when this returns, and its bytes are gone from the store's files.
    ///
    /// # Errors
    /// `GalleryNotFound`; `ErasurePending` where it is deleted, but another process that is reading holds its
    /// bytes back: call again later; and those of [`Client::create_gallery`].
    pub fn delete_face(&self, gallery: &str, face_id: u64) -> Result<bool> {
        of(&self.backend)?.delete_face(gallery, face_id)
    }

    /// Deletes `subject` with all faces; the number of faces. 0 where there is no such subject.
    ///
    /// # Errors
    /// Those of [`Client::delete_face`].
    pub fn delete_subject(&self, gallery: &str, subject: &str) -> Result<u64> {
        of(&self.backend)?.delete_subject(gallery, subject)
    }

    /// Deletes, in every gallery, the faces whose time to live is over; the number of faces.
    ///
    /// # Errors
    /// Those of [`Client::delete_face`].
    pub fn delete_expired(&self) -> Result<u64> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        of(&self.backend)?.delete_expired(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
    }

    /// Copies the store, sealed as it is, into the new file `to`, and checks every row of the copy. Others may go
    /// on meanwhile. It opens with the same key.
    ///
    /// # Errors
    /// `InvalidArgument` where something is at `to`; `StoreDamaged` where the copy does not hold what it should;
    /// and those of [`Client::create_gallery`].
    pub fn backup_galleries(&self, to: &Path) -> Result<()> {
        of(&self.backend)?.backup(to)
    }

    /// Begins to write every face of `gallery`, with its number, times, templates and what is known of its subject,
    /// into the new file `to`, sealed under a key of its own, and to check what was written. Others may go on
    /// meanwhile; what they enrol then may or may not be in it. Where it fails or is cancelled, there is no file.
    ///
    /// # Errors
    /// `GalleryNotFound`; `InvalidArgument` where something is at `to`, or there is no key; and those of
    /// [`Client::create_gallery`].
    pub fn export_gallery(&self, gallery: &str, to: &Path, options: &ExportOptions) -> Result<TransferJob> {
        let export = Export::begin(&self.backend, gallery, to, options)?;
        let backend = Arc::clone(&self.backend);
        Job::begin(1, move |steps| export.run(&backend, steps)).map(TransferJob)
    }

    /// Begins to store every face of the export `file` in `gallery`, which must be there, and to compare each with
    /// what is stored. What is there stays: a face whose number is taken is counted and left out, and the subjects'
    /// attributes are those that were there. The same call goes on after an interruption. Nobody looks for
    /// duplicates, and a template of another model is kept for that model.
    ///
    /// # Errors
    /// `GalleryNotFound`; `InvalidArgument` where there is no key; `Io` where there is no file; and those of
    /// [`Client::create_gallery`].
    pub fn import_gallery(&self, gallery: &str, file: &Path, options: &ExportOptions) -> Result<TransferJob> {
        let import = Import::begin(&self.backend, gallery, file, options)?;
        let backend = Arc::clone(&self.backend);
        Job::begin(1, move |steps| import.run(&backend, steps)).map(TransferJob)
    }

    /// Opens every row of the store and checks the file's structure.
    ///
    /// # Errors
    /// `StoreDamaged` where anything is not what was written, and those of [`Client::create_gallery`].
    pub fn check_galleries(&self) -> Result<()> {
        of(&self.backend)?.check()
    }

    /// Seals the store under the new key `key`, in the form of [`GalleryOptions::key`]. Other processes go on
    /// with the galleries they use; clients made from now on need the new key.
    ///
    /// # Errors
    /// `InvalidArgument` where it is no key; `ErasurePending` where it is done, but what was sealed under the old
    /// key is still in the files; and those of [`Client::create_gallery`].
    pub fn change_gallery_key(&self, key: &Sensitive) -> Result<()> {
        of(&self.backend)?.change_key(key)
    }

    /// Gives `gallery` a new key of its own and seals everything in it anew, beside other work, then destroys the
    /// old one. Where an earlier call was interrupted, it is finished.
    ///
    /// # Errors
    /// `GalleryNotFound`, and those of [`Client::change_gallery_key`].
    pub fn reseal_gallery(&self, gallery: &str) -> Result<()> {
        of(&self.backend)?.reseal(gallery)
    }

    /// The faces of `subject`, by number.
    ///
    /// # Errors
    /// `GalleryNotFound`, `SubjectNotFound`, and those of [`Client::create_gallery`].
    pub fn list_faces(&self, gallery: &str, subject: &str) -> Result<Vec<EnrolledFace>> {
        of(&self.backend)?.faces(gallery, subject)
    }

    /// What is known of `subject`.
    ///
    /// # Errors
    /// Those of [`Client::list_faces`].
    pub fn describe_subject(&self, gallery: &str, subject: &str) -> Result<Subject> {
        of(&self.backend)?.subject(gallery, subject)
    }

    /// Replaces what is known of `subject` beside the faces.
    ///
    /// # Errors
    /// Those of [`Client::list_faces`]; `InvalidArgument` where a text is empty or too long.
    pub fn update_subject(&self, gallery: &str, subject: &str, attributes: &SubjectAttributes) -> Result<()> {
        of(&self.backend)?.set_attributes(gallery, subject, attributes)
    }

    /// At most `max_subjects` (1 to 1000) subjects, beginning where the page before named in `next`, passed as
    /// `after`; without it, at the first.
    ///
    /// # Errors
    /// `GalleryNotFound`; `InvalidArgument` where `max_subjects` is out of its range; and those of
    /// [`Client::create_gallery`].
    pub fn list_subjects(&self, gallery: &str, max_subjects: u32, after: Option<u64>) -> Result<SubjectPage> {
        of(&self.backend)?.subjects(gallery, after, max_subjects)
    }

    /// Whether the most prominent face of a picture is that of `subject` (1:1).
    ///
    /// # Errors
    /// `GalleryNotFound`, `SubjectNotFound`; `ModelMismatch` where the subject was enrolled with another model;
    /// those of [`Client::compare`] and [`Client::create_gallery`].
    pub fn verify<'a>(
        &self,
        gallery: &str,
        subject: &str,
        image: impl Into<ImageInput<'a>>,
        options: &CompareOptions,
    ) -> Result<Verification> {
        of(&self.backend)?.verify(&self.backend, gallery, subject, image.into(), options)
    }

    /// Searches `gallery` for the most prominent face of a picture (1:N). Nobody is a normal answer.
    ///
    /// # Errors
    /// `GalleryNotFound`; `InvalidArgument` where an option is out of its range; those of [`Client::embed`] and
    /// [`Client::create_gallery`].
    pub fn identify<'a>(
        &self,
        gallery: &str,
        image: impl Into<ImageInput<'a>>,
        options: &IdentifyOptions,
    ) -> Result<CandidateList> {
        let probes = Probes::Image(image.into());
        let mut lists = of(&self.backend)?.identify(&self.backend, gallery, probes, options)?;
        lists
            .pop()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "A search had no answer. Please report it."))
    }

    /// Searches `gallery` for each of `probes`, which is much faster than one by one; the answers are in their
    /// order.
    ///
    /// # Errors
    /// `ModelMismatch` where one is not of this client's model and pipeline, and those of [`Client::identify`].
    pub fn identify_embeddings(
        &self,
        gallery: &str,
        probes: &[Embedding],
        options: &IdentifyOptions,
    ) -> Result<Vec<CandidateList>> {
        of(&self.backend)?.identify(&self.backend, gallery, Probes::Embeddings(probes), options)
    }
}
