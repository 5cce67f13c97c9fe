//! A changed byte is an error or changes nothing; it never changes an answer.

use super::*;
use std::fmt::Debug;

/// Everything that the store answers, each answer or the kind of its error.
fn answers(gallery: &EmbeddedGallery) -> Vec<Result<String, ErrorKind>> {
    fn note<T: Debug>(outcome: crate::Result<T>) -> Result<String, ErrorKind> {
        outcome.map(|answer| format!("{answer:?}")).map_err(|error| error.kind())
    }
    let mut answers = vec![note(gallery.tenants())];
    for tenant in ["a", "b", "none"] {
        answers.push(note(gallery.count(tenant)));
        let probes: Vec<Vec<f32>> = (0..8).map(|seed| like(5 * seed, 0.2)).collect();
        let probes: Vec<&[f32]> = probes.iter().map(Vec::as_slice).collect();
        answers.push(note(gallery.search(tenant, &kind(), &probes, 3).map(|answers| {
            let shown = |one: &crate::gallery::model::Candidate| {
                (one.face, one.subject.clone(), one.score, one.direction, one.template.values.to_vec())
            };
            answers.iter().map(|answer| answer.iter().map(shown).collect::<Vec<_>>()).collect::<Vec<_>>()
        })));
        for seed in [0, 7, 31, 39, 77] {
            let id = format!("person {seed}");
            let shown = |one: crate::gallery::Subject| {
                let attributes = one.attributes;
                (one.id, attributes.name, attributes.id_number, attributes.customer_id, one.created_at)
            };
            answers.push(note(gallery.subject(tenant, &id).map(|subject| subject.map(shown))));
            answers.push(note(gallery.faces_of(tenant, &id)));
            let templates = gallery.templates_of(tenant, &id, &kind());
            let shown = |(face, template): (u64, Template)| (face, template.values.to_vec());
            answers.push(note(templates.map(|all| all.into_iter().map(shown).collect::<Vec<_>>())));
        }
        let page = gallery.subjects(tenant, None, 1000);
        answers.push(note(page.map(|page| page.items.into_iter().map(|one| one.id).collect::<Vec<_>>())));
        let page = gallery.scan(tenant, None, 1000);
        answers.push(note(page.map(|page| {
            let shown = |one: crate::gallery::StoredFace| (one.face, one.subject.id, one.templates.len());
            page.items.into_iter().map(shown).collect::<Vec<_>>()
        })));
    }
    answers
}

/// What became of many stores with one changed byte each.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    refused: usize,
    errors: usize,
    unharmed: usize,
    changed: usize,
}

