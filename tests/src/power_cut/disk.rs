//! The disk: files by name, what is durable of them, and the moment at which the power goes.

use super::content::Content;
use super::locks::{Busy, FileLocks, IndexLocks, Owner};
use crate::random::Random;
use rusqlite::ffi;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Files by their full names.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What goes wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// One sync fails (`SQLITE_IOERR_FSYNC`). What it should have made durable is in part lost for good, though
    /// it is still seen, and the next sync succeeds: so does Linux.
    Sync,
    /// One write fails (`SQLITE_IOERR_WRITE`) and changes nothing.
    Write,
    /// There is no space any more for this and every later write (`SQLITE_FULL`).
    Full,
}

/// An SQLite result code that is no success.
pub(super) type Code = i32;

/// A connection's handle of a file.
pub(super) struct Open {
    node: u64,
    owner: Owner,
    boot: u64,
    delete_on_close: Option<String>,
    /// Kept as long as SQLite may read and write it, also over a restart of the disk.
    regions: Vec<Region>,
}

/// A part of a shared index.
pub(super) type Region = Arc<[AtomicU64]>;

/// A file, under one name or none any more.
#[derive(Default)]
struct Node {
    content: Content,
    locks: FileLocks,
    index: Index,
}

/// The shared index of a write-ahead log (`-shm`). It is memory: a power cut ends it.
#[derive(Default)]
struct Index {
    locks: IndexLocks,
    regions: Vec<Region>,
    users: Vec<Owner>,
}

#[derive(Default)]
struct State {
    nodes: BTreeMap<u64, Node>,
    /// The folder as it is seen.
    names: BTreeMap<String, u64>,
    /// The folder as it is on the platter.
    durable: BTreeMap<String, u64>,
    next_number: u64,
    /// Changes since the last start.
    changes: u64,
    /// At which change the power goes, and what decides what is left.
    cut: Option<(u64, u64)>,
    /// What is left; the power is off.
    left: Option<Files>,
    syncs_are_ignored: bool,
    /// What fails, and how many such operations succeed before.
    failure: Option<(Failure, u64)>,
    /// Counts starts; what was opened before the last one is dead.
    boot: u64,
}

/// The disk; it is one for all connections of a VFS.
#[derive(Default)]
pub(super) struct Disk(Mutex<State>);

impl Disk {
    pub(super) fn holding(files: Files) -> Self {
        let disk = Self::default();
        disk.state().load(files);
        disk
    }

    /// Lets the power go at change number `change` from now on, 1 being the next. `seed` decides what is left.
    pub(super) fn cut_at(&self, change: u64, seed: u64) {
        let mut state = self.state();
        state.cut = Some((state.changes + change, seed));
    }

    pub(super) fn cut_now(&self, seed: u64) {
        self.state().go_off(seed);
    }

    /// What the power cut left; nothing while the power is on.
    pub(super) fn left(&self) -> Option<Files> {
        self.state().left.clone()
    }

    pub(super) fn restart(&self) {
        let mut state = self.state();
        let files = state.left.take().unwrap_or_else(|| state.seen());
        state.load(files);
    }

    pub(super) fn load(&self, files: Files) {
        self.state().load(files);
    }

    pub(super) fn changes(&self) -> u64 {
        self.state().changes
    }

    pub(super) fn seen(&self) -> Files {
        self.state().seen()
    }

    pub(super) fn ignore_syncs(&self, ignored: bool) {
        self.state().syncs_are_ignored = ignored;
    }

    pub(super) fn fail(&self, failure: Option<(Failure, u64)>) {
        self.state().failure = failure;
    }

    pub(super) fn open(&self, name: Option<&str>, flags: i32) -> Result<Open, Code> {
        let mut state = self.state();
        if state.left.is_some() {
            return Err(ffi::SQLITE_CANTOPEN);
        }
        let node = match name.and_then(|name| state.names.get(name).copied()) {
            Some(_) if flags & ffi::SQLITE_OPEN_EXCLUSIVE != 0 => return Err(ffi::SQLITE_CANTOPEN),
            Some(node) => node,
            None if name.is_some() && flags & ffi::SQLITE_OPEN_CREATE == 0 => {
                return Err(ffi::SQLITE_CANTOPEN);
            }
            None => {
                let node = state.number();
                state.nodes.insert(node, Node::default());
                if let Some(name) = name {
                    state.names.insert(name.to_owned(), node);
                    state.change().map_err(|_| ffi::SQLITE_CANTOPEN)?;
                }
                node
            }
        };
        let delete_on_close = name.filter(|_| flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0).map(str::to_owned);
        Ok(Open { node, owner: state.number(), boot: state.boot, delete_on_close, regions: Vec::new() })
    }

