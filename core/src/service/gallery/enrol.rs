//! Enrolling, replacing and deleting faces.

use super::fitness::{Fitness, check_code, check_embedding, examine};
use super::trail::Told;
use super::{Galleries, records, template};
use crate::api::{
    CheckCode, DuplicateFace, DuplicatePolicy, Embedding, EnrollOptions, Enrollment, EnrollmentStatus,
    ImageInput, RefusalReason, SelectedFace,
};
use crate::decision::{Calibration, Policy};
use crate::gallery::audit::{Operation, Outcome};
use crate::gallery::{Duplicates, Enrolled, MAX_FACE_ID, NewFace, check_text};
use crate::service::local::LocalBackend;
use crate::{Error, ErrorKind, Result};
use std::time::{SystemTime, UNIX_EPOCH};

/// The largest acceptable share of enrolments that are wrongly taken for a duplicate.
const MOST_FALSE_DUPLICATES: f64 = 1e-3;

/// What an enrolment rests on: a photo, or an embedding that was made of one.
pub(crate) enum Sample<'a> {
    Image(ImageInput<'a>),
    Embedding(&'a Embedding),
}

/// A photo that was looked at: fit to be stored, or not.
pub(super) enum Examined {
    Fit(Embedding, Option<SelectedFace>),
    Refused(Enrollment),
}

impl Galleries {
    /// Enrols one face.
    pub(crate) fn enroll(
        &self,
        backend: &LocalBackend,
        gallery: &str,
        subject: &str,
        sample: Sample<'_>,
        options: &EnrollOptions,
    ) -> Result<Enrollment> {
        let work = || {
            // Mistakes of the caller are told whatever the photo shows.
            self.store.count(gallery)?;
            check(subject, options)?;
            let (embedding, source) = match examined(backend, sample, options)? {
                Examined::Refused(enrollment) => return Ok(enrollment),
                Examined::Fit(embedding, source) => (embedding, source),
            };
            let rule = self.rule(backend.calibration.as_ref(), gallery, options)?;
            let stored = self.store.enroll(gallery, &new_face(subject, &embedding, options)?, rule)?;
            Ok(enrollment(stored, source, backend.calibration.as_ref()))
        };
        let model = backend.engine()?.embedder_id();
        self.recorded(Operation::Enroll, gallery, Some(subject), work, |answer| told(answer, model))
    }

    /// Puts a new photo in the place of a face.
    pub(crate) fn update_face(
        &self,
        backend: &LocalBackend,
        gallery: &str,
        face: u64,
        image: ImageInput<'_>,
        options: &EnrollOptions,
    ) -> Result<Enrollment> {
        let model = backend.engine()?.embedder_id();
        // Known before anything else, so that the record names whose face it is.
        let owner = match self.store.owner(gallery, face) {
            Ok(owner) => owner,
            Err(error) => {
                let work = || Err(error);
                return self
                    .recorded(Operation::UpdateFace, gallery, None, work, |answer| told(answer, model));
            }
        };
        let work = || {
            check(&owner, options)?;
            let (embedding, source) = match examined(backend, Sample::Image(image), options)? {
                Examined::Refused(enrollment) => return Ok(enrollment),
                Examined::Fit(embedding, source) => (embedding, source),
            };
            let rule = self.rule(backend.calibration.as_ref(), gallery, options)?;
            let stored = self.store.replace(gallery, face, &new_face(&owner, &embedding, options)?, rule)?;
            Ok(enrollment(stored, source, backend.calibration.as_ref()))
        };
        self.recorded(Operation::UpdateFace, gallery, Some(&owner), work, |answer| told(answer, model))
    }

    pub(crate) fn delete_face(&self, gallery: &str, face: u64) -> Result<bool> {
        self.recorded(
            Operation::DeleteFace,
            gallery,
            None,
            || self.store.delete_face(gallery, face),
            |deleted| Told::of(if *deleted { Outcome::Deleted } else { Outcome::NotFound }),
        )
    }

    /// Deletes a subject; the number of faces that are gone.
    pub(crate) fn delete_subject(&self, gallery: &str, subject: &str) -> Result<u64> {
        self.recorded(
            Operation::DeleteSubject,
            gallery,
            Some(subject),
            || Ok(self.store.delete_subjects(gallery, &[subject])?.faces),
            |faces| Told::of(if *faces > 0 { Outcome::Deleted } else { Outcome::NotFound }),
        )
    }

    /// What to do about faces that are enrolled for others.
    ///
    /// The threshold is that of a search over the whole gallery. Beyond what the calibration supports it is the
    /// strictest one, and a duplicate is named but no reason to refuse; without a calibration nobody can tell.
    pub(super) fn rule(
        &self,
        calibration: Option<&Calibration>,
        gallery: &str,
        options: &EnrollOptions,
    ) -> Result<Duplicates> {
        let policy = options.duplicates.unwrap_or(self.duplicates);
        let Some(calibration) = calibration.filter(|_| policy != DuplicatePolicy::Off) else {
            return Ok(Duplicates::Off);
        };
        let faces = self.store.count(gallery)?.faces;
        let rate = Policy::for_search(MOST_FALSE_DUPLICATES, faces)?.max_fmr();
        let supported = calibration.threshold_for(rate);
        let score = supported.unwrap_or_else(|| calibration.strictest_threshold());
        let Some(min_score) = calibration.raw(score) else { return Ok(Duplicates::Off) };
        Ok(match policy {
            DuplicatePolicy::Refuse if supported.is_some() => Duplicates::Refuse { min_score },
            _ => Duplicates::Report { min_score },
        })
    }
}

/// Refuses a subject's identifier and options that the store would refuse, before a photo is looked at.
///
/// # Errors
/// `InvalidArgument`.
pub(super) fn check(subject: &str, options: &EnrollOptions) -> Result<()> {
    check_text(subject, "A subject id")?;
    if options.face_id.is_some_and(|face| !(1..=MAX_FACE_ID).contains(&face)) {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "A face id must be 1 to 9007199254740991 (2^53 - 1).",
        ));
    }
    if let Some(attributes) = &options.attributes {
        records::attributes(attributes).check()?;
    }
    options.time_to_live.map_or(Ok(()), |seconds| in_seconds(seconds).map(|_| ()))
}

