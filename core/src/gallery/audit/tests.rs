//! What is done to logs, and what comes of it. A thousand random changes are made in the crate `conformance`,
//! `durability::tampering`.

use super::*;
use crate::ErrorKind;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

const KEY: [u8; 32] = [42; 32];

fn event(number: u64) -> Event<'static> {
    let (operation, outcome, score) = match number % 5 {
        0 => (Operation::Enroll, Outcome::Stored, None),
        1 => (Operation::Identify, Outcome::Match, Some(0.7)),
        2 => (Operation::Enroll, Outcome::Refused(20), None),
        3 => (Operation::Verify, Outcome::NoMatch, Some(-0.25)),
        _ => (Operation::DeleteSubject, Outcome::Deleted, None),
    };
    let (actor, model) = ("teller 12", Some("sface"));
    Event {
        actor,
        operation,
        gallery: Some("BRANCH"),
        subject: Some("610102199001011234"),
        outcome,
        model,
        score,
    }
}

/// A log of `records` records in a folder of its own.
struct Made {
    folder: TempDir,
    path: PathBuf,
}

impl Made {
    fn new(records: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let log = AuditLog::open(&path, &KEY).unwrap();
        for number in 1..=records {
            assert_eq!(log.append(&event(number)).unwrap(), number);
        }
        Self { folder, path }
    }

    fn head_path(&self) -> PathBuf {
        self.folder.path().join("audit.log.head")
    }

    fn files(&self) -> (Vec<u8>, Vec<u8>) {
        (std::fs::read(&self.path).unwrap(), std::fs::read(self.head_path()).unwrap())
    }

    fn put(&self, log: &[u8], head: Option<&[u8]>) {
        // Files made anew: ext4 syncs one that is emptied and written again.
        drop(std::fs::remove_file(&self.path));
        drop(std::fs::remove_file(self.head_path()));
        std::fs::write(&self.path, log).unwrap();
        if let Some(head) = head {
            std::fs::write(self.head_path(), head).unwrap();
        }
    }

    fn verify(&self) -> crate::Result<Report> {
        verify(&self.path, &KEY)
    }

    fn open(&self) -> crate::Result<AuditLog> {
        AuditLog::open(&self.path, &KEY)
    }
}

fn kind<T>(result: crate::Result<T>) -> ErrorKind {
    result.err().expect("it must fail").kind()
}

#[test]
fn a_sound_log_tells_what_it_holds() {
    let made = Made::new(3);
    let report = made.verify().unwrap();
    assert_eq!((report.records, report.unsealed, report.unfinished_bytes), (3, false, 0));
    assert!(report.first.unwrap() <= report.last.unwrap());
    assert_eq!(made.open().unwrap().append(&event(4)).unwrap(), 4);
    let empty = Made::new(0).verify().unwrap();
    assert_eq!((empty.records, empty.first, empty.last), (0, None, None));
}

#[test]
fn no_name_stands_in_the_files() {
    let made = Made::new(10);
    let (log, head) = made.files();
    let text = String::from_utf8([log, head].concat()).unwrap();
    assert!(!text.contains("610102199001011234") && !text.contains("BRANCH"));
    // But who has the key can search for one person.
    let hash = keys::Keys::derive(&KEY).subject("BRANCH", "610102199001011234");
    assert_eq!(text.matches(&hash).count(), 10);
    assert!(text.contains(&keys::Keys::derive(&KEY).gallery("BRANCH")));
}

#[test]
fn another_key_opens_nothing() {
    let made = Made::new(2);
    assert_eq!(kind(verify(&made.path, &[1; 32])), ErrorKind::WrongKey);
    assert_eq!(kind(AuditLog::open(&made.path, &[1; 32])), ErrorKind::WrongKey);
    assert_eq!(made.verify().unwrap().records, 2);
}

#[test]
fn a_record_that_its_head_does_not_count_yet_is_taken_in() {
    let made = Made::new(5);
    let before = made.files().1;
    made.open().unwrap().append(&event(6)).unwrap();
    made.put(&made.files().0, Some(&before));
    let report = made.verify().unwrap();
    assert_eq!((report.records, report.unsealed), (6, true));
    assert_eq!(made.open().unwrap().append(&event(7)).unwrap(), 7);
    let report = made.verify().unwrap();
    assert_eq!((report.records, report.unsealed), (7, false));
}

#[test]
fn two_records_that_the_head_does_not_count_are_a_fault() {
    let made = Made::new(5);
    let before = made.files().1;
    let log = made.open().unwrap();
    log.append(&event(6)).unwrap();
    log.append(&event(7)).unwrap();
    made.put(&made.files().0, Some(&before));
    assert_eq!(kind(made.verify()), ErrorKind::AuditBroken);
    assert_eq!(kind(made.open()), ErrorKind::AuditBroken);
    // A process that goes on notices as well.
    assert_eq!(kind(log.append(&event(8))), ErrorKind::AuditBroken);
}

#[test]
fn a_torn_record_is_cut_off() {
    let made = Made::new(5);
    let (sound, before) = made.files();
    made.open().unwrap().append(&event(6)).unwrap();
    let longer = made.files().0;
    for length in (sound.len() + 1..longer.len()).step_by(7) {
        made.put(&longer[..length], Some(&before));
        let report = made.verify().unwrap();
        assert_eq!((report.records, report.unfinished_bytes), (5, (length - sound.len()) as u64));
        drop(made.open().unwrap());
        assert_eq!(made.files().0, sound);
    }
    // What another process left is put in order by the next record too.
    let log = made.open().unwrap();
    made.put(&longer[..longer.len() - 1], Some(&before));
    assert_eq!(log.append(&event(6)).unwrap(), 6);
    assert_eq!(made.verify().unwrap().records, 6);
}