/// Changes `count` bytes, one at a time, and asks everything each time. With `mend` the page's check value is made to
/// fit again, as somebody would who knows the format.
pub(super) fn change_bytes(count: usize, mend: bool) -> Outcomes {
    let place = Place::new();
    let gallery = place.open();
    for tenant in ["a", "b"] {
        gallery.create_tenant(tenant).unwrap();
        let faces: Vec<NewFace> = (0..40)
            .map(|seed| NewFace {
                attributes: Some(attributes()),
                enrolled_at: Some(seed as i64),
                face: Some(1 + seed * 1000),
                ..face(&format!("person {seed}"), vector(seed + if tenant == "b" { 1000 } else { 0 }))
            })
            .collect();
        gallery.enroll_batch(tenant, &faces, Duplicates::Off).unwrap();
    }
    gallery.delete_subjects("a", &["person 31"]).unwrap();
    let truth = answers(&gallery);
    gallery.close().unwrap();
    drop(gallery);
    let whole = std::fs::read(place.file()).unwrap();
    let mut outcomes = Outcomes::default();
    for index in 0..count {
        let random = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let random = (random ^ (random >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let (at, bit) = ((random >> 8) as usize % whole.len(), random as u8 % 255 + 1);
        let damaged = Place::new();
        let mut bytes = whole.clone();
        bytes[at] ^= bit;
        if mend {
            super::super::pages::mend(&mut bytes, at);
        }
        std::fs::write(damaged.file(), &bytes).unwrap();
        let gallery = match damaged.open_with(Options::default()) {
            Ok(gallery) => gallery,
            Err(error) => {
                assert!(matches!(
                    error.kind(),
                    ErrorKind::StoreDamaged | ErrorKind::StoreIncompatible | ErrorKind::WrongKey
                ));
                outcomes.refused += 1;
                continue;
            }
        };
        let given = answers(&gallery);
        let (mut error, mut changed) = (false, false);
        for (given, truth) in given.iter().zip(&truth) {
            match given {
                Err(ErrorKind::StoreDamaged) => error = true,
                given => changed |= given != truth,
            }
        }
        match (changed, error) {
            (true, _) => outcomes.changed += 1,
            (_, true) => outcomes.errors += 1,
            _ => outcomes.unharmed += 1,
        }
    }
    outcomes
}

#[test]
fn no_changed_byte_changes_an_answer() {
    let outcomes = change_bytes(200, false);
    assert_eq!(outcomes.changed, 0, "{outcomes:?}");
    assert!(outcomes.errors + outcomes.refused > 100, "{outcomes:?}");
}

/// Too long for every run.
#[ignore = "1,000 stores"]
#[test]
fn none_of_a_thousand_changed_bytes_changes_an_answer() {
    assert_eq!(change_bytes(1000, false).changed, 0);
}

#[test]
fn a_row_that_was_taken_out_is_missed() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    for seed in 0..5 {
        enroll(&gallery, "t", &format!("person {seed}"), vector(seed));
    }
    gallery.close().unwrap();
    let connection = super::super::connect::connect(&place.file(), &options()).unwrap();
    connection.execute_batch("DELETE FROM template WHERE seq = (SELECT max(seq) FROM template)").unwrap();
    drop(connection);
    let gallery = place.open();
    let search = gallery.search("t", &kind(), &[&vector(1)], 1);
    assert_eq!(kind_of(search), Some(ErrorKind::StoreDamaged));
    assert_eq!(kind_of(gallery.check()), Some(ErrorKind::StoreDamaged));
}

#[test]
fn a_row_that_was_moved_does_not_open() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let faces = [enroll(&gallery, "t", "one", vector(1)), enroll(&gallery, "t", "two", vector(2))];
    gallery.close().unwrap();
    let connection = super::super::connect::connect(&place.file(), &options()).unwrap();
    let swap = "CREATE TEMP TABLE old AS SELECT seq, sealed FROM template;
        UPDATE template SET sealed = (SELECT sealed FROM old WHERE old.seq <> template.seq)";
    connection.execute_batch(swap).unwrap();
    drop(connection);
    let gallery = place.open();
    for subject in ["one", "two"] {
        let templates = gallery.templates_of("t", subject, &kind());
        assert_eq!(kind_of(templates), Some(ErrorKind::StoreDamaged));
    }
    assert_eq!(kind_of(gallery.search("t", &kind(), &[&vector(1)], 1)), Some(ErrorKind::StoreDamaged));
    assert_eq!(gallery.faces_of("t", "one").unwrap()[0].id, faces[0]);
}

/// A store whose log holds its last commits, with everything that it answered after each.
struct Logged {
    place: Place,
    gallery: EmbeddedGallery,
    log: PathBuf,
    states: Vec<Vec<Result<String, ErrorKind>>>,
}

impl Logged {
    fn new() -> Self {
        let place = Place::new();
        let gallery = place.open();
        let numbered = |seed: u64| NewFace {
            attributes: Some(attributes()),
            enrolled_at: Some(seed as i64),
            face: Some(1 + seed * 1000),
            ..face(&format!("person {seed}"), vector(seed))
        };
        for tenant in ["a", "b"] {
            gallery.create_tenant(tenant).unwrap();
            let faces: Vec<NewFace> = (0..30).map(numbered).collect();
            gallery.enroll_batch(tenant, &faces, Duplicates::Off).unwrap();
        }
        gallery.erase().unwrap();
        let mut states = vec![answers(&gallery)];
        for seed in [31, 35, 39, 77] {
            gallery.enroll("a", &numbered(seed), Duplicates::Off).unwrap();
            states.push(answers(&gallery));
        }
        let log = place.folder.path().join("faces.gallery-wal");
        Self { place, gallery, log, states }
    }

    /// Whether every answer is that of the store after one of its commits, or an error.
    fn is_of(&self, states: &[Vec<Result<String, ErrorKind>>], given: &[Result<String, ErrorKind>]) -> bool {
        states.iter().any(|truth| {
            given
                .iter()
                .zip(truth)
                .all(|(given, truth)| given == truth || *given == Err(ErrorKind::StoreDamaged))
        })
    }
}