/// Looks at a sample before it is stored.
pub(super) fn examined(
    backend: &LocalBackend,
    sample: Sample<'_>,
    options: &EnrollOptions,
) -> Result<Examined> {
    let engine = backend.engine()?;
    match sample {
        Sample::Embedding(embedding) => {
            check_embedding(engine, embedding)?;
            Ok(Examined::Fit(embedding.clone(), None))
        }
        Sample::Image(image) => Ok(match examine(engine, image, options.direction)? {
            Fitness::Fit(embedding) => {
                let source = embedding.source.clone();
                Examined::Fit(embedding, Some(source))
            }
            Fitness::Unfit(reason, source) => Examined::Refused(refused(reason, source)),
        }),
    }
}

pub(super) fn new_face(subject: &str, embedding: &Embedding, options: &EnrollOptions) -> Result<NewFace> {
    let expires_at = match options.time_to_live {
        None => None,
        Some(seconds) => Some(in_seconds(seconds)?),
    };
    Ok(NewFace {
        subject: subject.to_owned(),
        attributes: options.attributes.as_ref().map(records::attributes),
        face: options.face_id,
        direction: Some(embedding.source.face.direction as u8),
        enrolled_at: None,
        subject_since: None,
        expires_at,
        templates: vec![template(embedding)],
    })
}

/// A time from now on, in milliseconds since 1970.
fn in_seconds(seconds: u64) -> Result<i64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    i64::try_from(now.saturating_add(u128::from(seconds) * 1000)).map_err(|_| {
        Error::new(ErrorKind::InvalidArgument, "`time_to_live` is too large; leave it out to keep the face.")
    })
}

pub(super) fn enrollment(
    stored: Enrolled,
    source: Option<SelectedFace>,
    calibration: Option<&Calibration>,
) -> Enrollment {
    let named = |duplicate: crate::gallery::Duplicate| DuplicateFace {
        face_id: duplicate.face,
        subject: duplicate.subject.into(),
        score: calibration.and_then(|calibration| calibration.score(duplicate.score)),
    };
    let (status, face_id, duplicate) = match stored {
        Enrolled::New { face, duplicate } => (EnrollmentStatus::Stored, Some(face), duplicate.map(named)),
        Enrolled::AlreadyThere { face } => (EnrollmentStatus::AlreadyThere, Some(face), None),
        Enrolled::Duplicate(duplicate) => (EnrollmentStatus::Duplicate, None, Some(named(duplicate))),
    };
    Enrollment { status, face_id, check_code: CheckCode::Ok, refusal: None, duplicate, source }
}

fn refused(reason: RefusalReason, source: Option<SelectedFace>) -> Enrollment {
    Enrollment {
        status: EnrollmentStatus::Refused,
        face_id: None,
        check_code: check_code(reason),
        refusal: Some(reason),
        duplicate: None,
        source,
    }
}

pub(super) fn told(answer: &Enrollment, model: &str) -> Told {
    let outcome = match answer.status {
        EnrollmentStatus::Stored => Outcome::Stored,
        EnrollmentStatus::AlreadyThere => Outcome::AlreadyThere,
        EnrollmentStatus::Duplicate => Outcome::Duplicate,
        EnrollmentStatus::Refused => Outcome::Refused(answer.check_code.into()),
    };
    Told { model: Some(model.to_owned()), ..Told::of(outcome) }
}
