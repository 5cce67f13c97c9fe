//! Power cuts: a VFS for SQLite whose disk loses, reorders and tears what was not synced.
//!
//! A killed process proves little, because the system still writes what it had accepted. Here all files (database,
//! write-ahead log, journals) are in memory, each as it is seen and as it is on the platter, with the writes and
//! truncations since its last sync in between. When the power goes, each file is left with its synced bytes and
//! some of those changes: none, the first few, any of them, any of them in any order, or any sectors (512 bytes)
//! of any of them; the last write to arrive is torn. From that moment on every call fails, so whoever was told
//! that something is stored had been told before.
//!
//! Of the folder: a new file's name is durable with the first sync of the file, as on ext4 and XFS; a deletion
//! with the sync of the folder that SQLite asks for. Until then either may have happened or not. Bytes that a
//! write did not touch are never harmed: SQLite's own VFS promises it that much (`POWERSAFE_OVERWRITE`), and so
//! does this one. The shared index (`-shm`) is memory of this process and gone after a cut, as after SQLite's own
//! restart; so all connections must be of one process.

mod content;
mod disk;
mod locks;
mod vfs;

#[cfg(test)]
mod tests;

pub use disk::{Failure, Files};

use disk::Disk;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vfs::Registration;

/// A disk whose power can be cut, and the VFS by which SQLite opens files on it.
pub struct PowerCut {
    disk: Arc<Disk>,
    registration: Registration,
}

impl PowerCut {
    /// A disk that holds `files`.
    pub fn new(files: Files) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let disk = Arc::new(Disk::holding(files));
        let name = format!("power_cut_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        Self { registration: Registration::new(&name, Arc::clone(&disk)), disk }
    }

    /// The name of the VFS.
    pub fn vfs(&self) -> &'static str {
        self.registration.name()
    }

    /// Lets the power go at a change to come: 1 is the next write, truncation, sync, creation or deletion.
    /// `seed` decides what is left.
    pub fn cut_at(&self, change: u64, seed: u64) {
        self.disk.cut_at(change, seed);
    }

    /// Lets the power go now.
    pub fn cut(&self, seed: u64) {
        self.disk.cut_now(seed);
    }

    /// What the cut left; nothing while the power is on.
    pub fn left(&self) -> Option<Files> {
        self.disk.left()
    }

    /// Turns the power on again, with the files that the cut left. What was opened before stays dead; failures
    /// and cuts that were ordered and have not happened are forgotten.
    pub fn restart(&self) {
        self.disk.restart();
    }

    /// Starts anew with `files` in place of all that there was.
    pub fn load(&self, files: Files) {
        self.disk.load(files);
    }

    /// How many changes there were since the last start.
    pub fn changes(&self) -> u64 {
        self.disk.changes()
    }

    /// All files as programs see them.
    pub fn files(&self) -> Files {
        self.disk.seen()
    }

    /// Lets every sync succeed and do nothing: a disk that lies, or a store that does not sync.
    pub fn ignore_syncs(&self, ignored: bool) {
        self.disk.ignore_syncs(ignored);
    }

    /// Lets something fail after `before` such operations that succeed.
    pub fn fail(&self, failure: Failure, before: u64) {
        self.disk.fail(Some((failure, before)));
    }

    /// Lets nothing fail any more.
    pub fn heal(&self) {
        self.disk.fail(None);
    }
}

impl Drop for PowerCut {
    fn drop(&mut self) {
        // The disk itself lives on for connections that are still open; its files need not.
        self.disk.load(Files::new());
    }
}