    pub(super) fn close(&self, open: &mut Open) {
        self.leave_index(open);
        let mut state = self.state();
        if let Ok(node) = state.node(open) {
            node.locks.unlock(open.owner, ffi::SQLITE_LOCK_NONE);
            if let Some(name) = &open.delete_on_close {
                state.names.remove(name);
            }
        }
    }

    pub(super) fn delete(&self, name: &str, sync_folder: bool) -> Result<(), Code> {
        let mut state = self.state();
        if state.left.is_some() {
            return Err(ffi::SQLITE_IOERR_DELETE);
        }
        state.names.remove(name).ok_or(ffi::SQLITE_IOERR_DELETE_NOENT)?;
        state.change().map_err(|_| ffi::SQLITE_IOERR_DELETE)?;
        if sync_folder && !state.syncs_are_ignored {
            state.durable = state.names.clone();
        }
        Ok(())
    }

    /// Whether there is a file of this name; for `SQLITE_ACCESS_EXISTS` an empty one does not count, as in
    /// SQLite's own VFS.
    pub(super) fn access(&self, name: &str, flags: i32) -> bool {
        let state = self.state();
        let node = state.names.get(name).and_then(|node| state.nodes.get(node));
        node.is_some_and(|node| flags != ffi::SQLITE_ACCESS_EXISTS || !node.content.seen().is_empty())
    }

    /// Fills `bytes`, with zeros behind the end of the file; false where that was reached.
    pub(super) fn read(&self, open: &Open, at: usize, bytes: &mut [u8]) -> Result<bool, Code> {
        let mut state = self.state();
        let seen = state.node(open).map_err(|_| ffi::SQLITE_IOERR_READ)?.content.seen();
        let there = seen.get(at..).unwrap_or_default();
        let there = &there[..there.len().min(bytes.len())];
        let (filled, rest) = bytes.split_at_mut(there.len());
        filled.copy_from_slice(there);
        rest.fill(0);
        Ok(rest.is_empty())
    }

    pub(super) fn write(&self, open: &Open, at: usize, bytes: &[u8]) -> Result<(), Code> {
        let mut state = self.state();
        state.node(open).map_err(|_| ffi::SQLITE_IOERR_WRITE)?;
        match state.fails(&[Failure::Write, Failure::Full]) {
            Some(Failure::Full) => return Err(ffi::SQLITE_FULL),
            Some(_) => return Err(ffi::SQLITE_IOERR_WRITE),
            None => {}
        }
        state.node(open)?.content.write(at, bytes);
        state.change().map_err(|_| ffi::SQLITE_IOERR_WRITE)
    }

    pub(super) fn truncate(&self, open: &Open, length: usize) -> Result<(), Code> {
        let mut state = self.state();
        state.node(open).map_err(|_| ffi::SQLITE_IOERR_TRUNCATE)?.content.truncate(length);
        state.change().map_err(|_| ffi::SQLITE_IOERR_TRUNCATE)
    }

    pub(super) fn sync(&self, open: &Open) -> Result<(), Code> {
        let failed = |_| ffi::SQLITE_IOERR_FSYNC;
        let mut state = self.state();
        state.node(open).map_err(failed)?;
        // The power may go while it is under way, with some of it done.
        state.change().map_err(failed)?;
        if state.fails(&[Failure::Sync]).is_some() {
            let mut random = Random::stream(state.changes, open.node);
            state.node(open)?.content.fail_sync(&mut random);
            return Err(ffi::SQLITE_IOERR_FSYNC);
        }
        if state.syncs_are_ignored {
            return Ok(());
        }
        state.node(open)?.content.sync();
        let State { names, durable, .. } = &mut *state;
        for (name, _) in names.iter().filter(|&(_, &node)| node == open.node) {
            durable.insert(name.clone(), open.node);
        }
        Ok(())
    }

    pub(super) fn size(&self, open: &Open) -> Result<usize, Code> {
        let mut state = self.state();
        Ok(state.node(open).map_err(|_| ffi::SQLITE_IOERR_FSTAT)?.content.seen().len())
    }

    pub(super) fn lock(&self, open: &Open, level: i32) -> Result<(), Code> {
        self.state().node(open)?.locks.lock(open.owner, level).map_err(|Busy| ffi::SQLITE_BUSY)
    }

