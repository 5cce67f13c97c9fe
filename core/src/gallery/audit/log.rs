//! Appends to a log.

use super::chain::{self, MOST_LINE_BYTES};
use super::event::Event;
use super::faults::{broken, broken_head, failure, unsafe_write};
use super::files::{Found, Places, lock_to_write, read_at, write_at};
use super::head::Head;
use super::keys::{KEY_BYTES, Keys};
use super::tail::{Tail, tail};
use super::verify::{sound_head, walk};
use crate::Result;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// A log that takes records. Threads may share it, and other processes may append to the same files.
///
/// It holds no file open: each record is appended under a lock to what lies at the path then, so that a log
/// which was exchanged or deleted meanwhile is noticed at the next record.
pub struct AuditLog {
    places: Places,
    keys: Keys,
    state: Mutex<State>,
    sync: fn(&File) -> io::Result<()>,
}

struct State {
    /// As this process saw it last.
    head: Head,
    /// A write could not be made safe.
    failed: bool,
}

impl AuditLog {
    /// Opens the log at `path`, or begins one where neither log nor head is there, and finishes what a crash
    /// left unfinished. It reads the end of the log only; [`verify`](super::verify()) reads all of it.
    ///
    /// # Errors
    /// `AuditBroken` where log and head do not belong together, `WrongKey`, `StoreBusy` where another process
    /// holds the log for too long, `StoreFull`, `StoreReadOnly`, `StoreFailed`, `Io`.
    pub fn open(path: &Path, key: &[u8; KEY_BYTES]) -> Result<Self> {
        Self::open_with(path, key, File::sync_all)
    }

    pub(super) fn open_with(
        path: &Path,
        key: &[u8; KEY_BYTES],
        sync: fn(&File) -> io::Result<()>,
    ) -> Result<Self> {
        let (places, keys) = (Places::new(path), Keys::derive(key));
        let writer = Writer { places: &places, keys: &keys, sync };
        let file = match places.writer()? {
            Some(file) => file,
            None => {
                // Not made anew over a head that counts records: those were deleted.
                match places.head(&keys)? {
                    Found::Sealed(head) if head.records > 0 => {
                        return Err(broken(1, "there is a head, but the log is missing"));
                    }
                    Found::Unsealed => {
                        return Err(broken_head("has another key or was changed, and the log is missing"));
                    }
                    _ => places.create()?,
                }
            }
        };
        lock_to_write(&file)?;
        let is_empty = file.metadata().map_err(|error| failure("read", &error))?.len() == 0;
        let head = if is_empty && matches!(places.head(&keys)?, Found::Missing) {
            writer.begin()?
        } else {
            sound_head(&places, &file, &keys)?
        };
        let head = writer.settle(&file, head)?;
        let state = Mutex::new(State { head, failed: false });
        Ok(Self { places, keys, state, sync })
    }

