//! The two files of a log: opening, locking, replacing.

use super::faults::failure;
use super::head::Head;
use super::keys::Keys;
use crate::{Error, ErrorKind, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Most bytes of a head's file.
const MOST_HEAD_BYTES: u64 = 1024;
/// How long another process may hold the log.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(2);

/// Where the files of a log lie.
pub(super) struct Places {
    /// The log.
    pub(super) log: PathBuf,
    head: PathBuf,
    next_head: PathBuf,
}

/// How a head's file is found.
pub(super) enum Found {
    /// There is none.
    Missing,
    /// Its seal is not of this key.
    Unsealed,
    /// As it was written.
    Sealed(Head),
}

impl Places {
    pub(super) fn new(log: &Path) -> Self {
        let beside = |ending: &str| {
            let mut name = log.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        Self { log: log.to_owned(), head: beside(".head"), next_head: beside(".head.next") }
    }

    /// Opens the log for reading only; nothing where there is none.
    pub(super) fn reader(&self) -> Result<Option<File>> {
        present(File::open(&self.log)).map_err(|error| failure("read", &error))
    }

    /// Opens the log for writing; nothing where there is none.
    pub(super) fn writer(&self) -> Result<Option<File>> {
        present(OpenOptions::new().read(true).write(true).open(&self.log))
            .map_err(|error| failure("opened for writing", &error))
    }

    /// Makes an empty log, or opens the one that somebody made meanwhile.
    pub(super) fn create(&self) -> Result<File> {
        // Of no use to others: who may write here could only make it invalid.
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&self.log)
            .map_err(|error| failure("created", &error))
    }

    /// Reads the head. Whoever calls holds the log's lock.
    pub(super) fn head(&self, keys: &Keys) -> Result<Found> {
        let Some(file) = present(File::open(&self.head)).map_err(|error| failure("read", &error))? else {
            return Ok(Found::Missing);
        };
        let mut bytes = Vec::new();
        file.take(MOST_HEAD_BYTES).read_to_end(&mut bytes).map_err(|error| failure("read", &error))?;
        Ok(Head::unsealed(&bytes, keys).map_or(Found::Unsealed, Found::Sealed))
    }

    /// Writes the next head beside the present one.
    pub(super) fn prepare_head(&self, head: &Head, keys: &Keys) -> io::Result<File> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&self.next_head)?;
        file.write_all(&head.sealed(keys))?;
        Ok(file)
    }

    /// Puts the prepared head in the place of the present one.
    pub(super) fn replace_head(&self) -> io::Result<()> {
        std::fs::rename(&self.next_head, &self.head)
    }

    /// The folder, whose entries are to be synced.
    pub(super) fn folder(&self) -> io::Result<File> {
        let folder = self.log.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))
    }
}

fn present(opened: io::Result<File>) -> io::Result<Option<File>> {
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits until nobody else writes; the lock ends with the file.
pub(super) fn lock_to_write(file: &File) -> Result<()> {
    wait(|| file.try_lock())
}

/// Waits until nobody writes; the lock ends with the file.
pub(super) fn lock_to_read(file: &File) -> Result<()> {
    wait(|| file.try_lock_shared())
}

fn wait(attempt: impl Fn() -> Result<(), TryLockError>) -> Result<()> {
    let begun = Instant::now();
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(failure("locked", &error)),
            Err(TryLockError::WouldBlock) if begun.elapsed() > LONGEST_WAIT => {
                return Err(Error::new(
                    ErrorKind::StoreBusy,
                    "Another process holds the audit log. Try again, or see which process hangs.",
                )
                .retryable_later());
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_ATTEMPTS),
        }
    }
}

/// Reads at most `most` bytes from `at` on.
pub(super) fn read_at(mut file: &File, at: u64, most: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at))
        .and_then(|_| file.take(most as u64).read_to_end(&mut bytes))
        .map_err(|error| failure("read", &error))?;
    Ok(bytes)
}

/// Writes `bytes` at `at`.
pub(super) fn write_at(mut file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}