    pub(super) fn unlock(&self, open: &Open, level: i32) {
        if let Ok(node) = self.state().node(open) {
            node.locks.unlock(open.owner, level);
        }
    }

    pub(super) fn is_reserved(&self, open: &Open) -> Result<bool, Code> {
        Ok(self.state().node(open)?.locks.is_reserved())
    }

    /// Part `number` of the shared index, of `bytes` bytes; nothing where it is not there and not to be made.
    pub(super) fn map_index(
        &self,
        open: &mut Open,
        number: usize,
        bytes: usize,
        make: bool,
    ) -> Result<Option<Region>, Code> {
        let mut state = self.state();
        let index = &mut state.node(open).map_err(|_| ffi::SQLITE_IOERR_SHMMAP)?.index;
        if !index.users.contains(&open.owner) {
            index.users.push(open.owner);
        }
        if make {
            while index.regions.len() <= number {
                index.regions.push((0..bytes.div_ceil(8)).map(|_| AtomicU64::new(0)).collect());
            }
        }
        let region = index.regions.get(number).cloned();
        open.regions.extend(region.clone());
        Ok(region)
    }

    pub(super) fn lock_index(
        &self,
        open: &Open,
        first: usize,
        count: usize,
        exclusive: bool,
    ) -> Result<(), Code> {
        let mut state = self.state();
        let locks = &mut state.node(open)?.index.locks;
        locks.lock(open.owner, first, count, exclusive).map_err(|Busy| ffi::SQLITE_BUSY)
    }

    pub(super) fn unlock_index(&self, open: &Open, first: usize, count: usize, exclusive: bool) {
        if let Ok(node) = self.state().node(open) {
            node.index.locks.unlock(open.owner, first, count, exclusive);
        }
    }

    /// Ends a connection's use of the shared index; with the last one the index ends.
    pub(super) fn leave_index(&self, open: &mut Open) {
        open.regions.clear();
        if let Ok(node) = self.state().node(open) {
            node.index.locks.leave(open.owner);
            node.index.users.retain(|&user| user != open.owner);
            if node.index.users.is_empty() {
                node.index.regions.clear();
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Starts with `files`, all durable.
    fn load(&mut self, files: Files) {
        *self = Self {
            next_number: self.next_number,
            syncs_are_ignored: self.syncs_are_ignored,
            boot: self.boot + 1,
            ..Self::default()
        };
        for (name, bytes) in files {
            let node = self.number();
            self.nodes.insert(node, Node { content: Content::durable(bytes), ..Node::default() });
            self.names.insert(name, node);
        }
        self.durable.clone_from(&self.names);
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn node(&mut self, open: &Open) -> Result<&mut Node, Code> {
        if self.left.is_some() || open.boot != self.boot {
            return Err(ffi::SQLITE_IOERR);
        }
        self.nodes.get_mut(&open.node).ok_or(ffi::SQLITE_IOERR)
    }

    fn seen(&self) -> Files {
        self.names
            .iter()
            .map(|(name, node)| (name.clone(), self.nodes[node].content.seen().to_vec()))
            .collect()
    }

    /// Counts a change that is under way; an error where the power goes.
    fn change(&mut self) -> Result<(), Code> {
        self.changes += 1;
        match self.cut {
            Some((change, seed)) if change == self.changes => {
                self.go_off(seed);
                Err(ffi::SQLITE_IOERR)
            }
            _ => Ok(()),
        }
    }

    fn go_off(&mut self, seed: u64) {
        let mut random = Random::stream(seed, self.changes);
        let mut left = Files::new();
        let names: BTreeSet<_> = self.names.keys().chain(self.durable.keys()).collect();
        for name in names {
            let (seen, durable) = (self.names.get(name), self.durable.get(name));
            let node = if seen == durable || random.below(2) == 0 { durable } else { seen };
            if let Some(node) = node {
                left.insert(name.clone(), self.nodes[node].content.after_cut(&mut random));
            }
        }
        self.left = Some(left);
    }

    /// Which of `failures` is due.
    fn fails(&mut self, failures: &[Failure]) -> Option<Failure> {
        let (failure, before) = self.failure.as_mut().filter(|(failure, _)| failures.contains(failure))?;
        let due = *failure;
        if *before > 0 {
            *before -= 1;
            return None;
        }
        if due != Failure::Full {
            self.failure = None;
        }
        Some(due)
    }
}
