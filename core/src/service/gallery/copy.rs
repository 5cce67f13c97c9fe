//! Faces copied from one store into another, whatever engines they have; each is compared with what arrived.

use crate::api::{RefusedFaces, TransferRefusal};
use crate::gallery::{Duplicates, Enrolled, Gallery, NewFace, StoredFace, Template};
use crate::service::job::Steps;
use crate::{ErrorKind, Result};

/// Faces that are read, stored in one step and compared.
const AT_ONCE: usize = 500;

/// A gallery in a store.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) store: &'a dyn Gallery,
    pub(super) gallery: &'a str,
}

/// What became of the faces that were read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) stored: u64,
    pub(super) already_there: u64,
    /// Those that were left out, by reason.
    pub(super) refused: Vec<RefusedFaces>,
}

/// Copies every face of a gallery, with its number, its times and all of its templates, and what is known of its
/// subject, into another that is there. What is there stays as it is, so that the same call may be repeated, and goes
/// on after an interruption. Subjects are not looked for among others: who was enrolled twice stays so.
///
/// # Errors
/// `GalleryNotFound`; `Cancelled`, after a whole step; those of the stores.
pub(super) fn copy(from: Place<'_>, to: Place<'_>, steps: &Steps) -> Result<Copied> {
    let mut copied = Copied::default();
    let mut announced = from.store.count(from.gallery)?.faces;
    steps.expect(announced);
    let mut after = None;
    loop {
        steps.go_on()?;
        let page = from.store.scan(from.gallery, after, AT_ONCE)?;
        copied.take(to, &page.items)?;
        // Others may enrol meanwhile.
        let more = copied.faces().saturating_sub(announced);
        steps.expect(more);
        announced += more;
        page.items.iter().for_each(|_| steps.advance());
        after = page.next;
        if after.is_none() {
            return Ok(copied);
        }
    }
}

impl Copied {
    /// All faces that were read.
    pub(super) fn faces(&self) -> u64 {
        self.stored + self.already_there + self.refused.iter().map(|refused| refused.faces).sum::<u64>()
    }

