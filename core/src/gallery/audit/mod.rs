//! The audit log: who did what to whose face, with what outcome, in a file that shows when it was changed.
//!
//! One record is one line of JSON, so that the log can be read and searched without this library. Gallery and
//! subject stand in it as keyed hashes, never as they are. Each line ends in an
//! HMAC-SHA256 over the one before it and its own bytes as written; the first line, record 0, names the log.
//! Beside the log, in `NAME.head`, a sealed head says how many records there are and how the last one ends, so
//! that cutting whole records off the end shows too.
//!
//! A record is on the disk before [`AuditLog::append`] returns, and the head after it. A process that dies in
//! between leaves the log ahead of its head by one record, whole or torn; nobody was told that it was written.
//! The next to open the log or append to it takes a whole record in, if it continues the chain, and cuts a torn
//! one off. One record is the most that may be ahead: any more is a fault.
//!
//! `verify` finds every changed, dropped, added, repeated or moved record and every cut. It cannot find:
//! - what somebody does who has the key;
//! - log and head together put back to an earlier state, or both deleted: keep copies of the head elsewhere, which
//!   only grows;
//! - the head alone put back by exactly one record, which is what a crash leaves. Nothing is lost by it, and
//!   [`Report::unsealed`] tells;
//! - bytes behind the last record that look like a torn one. They hide nothing, and
//!   [`Report::unfinished_bytes`] tells.

mod chain;
mod event;
mod faults;
mod files;
mod head;
mod keys;
mod log;
mod tail;
mod verify;

#[cfg(test)]
mod tests;

pub use event::{Event, Operation, Outcome};
pub use log::AuditLog;
pub use verify::{Report, verify};
