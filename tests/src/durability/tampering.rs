//! Changed audit logs: every change is found, and the first record that is wrong is named.

use super::report::Tampering;
use crate::random::Random;
use facebridge::gallery::audit::{AuditLog, Event, Operation, Outcome, verify};
use facebridge::{ErrorKind, Result};
use std::path::Path;

const KEY: [u8; 32] = [42; 32];
/// Records of a log.
const RECORDS: u64 = 40;
/// Where the log and its head lie in their folder.
const LOG: &str = "audit.log";
const HEAD: &str = "audit.log.head";

type Outcomes<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Changes a log, or its head, in `count` ways, each time as it was, and verifies it.
///
/// # Errors
/// What the log did wrong before anything was changed.
pub fn tampering(count: u64, seed: u64) -> Outcomes<Tampering> {
    let folder = tempfile::tempdir()?;
    let (log, heads) = written(folder.path())?;
    let other = written(tempfile::tempdir()?.path())?.0;
    let newest = heads.last().expect("there is one of no records");
    let mut report = Tampering::default();
    for number in 0..count {
        let mut random = Random::stream(seed, number);
        let changed = manipulated(&log, &heads, &other, &mut random);
        put(folder.path(), &changed.log, changed.head.as_deref())?;
        report.changed += 1;
        match changed.fault(verify(&folder.path().join(LOG), &KEY)) {
            None => report.found += 1,
            Some(fault) => report.fault(format!("{number}: {}: {fault}", changed.what)),
        }
    }
    put(folder.path(), &log, Some(newest))?;
    if verify(&folder.path().join(LOG), &KEY)?.records != RECORDS {
        return Err("the log that nobody changed does not hold what was recorded".into());
    }
    Ok(report)
}

/// Makes a log; its bytes, and the head after each record.
fn written(folder: &Path) -> Outcomes<(Vec<u8>, Vec<Vec<u8>>)> {
    let log = AuditLog::open(&folder.join(LOG), &KEY)?;
    let head = || std::fs::read(folder.join(HEAD));
    let mut heads = vec![head()?];
    for number in 1..=RECORDS {
        log.append(&event(number))?;
        heads.push(head()?);
    }
    Ok((std::fs::read(folder.join(LOG))?, heads))
}

fn event(number: u64) -> Event<'static> {
    let (operation, outcome, score) = match number % 5 {
        0 => (Operation::Enroll, Outcome::Stored, None),
        1 => (Operation::Identify, Outcome::Match, Some(0.7)),
        2 => (Operation::Enroll, Outcome::Refused(20), None),
        3 => (Operation::Verify, Outcome::NoMatch, Some(-0.25)),
        _ => (Operation::DeleteSubject, Outcome::Deleted, None),
    };
    Event {
        actor: "teller 12",
        operation,
        gallery: Some("branch"),
        subject: Some("subject 7"),
        outcome,
        model: Some("model"),
        score,
    }
}

fn put(folder: &Path, log: &[u8], head: Option<&[u8]>) -> std::io::Result<()> {
    // Files made anew: ext4 syncs one that is emptied and written again.
    for name in [LOG, HEAD] {
        drop(std::fs::remove_file(folder.join(name)));
    }
    std::fs::write(folder.join(LOG), log)?;
    head.map_or(Ok(()), |head| std::fs::write(folder.join(HEAD), head))
}

fn lines(log: &[u8]) -> Vec<Vec<u8>> {
    log.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// A log as somebody changed it.
struct Manipulation {
    /// What was done, in words.
    what: String,
    log: Vec<u8>,
    head: Option<Vec<u8>>,
    /// The first record that is wrong, where it is not the head that tells.
    first_wrong: Option<usize>,
}

/// One of the ways to change a log, chosen by `random`. `heads` are those it had after each record; `other` is
/// a log of the same key.
fn manipulated(log: &[u8], heads: &[Vec<u8>], other: &[u8], random: &mut Random) -> Manipulation {
    let mut records = lines(log);
    let newest = heads.last().expect("there is one of no records").clone();
    let at = 1 + random.below(records.len() - 1);
    let mut made =
        Manipulation { what: String::new(), log: Vec::new(), head: Some(newest), first_wrong: Some(at) };
    match random.below(11) {
        0 => {
            let mut bytes = log.to_vec();
            let (byte, bit) = (random.below(bytes.len()), random.below(8));
            bytes[byte] ^= 1 << bit;
            made.what = format!("bit {bit} of byte {byte} flipped");
            made.first_wrong = Some(log[..byte].iter().filter(|&&byte| byte == b'\n').count());
            records = vec![bytes];
        }
        1 => {
            records.remove(at);
            made.what = format!("record {at} dropped");
        }
        2 => {
            let second = 1 + random.below(records.len() - 1);
            if second == at {
                records.swap(at, at - 1);
                made.first_wrong = Some(at - 1);
            } else {
                records.swap(at, second);
                made.first_wrong = Some(at.min(second));
            }
            made.what = format!("records {at} and {second} swapped");
        }
        3 => {
            let to = 1 + random.below(records.len());
            let copy = records[at].clone();
            records.insert(to, copy);
            made.what = format!("record {at} again at {to}");
            made.first_wrong = Some(if to == at { at + 1 } else { to });
        }
        4 => {
            let length = random.below(log.len());
            made.what = format!("cut after {length} bytes");
            made.first_wrong = Some(log[..length].iter().filter(|&&byte| byte == b'\n').count());
            records = vec![log[..length].to_vec()];
        }
        5 => {
            records[at] = lines(other)[at].clone();
            made.what = format!("record {at} of another log");
        }
        6 => {
            // One earlier is what a crash leaves; every other is found.
            let earlier = random.below(heads.len() - 2);
            made.what = format!("head put back to {earlier} records");
            made.head = Some(heads[earlier].clone());
            made.first_wrong = Some(earlier + 1);
        }
        7 => {
            made.what = "head deleted".to_owned();
            made.head = None;
            made.first_wrong = None;
        }
        8 => {
            let text = String::from_utf8(records[at].clone()).expect("a record is text");
            let number = format!(r#"{{"n":{},"#, at + random.below(3) + 1);
            records[at] = text.replacen(&format!(r#"{{"n":{at},"#), &number, 1).into_bytes();
            made.what = format!("number of record {at} changed");
        }
        9 => {
            let text = String::from_utf8(records[at].clone()).expect("a record is text");
            let spaced = text.match_indices([':', ',']).map(|(at, _)| at).collect::<Vec<_>>();
            let mut text = text;
            text.insert(spaced[random.below(spaced.len())] + 1, ' ');
            records[at] = text.into_bytes();
            made.what = format!("a space in record {at}");
        }
        _ => {
            let mut head = made.head.take().expect("it was put there above");
            let byte = random.below(head.len());
            head[byte] ^= 1 << random.below(8);
            made.what = format!("byte {byte} of the head changed");
            made.head = Some(head);
            made.first_wrong = None;
        }
    }
    made.log = records.concat();
    made
}

impl Manipulation {
    /// What is wrong with the answer.
    fn fault(&self, answer: Result<facebridge::gallery::audit::Report>) -> Option<String> {
        let told = match self.first_wrong {
            Some(number) => format!("at record {number}:"),
            None => "The head of the audit log".to_owned(),
        };
        match answer {
            Ok(_) => Some("not found".to_owned()),
            Err(error) if error.kind() != ErrorKind::AuditBroken => Some(format!("{:?}", error.kind())),
            Err(error) if !error.message().contains(&told) => Some(error.message().to_owned()),
            Err(_) => None,
        }
    }
}
