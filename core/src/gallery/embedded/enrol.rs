//! Enrolment: what is stored, and what is there already.

use super::change::{Change, now};
use super::erase::no_subject;
use super::failure::{damaged, failure};
use super::layout::read_template;
use super::store::{Kind, Store};
use super::view::{NumberedSubject, View, number, sealed};
use crate::engine::cosine;
use crate::gallery::model::{
    Attributes, Duplicate, Duplicates, Enrolled, Face, NewFace, SAME_TEMPLATE, Subject, Template, invalid,
};
use crate::gallery::search::Hit;
use crate::{Error, ErrorKind, Result};

/// A face whose kinds are known to the store.
pub(super) struct Ready<'a> {
    face: &'a NewFace,
    kinds: Vec<Kind>,
}

impl<'a> Ready<'a> {
    /// Checks a face before any transaction is begun.
    pub(super) fn new(store: &Store, face: &'a NewFace) -> Result<Self> {
        face.check()?;
        let kinds = face
            .templates
            .iter()
            .map(|template| store.kind_or_new(&template.kind, template.values.len()))
            .collect::<Result<_>>()?;
        Ok(Self { face, kinds })
    }

    fn templates(&self) -> impl Iterator<Item = (&'a Template, &Kind)> {
        self.face.templates.iter().zip(&self.kinds)
    }
}

impl Store {
    pub(super) fn enroll_batch(
        &self,
        tenant: &str,
        faces: &[NewFace],
        duplicates: Duplicates,
    ) -> Result<Vec<Result<Enrolled>>> {
        let mut ready = Vec::with_capacity(faces.len());
        for face in faces {
            ready.push(match Ready::new(self, face) {
                Err(error) if !is_of_one_face(&error) => return Err(error),
                checked => checked,
            });
        }
        self.write(tenant, |change| {
            change.look_for_duplicates(ready.iter().filter_map(|ready| ready.as_ref().ok()), duplicates)?;
            let mut outcomes = Vec::with_capacity(ready.len());
            for ready in &ready {
                outcomes.push(match ready {
                    Err(error) => Err(error.clone()),
                    Ok(ready) => match change.enroll(ready, duplicates) {
                        Err(error) if !is_of_one_face(&error) => return Err(error),
                        outcome => outcome,
                    },
                });
            }
            Ok(outcomes)
        })
    }

    pub(super) fn replace(
        &self,
        tenant: &str,
        face: u64,
        new: &NewFace,
        duplicates: Duplicates,
    ) -> Result<Enrolled> {
        let ready = Ready::new(self, new)?;
        let enrolled = self.write(tenant, |change| {
            change.look_for_duplicates([&ready], duplicates)?;
            change.replace(face, &ready, duplicates)
        })?;
        self.erase_after(matches!(enrolled, Enrolled::New { .. }))?;
        Ok(enrolled)
    }

    pub(super) fn add_template(&self, tenant: &str, face: u64, template: &Template) -> Result<bool> {
        template.check()?;
        let kind = self.kind_or_new(&template.kind, template.values.len())?;
        self.write(tenant, |change| {
            let found = change.view.face(face)?.ok_or_else(no_face)?;
            if change.view.values(face, found.owner, &kind)?.is_some() {
                return Ok(false);
            }
            change.add_template(found.owner, face, &kind, &template.values)?;
            Ok(true)
        })
    }

    pub(super) fn set_attributes(&self, tenant: &str, subject: &str, attributes: &Attributes) -> Result<()> {
        let changed = self.write(tenant, |change| {
            let mut found = change.view.find_subject(subject)?.ok_or_else(no_subject)?;
            let changed = found.subject.attributes != *attributes;
            if changed {
                found.subject.attributes = attributes.clone();
                change.set_subject(&found)?;
            }
            Ok(changed)
        })?;
        self.erase_after(changed)
    }
}

/// Whether an error is about one face of a batch, so that the others may be enrolled.
fn is_of_one_face(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::AlreadyEnrolled | ErrorKind::ModelMismatch)
}

