//! Galleries, subjects and faces by name.

use super::trail::Told;
use super::{Galleries, records};
use crate::api::{EnrolledFace, GalleryDescription, Subject, SubjectAttributes, SubjectPage};
use crate::gallery::Gallery;
use crate::gallery::audit::{Operation, Outcome};
use crate::{Error, ErrorKind, Result};

/// From how many subjects on the rules on face data ask for a filing; see docs/gallery.md.
const FILING_SUBJECTS: u64 = 100_000;
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
        descriptions(&*self.store, FILING_SUBJECTS)
    }

    pub(crate) fn describe(&self, gallery: &str) -> Result<GalleryDescription> {
        self.store.count(gallery)?;
        self.all()?.into_iter().find(|description| description.name == gallery).ok_or_else(|| {
            Error::new(ErrorKind::GalleryNotFound, "There is no gallery of this name. Make it first.")
        })
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

/// All galleries of a store. The filing is the business of whoever keeps the store, so all of them count together.
fn descriptions(store: &dyn Gallery, filing_subjects: u64) -> Result<Vec<GalleryDescription>> {
    let mut all = Vec::new();
    for name in store.tenants()? {
        match store.count(&name) {
            Ok(count) => all.push(GalleryDescription {
                name,
                subjects: count.subjects,
                faces: count.faces,
                filing_advised: false,
            }),
            // Somebody else has dropped it meanwhile.
            Err(error) if error.kind() == ErrorKind::GalleryNotFound => {}
            Err(error) => return Err(error),
        }
    }
    let subjects = all.iter().map(|description| description.subjects).sum::<u64>();
    all.iter_mut().for_each(|description| description.filing_advised = subjects >= filing_subjects);
    Ok(all)
}

fn not_found() -> Error {
    Error::new(ErrorKind::SubjectNotFound, "Nobody is enrolled in the gallery under this identifier.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{Duplicates, EmbeddedGallery, MasterKey, NewFace, Options, Template, TemplateKind};

    #[test]
    fn a_filing_is_advised_from_the_number_on_whatever_the_galleries() {
        let folder = tempfile::tempdir().unwrap();
        let key = MasterKey::from_bytes(&std::array::from_fn::<u8, 32, _>(|index| index as u8)).unwrap();
        let options = Options { create: true, ..Options::default() };
        let store = EmbeddedGallery::open(&folder.path().join("store"), &key, options).unwrap();
        let kind = TemplateKind { model: "model".to_owned(), pipeline: "pipeline".to_owned() };
        for (gallery, subject) in [("one", "a"), ("two", "a"), ("two", "b")] {
            store.create_tenant(gallery).unwrap();
            let face = NewFace {
                subject: subject.to_owned(),
                attributes: None,
                face: None,
                direction: None,
                enrolled_at: None,
                subject_since: None,
                expires_at: None,
                templates: vec![Template { kind: kind.clone(), values: vec![1.0, 0.0].into() }],
            };
            store.enroll(gallery, &face, Duplicates::Off).unwrap();
        }
        for (filing, advised) in [(3, true), (4, false), (FILING_SUBJECTS, false)] {
            let all = descriptions(&store, filing).unwrap();
            assert_eq!(all.iter().map(|one| one.filing_advised).collect::<Vec<_>>(), [advised; 2]);
            assert_eq!(all.iter().map(|one| one.subjects).collect::<Vec<_>>(), [1, 2]);
        }
        assert_eq!(FILING_SUBJECTS, 100_000);
    }
}
