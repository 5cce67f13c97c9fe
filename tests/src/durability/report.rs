//! What a run saw, as data.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many faults are told in words.
const MOST_FAULTS: usize = 20;

/// What a store survived.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Survival {
    /// Power cuts, failures or kills.
    pub events: u64,
    /// Changes that were acknowledged before them.
    pub acknowledged: u64,
    /// Events after which something acknowledged was missing, something deleted was back, a change was there in
    /// part, or the store could not be opened.
    pub lost: u64,
    /// Events during a change.
    pub under_way: u64,
    /// Changes that were under way and were found done.
    pub under_way_done: u64,
    /// Longest time to open the store afterwards.
    pub slowest_opening_seconds: f64,
    /// The first faults in words.
    pub faults: Vec<String>,
}

impl Survival {
    pub(super) fn fault(&mut self, what: String) {
        self.lost += 1;
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(what);
        }
    }
}

/// What was found of deleted records in the files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Erasure {
    /// Records that were deleted, each of a subject, a face and a template.
    pub deleted: u64,
    /// Of how many any piece of 16 bytes was found while the store was open.
    pub found_while_open: u64,
    /// Of how many after it was closed.
    pub found_when_closed: u64,
    /// Records that were kept, of which every piece must be found, or the search itself is at fault.
    pub kept: u64,
    /// Of how many of them that was so.
    pub kept_found: u64,
}

/// What changed bytes did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flips {
    /// Bits that were changed, each in a file of its own.
    pub flips: u64,
    /// After how many any answer was another than before.
    pub changed_answers: u64,
    /// After how many every answer was right: the bit means nothing.
    pub harmless: u64,
    /// After how many anything failed that has no error for damage, or panicked.
    pub untyped: u64,
    /// How often each error was the first.
    pub errors: BTreeMap<String, u64>,
    /// The first faults in words.
    pub faults: Vec<String>,
}

impl Flips {
    pub(super) fn fault(&mut self, what: String) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(what);
        }
    }
}

/// What was found of changes to audit logs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tampering {
    /// Logs that were changed.
    pub changed: u64,
    /// Of how many it was found, with the first record that is wrong.
    pub found: u64,
    /// The first faults in words.
    pub faults: Vec<String>,
}

impl Tampering {
    pub(super) fn fault(&mut self, what: String) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(what);
        }
    }
}

/// What a run saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Seed of everything that was chosen at random.
    pub seed: u64,
    /// Power cuts.
    pub cuts: Survival,
    /// Power cuts on a disk that ignores syncs, where something must be lost.
    pub cuts_without_syncs: Survival,
    /// Failed syncs and writes, and a full disk.
    pub failures: Survival,
    /// Killed processes.
    pub kills: Survival,
    /// What was found of deleted records.
    pub erasure: Erasure,
    /// The same where they were deleted without overwriting, so that they must be found.
    pub erasure_without_overwriting: Erasure,
    /// Changed bytes.
    pub flips: Flips,
    /// Changed audit logs.
    pub tampering: Tampering,
}
