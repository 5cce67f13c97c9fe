//! The sealed head: how many records there are, and how the last one ends.

use super::chain;
use super::keys::{Keys, hexadecimal, same};
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

/// What the head says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    format: u32,
    /// The log's random name, 32 hexadecimal digits.
    pub(super) log: String,
    /// When the log was made, in RFC 3339.
    pub(super) created: String,
    /// Records behind record 0.
    pub(super) records: u64,
    /// Length of the log up to the end of the last record.
    pub(super) bytes: u64,
    /// What the last record ends in.
    pub(super) mac: String,
}

impl Head {
    /// The head of a new log, and the line of its record 0.
    ///
    /// # Errors
    /// `Internal` where the system has no random numbers.
    pub(super) fn new(now: SystemTime, keys: &Keys) -> Result<Self> {
        let mut name = [0; 16];
        aws_lc_rs::rand::fill(&mut name).map_err(|_| {
            Error::new(ErrorKind::Internal, "The system gave no random numbers to name the audit log with.")
        })?;
        let log = hexadecimal(&name);
        let created = humantime::format_rfc3339_millis(now).to_string();
        let (line, mac) = chain::opening(&log, &created, keys);
        Ok(Self { format: 1, log, created, records: 0, bytes: line.len() as u64, mac })
    }

    /// The line of the log's record 0.
    pub(super) fn opening(&self, keys: &Keys) -> Vec<u8> {
        chain::opening(&self.log, &self.created, keys).0
    }

    /// The head after one more record, whose line has `bytes` bytes and ends in `mac`.
    pub(super) fn next(&self, bytes: usize, mac: String) -> Self {
        Self { records: self.records + 1, bytes: self.bytes + bytes as u64, mac, ..self.clone() }
    }

    /// The bytes of its file: itself in JSON and the seal, a line each.
    pub(super) fn sealed(&self, keys: &Keys) -> Vec<u8> {
        let body = serde_json::to_string(self).expect("a head is plain data");
        let seal = keys.seal(body.as_bytes());
        format!("{body}\n{seal}\n").into_bytes()
    }

    /// Reads the bytes of its file; nothing where they are not what [`Head::sealed`] gave with these keys.
    pub(super) fn unsealed(bytes: &[u8], keys: &Keys) -> Option<Self> {
        let mut lines = bytes.strip_suffix(b"\n")?.splitn(2, |&byte| byte == b'\n');
        let (body, seal) = (lines.next()?, lines.next()?);
        if !same(&keys.seal(body), seal) {
            return None;
        }
        serde_json::from_slice(body).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sealed_bytes_are_read() {
        let keys = Keys::derive(&[1; 32]);
        let head = Head::new(SystemTime::now(), &keys).unwrap().next(300, "ab".repeat(32));
        let bytes = head.sealed(&keys);
        assert_eq!(Head::unsealed(&bytes, &keys).unwrap(), head);
        assert!(Head::unsealed(&bytes, &Keys::derive(&[2; 32])).is_none());
        for at in 0..bytes.len() {
            assert!(Head::unsealed(&bytes[..at], &keys).is_none());
            let mut changed = bytes.clone();
            changed[at] ^= 0x20;
            assert!(Head::unsealed(&changed, &keys).is_none(), "byte {at}");
        }
    }
}
