//! How the searchable copy of a tenant follows the store.
//!
//! Every row of a template has a number that only grows, and deletions are listed under such numbers. So a process
//! that is behind reads what is new; where the list of deletions was shortened meanwhile, it reads everything. The
//! tenant's sealed tally says which faces there must be at the end.

use super::failure::{damaged, failure};
use super::layout::{Tallies, Tally, read_template};
use super::store::{Kind, Reader, Store};
use super::tenant::{Copied, Mirror};
use super::view::{View, number, sealed};
use crate::Result;
use crate::gallery::crypt::{DataKey, Place, Record};
use crate::gallery::search::{self, Index, Vectors};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

/// Rows that one thread opens at a time.
const BATCH_ROWS: usize = 1024;
/// More threads than this would only wait for the one that reads.
const MOST_THREADS: usize = 8;

const NEW_ROWS: &str = "SELECT face, subject, key, sealed FROM template
    WHERE tenant = ?1 AND kind = ?2 AND seq > ?3 ORDER BY seq";
const NEW_DELETIONS: &str = "SELECT face FROM deleted WHERE tenant = ?1 AND kind = ?2 AND seq > ?3";

/// A sealed row on its way from the thread that reads to those that open.
struct Row {
    face: u64,
    subject: u64,
    key: Arc<DataKey>,
    bytes: Zeroizing<Vec<u8>>,
}

/// The faces of a kind in a tenant, up to date with every change that was committed before this call.
pub(super) fn index_of(store: &Store, reader: &Reader<'_>, tenant: &str, kind: &Kind) -> Result<Arc<Index>> {
    let snapshot = reader.unchecked_transaction().map_err(failure)?;
    let view = View::find(store, &snapshot, tenant)?;
    if let Some(index) = view.tenant.index_at(view.change, kind.id) {
        return Ok(index);
    }
    drop(view);
    drop(snapshot);
    caught_up(store, tenant, kind)
}

fn caught_up(store: &Store, tenant: &str, kind: &Kind) -> Result<Arc<Index>> {
    let reader = store.reader()?;
    loop {
        let snapshot = reader.unchecked_transaction().map_err(failure)?;
        let known = View::find(store, &snapshot, tenant)?.tenant;
        drop(snapshot);
        let mut mirror = known.mirror();
        // Begun with the lock held, so that it is at no older state than the copy.
        let snapshot = reader.unchecked_transaction().map_err(failure)?;
        let view = View::find(store, &snapshot, tenant)?;
        // Unless it was dropped and made anew meanwhile.
        if Arc::ptr_eq(&view.tenant, &known) {
            view.catch_up(&mut mirror)?;
            let index = view.copied(&mut mirror, kind)?;
            known.publish(&mirror);
            return Ok(index);
        }
    }
}

impl View<'_> {
    /// Brings the copy to this state.
    ///
    /// # Errors
    /// `StoreDamaged` where the rows are not those that the tally names.
    pub(super) fn catch_up(&self, mirror: &mut Mirror) -> Result<()> {
        if mirror.change == self.change {
            return Ok(());
        }
        let outcome = self.follow(mirror);
        if outcome.is_err() {
            // Half of the news may be in it.
            mirror.kinds.clear();
        }
        mirror.change = self.change;
        self.tenant.publish(mirror);
        outcome
    }

    fn follow(&self, mirror: &mut Mirror) -> Result<()> {
        if mirror.kinds.is_empty() {
            return Ok(());
        }
        let tallies = self.tallies()?;
        let pruned: u64 = self
            .one("SELECT pruned FROM meta", [], |row| number(row, 0).map_err(failure))?
            .ok_or_else(damaged)?;
        let since = mirror.change;
        for (&id, copied) in &mut mirror.kinds {
            let (_, kind) = self.store.kind_of(self.connection, id)?;
            let can_follow = since >= pruned;
            if can_follow {
                self.add_news(copied, &kind, since)?;
            }
            if !can_follow || copied.tally != tally_of(&tallies, id) {
                *copied = self.load(&kind, &tallies)?;
            }
        }
        Ok(())
    }

    fn add_news(&self, copied: &mut Copied, kind: &Kind, since: u64) -> Result<()> {
        let since = [self.tenant.id, kind.id, since].map(u64::cast_signed);
        let gone = self.all(NEW_DELETIONS, since, |row| number(row, 0).map_err(failure))?;
        let mut gone: BTreeSet<u64> = gone.into_iter().collect();
        let news = self.all(NEW_ROWS, since, |row| {
            let (face, subject) = (number(row, 0).map_err(failure)?, number(row, 1).map_err(failure)?);
            let place = self.template_place(face, subject, kind);
            let values = self.open(&place, &sealed(row, 2)?, |bytes| read_template(bytes, kind.dimension))?;
            Ok((face, subject, values))
        })?;
        // New ones first, so that a subject whose face is replaced is found all the time.
        for (face, subject, values) in news {
            // An id that was deleted and enrolled again.
            if gone.remove(&face) {
                copied.remove(face);
            }
            copied.insert(face, subject, &values);
        }
        for face in gone {
            copied.remove(face);
        }
        Ok(())
    }

    /// The copy of a kind, loaded where it is not yet there. The rest of the copy must be at this state.
    pub(super) fn copied(&self, mirror: &mut Mirror, kind: &Kind) -> Result<Arc<Index>> {
        if let Some(copied) = mirror.kinds.get(&kind.id) {
            return Ok(copied.index.clone());
        }
        let copied = self.load(kind, &self.tallies()?)?;
        let index = copied.index.clone();
        mirror.kinds.insert(kind.id, copied);
        Ok(index)
    }

    /// Reads all faces of a kind.
    ///
    /// One thread reads and the others open. They are plain threads: a caller may be on a thread pool whose other
    /// tasks wait for the lock that this thread holds.
    fn load(&self, kind: &Kind, tallies: &Tallies) -> Result<Copied> {
        let index = Arc::new(Index::new(kind.dimension, self.store.options.residence));
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
        let (batches, received) = sync_channel::<Vec<Row>>(2 * threads);
        let received = Arc::new(Mutex::new(received));
        let tally = std::thread::scope(|scope| {
            let openers: Vec<_> = (0..threads)
                .map(|_| {
                    let (opener, received, index) = (self.opener(), received.clone(), &index);
                    scope.spawn(move || opener.open(&received, kind, index))
                })
                .collect();
            // Theirs alone, so that sending fails where none of them is left.
            drop(received);
            let read = self.read_rows(kind, |batch| batches.send(batch).is_ok());
            drop(batches);
            let mut outcome = read;
            for opener in openers {
                let opened = opener.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                outcome = opened.and(outcome);
            }
            outcome
        })?;
        if tally != tally_of(tallies, kind.id) || index.len() as u64 != tally.count {
            return Err(damaged());
        }
        Ok(Copied { index, tally })
    }

    fn read_rows(&self, kind: &Kind, mut send: impl FnMut(Vec<Row>) -> bool) -> Result<Tally> {
        let mut statement = self.connection.prepare_cached(NEW_ROWS).map_err(failure)?;
        let mut rows =
            statement.query([self.tenant.id, kind.id, 0].map(u64::cast_signed)).map_err(failure)?;
        let mut tally = Tally::default();
        let mut batch = Vec::with_capacity(BATCH_ROWS);
        while let Some(row) = rows.next().map_err(failure)? {
            let (face, subject) = (number(row, 0).map_err(failure)?, number(row, 1).map_err(failure)?);
            let sealed = sealed(row, 2)?;
            tally.add(face);
            batch.push(Row {
                face,
                subject,
                key: self.key_of(sealed.key)?,
                bytes: Zeroizing::new(sealed.bytes.to_vec()),
            });
            if batch.len() == BATCH_ROWS
                && !send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS)))
            {
                // Nobody opens any more: one of them says why.
                return Ok(tally);
            }
        }
        send(batch);
        Ok(tally)
    }

    fn opener(&self) -> Opener {
        Opener { place: self.place(Record::Template, 0, 0) }
    }
}