    fn take(&mut self, to: Place<'_>, faces: &[StoredFace]) -> Result<()> {
        let new = faces.iter().map(|face| new_face(to, face)).collect::<Result<Vec<_>>>()?;
        let outcomes = to.store.enroll_batch(to.gallery, &new, Duplicates::Off)?;
        for (face, outcome) in faces.iter().zip(outcomes) {
            match judge(to, face, outcome)? {
                Verdict::Stored => self.stored += 1,
                Verdict::AlreadyThere => self.already_there += 1,
                Verdict::Refused(reason) => self.refuse(reason),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, reason: TransferRefusal) {
        match self.refused.iter_mut().find(|refused| refused.reason == reason) {
            Some(refused) => refused.faces += 1,
            None => self.refused.push(RefusedFaces { reason, faces: 1 }),
        }
        self.refused.sort_by_key(|refused| refused.reason as u32);
    }
}

fn new_face(to: Place<'_>, face: &StoredFace) -> Result<NewFace> {
    let subject = &face.subject;
    // What is known there of a subject is newer, or the same.
    let known = to.store.subject(to.gallery, &subject.id)?.is_some();
    Ok(NewFace {
        subject: subject.id.clone(),
        attributes: (!known).then(|| subject.attributes.clone()),
        face: Some(face.face.id),
        direction: face.face.direction,
        enrolled_at: Some(face.face.enrolled_at),
        subject_since: Some(subject.created_at),
        expires_at: face.face.expires_at,
        templates: face.templates.clone(),
    })
}

enum Verdict {
    Stored,
    AlreadyThere,
    Refused(TransferRefusal),
}

/// What came of a face, after a look at what the store has now.
fn judge(to: Place<'_>, face: &StoredFace, outcome: Result<Enrolled>) -> Result<Verdict> {
    use TransferRefusal::{Different, NumberTaken, OtherLength, OtherNumber};
    let found = match outcome {
        Ok(Enrolled::New { .. }) => match held(to, face)? {
            Held::Same => Verdict::Stored,
            _ => Verdict::Refused(Different),
        },
        Ok(Enrolled::AlreadyThere { face: id }) if id == face.face.id => match held(to, face)? {
            Held::Same => Verdict::AlreadyThere,
            Held::Lacks(templates) => add(to, face, &templates)?,
            Held::Other => Verdict::Refused(Different),
        },
        Ok(Enrolled::AlreadyThere { .. } | Enrolled::Duplicate(_)) => Verdict::Refused(OtherNumber),
        Err(error) => match error.kind() {
            ErrorKind::AlreadyEnrolled => Verdict::Refused(NumberTaken),
            ErrorKind::ModelMismatch => Verdict::Refused(OtherLength),
            _ => return Err(error),
        },
    };
    Ok(found)
}

/// Adds the templates of other models to a face that is there.
fn add(to: Place<'_>, face: &StoredFace, templates: &[&Template]) -> Result<Verdict> {
    for template in templates {
        match to.store.add_template(to.gallery, face.face.id, template) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ModelMismatch => {
                return Ok(Verdict::Refused(TransferRefusal::OtherLength));
            }
            // Somebody has deleted it meanwhile.
            Err(error) if error.kind() == ErrorKind::FaceNotFound => {
                return Ok(Verdict::Refused(TransferRefusal::Different));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(match held(to, face)? {
        Held::Same => Verdict::Stored,
        _ => Verdict::Refused(TransferRefusal::Different),
    })
}

/// How what a store has under a face's number compares with the face.
enum Held<'a> {
    /// Bit for bit the same.
    Same,
    /// The same but for templates of models that it does not have.
    Lacks(Vec<&'a Template>),
    /// Nothing, or something else.
    Other,
}

fn held<'a>(to: Place<'_>, face: &'a StoredFace) -> Result<Held<'a>> {
    let subject = &face.subject.id;
    let work = || -> Result<Held<'a>> {
        if !to.store.faces_of(to.gallery, subject)?.contains(&face.face) {
            return Ok(Held::Other);
        }
        let mut lacking = Vec::new();
        for template in &face.templates {
            let there = to.store.templates_of(to.gallery, subject, &template.kind)?;
            match there.iter().find(|(id, _)| *id == face.face.id) {
                Some((_, there)) if same_bits(there, template) => {}
                Some(_) => return Ok(Held::Other),
                None => lacking.push(template),
            }
        }
        Ok(if lacking.is_empty() { Held::Same } else { Held::Lacks(lacking) })
    };
    match work() {
        Err(error) if error.kind() == ErrorKind::SubjectNotFound => Ok(Held::Other),
        outcome => outcome,
    }
}

fn same_bits(one: &Template, other: &Template) -> bool {
    let bits = |template: &Template| template.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    bits(one) == bits(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{Attributes, Count, EmbeddedGallery, MasterKey, Options, PersonType, TemplateKind};
    use std::path::Path;
    use tempfile::TempDir;

    const OLD: &str = "model-a";
    const NEW: &str = "model-b";

    fn store(folder: &TempDir, name: &str) -> EmbeddedGallery {
        let key = MasterKey::from_bytes(&std::array::from_fn::<u8, 32, _>(|index| index as u8)).unwrap();
        let options = Options { create: true, ..Options::default() };
        let store = EmbeddedGallery::open(&folder.path().join(Path::new(name)), &key, options).unwrap();
        store.create_tenant("people").unwrap();
        store
    }

    fn place(store: &EmbeddedGallery) -> Place<'_> {
        Place { store, gallery: "people" }
    }

    fn template(model: &str, angle: f32) -> Template {
        let kind = TemplateKind { model: model.to_owned(), pipeline: "pipeline".to_owned() };
        Template { kind, values: vec![angle.cos(), angle.sin(), 0.0, 0.0].into() }
    }

    fn face(subject: &str, id: u64, templates: Vec<Template>) -> NewFace {
        NewFace {
            subject: subject.to_owned(),
            attributes: None,
            face: Some(id),
            direction: Some((id % 5) as u8),
            enrolled_at: Some(1_000 + id as i64),
            subject_since: Some(5),
            expires_at: id.is_multiple_of(2).then_some(9_000_000_000_000 + id as i64),
            templates,
        }
    }

    fn enroll(store: &EmbeddedGallery, faces: &[NewFace]) {
        for outcome in store.enroll_batch("people", faces, Duplicates::Off).unwrap() {
            assert!(matches!(outcome, Ok(Enrolled::New { .. })));
        }
    }

    fn all(store: &EmbeddedGallery) -> Vec<StoredFace> {
        store.scan("people", None, 10_000).unwrap().items
    }

    fn counts(copied: &Copied) -> (u64, u64, Vec<(TransferRefusal, u64)>) {
        let refused = copied.refused.iter().map(|refused| (refused.reason, refused.faces)).collect();
        (copied.stored, copied.already_there, refused)
    }

    #[test]
    fn everything_arrives_bit_for_bit_and_then_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (store(&folder, "from"), store(&folder, "to"));
        let attributes = Attributes {
            name: Some("Ada".to_owned()),
            id_number: Some("7".to_owned()),
            customer_id: None,
            person_type: PersonType::Vip,
            expires_at: Some(9_000_000_000_000),
        };
        let count = 2 * AT_ONCE as u64 + 7;
        let faces: Vec<NewFace> = (1..=count)
            .map(|id| NewFace {
                attributes: (id == 1).then(|| attributes.clone()),
                ..face(&format!("person {}", id % 400), id, vec![template(OLD, id as f32)])
            })
            .collect();
        enroll(&from, &faces);
        from.add_template("people", 3, &template(NEW, 3.0)).unwrap();
        // Somebody who was interrupted.
        enroll(&to, &faces[..100]);
        let steps = Steps::default();
        steps.cancel();
        let cancelled = copy(place(&from), place(&to), &steps);
        assert_eq!(cancelled.unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(all(&to).len(), 100);

        let copied = copy(place(&from), place(&to), &Steps::default()).unwrap();
        // One of those there lacked a template.
        assert_eq!(counts(&copied), (count - 99, 99, vec![]));
        assert!(all(&from) == all(&to));
        assert_eq!(all(&to)[0].subject.attributes, attributes);
        assert_eq!(to.count("people").unwrap(), Count { subjects: 400, faces: count });
        let again = copy(place(&from), place(&to), &Steps::default()).unwrap();
        assert_eq!(counts(&again), (0, count, vec![]));
        to.check().unwrap();
    }

    #[test]
    fn what_is_there_stays_and_is_counted() {
        use TransferRefusal::{Different, NumberTaken, OtherLength, OtherNumber};
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (store(&folder, "from"), store(&folder, "to"));
        let known = Attributes { name: Some("old".to_owned()), ..Attributes::default() };
        let newer = Attributes { name: Some("new".to_owned()), ..Attributes::default() };
        let with = |attributes: &Attributes, face| NewFace { attributes: Some(attributes.clone()), ..face };
        let long = TemplateKind { model: "model-c".to_owned(), pipeline: "pipeline".to_owned() };
        let of_length = |length: usize| {
            let mut values = vec![0.0; length];
            values[0] = 1.0;
            Template { kind: long.clone(), values: values.into() }
        };
        enroll(
            &from,
            &[
                with(&known, face("a", 1, vec![template(OLD, 1.0)])),
                face("a", 2, vec![template(OLD, 2.0)]),
                face("b", 3, vec![template(OLD, 3.0)]),
                face("b", 4, vec![template(OLD, 4.0)]),
                face("c", 5, vec![of_length(8)]),
            ],
        );
        enroll(
            &to,
            &[
                with(&newer, face("a", 10, vec![template(OLD, 1.0)])),
                face("x", 2, vec![template(OLD, 5.0)]),
                // Nearly the same, so that the store takes it for the same.
                face("b", 3, vec![template(OLD, 3.000_01)]),
                face("y", 11, vec![of_length(6)]),
            ],
        );
        let before = all(&to);
        let copied = copy(place(&from), place(&to), &Steps::default()).unwrap();
        let refused = vec![(NumberTaken, 1), (OtherNumber, 1), (Different, 1), (OtherLength, 1)];
        assert_eq!(counts(&copied), (1, 0, refused));
        assert_eq!(copied.faces(), 5);
        let after = all(&to);
        assert!(before.iter().all(|face| after.contains(face)));
        assert_eq!(after.len(), before.len() + 1);
        assert_eq!(to.subject("people", "a").unwrap().unwrap().attributes, newer);
        let nowhere = Place { store: &to, gallery: "nowhere" };
        let missing = copy(place(&from), nowhere, &Steps::default());
        assert_eq!(missing.unwrap_err().kind(), ErrorKind::GalleryNotFound);
    }
}