/// Places in a file and what to change there.
fn changes(length: usize, count: usize) -> impl Iterator<Item = (usize, u8)> {
    (0..count as u64).map(move |index| {
        let random = (index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let random = (random ^ (random >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((random >> 8) as usize % length, random as u8 % 255 + 1)
    })
}

/// SQLite's rule: a log ends before its first frame that is not what was written.
#[test]
fn a_changed_byte_in_a_log_that_nobody_has_open_is_an_earlier_state_or_an_error() {
    let logged = Logged::new();
    let (main, log) = (std::fs::read(logged.place.file()).unwrap(), std::fs::read(&logged.log).unwrap());
    let mut earlier = 0;
    for (at, bit) in changes(log.len(), 60) {
        let damaged = Place::new();
        let mut changed = log.clone();
        changed[at] ^= bit;
        std::fs::write(damaged.file(), &main).unwrap();
        std::fs::write(damaged.folder.path().join("faces.gallery-wal"), &changed).unwrap();
        let given = answers(&damaged.open_with(Options::default()).unwrap());
        assert!(logged.is_of(&logged.states, &given), "byte {at}");
        earlier += usize::from(given != *logged.states.last().unwrap());
    }
    assert!(earlier > 0);
}

/// Whoever comes to an open store takes the log's index for granted.
#[test]
fn a_changed_byte_in_the_log_of_an_open_store_is_an_error() {
    let logged = Logged::new();
    let log = std::fs::read(&logged.log).unwrap();
    let newest = &logged.states[logged.states.len() - 1..];
    let mut errors = 0;
    for (at, bit) in changes(log.len(), 150) {
        let mut changed = log.clone();
        changed[at] ^= bit;
        std::fs::write(&logged.log, &changed).unwrap();
        match logged.place.open_with(Options::default()) {
            Ok(gallery) => {
                let given = answers(&gallery);
                errors += usize::from(given.contains(&Err(ErrorKind::StoreDamaged)));
                assert!(logged.is_of(newest, &given), "byte {at}");
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::StoreDamaged);
                errors += 1;
            }
        }
        std::fs::write(&logged.log, &log).unwrap();
    }
    assert!(errors > 0);
    logged.gallery.check().unwrap();
}

/// What is damaged in the log does not come into the main file with a check value that fits.
#[test]
fn a_changed_byte_in_the_log_is_not_copied_into_the_store() {
    let logged = Logged::new();
    let log = std::fs::read(&logged.log).unwrap();
    // In the page of the last frame: of several of one page, the last is copied.
    let mut changed = log.clone();
    changed[log.len() - 2000] ^= 1;
    std::fs::write(&logged.log, &changed).unwrap();
    assert_eq!(kind_of(logged.gallery.erase()), Some(ErrorKind::StoreDamaged));
    assert_eq!(
        std::fs::read(&logged.log).unwrap(),
        changed,
        "the log is cut off only when all of it is copied"
    );
    std::fs::write(&logged.log, &log).unwrap();
    logged.gallery.erase().unwrap();
    logged.gallery.check().unwrap();
    assert_eq!(answers(&logged.gallery), *logged.states.last().unwrap());
}

/// A transaction that does not fit into memory writes pages into the log early, some of them twice, and reads them.
#[test]
fn a_transaction_larger_than_its_memory_is_no_damage() {
    use super::super::connect::{connect, use_log};
    let (place, other) = (Place::new(), Place::new());
    let [log, other_log] = [&place, &other].map(|place| place.folder.path().join("faces.gallery-wal"));
    let connection = connect(&place.file(), &options()).unwrap();
    use_log(&connection).unwrap();
    let begin = "PRAGMA cache_size = 10;
        CREATE TABLE t (key BLOB PRIMARY KEY) WITHOUT ROWID;
        BEGIN IMMEDIATE";
    connection.execute_batch(begin).unwrap();
    for number in 0..600u64 {
        let mut key = [0; 240];
        key[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        connection.execute("INSERT INTO t (key) VALUES (?1)", [key]).unwrap();
    }
    // Frames of pages that were written anew, and of those behind them, have no salts yet.
    let bytes = std::fs::read(&log).unwrap();
    assert!(bytes[32..].chunks_exact(24 + 4096).any(|frame| frame[8..16] == [0; 8]));
    let count = |connection: &rusqlite::Connection| {
        connection.query_row("SELECT count(*) FROM t NOT INDEXED", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(count(&connection), 600);
    connection.execute_batch("COMMIT").unwrap();
    std::fs::copy(place.file(), other.file()).unwrap();
    std::fs::copy(log, other_log).unwrap();
    for connection in [connection, connect(&other.file(), &Options::default()).unwrap()] {
        assert_eq!(count(&connection), 600);
        let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        assert_eq!(count(&connection), 600);
    }
}
