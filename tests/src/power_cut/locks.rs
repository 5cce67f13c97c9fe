//! The locks of one database file, among the connections of this process.

use rusqlite::ffi;
use std::collections::BTreeMap;

/// Numbers a connection's handle of a file.
pub(super) type Owner = u64;

/// Somebody else holds what is asked for.
#[derive(Debug, PartialEq)]
pub(super) struct Busy;

/// The locks of <https://sqlite.org/lockingv3.html>: each owner's level, as SQLite numbers them.
#[derive(Default)]
pub(super) struct FileLocks(BTreeMap<Owner, i32>);

impl FileLocks {
    pub(super) fn lock(&mut self, owner: Owner, level: i32) -> Result<(), Busy> {
        let own = self.level(owner);
        if own >= level {
            return Ok(());
        }
        let others = || self.0.iter().filter(|&(&other, _)| other != owner).map(|(_, &level)| level);
        let highest = others().max().unwrap_or(ffi::SQLITE_LOCK_NONE);
        match level {
            ffi::SQLITE_LOCK_SHARED if highest >= ffi::SQLITE_LOCK_PENDING => return Err(Busy),
            ffi::SQLITE_LOCK_RESERVED if highest >= ffi::SQLITE_LOCK_RESERVED => return Err(Busy),
            ffi::SQLITE_LOCK_PENDING | ffi::SQLITE_LOCK_EXCLUSIVE => {
                if highest >= ffi::SQLITE_LOCK_RESERVED {
                    return Err(Busy);
                }
                if highest >= ffi::SQLITE_LOCK_SHARED {
                    // Keeps new readers out until the present ones are gone.
                    self.0.insert(owner, ffi::SQLITE_LOCK_PENDING);
                    return Err(Busy);
                }
            }
            _ => {}
        }
        self.0.insert(owner, level);
        Ok(())
    }

    pub(super) fn unlock(&mut self, owner: Owner, level: i32) {
        if level == ffi::SQLITE_LOCK_NONE {
            self.0.remove(&owner);
        } else if self.level(owner) > level {
            self.0.insert(owner, level);
        }
    }

    /// Whether anybody means to write.
    pub(super) fn is_reserved(&self) -> bool {
        self.0.values().any(|&level| level >= ffi::SQLITE_LOCK_RESERVED)
    }

    fn level(&self, owner: Owner) -> i32 {
        self.0.get(&owner).copied().unwrap_or(ffi::SQLITE_LOCK_NONE)
    }
}

const SLOTS: usize = ffi::SQLITE_SHM_NLOCK as usize;

/// One of the locks on the index of a write-ahead log.
#[derive(Clone, Default)]
struct Slot {
    readers: Vec<Owner>,
    writer: Option<Owner>,
}

/// The locks on the index of a write-ahead log.
#[derive(Default)]
pub(super) struct IndexLocks([Slot; SLOTS]);

impl IndexLocks {
    /// Takes `count` locks from `first` on, all or none.
    pub(super) fn lock(
        &mut self,
        owner: Owner,
        first: usize,
        count: usize,
        exclusive: bool,
    ) -> Result<(), Busy> {
        let Some(slots) = self.0.get_mut(first..first + count) else { return Err(Busy) };
        let free = |slot: &Slot| {
            slot.writer.is_none_or(|writer| writer == owner)
                && !(exclusive && slot.readers.iter().any(|&reader| reader != owner))
        };
        if !slots.iter().all(free) {
            return Err(Busy);
        }
        for slot in slots {
            if exclusive {
                slot.writer = Some(owner);
            } else if !slot.readers.contains(&owner) {
                slot.readers.push(owner);
            }
        }
        Ok(())
    }

    pub(super) fn unlock(&mut self, owner: Owner, first: usize, count: usize, exclusive: bool) {
        for slot in self.0.iter_mut().skip(first).take(count) {
            if exclusive {
                slot.writer = slot.writer.filter(|&writer| writer != owner);
            } else {
                slot.readers.retain(|&reader| reader != owner);
            }
        }
    }

    /// Gives up all that `owner` holds.
    pub(super) fn leave(&mut self, owner: Owner) {
        self.unlock(owner, 0, SLOTS, true);
        self.unlock(owner, 0, SLOTS, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ffi::{SQLITE_LOCK_EXCLUSIVE, SQLITE_LOCK_NONE, SQLITE_LOCK_RESERVED, SQLITE_LOCK_SHARED};

    #[test]
    fn one_writes_when_nobody_reads() {
        let mut locks = FileLocks::default();
        for owner in [1, 2] {
            locks.lock(owner, SQLITE_LOCK_SHARED).unwrap();
        }
        locks.lock(1, SQLITE_LOCK_RESERVED).unwrap();
        assert!(locks.is_reserved());
        assert_eq!(locks.lock(2, SQLITE_LOCK_RESERVED), Err(Busy));
        assert_eq!(locks.lock(1, SQLITE_LOCK_EXCLUSIVE), Err(Busy));
        // The writer waits, so nobody new comes in.
        assert_eq!(locks.lock(3, SQLITE_LOCK_SHARED), Err(Busy));
        locks.unlock(2, SQLITE_LOCK_NONE);
        locks.lock(1, SQLITE_LOCK_EXCLUSIVE).unwrap();
        locks.unlock(1, SQLITE_LOCK_SHARED);
        locks.lock(3, SQLITE_LOCK_SHARED).unwrap();
    }

    #[test]
    fn the_index_has_readers_or_a_writer() {
        let mut locks = IndexLocks::default();
        locks.lock(1, 3, 1, false).unwrap();
        locks.lock(2, 3, 1, false).unwrap();
        assert_eq!(locks.lock(1, 3, 1, true), Err(Busy));
        assert_eq!(locks.lock(3, 0, SLOTS, true), Err(Busy));
        locks.leave(2);
        locks.unlock(1, 3, 1, false);
        locks.lock(3, 0, SLOTS, true).unwrap();
        assert_eq!(locks.lock(1, 7, 1, false), Err(Busy));
        locks.leave(3);
        locks.lock(1, 7, 1, false).unwrap();
    }
}
