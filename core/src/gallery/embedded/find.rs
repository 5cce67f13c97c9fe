//! Searching, and reading what is enrolled.

use super::enrol::no_face;
use super::erase::no_subject;
use super::failure::{damaged, failure};
use super::mirror::{FreshVectors, index_of};
use super::store::{Kind, Store, other_length};
use super::view::View;
use crate::Result;
use crate::engine::cosine;
use crate::gallery::model::{
    Candidate, Count, Face, Page, StoredFace, Subject, Template, TemplateKind, check_vector,
};
use crate::gallery::search::Hit;

/// How often a search is repeated where a face that it found was deleted meanwhile.
const ATTEMPTS: usize = 100;
/// The largest page.
const MOST_ITEMS: usize = 10_000;

impl Store {
    pub(super) fn search(
        &self,
        tenant: &str,
        kind: &TemplateKind,
        probes: &[&[f32]],
        count: usize,
    ) -> Result<Vec<Vec<Candidate>>> {
        for probe in probes {
            check_vector(probe)?;
        }
        let Some(known) = self.kind(&*self.reader()?, kind)? else {
            // Nobody has a face of this kind; but the tenant must be there.
            return self.read(tenant, |_| Ok(probes.iter().map(|_| Vec::new()).collect()));
        };
        if probes.iter().any(|probe| probe.len() != known.dimension) {
            return Err(other_length());
        }
        for _ in 0..ATTEMPTS {
            let reader = self.reader()?;
            let index = index_of(self, &reader, tenant, &known)?;
            let vectors = FreshVectors { store: self, connection: &reader, tenant, kind: &known };
            let hits = match probes {
                [probe] => vec![index.subjects(probe, count, &vectors)?],
                probes => index.subjects_of_many(probes, count, &vectors)?,
            };
            let snapshot = reader.unchecked_transaction().map_err(failure)?;
            let view = View::find(self, &snapshot, tenant)?;
            if let Some(candidates) = view.all_candidates(kind, &known, probes, &hits)? {
                return Ok(candidates);
            }
        }
        Err(damaged())
    }

    pub(super) fn count(&self, tenant: &str) -> Result<Count> {
        self.read(tenant, |view| {
            let tallies = view.tallies()?;
            Ok(Count { subjects: tallies.subjects, faces: tallies.faces })
        })
    }

    pub(super) fn owner(&self, tenant: &str, face: u64) -> Result<String> {
        self.read(tenant, |view| {
            let owner = view.face(face)?.ok_or_else(no_face)?.owner;
            Ok(view.subject(owner)?.ok_or_else(damaged)?.id)
        })
    }

    pub(super) fn faces_of(&self, tenant: &str, subject: &str) -> Result<Vec<Face>> {
        self.read(tenant, |view| {
            let found = view.find_subject(subject)?.ok_or_else(no_subject)?;
            view.faces_of(found.number)
        })
    }

    pub(super) fn templates_of(
        &self,
        tenant: &str,
        subject: &str,
        kind: &TemplateKind,
    ) -> Result<Vec<(u64, Template)>> {
        self.read(tenant, |view| {
            let found = view.find_subject(subject)?.ok_or_else(no_subject)?;
            let Some(known) = self.kind(view.connection, kind)? else { return Ok(Vec::new()) };
            let values = view.values_of(found.number, &known)?;
            Ok(values
                .into_iter()
                .map(|(face, values)| (face, Template { kind: kind.clone(), values }))
                .collect())
        })
    }

    pub(super) fn subjects(&self, tenant: &str, after: Option<u64>, limit: usize) -> Result<Page<Subject>> {
        let limit = limit.clamp(1, MOST_ITEMS);
        self.read(tenant, |view| {
            let found = view.all(
                "SELECT number, key, sealed FROM subject WHERE tenant = ?1 AND number > ?2
                 ORDER BY number LIMIT ?3",
                [view.tenant.id.cast_signed(), after.unwrap_or(0).cast_signed(), limit as i64],
                |row| view.read_subject(row),
            )?;
            let next = found.last().filter(|_| found.len() == limit).map(|last| last.number);
            Ok(Page { items: found.into_iter().map(|found| found.subject).collect(), next })
        })
    }

    pub(super) fn scan(&self, tenant: &str, after: Option<u64>, limit: usize) -> Result<Page<StoredFace>> {
        let limit = limit.clamp(1, MOST_ITEMS);
        self.read(tenant, |view| {
            let found = view.all(
                "SELECT face, subject, key, sealed FROM face WHERE tenant = ?1 AND face > ?2
                 ORDER BY face LIMIT ?3",
                [view.tenant.id.cast_signed(), after.unwrap_or(0).cast_signed(), limit as i64],
                |row| view.read_face(row),
            )?;
            let next = found.last().filter(|_| found.len() == limit).map(|last| last.face.id);
            let items = found.into_iter().map(|found| {
                let subject = view.subject(found.owner)?.ok_or_else(damaged)?;
                let templates = view.templates(found.face.id, found.owner)?;
                Ok(StoredFace { face: found.face, subject, templates })
            });
            Ok(Page { items: items.collect::<Result<_>>()?, next })
        })
    }
}

impl View<'_> {
    /// The candidates of all probes; nothing where one of them is no longer what was found.
    fn all_candidates(
        &self,
        kind: &TemplateKind,
        known: &Kind,
        probes: &[&[f32]],
        hits: &[Vec<Hit>],
    ) -> Result<Option<Vec<Vec<Candidate>>>> {
        let mut answers = Vec::with_capacity(hits.len());
        for (probe, hits) in probes.iter().zip(hits) {
            let mut candidates = Vec::with_capacity(hits.len());
            for hit in hits {
                let Some(candidate) = self.candidate(kind, known, probe, hit)? else { return Ok(None) };
                candidates.push(candidate);
            }
            answers.push(candidates);
        }
        Ok(Some(answers))
    }

    fn candidate(
        &self,
        kind: &TemplateKind,
        known: &Kind,
        probe: &[f32],
        hit: &Hit,
    ) -> Result<Option<Candidate>> {
        let Some(found) = self.face(hit.face)? else { return Ok(None) };
        if found.owner != hit.subject {
            return Ok(None);
        }
        let Some(values) = self.values(hit.face, found.owner, known)? else { return Ok(None) };
        // An id that was enrolled again meanwhile, or memory that does not hold what the store does.
        if cosine(probe, &values).to_bits() != hit.score.to_bits() {
            return Ok(None);
        }
        let subject = self.subject(found.owner)?.ok_or_else(damaged)?;
        Ok(Some(Candidate {
            face: hit.face,
            subject: subject.id,
            score: hit.score,
            direction: found.face.direction,
            template: Template { kind: kind.clone(), values },
        }))
    }
}
