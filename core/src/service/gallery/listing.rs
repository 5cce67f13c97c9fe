//! Galleries, subjects and faces by name.

use super::trail::Told;
use super::{Galleries, records};
use crate::api::{EnrolledFace, GalleryDescription, Subject, SubjectAttributes, SubjectPage};
use crate::gallery::audit::{Operation, Outcome};
use crate::{Error, ErrorKind, Result};

/// Most subjects on a page.
const MOST_SUBJECTS: u32 = 1000;

impl Galleries {
    pub(crate) fn create(&self, gallery: &str) -> Result<bool> {
        self.recorded(
            Operation::CreateGallery,
            gallery,
            None,
            || self.store.create_tenant(gallery),
            |made| Told::of(if *made { Outcome::Done } else { Outcome::AlreadyThere }),
        )
    }

    pub(crate) fn drop_gallery(&self, gallery: &str) -> Result<bool> {
        self.recorded(
            Operation::DropGallery,
            gallery,
            None,
            || self.store.drop_tenant(gallery),
            |dropped| Told::of(if *dropped { Outcome::Deleted } else { Outcome::NotFound }),
        )
    }

    pub(crate) fn all(&self) -> Result<Vec<GalleryDescription>> {
        let mut all = Vec::new();
        for name in self.store.tenants()? {
            match self.describe(&name) {
                Ok(description) => all.push(description),
                // Somebody else has dropped it meanwhile.
                Err(error) if error.kind() == ErrorKind::GalleryNotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    pub(crate) fn describe(&self, gallery: &str) -> Result<GalleryDescription> {
        let count = self.store.count(gallery)?;
        Ok(GalleryDescription { name: gallery.to_owned(), subjects: count.subjects, faces: count.faces })
    }

    pub(crate) fn subject(&self, gallery: &str, subject: &str) -> Result<Subject> {
        let work = || {
            let found = self.store.subject(gallery, subject)?.ok_or_else(not_found)?;
            let faces = self.store.faces_of(gallery, subject)?.len();
            Ok(records::subject(found, u32::try_from(faces).unwrap_or(u32::MAX)))
        };
        self.recorded(Operation::List, gallery, Some(subject), work, |_| Told::of(Outcome::Done))
    }

    pub(crate) fn set_attributes(
        &self,
        gallery: &str,
        subject: &str,
        attributes: &SubjectAttributes,
    ) -> Result<()> {
        let work = || self.store.set_attributes(gallery, subject, &records::attributes(attributes));
        self.recorded(Operation::UpdateFace, gallery, Some(subject), work, |()| Told::of(Outcome::Done))
    }

    pub(crate) fn faces(&self, gallery: &str, subject: &str) -> Result<Vec<EnrolledFace>> {
        let work = || {
            let faces = self.store.faces_of(gallery, subject)?;
            Ok(faces.into_iter().map(records::face).collect::<Vec<_>>())
        };
        self.recorded(Operation::List, gallery, Some(subject), work, |_| Told::of(Outcome::Done))
    }

    pub(crate) fn subjects(
        &self,
        gallery: &str,
        after: Option<u64>,
        max_subjects: u32,
    ) -> Result<SubjectPage> {
        if !(1..=MOST_SUBJECTS).contains(&max_subjects) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("`max_subjects` must lie in 1..={MOST_SUBJECTS}."),
            ));
        }
        let work = || {
            let page = self.store.subjects(gallery, after, max_subjects as usize)?;
            let mut subjects = Vec::with_capacity(page.items.len());
            for found in page.items {
                match self.store.faces_of(gallery, &found.id) {
                    Ok(faces) => {
                        subjects
                            .push(records::subject(found, u32::try_from(faces.len()).unwrap_or(u32::MAX)));
                    }
                    // Somebody else has deleted the subject meanwhile.
                    Err(error) if error.kind() == ErrorKind::SubjectNotFound => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(SubjectPage { subjects, next: page.next })
        };
        self.recorded(Operation::List, gallery, None, work, |_| Told::of(Outcome::Done))
    }

    /// Deletes what has outlived its time, in every gallery; the number of faces.
    pub(crate) fn delete_expired(&self, now: i64) -> Result<u64> {
        self.recorded(
            Operation::Sweep,
            "",
            None,
            || Ok(self.store.sweep(now)?.faces),
            |_| Told::of(Outcome::Deleted),
        )
    }
}

fn not_found() -> Error {
    Error::new(ErrorKind::SubjectNotFound, "Nobody is enrolled in the gallery under this identifier.")
}
