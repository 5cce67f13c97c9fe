//! Changed bytes: every answer is right or an error.

use super::cuts::PATH;
use super::history::Newcomer;
use super::report::Flips;
use super::store::{kind, new_face, open, values};
use crate::power_cut::{Files, PowerCut};
use crate::random::Random;
use facebridge::gallery::{Duplicates, Gallery, Template};
use facebridge::{ErrorKind, Result};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

const TENANTS: [&str; 2] = ["north", "south"];
const SUBJECTS: u64 = 120;
/// Faces that are searched for; as many again are of nobody.
const PROBES: u64 = 8;
/// Stamps of nobody.
const NOBODY: u64 = 1 << 40;

/// Errors that a damaged store may have.
const ERRORS_OF_DAMAGE: [ErrorKind; 3] =
    [ErrorKind::StoreDamaged, ErrorKind::StoreIncompatible, ErrorKind::WrongKey];

/// Changes a bit of the store's file `count` times, each time of the file as it was, asks everything there is to ask
/// and compares the answers with those of the unchanged file.
///
/// # Errors
/// What the store did wrong before anything was changed.
pub fn flips(count: u64, seed: u64) -> Result<Flips> {
    let disk = PowerCut::new(Files::new());
    fill(&disk)?;
    let files = disk.files();
    let truth = answers(&disk)?;
    let mut report = Flips::default();
    for number in 0..count {
        let mut random = Random::stream(seed, number);
        let mut changed = files.clone();
        let bytes = changed.get_mut(PATH).expect("the store has its file");
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
        disk.load(changed);
        report.flips += 1;
        let found = catch_unwind(AssertUnwindSafe(|| answers(&disk)));
        report.add(&format!("flip {number} at byte {at}"), found, &truth);
    }
    Ok(report)
}

/// Answers by question.
type Answers = Vec<(String, Result<String>)>;

impl Flips {
    fn add(&mut self, flip: &str, found: std::thread::Result<Result<Answers>>, truth: &Answers) {
        let found = match found {
            Err(_) => {
                self.untyped += 1;
                return self.fault(format!("{flip}: panic"));
            }
            Ok(Err(error)) => vec![("open".to_owned(), Err(error))],
            Ok(Ok(answers)) => answers,
        };
        let (mut changed, mut first_error, mut untyped) = (None, None, None);
        for (number, (question, answer)) in found.iter().enumerate() {
            match answer {
                Ok(answer) => {
                    if truth.get(number).and_then(|(_, right)| right.as_ref().ok()) != Some(answer) {
                        changed.get_or_insert(question);
                    }
                }
                Err(error) if ERRORS_OF_DAMAGE.contains(&error.kind()) => {
                    first_error.get_or_insert(error.kind());
                }
                // That somebody is not there is an answer.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::GalleryNotFound | ErrorKind::SubjectNotFound | ErrorKind::FaceNotFound
                    ) =>
                {
                    changed.get_or_insert(question);
                }
                Err(error) => {
                    untyped.get_or_insert((question, error.kind()));
                }
            }
        }
        self.changed_answers += u64::from(changed.is_some());
        self.untyped += u64::from(untyped.is_some());
        self.harmless += u64::from(changed.is_none() && untyped.is_none() && first_error.is_none());
        if let Some(kind) = first_error {
            *self.errors.entry(format!("{kind:?}")).or_default() += 1;
        }
        if let Some(question) = changed {
            self.fault(format!("{flip}: another answer to {question}"));
        }
        if let Some((question, kind)) = untyped {
            self.fault(format!("{flip}: {question} gave {kind:?}"));
        }
    }
}