#[test]
fn a_crash_while_the_log_is_made_is_put_in_order() {
    let made = Made::new(0);
    let (log, head) = made.files();
    for length in 0..log.len() {
        made.put(&log[..length], Some(&head));
        drop(made.open().unwrap());
        assert_eq!(made.files().0, log);
    }
    std::fs::remove_file(&made.path).unwrap();
    assert_eq!(made.open().unwrap().append(&event(1)).unwrap(), 1);
    // An empty log without a head is one that was never begun.
    made.put(b"", None);
    assert_eq!(made.open().unwrap().append(&event(1)).unwrap(), 1);
}

#[test]
fn deleted_files_are_found() {
    let made = Made::new(3);
    let (log, head) = made.files();
    let open = made.open().unwrap();
    std::fs::remove_file(&made.path).unwrap();
    for result in [made.verify().map(|_| ()), made.open().map(|_| ()), open.append(&event(4)).map(|_| ())] {
        assert_eq!(kind(result), ErrorKind::AuditBroken);
    }
    assert!(!made.path.exists());
    made.put(&log, Some(&head));
    std::fs::remove_file(made.head_path()).unwrap();
    for result in [made.verify().map(|_| ()), made.open().map(|_| ()), open.append(&event(4)).map(|_| ())] {
        assert_eq!(kind(result), ErrorKind::AuditBroken);
    }
    std::fs::remove_file(&made.path).unwrap();
    assert_eq!(kind(made.verify()), ErrorKind::AuditBroken);
}

#[test]
fn a_log_put_back_with_its_head_is_found_by_who_wrote_more() {
    let made = Made::new(4);
    let (log, head) = made.files();
    let open = made.open().unwrap();
    open.append(&event(5)).unwrap();
    made.put(&log, Some(&head));
    assert_eq!(made.verify().unwrap().records, 4);
    assert_eq!(kind(open.append(&event(6))), ErrorKind::AuditBroken);
}

#[test]
fn after_a_failed_sync_nothing_is_taken_until_reopened() {
    static FAILS: AtomicBool = AtomicBool::new(false);
    fn sync(file: &File) -> io::Result<()> {
        if FAILS.load(Ordering::Relaxed) {
            Err(io::Error::other("the disk is gone"))
        } else {
            file.sync_all()
        }
    }
    let made = Made::new(1);
    let log = AuditLog::open_with(&made.path, &KEY, sync).unwrap();
    assert_eq!(log.append(&event(2)).unwrap(), 2);
    FAILS.store(true, Ordering::Relaxed);
    assert_eq!(kind(log.append(&event(3))), ErrorKind::StoreFailed);
    FAILS.store(false, Ordering::Relaxed);
    assert_eq!(kind(log.append(&event(3))), ErrorKind::StoreFailed);
    let log = made.open().unwrap();
    assert_eq!(log.append(&event(3)).unwrap(), 3);
    assert_eq!(made.verify().unwrap().records, 3);
}

#[test]
fn what_cannot_be_written_changes_nothing() {
    let made = Made::new(1);
    let log = made.open().unwrap();
    let in_the_way = made.folder.path().join("audit.log.head.next");
    std::fs::create_dir(&in_the_way).unwrap();
    let before = made.files();
    assert!(log.append(&event(2)).is_err());
    assert_eq!(made.files(), before);
    std::fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(log.append(&event(2)).unwrap(), 2);
}

#[test]
fn threads_append_to_one_log() {
    let made = Made::new(0);
    let shared = made.open().unwrap();
    let own = made.open().unwrap();
    let numbers = std::thread::scope(|scope| {
        let threads: Vec<_> = [&shared, &shared, &own]
            .map(|log| {
                scope.spawn(move || (0..20).map(|at| log.append(&event(at)).unwrap()).collect::<Vec<_>>())
            })
            .into_iter()
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<BTreeSet<_>>()
    });
    assert_eq!(numbers, (1..=60).collect());
    assert_eq!(made.verify().unwrap().records, 60);
}

/// Where the child of [`processes_append_to_one_log`] finds the log.
const LOG_OF_CHILD: &str = "AUDIT_LOG_OF_CHILD";
const RECORDS_OF_CHILD: u64 = 25;

#[test]
fn processes_append_to_one_log() {
    let made = Made::new(0);
    let children: Vec<_> = (0..2)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", child_name(), "--nocapture"])
                .env(LOG_OF_CHILD, &made.path)
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(made.verify().unwrap().records, 2 * RECORDS_OF_CHILD);
}

fn child_name() -> &'static str {
    let path = concat!(module_path!(), "::child_appends");
    path.split_once("::").expect("a module lies in a crate").1
}

/// Does nothing but as a child of [`processes_append_to_one_log`].
#[test]
fn child_appends() {
    let Some(path) = std::env::var_os(LOG_OF_CHILD) else { return };
    let log = AuditLog::open(Path::new(&path), &KEY).unwrap();
    for number in 0..RECORDS_OF_CHILD {
        log.append(&event(number)).unwrap();
    }
}

#[test]
fn bytes_appended_by_others_are_told() {
    let made = Made::new(2);
    OpenOptions::new().append(true).open(&made.path).unwrap().write_all(b"{\"n\":3").unwrap();
    assert_eq!(made.verify().unwrap().unfinished_bytes, 6);
    OpenOptions::new().append(true).open(&made.path).unwrap().write_all(b",\n").unwrap();
    assert_eq!(kind(made.verify()), ErrorKind::AuditBroken);
    assert_eq!(kind(made.open()), ErrorKind::AuditBroken);
}
