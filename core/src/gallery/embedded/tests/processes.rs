//! Several stores on one file, in one process and in two.

use super::*;
use crate::gallery::embedded::erase::prune;
use crate::gallery::model::Count;
use std::io::{BufRead, BufReader, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) const TASK: &str = "GALLERY_TEST_TASK";
pub(super) const FILE: &str = "GALLERY_TEST_FILE";
const REFUSE: Duplicates = Duplicates::Refuse { min_score: 0.95 };

#[test]
fn each_store_sees_at_once_what_the_other_did() {
    let place = Place::new();
    let (one, other) = (place.open(), place.open());
    one.create_tenant("t").unwrap();
    for seed in 0..10 {
        let (from, to) = if seed % 2 == 0 { (&one, &other) } else { (&other, &one) };
        let face = enroll(from, "t", &format!("person {seed}"), vector(seed));
        assert_eq!(found(to, "t", &vector(seed)), Some(format!("person {seed}")));
        let duplicate = to.enroll("t", &super::face("thief", vector(seed)), REFUSE).unwrap();
        assert!(matches!(duplicate, Enrolled::Duplicate(_)));
        if seed % 3 == 0 {
            assert!(to.delete_face("t", face).unwrap());
            assert_ne!(found(from, "t", &vector(seed)), Some(format!("person {seed}")));
        }
    }
    // A newer kind, a replaced face, a tenant made anew.
    let newer = Template { kind: newer_kind(), values: Zeroizing::new(vector(100)) };
    let face = one.faces_of("t", "person 1").unwrap()[0].id;
    assert!(other.search("t", &newer_kind(), &[&vector(100)], 1).unwrap()[0].is_empty());
    one.add_template("t", face, &newer).unwrap();
    assert_eq!(other.search("t", &newer_kind(), &[&vector(100)], 1).unwrap()[0][0].subject, "person 1");
    other.replace("t", face, &super::face("person 1", vector(200)), REFUSE).unwrap();
    assert_eq!(found(&one, "t", &vector(200)).as_deref(), Some("person 1"));
    assert!(one.search("t", &newer_kind(), &[&vector(100)], 1).unwrap()[0].is_empty());
    one.drop_tenant("t").unwrap();
    assert_eq!(kind_of(other.count("t")), Some(ErrorKind::GalleryNotFound));
    one.create_tenant("t").unwrap();
    assert_eq!(other.count("t").unwrap(), Count::default());
    assert_eq!(found(&other, "t", &vector(2)), None);
    enroll(&other, "t", "person 2", vector(2));
    assert_eq!(found(&one, "t", &vector(2)).as_deref(), Some("person 2"));
}

#[test]
fn a_face_id_enrolled_again_elsewhere_is_the_new_one() {
    let place = Place::new();
    let (one, other) = (place.open(), place.open());
    one.create_tenant("t").unwrap();
    let with_id = |subject, seed| NewFace { face: Some(5), ..face(subject, vector(seed)) };
    one.enroll("t", &with_id("one", 1), Duplicates::Off).unwrap();
    assert_eq!(found(&other, "t", &vector(1)).as_deref(), Some("one"));
    one.delete_face("t", 5).unwrap();
    one.enroll("t", &with_id("two", 2), Duplicates::Off).unwrap();
    let candidates = other.search("t", &kind(), &[&vector(2)], 9).unwrap();
    assert_eq!((candidates[0].len(), candidates[0][0].subject.as_str()), (1, "two"));
    // Even where the list of deletions does not reach back so far.
    one.delete_face("t", 5).unwrap();
    one.enroll("t", &with_id("three", 3), Duplicates::Off).unwrap();
    prune(one.store.writer().unwrap().connection(), 0).unwrap();
    let candidates = other.search("t", &kind(), &[&vector(3)], 9).unwrap();
    assert_eq!((candidates[0].len(), candidates[0][0].subject.as_str()), (1, "three"));
    assert!(candidates[0][0].score > 0.999);
}

#[test]
fn threads_on_two_stores_lose_nothing_and_let_no_duplicate_slip() {
    const FACES: u64 = 24;
    let place = Place::new();
    let stores = [place.open(), place.open()];
    stores[0].create_tenant("t").unwrap();
    let (stored, deleted) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let (mine, other) = (&stores[thread % 2], &stores[1 - thread % 2]);
            let (stored, deleted) = (&stored, &deleted);
            scope.spawn(move || {
                for seed in 0..FACES {
                    // All threads want each face.
                    let id = format!("person {seed} of {thread}");
                    let outcome = mine.enroll("t", &face(&id, vector(seed)), REFUSE).unwrap();
                    let Enrolled::New { face, .. } = outcome else { continue };
                    stored.fetch_add(1, Ordering::Relaxed);
                    assert_eq!(found(other, "t", &vector(seed)).as_ref(), Some(&id));
                    if seed % 4 == 3 {
                        assert!(other.delete_face("t", face).unwrap());
                        deleted.fetch_add(1, Ordering::Relaxed);
                        assert_ne!(found(mine, "t", &vector(seed)).as_ref(), Some(&id));
                        assert!(mine.subject("t", &id).unwrap().is_none());
                    }
                }
            });
        }
    });
    let left = (stored.into_inner() - deleted.into_inner()) as u64;
    for store in &stores {
        assert_eq!(store.count("t").unwrap(), Count { subjects: left, faces: left });
        store.check().unwrap();
        for seed in (0..FACES).filter(|seed| seed % 4 != 3) {
            let candidates = store.search("t", &kind(), &[&vector(seed)], 9).unwrap();
            assert_eq!(candidates[0].iter().filter(|candidate| candidate.score > 0.95).count(), 1);
        }
    }
}

