//! One file: what programs see of it, and what of that is on the platter.

use crate::random::Random;

/// What a disk writes wholly or not at all, in bytes.
const SECTOR: usize = 512;

/// A change that no sync has made durable yet.
#[derive(Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

/// The content of a file.
#[derive(Clone, Default)]
pub(super) struct Content {
    seen: Vec<u8>,
    synced: Vec<u8>,
    pending: Vec<Change>,
}

impl Content {
    /// A file that is on the platter as it is seen.
    pub(super) fn durable(bytes: Vec<u8>) -> Self {
        Self { seen: bytes.clone(), synced: bytes, pending: Vec::new() }
    }

    /// What programs see.
    pub(super) fn seen(&self) -> &[u8] {
        &self.seen
    }

    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        write(&mut self.seen, at, bytes);
        self.pending.push(Change::Write { at, bytes: bytes.to_vec() });
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.seen.resize(length, 0);
        self.pending.push(Change::Truncate { length });
    }

    /// Makes every change durable.
    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            apply(&mut self.synced, &change);
        }
    }

    /// A sync that failed: some of the changes arrived, and the system has forgotten that the others did not, so
    /// that no later sync will write them. This is what Linux does.
    pub(super) fn fail_sync(&mut self, random: &mut Random) {
        self.synced = self.after_cut(random);
        self.pending.clear();
    }

    /// What is found after the power was cut: the synced bytes, and of the changes since then whatever the disk
    /// came to.
    pub(super) fn after_cut(&self, random: &mut Random) -> Vec<u8> {
        let mut left = self.synced.clone();
        let mut arrived = self.arrived(random);
        // The write that was under way is torn.
        if let Some(Change::Write { at, bytes }) = arrived.pop_if(|last| matches!(last, Change::Write { .. }))
        {
            arrived.extend(sectors(at, &bytes).filter(|_| random.below(2) == 0));
        }
        for change in &arrived {
            apply(&mut left, change);
        }
        left
    }

    /// The changes that reached the disk, in the order in which they did.
    fn arrived(&self, random: &mut Random) -> Vec<Change> {
        let mut changes = self.pending.clone();
        match random.below(5) {
            0 => changes.clear(),
            1 => changes.truncate(random.below(changes.len() + 1)),
            2 => changes.retain(|_| random.below(2) == 0),
            3 => {
                changes.retain(|_| random.below(4) != 0);
                for last in (1..changes.len()).rev() {
                    changes.swap(last, random.below(last + 1));
                }
            }
            // Every write torn.
            _ => {
                changes = changes
                    .into_iter()
                    .flat_map(|change| match change {
                        Change::Write { at, bytes } => sectors(at, &bytes).collect(),
                        truncate @ Change::Truncate { .. } => vec![truncate],
                    })
                    .filter(|_| random.below(4) != 0)
                    .collect();
            }
        }
        changes
    }
}

/// A write in the pieces that a disk writes wholly or not at all.
fn sectors(at: usize, bytes: &[u8]) -> impl Iterator<Item = Change> {
    let first = (SECTOR - at % SECTOR).min(bytes.len());
    let (head, rest) = bytes.split_at(first);
    std::iter::once((at, head))
        .chain(
            rest.chunks(SECTOR).enumerate().map(move |(number, piece)| (at + first + number * SECTOR, piece)),
        )
        .filter(|(_, piece)| !piece.is_empty())
        .map(|(at, piece)| Change::Write { at, bytes: piece.to_vec() })
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes: written } => write(bytes, *at, written),
        Change::Truncate { length } => bytes.resize(*length, 0),
    }
}

fn write(bytes: &mut Vec<u8>, at: usize, written: &[u8]) {
    let end = at + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(written);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_synced_stays() {
        let mut file = Content::default();
        file.write(0, b"synced");
        file.sync();
        assert_eq!(file.after_cut(&mut Random::stream(1, 1)), b"synced");
        file.truncate(3);
        file.write(3, b"tax");
        assert_eq!(file.seen(), b"syntax");
        for seed in 0..50 {
            let left = file.after_cut(&mut Random::stream(1, seed));
            assert!(left.starts_with(b"syn"));
        }
    }

    #[test]
    fn what_was_not_synced_is_lost_kept_torn_and_reordered() {
        let mut file = Content::default();
        file.write(0, &[1; 2 * SECTOR]);
        file.write(0, &[2; 2 * SECTOR]);
        let left: Vec<_> = (0..200).map(|seed| file.after_cut(&mut Random::stream(2, seed))).collect();
        assert!(left.iter().any(Vec::is_empty));
        assert!(left.contains(&vec![2; 2 * SECTOR]));
        assert!(left.contains(&vec![1; 2 * SECTOR]), "the later write is lost or came first");
        assert!(left.iter().any(|bytes| bytes.len() == SECTOR), "torn");
        assert!(left.iter().any(|bytes| bytes.len() > SECTOR && bytes[0] != bytes[SECTOR]), "mixed");
    }

    #[test]
    fn a_write_is_torn_at_the_sectors_of_the_disk() {
        let pieces: Vec<_> = sectors(SECTOR - 2, &[7; 2 + SECTOR + 1])
            .map(|change| match change {
                Change::Write { at, bytes } => (at, bytes.len()),
                Change::Truncate { length } => (length, 0),
            })
            .collect();
        assert_eq!(pieces, [(SECTOR - 2, 2), (SECTOR, SECTOR), (2 * SECTOR, 1)]);
    }

    #[test]
    fn a_failed_sync_is_not_made_up_for_by_the_next() {
        let lost = (0..50).filter(|&seed| {
            let mut file = Content::default();
            file.write(0, b"lost");
            file.fail_sync(&mut Random::stream(3, seed));
            file.sync();
            assert_eq!(file.seen(), b"lost");
            file.after_cut(&mut Random::stream(4, seed)) != b"lost"
        });
        assert!(lost.count() > 0);
    }
}