fn fill(disk: &PowerCut) -> Result<()> {
    let gallery = open(Path::new(PATH), Some(disk.vfs()))?;
    for (number, tenant) in (0..).zip(TENANTS) {
        gallery.create_tenant(tenant)?;
        let faces: Vec<_> = (0..2 * SUBJECTS)
            .map(|face| {
                let stamp = number * 2 * SUBJECTS + face + 1;
                let subject = format!("subject {}", face % SUBJECTS);
                new_face(&Newcomer { subject, stamp, named: face < SUBJECTS, own_id: true })
            })
            .collect();
        for outcome in gallery.enroll_batch(tenant, &faces, Duplicates::Off)? {
            outcome?;
        }
        // Leaves free pages and rows.
        for subject in 0..SUBJECTS / 10 {
            gallery.delete_subjects(tenant, &[&format!("subject {subject}")])?;
        }
    }
    gallery.close()
}

fn answers(disk: &PowerCut) -> Result<Answers> {
    let gallery = open(Path::new(PATH), Some(disk.vfs()))?;
    let mut answers = vec![("tenants".to_owned(), gallery.tenants().map(|names| names.join(",")))];
    for (number, tenant) in (0..).zip(TENANTS) {
        let mut ask = |question: &str, answer: Result<String>| {
            answers.push((format!("{question} of {tenant}"), answer));
        };
        ask("count", gallery.count(tenant).map(|count| format!("{count:?}")));
        ask("subjects", subjects(&*gallery, tenant));
        ask("scan", scan(&*gallery, tenant));
        for subject in (0..SUBJECTS).step_by(7) {
            let subject = format!("subject {subject}");
            ask(&subject, one(&*gallery, tenant, &subject));
        }
        let own = (0..PROBES).map(|probe| number * 2 * SUBJECTS + 1 + probe * 17);
        for stamp in own.chain(NOBODY..NOBODY + PROBES) {
            ask(&format!("search for {stamp}"), search(&*gallery, tenant, stamp));
        }
    }
    Ok(answers)
}

fn subjects(gallery: &dyn Gallery, tenant: &str) -> Result<String> {
    let (mut text, mut after) = (String::new(), None);
    loop {
        let page = gallery.subjects(tenant, after, 50)?;
        for subject in page.items {
            write!(text, "{} {:?} {};", subject.id, subject.attributes.name, subject.created_at)
                .expect("writing to a string cannot fail");
        }
        after = page.next;
        if after.is_none() {
            return Ok(text);
        }
    }
}

fn scan(gallery: &dyn Gallery, tenant: &str) -> Result<String> {
    let (mut text, mut after) = (String::new(), None);
    loop {
        let page = gallery.scan(tenant, after, 50)?;
        for stored in page.items {
            write!(text, "{} {:?} ", stored.subject.id, stored.face)
                .expect("writing to a string cannot fail");
            for template in &stored.templates {
                text.push_str(&digest(template));
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(text);
        }
    }
}

/// Stands for the bits of a template.
fn digest(template: &Template) -> String {
    let mut hasher = DefaultHasher::new();
    template.values.iter().for_each(|value| value.to_bits().hash(&mut hasher));
    format!("{:x};", hasher.finish())
}

/// All about one subject, who may have been deleted: then that is the answer.
fn one(gallery: &dyn Gallery, tenant: &str, subject: &str) -> Result<String> {
    let Some(found) = gallery.subject(tenant, subject)? else { return Ok("nobody".to_owned()) };
    let faces = gallery.faces_of(tenant, subject)?;
    let templates = gallery.templates_of(tenant, subject, &kind())?;
    let templates: Vec<_> =
        templates.iter().map(|(face, template)| (face, template.values.as_slice())).collect();
    Ok(format!("{} {:?} {faces:?} {templates:?}", found.id, found.attributes.name))
}

fn search(gallery: &dyn Gallery, tenant: &str, stamp: u64) -> Result<String> {
    let probe = values(stamp);
    let found = gallery.search(tenant, &kind(), &[&probe], 3)?;
    let found: Vec<_> = found
        .iter()
        .flatten()
        .map(|candidate| (candidate.face, &candidate.subject, candidate.score.to_bits(), candidate.direction))
        .collect();
    Ok(format!("{found:?}"))
}