#[test]
fn another_process_sees_at_once_what_this_one_did() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let mut child = super::child("answer", &place.file());
    let (mut ask, mut hear) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut answer = |question: String| {
        writeln!(ask, "{question}").unwrap();
        loop {
            let mut line = String::new();
            assert_ne!(hear.read_line(&mut line).unwrap(), 0, "the other process ended");
            if let Some((_, answer)) = line.trim_end().split_once("ANSWER ") {
                return answer.to_owned();
            }
        }
    };
    for seed in 0..8 {
        let face = enroll(&gallery, "t", &format!("person {seed}"), vector(seed));
        assert_eq!(answer(format!("find {seed}")), format!("person {seed}"));
        // Refused there as a duplicate, and what is enrolled there is one here.
        assert_eq!(answer(format!("enroll {seed}")), "duplicate");
        assert_eq!(answer(format!("enroll {}", 100 + seed)), "new");
        assert_eq!(found(&gallery, "t", &vector(100 + seed)), Some(format!("child {}", 100 + seed)));
        let duplicate = gallery.enroll("t", &super::face("thief", vector(100 + seed)), REFUSE).unwrap();
        assert!(matches!(duplicate, Enrolled::Duplicate(_)));
        assert!(gallery.delete_face("t", face).unwrap());
        assert_ne!(answer(format!("find {seed}")), format!("person {seed}"));
    }
    drop(ask);
    assert!(child.wait().unwrap().success());
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 8, faces: 8 });
    gallery.check().unwrap();
}

#[test]
fn two_processes_that_write_at_once_let_no_duplicate_slip() {
    const FACES: u64 = 30;
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let mut child = super::child("race", &place.file());
    for seed in 0..FACES {
        gallery.enroll("t", &face(&format!("parent {seed}"), vector(seed)), REFUSE).unwrap();
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: FACES, faces: FACES });
    gallery.check().unwrap();
    for seed in 0..FACES {
        let subject = found(&gallery, "t", &vector(seed)).unwrap();
        assert!(subject == format!("parent {seed}") || subject == format!("child {seed}"));
    }
}

/// What the other process does; nothing in an ordinary run.
#[test]
fn child() {
    let (Ok(task), Some(file)) = (std::env::var(TASK), std::env::var_os(FILE)) else { return };
    let gallery = EmbeddedGallery::open(Path::new(&file), &key(1), Options::default()).unwrap();
    let enroll = |seed: u64| gallery.enroll("t", &face(&format!("child {seed}"), vector(seed)), REFUSE);
    match task.as_str() {
        "race" => {
            for seed in 0..30 {
                enroll(seed).unwrap();
            }
        }
        "answer" => {
            for line in std::io::stdin().lock().lines() {
                let line = line.unwrap();
                let (verb, seed) = line.split_once(' ').unwrap();
                let seed: u64 = seed.parse().unwrap();
                let answer = match verb {
                    "find" => found(&gallery, "t", &vector(seed)).unwrap_or_default(),
                    _ => match enroll(seed).unwrap() {
                        Enrolled::New { .. } => "new".to_owned(),
                        Enrolled::AlreadyThere { .. } => "there".to_owned(),
                        Enrolled::Duplicate(_) => "duplicate".to_owned(),
                    },
                };
                let mut out = std::io::stdout().lock();
                writeln!(out, "ANSWER {answer}").unwrap();
                out.flush().unwrap();
            }
        }
        "fail" => {
            let many: Vec<NewFace> =
                (10..2000).map(|seed| face(&format!("person {seed}"), vector(seed))).collect();
            assert_eq!(
                kind_of(gallery.enroll_batch("t", &many, Duplicates::Off)),
                Some(ErrorKind::StoreFailed)
            );
            assert_eq!(kind_of(enroll(7)), Some(ErrorKind::StoreFailed));
            assert_eq!(kind_of(gallery.delete_subjects("t", &["one"])), Some(ErrorKind::StoreFailed));
            assert_eq!(found(&gallery, "t", &vector(1)).as_deref(), Some("one"));
            writeln!(std::io::stdout(), "FAILED AS IT SHOULD").unwrap();
        }
        other => panic!("no task called {other}"),
    }
}
