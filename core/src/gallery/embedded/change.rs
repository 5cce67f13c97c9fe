//! A write transaction on a tenant: the rows it changes, and what that means for the searchable copy.

use super::failure::{damaged, failure};
use super::layout::{Tallies, write_face, write_subject, write_tallies, write_template};
use super::mirror::{NoVectors, StoredVectors};
use super::store::Kind;
use super::tenant::Mirror;
use super::view::{NumberedSubject, View, number};
use crate::Result;
use crate::gallery::crypt::{DataKey, Record, random};
use crate::gallery::model::{Face, Subject};
use crate::gallery::search::{Hit, Index, Residence};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// Face ids count milliseconds from here (1 January 2020); 41 bits of them last until 2089.
const FACE_ID_EPOCH: u64 = 1_577_836_800_000;
const FACE_ID_RANDOM_BITS: u32 = 12;
const FACE_ID_TIME_BITS: u32 = 41;

/// A change in the making.
pub(super) struct Change<'a> {
    pub(super) view: View<'a>,
    key: Arc<DataKey>,
    mirror: &'a mut Mirror,
    tallies: Tallies,
    /// The last number given, in the whole store.
    seq: u64,
    written: bool,
    effects: Vec<Effect>,
    /// What this change itself enrols, for finding duplicates in it.
    pending: BTreeMap<u64, Index>,
}

enum Effect {
    Insert { kind: u64, face: u64, subject: u64, values: Zeroizing<Vec<f32>> },
    Remove { kind: u64, face: u64 },
}

/// What a committed change does to the searchable copy.
pub(super) struct Effects {
    change: u64,
    effects: Vec<Effect>,
}

impl Effects {
    pub(super) fn apply(self, mirror: &mut Mirror) {
        let mut effects = self.effects.into_iter().peekable();
        while let Some(effect) = effects.next() {
            match effect {
                Effect::Insert { kind, face, subject, values } => {
                    if let Some(copied) = mirror.kinds.get_mut(&kind) {
                        copied.insert(face, subject, &values);
                    }
                }
                Effect::Remove { kind, face } => {
                    let mut faces = vec![face];
                    while let Some(&Effect::Remove { kind: same, face }) = effects.peek()
                        && same == kind
                    {
                        faces.push(face);
                        effects.next();
                    }
                    if let Some(copied) = mirror.kinds.get_mut(&kind) {
                        copied.remove_all(&faces);
                    }
                }
            }
        }
        mirror.change = self.change;
    }
}

impl<'a> Change<'a> {
    pub(super) fn begin(view: View<'a>, mirror: &'a mut Mirror) -> Result<Self> {
        let tallies = view.tallies()?;
        let key = view.current_key()?;
        let seq = last_number(&view)?;
        Ok(Self {
            view,
            key,
            mirror,
            tallies,
            seq,
            written: false,
            effects: Vec::new(),
            pending: BTreeMap::new(),
        })
    }

    /// Writes what goes with every change; nothing where nothing was changed.
    pub(super) fn finish(mut self) -> Result<Option<Effects>> {
        if !self.written {
            return Ok(None);
        }
        let change = self.next();
        let place = self.view.place(Record::Tally, change, 0);
        let tally = self.key.rows.seal(&place, &write_tallies(&self.tallies));
        self.run(
            "UPDATE tenant SET change = ?2, tally_key = ?3, tally = ?4 WHERE id = ?1",
            (self.id(), change.cast_signed(), self.view.key, tally),
        )?;
        self.run("UPDATE meta SET seq = ?1", [self.seq.cast_signed()])?;
        Ok(Some(Effects { change, effects: self.effects }))
    }

    fn id(&self) -> i64 {
        self.view.tenant.id.cast_signed()
    }

    fn next(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    fn run(&mut self, sql: &str, parameters: impl rusqlite::Params) -> Result<usize> {
        self.written = true;
        self.view
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(parameters))
            .map_err(failure)
    }

    /// Makes a kind searchable, before anything is written: the copy must not see what may be rolled back.
    pub(super) fn make_searchable(&mut self, kind: &Kind) -> Result<()> {
        assert!(!self.written, "duplicates are prepared for before the first row is written");
        self.view.copied(self.mirror, kind)?;
        self.pending.entry(kind.id).or_insert_with(|| Index::new(kind.dimension, Residence::Full));
        Ok(())
    }

    /// The most similar face of another subject than `except`, of those stored and those enrolled by this change.
    pub(super) fn best_of_others(
        &self,
        kind: &Kind,
        probe: &[f32],
        except: Option<u64>,
        min_score: f64,
    ) -> Result<Option<Hit>> {
        let vectors = StoredVectors { view: &self.view, kind };
        let stored = match self.mirror.kinds.get(&kind.id) {
            Some(copied) => copied.index.best_of_others(probe, except, min_score, &vectors)?,
            None => None,
        };
        let pending = match self.pending.get(&kind.id) {
            Some(index) => index.best_of_others(probe, except, min_score, &NoVectors)?,
            None => None,
        };
        Ok(better(stored, pending))
    }