/// Opens rows away from the connection, which stays on its thread.
struct Opener {
    place: Place,
}

impl Opener {
    fn open(&self, batches: &Mutex<Receiver<Vec<Row>>>, kind: &Kind, index: &Index) -> Result<()> {
        loop {
            let Ok(batch) = super::store::lock(batches).recv() else { return Ok(()) };
            let mut opened = Vec::with_capacity(batch.len());
            for mut row in batch {
                let place = Place { row: row.face, owner: row.subject, model: kind.digest, ..self.place };
                let plain = row.key.rows.open(&place, &mut row.bytes).ok_or_else(damaged)?;
                opened.push((
                    row.face,
                    row.subject,
                    read_template(plain, kind.dimension).ok_or_else(damaged)?,
                ));
            }
            let rows: Vec<_> = opened
                .iter()
                .map(|&(face, subject, ref values)| search::Row { face, subject, values })
                .collect();
            index.insert_many(&rows);
        }
    }
}

fn tally_of(tallies: &Tallies, kind: u64) -> Tally {
    tallies.kinds.get(&kind).copied().unwrap_or_default()
}

/// The vectors of a tenant's faces, from the store.
pub(super) struct StoredVectors<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) kind: &'a Kind,
}

impl Vectors for StoredVectors<'_> {
    fn fetch(&self, faces: &[u64], take: &mut dyn FnMut(u64, &[f32])) -> Result<()> {
        for &face in faces {
            let owner = self.view.one(
                "SELECT subject FROM template WHERE tenant = ?1 AND face = ?2 AND kind = ?3",
                [self.view.tenant.id, face, self.kind.id].map(u64::cast_signed),
                |row| number(row, 0).map_err(failure),
            )?;
            if let Some(owner) = owner
                && let Some(values) = self.view.values(face, owner, self.kind)?
            {
                take(face, &values);
            }
        }
        Ok(())
    }
}

/// Vectors for an index that holds its own.
pub(super) struct NoVectors;

impl Vectors for NoVectors {
    fn fetch(&self, _: &[u64], _: &mut dyn FnMut(u64, &[f32])) -> Result<()> {
        Ok(())
    }
}

/// Vectors from whatever state the store is at when they are asked for.
pub(super) struct FreshVectors<'a> {
    pub(super) store: &'a Store,
    pub(super) connection: &'a Connection,
    pub(super) tenant: &'a str,
    pub(super) kind: &'a Kind,
}

impl Vectors for FreshVectors<'_> {
    fn fetch(&self, faces: &[u64], take: &mut dyn FnMut(u64, &[f32])) -> Result<()> {
        let snapshot = self.connection.unchecked_transaction().map_err(failure)?;
        let view = View::find(self.store, &snapshot, self.tenant)?;
        StoredVectors { view: &view, kind: self.kind }.fetch(faces, take)
    }
}