impl Change<'_> {
    /// Makes ready for finding duplicates of `faces`, before anything is written.
    pub(super) fn look_for_duplicates<'b>(
        &mut self,
        faces: impl IntoIterator<Item = &'b Ready<'b>>,
        duplicates: Duplicates,
    ) -> Result<()> {
        if duplicates.min_score().is_some() {
            let mut kinds: Vec<&Kind> = faces.into_iter().flat_map(|face| &face.kinds).collect();
            kinds.sort_by_key(|kind| kind.id);
            kinds.dedup();
            for kind in kinds {
                self.make_searchable(kind)?;
            }
        }
        Ok(())
    }

    /// Enrols a face. On an error of its own (`AlreadyEnrolled`) nothing of it is written.
    pub(super) fn enroll(&mut self, ready: &Ready<'_>, duplicates: Duplicates) -> Result<Enrolled> {
        let face = ready.face;
        let found = self.view.find_subject(&face.subject)?;
        let owner = found.as_ref().map(|found| found.number);
        if let Some(id) = face.face
            && let Some(taken) = self.view.face(id)?
        {
            return if Some(taken.owner) == owner && self.view.is_template_of(ready, id, taken.owner)? {
                Ok(Enrolled::AlreadyThere { face: id })
            } else {
                Err(taken_id())
            };
        }
        if let Some(owner) = owner
            && let Some(face) = self.view.same_template(ready, owner)?
        {
            return Ok(Enrolled::AlreadyThere { face });
        }
        let duplicate = self.duplicate(ready, owner, duplicates)?;
        if let (Duplicates::Refuse { .. }, Some(duplicate)) = (duplicates, &duplicate) {
            return Ok(Enrolled::Duplicate(duplicate.clone()));
        }
        let face = self.add(ready, found)?;
        Ok(Enrolled::New { face, duplicate })
    }

    /// Puts a new face in the place of `old`.
    pub(super) fn replace(
        &mut self,
        old: u64,
        ready: &Ready<'_>,
        duplicates: Duplicates,
    ) -> Result<Enrolled> {
        let subject = self.view.find_subject(&ready.face.subject)?;
        let owned = self.view.face(old)?.map(|face| face.owner);
        if subject.is_none() || subject.map(|subject| subject.number) != owned {
            return Err(no_face());
        }
        if ready.face.face == Some(old) {
            return Err(invalid("A replaced face gets a new id: choose another one, or none."));
        }
        let enrolled = self.enroll(ready, duplicates)?;
        // Whatever is new stands before the old goes, so that the subject is found all the time.
        if matches!(enrolled, Enrolled::New { .. }) {
            self.remove_face(old)?;
        }
        Ok(enrolled)
    }

    fn duplicate(
        &self,
        ready: &Ready<'_>,
        owner: Option<u64>,
        duplicates: Duplicates,
    ) -> Result<Option<Duplicate>> {
        let Some(min_score) = duplicates.min_score() else { return Ok(None) };
        let mut best: Option<Hit> = None;
        for (template, kind) in ready.templates() {
            let hit = self.best_of_others(kind, &template.values, owner, min_score)?;
            best = match (best, hit) {
                (Some(best), Some(hit)) if hit.score <= best.score => Some(best),
                (best, hit) => hit.or(best),
            };
        }
        let Some(best) = best else { return Ok(None) };
        let subject = self.view.subject(best.subject)?.ok_or_else(damaged)?;
        Ok(Some(Duplicate { face: best.face, subject: subject.id, score: best.score }))
    }

    fn add(&mut self, ready: &Ready<'_>, found: Option<NumberedSubject>) -> Result<u64> {
        let face = ready.face;
        let id = match face.face {
            Some(id) => id,
            None => self.free_face_id()?,
        };
        let enrolled_at = face.enrolled_at.unwrap_or_else(now);
        let owner = match found {
            None => self.add_subject(&Subject {
                id: face.subject.clone(),
                attributes: face.attributes.clone().unwrap_or_default(),
                created_at: face.subject_since.unwrap_or(enrolled_at),
            })?,
            Some(mut found) => {
                if let Some(attributes) = &face.attributes
                    && *attributes != found.subject.attributes
                {
                    found.subject.attributes = attributes.clone();
                    self.set_subject(&found)?;
                }
                found.number
            }
        };
        self.add_face(
            owner,
            &Face { id, direction: face.direction, enrolled_at, expires_at: face.expires_at },
        )?;
        for (template, kind) in ready.templates() {
            self.add_template(owner, id, kind, &template.values)?;
        }
        Ok(id)
    }
}

impl View<'_> {
    /// Whether a face has the template that is to be enrolled.
    fn is_template_of(&self, ready: &Ready<'_>, face: u64, owner: u64) -> Result<bool> {
        for (template, kind) in ready.templates() {
            if let Some(values) = self.values(face, owner, kind)?
                && cosine(&template.values, &values) >= SAME_TEMPLATE
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The face of a subject that has the template that is to be enrolled.
    fn same_template(&self, ready: &Ready<'_>, owner: u64) -> Result<Option<u64>> {
        for (template, kind) in ready.templates() {
            for (face, values) in self.values_of(owner, kind)? {
                if cosine(&template.values, &values) >= SAME_TEMPLATE {
                    return Ok(Some(face));
                }
            }
        }
        Ok(None)
    }

    /// The templates of one kind of a subject, by face.
    pub(super) fn values_of(
        &self,
        owner: u64,
        kind: &Kind,
    ) -> Result<Vec<(u64, zeroize::Zeroizing<Vec<f32>>)>> {
        self.all(
            "SELECT t.face, t.key, t.sealed FROM face f
             JOIN template t ON t.tenant = f.tenant AND t.face = f.face AND t.kind = ?2
             WHERE f.subject = ?1 AND f.tenant = ?3 ORDER BY f.face",
            [owner, kind.id, self.tenant.id].map(u64::cast_signed),
            |row| {
                let face = number(row, 0).map_err(failure)?;
                let place = self.template_place(face, owner, kind);
                let values =
                    self.open(&place, &sealed(row, 1)?, |bytes| read_template(bytes, kind.dimension))?;
                Ok((face, values))
            },
        )
    }
}

pub(super) fn no_face() -> Error {
    Error::new(
        ErrorKind::FaceNotFound,
        "This subject has no face of this id. List its faces to see which it has.",
    )
}

fn taken_id() -> Error {
    Error::new(
        ErrorKind::AlreadyEnrolled,
        "The face id is taken by another face. Choose another id, or let the gallery choose.",
    )
}
