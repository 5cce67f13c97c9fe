//! Reads a log from its first record to its last and finds what is not as it was written.

use super::chain::{self, MOST_LINE_BYTES};
use super::faults::{broken, broken_head, failure, wrong_key};
use super::files::{Found, Places, lock_to_read, read_at};
use super::head::Head;
use super::keys::{KEY_BYTES, Keys};
use super::tail::{Tail, tail};
use crate::Result;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// What a sound log holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many records, without record 0, which names the log.
    pub records: u64,
    /// When the first was made, in RFC 3339 (UTC).
    pub first: Option<String>,
    /// When the last was made.
    pub last: Option<String>,
    /// The head does not count the last record yet: a process died in between, or the head was put back by one.
    pub unsealed: bool,
    /// Bytes behind the last record that look like a torn one.
    pub unfinished_bytes: u64,
}

/// Reads the whole log and compares it with its chain and its head.
///
/// # Errors
/// `AuditBroken` with the number of the first record that is wrong and what is wrong with it; `WrongKey`;
/// `StoreBusy` where another process writes for too long; `StoreReadOnly` or `Io` where it cannot be read.
pub fn verify(path: &Path, key: &[u8; KEY_BYTES]) -> Result<Report> {
    let (places, keys) = (Places::new(path), Keys::derive(key));
    let Some(log) = places.reader()? else {
        return Err(match places.head(&keys)? {
            Found::Missing => broken_head("is missing, and so is the log"),
            _ => broken(1, "there is a head, but the log is missing"),
        });
    };
    lock_to_read(&log)?;
    let head = sound_head(&places, &log, &keys)?;
    walk(&log, &head, &keys)
}

/// Reads the head, and tells a wrong key from a changed head. Whoever calls holds the log's lock.
///
/// # Errors
/// `AuditBroken` or `WrongKey` where there is no sound head.
pub(super) fn sound_head(places: &Places, log: &File, keys: &Keys) -> Result<Head> {
    match places.head(keys)? {
        Found::Sealed(head) => Ok(head),
        Found::Missing => Err(broken_head("is missing")),
        Found::Unsealed => {
            let start = read_at(log, 0, MOST_LINE_BYTES)?;
            let line = start.split_inclusive(|&byte| byte == b'\n').next().unwrap_or_default();
            Err(match chain::check(line, 0, "", keys) {
                Ok(_) => broken_head("was changed"),
                Err(_) => wrong_key(),
            })
        }
    }
}

/// Compares every record with the chain, and the last with the head.
///
/// # Errors
/// As [`verify`].
pub(super) fn walk(log: &File, head: &Head, keys: &Keys) -> Result<Report> {
    let mut reader = BufReader::new(log);
    reader.seek(SeekFrom::Start(0)).map_err(|error| failure("read", &error))?;
    let mut report = Report { records: 0, first: None, last: None, unsealed: false, unfinished_bytes: 0 };
    let mut previous = String::new();
    let mut bytes = 0;
    let mut line = Vec::new();
    for number in 0..=head.records {
        line.clear();
        read_line(&mut reader, &mut line)?;
        if line.is_empty() {
            return Err(broken(number, "it is missing, the log ends before it"));
        }
        let link = chain::check(&line, number, &previous, keys).map_err(|what| broken(number, what))?;
        report.note(number, link.time);
        previous = link.mac;
        bytes += line.len() as u64;
    }
    if bytes != head.bytes || previous != head.mac {
        return Err(broken(head.records, "it is not the one that the head names"));
    }
    line.clear();
    reader
        .take(MOST_LINE_BYTES as u64 + 1)
        .read_to_end(&mut line)
        .map_err(|error| failure("read", &error))?;
    let next = head.records + 1;
    match tail(&line, next, &previous, keys) {
        Tail::Empty => {}
        Tail::Record(link) => {
            report.note(next, link.time);
            report.unsealed = true;
        }
        Tail::Unfinished => report.unfinished_bytes = line.len() as u64,
        Tail::Foreign(what) => return Err(broken(next, what)),
    }
    Ok(report)
}

impl Report {
    fn note(&mut self, number: u64, time: Option<String>) {
        self.records = number;
        if number == 1 {
            self.first.clone_from(&time);
        }
        self.last = time;
    }
}

/// Reads up to the end of a line, or as much as no line has.
fn read_line(reader: &mut BufReader<&File>, line: &mut Vec<u8>) -> Result<()> {
    reader
        .take(MOST_LINE_BYTES as u64)
        .read_until(b'\n', line)
        .map(|_| ())
        .map_err(|error| failure("read", &error))
}
