//! The real store: how it is opened, asked and changed here. Nothing else in this module knows its types.

use super::history::{Newcomer, Op};
use crate::random::Random;
use facebridge::gallery::{
    Attributes, Duplicates, EmbeddedGallery, Enrolled, Gallery, MasterKey, NewFace, Options, Template,
    TemplateKind,
};
use facebridge::{Error, ErrorKind, Result};
use std::path::Path;

/// Values of a template.
const DIMENSION: usize = 128;
/// Two pictures of one face: more alike than any two templates here.
const DUPLICATE: f64 = 0.9;

/// The store's file in its folder.
pub(super) const FILE: &str = "gallery.db";

/// Opens the store in the file `path` of a VFS, or of the system; makes it where there is none.
pub(super) fn open(path: &Path, vfs: Option<&str>) -> Result<Box<dyn Gallery>> {
    let mut options = Options::default();
    options.create = true;
    options.vfs = vfs.map(str::to_owned);
    Ok(Box::new(EmbeddedGallery::open(path, &key(), options)?))
}

fn key() -> MasterKey {
    let bytes: Vec<u8> = (0..32).collect();
    MasterKey::from_bytes(&bytes).expect("32 different bytes")
}

pub(super) fn kind() -> TemplateKind {
    TemplateKind { model: "model".to_owned(), pipeline: "pipeline".to_owned() }
}

/// The template of a stamp: no two are alike.
pub(super) fn values(stamp: u64) -> Vec<f32> {
    let mut random = Random::stream(11, stamp);
    let values: Vec<f64> = (0..DIMENSION).map(|_| random.next() as f64 / u64::MAX as f64 - 0.5).collect();
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    values.iter().map(|value| (value / length) as f32).collect()
}

/// The attributes that a number stands for.
pub(super) fn attributes(name: u64) -> Attributes {
    Attributes {
        name: Some(format!("name {name}")),
        id_number: Some(format!("{name:018}")),
        ..Attributes::default()
    }
}

/// The number that attributes stand for; nothing where they are none of [`attributes`].
pub(super) fn name(found: &Attributes) -> Option<u64> {
    let name = found.name.as_ref()?.strip_prefix("name ")?.parse().ok()?;
    (*found == attributes(name)).then_some(name)
}

/// A face as it is enrolled; its stamp is written as its time.
pub(super) fn new_face(face: &Newcomer) -> NewFace {
    NewFace {
        subject: face.subject.clone(),
        attributes: face.named.then(|| attributes(face.stamp)),
        face: face.own_id.then_some(face.stamp),
        direction: Some((face.stamp % 5) as u8),
        enrolled_at: Some(face.stamp as i64),
        subject_since: None,
        expires_at: None,
        templates: vec![Template { kind: kind(), values: values(face.stamp).into() }],
    }
}

/// Makes a change; the ids of the faces that it made.
pub(super) fn perform(gallery: &dyn Gallery, op: &Op) -> Result<Vec<u64>> {
    let duplicates = Duplicates::Refuse { min_score: DUPLICATE };
    match op {
        Op::CreateTenant { tenant } => done(gallery.create_tenant(tenant)?),
        Op::DropTenant { tenant } => done(gallery.drop_tenant(tenant)?),
        Op::Enroll { tenant, faces } => match faces.as_slice() {
            [face] => Ok(vec![id(&gallery.enroll(tenant, &new_face(face), duplicates)?)?]),
            faces => {
                let faces: Vec<NewFace> = faces.iter().map(new_face).collect();
                let outcomes = gallery.enroll_batch(tenant, &faces, duplicates)?;
                outcomes.into_iter().map(|outcome| id(&outcome?)).collect()
            }
        },
        Op::Replace { tenant, id: old, new, .. } => {
            Ok(vec![id(&gallery.replace(tenant, *old, &new_face(new), duplicates)?)?])
        }
        Op::DeleteFace { tenant, id, .. } => done(gallery.delete_face(tenant, *id)?),
        Op::DeleteSubjects { tenant, subjects } => {
            let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
            done(gallery.delete_subjects(tenant, &subjects)?.subjects == subjects.len() as u64)
        }
        Op::Describe { tenant, subject, name } => {
            gallery.set_attributes(tenant, subject, &attributes(*name))?;
            Ok(Vec::new())
        }
    }
}

fn id(enrolled: &Enrolled) -> Result<u64> {
    match enrolled {
        Enrolled::New { face, duplicate: None } => Ok(*face),
        other => Err(Error::new(ErrorKind::Internal, format!("the store says {other:?} of a new face"))),
    }
}

fn done(done: bool) -> Result<Vec<u64>> {
    if done {
        return Ok(Vec::new());
    }
    Err(Error::new(ErrorKind::Internal, "the store says that there was nothing to change"))
}
