//! Lines: how a record is joined to the one before it.

use super::keys::{DIGITS, Keys, same};
use serde::{Deserialize, Serialize};

/// Most bytes of a line: actor and model id have 128 characters each, which JSON writes in 6 bytes at most, and
/// the rest has less than 500.
pub(super) const MOST_LINE_BYTES: usize = 4096;

/// What stands around the hash at the end of a line.
const BEFORE_HASH: &[u8] = br#","mac":""#;
const AFTER_HASH: &[u8] = b"\"}\n";
const ENDING: usize = BEFORE_HASH.len() + DIGITS + AFTER_HASH.len();

/// Record 0: the name of the log, which keeps the records of another one out.
#[derive(Serialize)]
struct Opening<'a> {
    n: u64,
    format: u32,
    log: &'a str,
    created: &'a str,
}

/// The line of record 0 and what it ends in.
pub(super) fn opening(log: &str, created: &str, keys: &Keys) -> (Vec<u8>, String) {
    let body = Opening { n: 0, format: 1, log, created };
    line(serde_json::to_vec(&body).expect("plain data"), "", keys)
}

/// The line of `body`, where the line before ended in `previous`, and what it ends in.
pub(super) fn line(mut body: Vec<u8>, previous: &str, keys: &Keys) -> (Vec<u8>, String) {
    let mac = keys.link(previous, &body);
    body.pop(); // The brace comes after the hash.
    body.extend_from_slice(&ending(&mac));
    (body, mac)
}

/// What the line of a record ends in, whose hash is `mac`.
pub(super) fn ending(mac: &str) -> Vec<u8> {
    [BEFORE_HASH, mac.as_bytes(), AFTER_HASH].concat()
}

/// What is read of a record besides its hash.
#[derive(Deserialize)]
struct Reading {
    n: u64,
    time: Option<String>,
}

/// A line that is what was written.
pub(super) struct Link {
    /// What it ends in.
    pub(super) mac: String,
    /// When the record was made, in RFC 3339; record 0 has none.
    pub(super) time: Option<String>,
}

/// Checks the line of record `number`, where the line before ended in `previous`; what is wrong otherwise.
///
/// The hash is over the bytes as they stand, so that another way of writing the same record is a change too.
pub(super) fn check(line: &[u8], number: u64, previous: &str, keys: &Keys) -> Result<Link, &'static str> {
    let body = line.len().checked_sub(ENDING).ok_or("it is cut short")?;
    let (body, ending) = line.split_at(body);
    let hash = ending
        .strip_prefix(BEFORE_HASH)
        .and_then(|ending| ending.strip_suffix(AFTER_HASH))
        .ok_or("its line does not end as a record does")?;
    let mut whole = body.to_vec();
    whole.push(b'}');
    let reading: Reading = serde_json::from_slice(&whole).map_err(|_| "its line is not a record")?;
    if reading.n != number {
        return Err("another record stands in its place, so records were removed, added or moved");
    }
    let mac = keys.link(previous, &whole);
    if !same(&mac, hash) {
        return Err("it was changed, or does not belong behind the one before it");
    }
    Ok(Link { mac, time: reading.time })
}
