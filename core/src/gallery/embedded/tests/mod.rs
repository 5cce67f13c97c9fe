//! The embedded gallery on real files.

mod backup;
mod damage;
mod erasure;
mod failures;
mod format;
mod processes;
mod rotation;
mod secrecy;
mod semantics;

use super::{EmbeddedGallery, Options};
use crate::ErrorKind;
use crate::gallery::model::{Attributes, Duplicates, Enrolled, NewFace, PersonType, Template, TemplateKind};
use crate::gallery::{Gallery, MasterKey};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use zeroize::Zeroizing;

const DIMENSION: usize = 16;

/// A folder with a store in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("faces.gallery")
    }

    fn open(&self) -> EmbeddedGallery {
        self.open_with(options()).unwrap()
    }

    fn open_with(&self, options: Options) -> crate::Result<EmbeddedGallery> {
        EmbeddedGallery::open(&self.file(), &key(1), options)
    }

    /// All bytes of all files in the folder.
    fn bytes(&self) -> Vec<Vec<u8>> {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| std::fs::read(file).unwrap()).collect()
    }

    fn holds(&self, needle: &[u8]) -> bool {
        self.bytes().iter().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    }
}

fn options() -> Options {
    Options { create: true, ..Options::default() }
}

fn key(seed: u8) -> MasterKey {
    MasterKey::from_bytes(&std::array::from_fn::<u8, 32, _>(|index| seed.wrapping_add(index as u8))).unwrap()
}

fn kind() -> TemplateKind {
    TemplateKind { model: "model-a".to_owned(), pipeline: "pipeline-1".to_owned() }
}

fn newer_kind() -> TemplateKind {
    TemplateKind { model: "model-b".to_owned(), pipeline: "pipeline-1".to_owned() }
}

/// A vector of unit length that is like no other.
fn vector(seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f32 / (1u64 << 31) as f32 - 0.5
    };
    // Twelve of them make nearly a normal one.
    let values: Vec<f32> = (0..DIMENSION).map(|_| (0..12).map(|_| next()).sum::<f32>()).collect();
    unit(values)
}

/// A vector that scores about `1 - share` with that of `seed`.
fn like(seed: u64, share: f32) -> Vec<f32> {
    let (one, other) = (vector(seed), vector(seed ^ 0xABCD_EF00));
    unit(one.iter().zip(other).map(|(one, other)| one * (1.0 - share) + other * share * 0.5).collect())
}

fn unit(mut values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt();
    for value in &mut values {
        *value = (f64::from(*value) / length) as f32;
    }
    values
}

fn template(values: Vec<f32>) -> Template {
    Template { kind: kind(), values: Zeroizing::new(values) }
}

fn face(subject: &str, values: Vec<f32>) -> NewFace {
    NewFace {
        subject: subject.to_owned(),
        attributes: None,
        face: None,
        direction: None,
        enrolled_at: None,
        subject_since: None,
        expires_at: None,
        templates: vec![template(values)],
    }
}

fn attributes() -> Attributes {
    Attributes {
        name: Some("Ada Lovelace".to_owned()),
        id_number: Some("110101199003078515".to_owned()),
        customer_id: Some("C-000017".to_owned()),
        person_type: PersonType::Vip,
        expires_at: None,
    }
}

/// Enrols and answers the new face's id.
fn enroll(gallery: &EmbeddedGallery, tenant: &str, subject: &str, values: Vec<f32>) -> u64 {
    match gallery.enroll(tenant, &face(subject, values), Duplicates::Off).unwrap() {
        Enrolled::New { face, .. } => face,
        other => panic!("{other:?}"),
    }
}

/// Who is found for a probe.
fn found(gallery: &EmbeddedGallery, tenant: &str, probe: &[f32]) -> Option<String> {
    let mut candidates = gallery.search(tenant, &kind(), &[probe], 1).unwrap().pop().unwrap();
    candidates.pop().map(|candidate| candidate.subject)
}

fn kind_of<T>(outcome: crate::Result<T>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}

/// Another process that runs `task` on the store in `file`: this test program, with one test selected.
fn child(task: &str, file: &Path) -> std::process::Child {
    let (_, module) = module_path!().split_once("::").unwrap();
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", &format!("{module}::processes::child")])
        .env(processes::TASK, task)
        .env(processes::FILE, file)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap()
}

fn impatient() -> Options {
    Options { erasure_wait: Duration::from_millis(100), busy_wait: Duration::from_millis(200), ..options() }
}
