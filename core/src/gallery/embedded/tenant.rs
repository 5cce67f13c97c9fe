//! A tenant in memory: its keys, and the searchable copy of its faces.

use super::layout::Tally;
use crate::gallery::crypt::DataKey;
use crate::gallery::search::Index;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// A tenant that this process has used.
pub(super) struct Tenant {
    /// The store's number of it.
    pub(super) id: u64,
    /// Its name, compared with each row found by its look-up value.
    pub(super) name: String,
    keys: RwLock<Keys>,
    mirror: Mutex<Mirror>,
    /// The change that the copy is up to, for a look without the lock.
    seen: AtomicU64,
    indexes: RwLock<BTreeMap<u64, Arc<Index>>>,
}

/// The data keys of a tenant. A version that was destroyed stays in memory, because a reader may still be at an
/// older state of the store; it goes with the tenant.
#[derive(Default)]
struct Keys {
    known: BTreeMap<u32, Arc<DataKey>>,
    /// The versions that rows may have, newest first.
    live: Vec<u32>,
}

/// The searchable copy, and the change that it is up to.
#[derive(Default)]
pub(super) struct Mirror {
    pub(super) change: u64,
    pub(super) kinds: BTreeMap<u64, Copied>,
}

/// The faces of one kind.
pub(super) struct Copied {
    pub(super) index: Arc<Index>,
    pub(super) tally: Tally,
}

impl Copied {
    pub(super) fn insert(&mut self, face: u64, subject: u64, values: &[f32]) {
        self.index.insert(face, subject, values);
        self.tally.add(face);
    }

    pub(super) fn remove(&mut self, face: u64) {
        if self.index.remove(face) {
            self.tally.take(face);
        }
    }

    /// As `remove`, in one pass, for faces that are all there.
    pub(super) fn remove_all(&mut self, faces: &[u64]) {
        self.index.remove_many(faces);
        for &face in faces {
            self.tally.take(face);
        }
    }
}

impl Tenant {
    pub(super) fn new(id: u64, name: String) -> Self {
        Self {
            id,
            name,
            keys: RwLock::default(),
            mirror: Mutex::default(),
            seen: AtomicU64::new(0),
            indexes: RwLock::default(),
        }
    }

    pub(super) fn key(&self, version: u32) -> Option<Arc<DataKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).known.get(&version).cloned()
    }

    /// The keys that rows may be sealed with, newest first.
    pub(super) fn live_keys(&self) -> Vec<Arc<DataKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.live.iter().filter_map(|version| keys.known.get(version).cloned()).collect()
    }

    /// Whether the newest key is the one that the store names.
    pub(super) fn has_current_key(&self, version: u32) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).live.first() == Some(&version)
    }

    pub(super) fn set_keys(&self, live: BTreeMap<u32, Arc<DataKey>>) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.live = live.keys().rev().copied().collect();
        keys.known.extend(live);
    }

    /// Adds the key that a change is about to bring in. Where that is not committed, the next look at the store
    /// puts the right ones in its place.
    pub(super) fn add_key(&self, version: u32, key: Arc<DataKey>) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.known.insert(version, key);
        keys.live.insert(0, version);
    }

    /// Rows have this version of the key only.
    pub(super) fn set_only_key(&self, version: u32) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).live = vec![version];
    }

    pub(super) fn index_at(&self, change: u64, kind: u64) -> Option<Arc<Index>> {
        if self.seen.load(Ordering::Acquire) < change {
            return None;
        }
        self.indexes.read().unwrap_or_else(PoisonError::into_inner).get(&kind).cloned()
    }

    pub(super) fn mirror(&self) -> MutexGuard<'_, Mirror> {
        // A panic while it was changed leaves a copy that its tally exposes, so it is built anew.
        self.mirror.lock().unwrap_or_else(|poison| {
            let mut mirror = poison.into_inner();
            mirror.kinds.clear();
            self.mirror.clear_poison();
            mirror
        })
    }

    /// Shows the copy, as it is now, to searches that begin from here on.
    pub(super) fn publish(&self, mirror: &Mirror) {
        let indexes = mirror.kinds.iter().map(|(&kind, copied)| (kind, copied.index.clone())).collect();
        *self.indexes.write().unwrap_or_else(PoisonError::into_inner) = indexes;
        self.seen.store(mirror.change, Ordering::Release);
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        let indexes = self.indexes.read().unwrap_or_else(PoisonError::into_inner);
        indexes.values().map(|index| index.memory_bytes()).sum()
    }
}