    /// Appends a record and tells its number, from 1 on. When it returns, the record is on the disk.
    ///
    /// # Errors
    /// `InvalidArgument` where the event cannot be written; `AuditBroken` where the files are not as they were
    /// left; `StoreFull` with nothing recorded; `StoreFailed` where nobody knows whether the record reached the
    /// disk, and from then on until the log is opened again; `StoreBusy`, `StoreReadOnly`, `Io`.
    pub fn append(&self, event: &Event<'_>) -> Result<u64> {
        event.check()?;
        let mut state = self.state();
        if state.failed {
            return Err(unsafe_write());
        }
        let file = self.places.writer()?.ok_or_else(|| broken(1, "the log was deleted"))?;
        lock_to_write(&file)?;
        let head = sound_head(&self.places, &file, &self.keys)?;
        state.continues(&head)?;
        let writer = Writer { places: &self.places, keys: &self.keys, sync: self.sync };
        let written = writer.settle(&file, head).and_then(|head| writer.append(&file, &head, event));
        match written {
            Ok(head) => {
                state.head = head;
                Ok(state.head.records)
            }
            Err(error) => {
                state.failed = error.kind() == crate::ErrorKind::StoreFailed;
                Err(error)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held has changed nothing: it is set last.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Checks that the head found is the one left, or a later one.
    fn continues(&self, found: &Head) -> Result<()> {
        if found.log != self.head.log {
            return Err(broken(0, "another log was put in its place"));
        }
        if found.records < self.head.records {
            return Err(broken_head("is older than when this process last wrote it"));
        }
        if found.records == self.head.records && found.mac != self.head.mac {
            return Err(broken(found.records, "it was exchanged together with the head"));
        }
        Ok(())
    }
}

/// Writes both files; whoever makes one holds the log's lock.
struct Writer<'a> {
    places: &'a Places,
    keys: &'a Keys,
    sync: fn(&File) -> io::Result<()>,
}

impl Writer<'_> {
    /// Writes the head of a new log. Its record 0 comes after it: a log without a head is always a fault.
    fn begin(&self) -> Result<Head> {
        let head = Head::new(SystemTime::now(), self.keys)?;
        self.prepare(&head)?;
        self.replace()?;
        Ok(head)
    }

    /// Compares the end of the log with the head and finishes what a crash left; tells the head that is true
    /// then.
    fn settle(&self, file: &File, head: Head) -> Result<Head> {
        let length = file.metadata().map_err(|error| failure("read", &error))?.len();
        if head.records == 0 && length < head.bytes {
            write_at(file, 0, &head.opening(self.keys)).map_err(|error| failure("written", &error))?;
            self.synced(file)?;
            return Ok(head);
        }
        if !self.ends_as_told(file, &head)? {
            walk(file, &head, self.keys)?;
            return Err(broken(head.records, "it is not the one that the head names"));
        }
        let behind = read_at(file, head.bytes, MOST_LINE_BYTES + 1)?;
        match tail(&behind, head.records + 1, &head.mac, self.keys) {
            Tail::Empty => Ok(head),
            Tail::Record(link) => {
                let next = head.next(behind.len(), link.mac);
                self.prepare(&next)?;
                self.synced(file)?;
                self.replace()?;
                Ok(next)
            }
            Tail::Unfinished => {
                file.set_len(head.bytes).map_err(|error| failure("repaired", &error))?;
                self.synced(file)?;
                Ok(head)
            }
            Tail::Foreign(what) => Err(broken(head.records + 1, what)),
        }
    }

    /// Whether the last record that the head counts ends where and how it says.
    fn ends_as_told(&self, file: &File, head: &Head) -> Result<bool> {
        let ending = chain::ending(&head.mac);
        let Some(at) = head.bytes.checked_sub(ending.len() as u64) else { return Ok(false) };
        Ok(read_at(file, at, ending.len())? == ending)
    }

    fn append(&self, file: &File, head: &Head, event: &Event<'_>) -> Result<Head> {
        let body = event.body(head.records + 1, SystemTime::now(), self.keys);
        let (line, mac) = chain::line(body, &head.mac, self.keys);
        let next = head.next(line.len(), mac);
        // Written before the record, so that a full disk is found out while nothing is changed.
        self.prepare(&next)?;
        if let Err(error) = write_at(file, head.bytes, &line) {
            file.set_len(head.bytes).map_err(|_| unsafe_write())?;
            return Err(failure("written", &error));
        }
        self.synced(file)?;
        self.replace()?;
        Ok(next)
    }

    fn prepare(&self, head: &Head) -> Result<()> {
        let file = self.places.prepare_head(head, self.keys).map_err(|error| failure("written", &error))?;
        self.synced(&file)
    }

    fn replace(&self) -> Result<()> {
        self.places
            .replace_head()
            .and_then(|()| self.places.folder())
            .map_err(|_| unsafe_write())
            .and_then(|folder| self.synced(&folder))
    }

    fn synced(&self, file: &File) -> Result<()> {
        (self.sync)(file).map_err(|_| unsafe_write())
    }
}