    pub(super) fn add_subject(&mut self, subject: &Subject) -> Result<u64> {
        let number = self.next();
        let sealed =
            self.key.rows.seal(&self.view.place(Record::Subject, number, 0), &write_subject(subject));
        let lookup = self.key.lookup(&subject.id);
        self.run(
            "INSERT INTO subject (number, tenant, lookup, key, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
            (number.cast_signed(), self.id(), lookup, self.view.key, sealed),
        )?;
        self.tallies.subjects += 1;
        Ok(number)
    }

    /// Writes a subject anew, under the current key.
    pub(super) fn set_subject(&mut self, row: &NumberedSubject) -> Result<()> {
        let place = self.view.place(Record::Subject, row.number, 0);
        let sealed = self.key.rows.seal(&place, &write_subject(&row.subject));
        let lookup = self.key.lookup(&row.subject.id);
        let changed = self.run(
            "UPDATE subject SET lookup = ?2, key = ?3, sealed = ?4 WHERE number = ?1",
            (row.number.cast_signed(), lookup, self.view.key, sealed),
        )?;
        if changed == 1 { Ok(()) } else { Err(damaged()) }
    }

    pub(super) fn add_face(&mut self, owner: u64, face: &Face) -> Result<()> {
        let sealed = self.key.rows.seal(&self.view.place(Record::Face, face.id, owner), &write_face(face));
        self.run(
            "INSERT INTO face (tenant, face, subject, key, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
            (self.id(), face.id.cast_signed(), owner.cast_signed(), self.view.key, sealed),
        )?;
        self.tallies.faces += 1;
        Ok(())
    }

    /// Writes a face anew, under the current key.
    pub(super) fn set_face(&mut self, owner: u64, face: &Face) -> Result<()> {
        let sealed = self.key.rows.seal(&self.view.place(Record::Face, face.id, owner), &write_face(face));
        let changed = self.run(
            "UPDATE face SET key = ?3, sealed = ?4 WHERE tenant = ?1 AND face = ?2",
            (self.id(), face.id.cast_signed(), self.view.key, sealed),
        )?;
        if changed == 1 { Ok(()) } else { Err(damaged()) }
    }

    pub(super) fn add_template(&mut self, owner: u64, face: u64, kind: &Kind, values: &[f32]) -> Result<()> {
        let seq = self.next();
        let place = self.view.template_place(face, owner, kind);
        let sealed = self.key.rows.seal(&place, &write_template(values));
        self.run(
            "INSERT INTO template (seq, tenant, kind, face, subject, key, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                seq.cast_signed(),
                self.id(),
                kind.id.cast_signed(),
                face.cast_signed(),
                owner.cast_signed(),
                self.view.key,
                sealed,
            ),
        )?;
        self.tallies.kinds.entry(kind.id).or_default().add(face);
        if let Some(pending) = self.pending.get(&kind.id) {
            pending.insert(face, owner, values);
        }
        if self.mirror.kinds.contains_key(&kind.id) {
            let values = Zeroizing::new(values.to_vec());
            self.effects.push(Effect::Insert { kind: kind.id, face, subject: owner, values });
        }
        Ok(())
    }

    /// Writes a template anew, under the current key. It is no news to those who know it.
    pub(super) fn reseal_template(
        &mut self,
        seq: u64,
        owner: u64,
        face: u64,
        kind: &Kind,
        values: &[f32],
    ) -> Result<()> {
        let place = self.view.template_place(face, owner, kind);
        let sealed = self.key.rows.seal(&place, &write_template(values));
        let changed = self.run(
            "UPDATE template SET key = ?2, sealed = ?3 WHERE seq = ?1",
            (seq.cast_signed(), self.view.key, sealed),
        )?;
        if changed == 1 { Ok(()) } else { Err(damaged()) }
    }

    /// Deletes one template of a face and lists that for other processes.
    pub(super) fn remove_template(&mut self, kind: u64, face: u64) -> Result<()> {
        let seq = self.next();
        let gone = self.run(
            "DELETE FROM template WHERE tenant = ?1 AND face = ?2 AND kind = ?3",
            (self.id(), face.cast_signed(), kind.cast_signed()),
        )?;
        if gone != 1 {
            return Err(damaged());
        }
        self.run(
            "INSERT INTO deleted (seq, tenant, kind, face) VALUES (?1, ?2, ?3, ?4)",
            (seq.cast_signed(), self.id(), kind.cast_signed(), face.cast_signed()),
        )?;
        let tally = self.tallies.kinds.entry(kind).or_default();
        tally.take(face);
        if tally.count == 0 {
            self.tallies.kinds.remove(&kind);
        }
        if let Some(pending) = self.pending.get(&kind) {
            pending.remove(face);
        }
        self.effects.push(Effect::Remove { kind, face });
        Ok(())
    }

    /// Deletes a face with its templates. Its subject stays, even without a face.
    pub(super) fn remove_face(&mut self, face: u64) -> Result<()> {
        let kinds = self.view.all(
            "SELECT kind FROM template WHERE tenant = ?1 AND face = ?2",
            [self.id(), face.cast_signed()],
            |row| number(row, 0).map_err(failure),
        )?;
        for kind in kinds {
            self.remove_template(kind, face)?;
        }
        let gone =
            self.run("DELETE FROM face WHERE tenant = ?1 AND face = ?2", [self.id(), face.cast_signed()])?;
        if gone != 1 {
            return Err(damaged());
        }
        self.tallies.faces = self.tallies.faces.wrapping_sub(1);
        Ok(())
    }

    /// Deletes a subject that has no face left.
    pub(super) fn remove_subject(&mut self, subject: u64) -> Result<()> {
        let gone = self.run("DELETE FROM subject WHERE number = ?1", [subject.cast_signed()])?;
        if gone != 1 {
            return Err(damaged());
        }
        self.tallies.subjects = self.tallies.subjects.wrapping_sub(1);
        Ok(())
    }

    /// Takes a new key into use: every later row is sealed with it.
    pub(super) fn use_key(&mut self, version: u32) -> Result<()> {
        self.key = self.view.tenant.key(version).ok_or_else(damaged)?;
        self.view.key = version;
        self.run("UPDATE tenant SET key = ?2 WHERE id = ?1", (self.id(), version))?;
        Ok(())
    }

    /// Destroys the keys of all versions but the current one.
    pub(super) fn destroy_old_keys(&mut self) -> Result<()> {
        self.run("DELETE FROM tenant_key WHERE tenant = ?1 AND version <> ?2", (self.id(), self.view.key))?;
        Ok(())
    }

    /// Adds a wrapped key.
    pub(super) fn add_key(&mut self, version: u32, wrapped: Vec<u8>) -> Result<()> {
        self.run(
            "INSERT INTO tenant_key (tenant, version, wrapped) VALUES (?1, ?2, ?3)",
            (self.id(), version, wrapped),
        )?;
        Ok(())
    }

    /// A face id that the tenant does not use.
    pub(super) fn free_face_id(&self) -> Result<u64> {
        loop {
            let id = face_id(now());
            if id != 0 && self.view.face(id)?.is_none() {
                return Ok(id);
            }
        }
    }
}

fn last_number(view: &View<'_>) -> Result<u64> {
    view.one("SELECT seq FROM meta", [], |row| number(row, 0).map_err(failure))?.ok_or_else(damaged)
}

/// The one that a search over both would name first.
fn better(one: Option<Hit>, other: Option<Hit>) -> Option<Hit> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let order = other.score.total_cmp(&one.score).then(one.face.cmp(&other.face));
            Some(if order.is_le() { one } else { other })
        }
        (one, other) => one.or(other),
    }
}

fn face_id(time: i64) -> u64 {
    let time = u64::try_from(time).unwrap_or_default().saturating_sub(FACE_ID_EPOCH);
    let time = time & ((1 << FACE_ID_TIME_BITS) - 1);
    let random = u64::from_le_bytes(random()) & ((1 << FACE_ID_RANDOM_BITS) - 1);
    time << FACE_ID_RANDOM_BITS | random
}

/// Milliseconds since 1970.
pub(super) fn now() -> i64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::model::MAX_FACE_ID;

    #[test]
    fn face_ids_stay_exact_in_json_and_grow_with_time() {
        for time in [i64::MIN, 0, 1_800_000_000_000, i64::MAX] {
            assert!(face_id(time) <= MAX_FACE_ID);
        }
        assert!(
            face_id(1_800_000_000_001) >> FACE_ID_RANDOM_BITS
                > face_id(1_800_000_000_000) >> FACE_ID_RANDOM_BITS
        );
    }

    #[test]
    fn the_better_of_two_hits_is_the_one_that_a_search_names_first() {
        let hit = |face, score| Some(Hit { face, subject: 1, score });
        assert_eq!(better(hit(2, 0.5), hit(1, 0.5)), hit(1, 0.5));
        assert_eq!(better(hit(1, 0.5), hit(2, 0.5)), hit(1, 0.5));
        assert_eq!(better(hit(9, 0.6), hit(2, 0.5)), hit(9, 0.6));
        assert_eq!(better(None, hit(2, 0.5)), hit(2, 0.5));
        assert_eq!(better(None, None), None);
    }
}
