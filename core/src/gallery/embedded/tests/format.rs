//! The file of every released version: a store as it was written then opens and means the same.
//!
//! When the format changes (a new step in `schema.rs`, or new content that an older file lacks), make a file of the
//! new version and name it in `FILES`; the older ones are never changed:
//! `cargo test -p facebridge --lib format::write -- --ignored` writes `format-N.txt` beside this file where there is
//! none. The people in it are made up, and the key is that of these tests.

use super::super::{connect, schema};
use super::*;
use crate::gallery::model::{Count, Face};
use base64ct::{Base64, Encoding};
use std::fmt::Write as _;

/// One file for each version, in order.
const FILES: &[&str] = &[include_str!("format-1.txt")];
/// Bytes on a line.
const LINE: usize = 48;

/// A file as text: its length, then the lines that are not all zeros, each with its place.
fn pack(bytes: &[u8]) -> String {
    let mut text = format!("{}\n", bytes.len());
    for (number, line) in bytes.chunks(LINE).enumerate() {
        if line.iter().any(|&byte| byte != 0) {
            writeln!(text, "{} {}", number * LINE, Base64::encode_string(line)).unwrap();
        }
    }
    text
}

fn unpack(text: &str) -> Vec<u8> {
    let mut lines = text.lines();
    let mut bytes = vec![0; lines.next().unwrap().parse().unwrap()];
    for line in lines {
        let (at, line) = line.split_once(' ').unwrap();
        let (at, line) = (at.parse::<usize>().unwrap(), Base64::decode_vec(line).unwrap());
        bytes[at..at + line.len()].copy_from_slice(&line);
    }
    bytes
}

fn faces() -> Vec<NewFace> {
    let newer = |seed| Template { kind: newer_kind(), values: Zeroizing::new(vector(seed)) };
    (1..=6)
        .map(|number| NewFace {
            attributes: (number == 1).then(attributes),
            face: Some(100 + number),
            direction: Some((number % 5) as u8),
            enrolled_at: Some(1_700_000_000_000 + number as i64),
            expires_at: (number == 2).then_some(4_000_000_000_000),
            templates: if number == 3 {
                vec![template(vector(3)), newer(33)]
            } else {
                vec![template(vector(number))]
            },
            ..face(&format!("person {}", number.div_ceil(2)), vec![])
        })
        .collect()
}

/// A store with every sort of row, and keys that were changed.
fn fill(gallery: &EmbeddedGallery) {
    for tenant in ["people", "张"] {
        gallery.create_tenant(tenant).unwrap();
        gallery.enroll_batch(tenant, &faces(), Duplicates::Off).unwrap();
    }
    gallery.rotate_tenant("people").unwrap();
    gallery.delete_face("people", 106).unwrap();
    gallery.rotate_master(&key(1)).unwrap();
}

#[test]
fn a_store_of_every_version_opens_and_means_the_same() {
    assert_eq!(FILES.len(), schema::STEPS.len(), "a version has no file: see the head of this one");
    for text in FILES {
        let place = Place::new();
        std::fs::write(place.file(), unpack(text)).unwrap();
        let wrong = EmbeddedGallery::open(&place.file(), &key(2), Options::default());
        assert_eq!(kind_of(wrong), Some(ErrorKind::WrongKey));
        let gallery = place.open_with(Options::default()).unwrap();
        gallery.check().unwrap();
        assert_eq!(gallery.tenants().unwrap(), ["people", "张"]);
        assert_eq!(gallery.count("people").unwrap(), Count { subjects: 3, faces: 5 });
        assert_eq!(gallery.count("张").unwrap(), Count { subjects: 3, faces: 6 });
        let subjects = gallery.subjects("people", None, 10).unwrap().items;
        let ids: Vec<&str> = subjects.iter().map(|subject| subject.id.as_str()).collect();
        assert_eq!(ids, ["person 1", "person 2", "person 3"]);
        assert_eq!(subjects[0].attributes, attributes());
        assert_eq!(subjects[1].attributes, Attributes::default());
        let stored = gallery.scan("张", None, 10).unwrap().items;
        for (stored, given) in stored.iter().zip(faces()) {
            let expected = Face {
                id: given.face.unwrap(),
                direction: given.direction,
                enrolled_at: given.enrolled_at.unwrap(),
                expires_at: given.expires_at,
            };
            assert_eq!((stored.face, &stored.subject.id), (expected, &given.subject));
            assert_eq!(stored.templates, given.templates);
        }
        for number in 1..=5u64 {
            let subject = format!("person {}", number.div_ceil(2));
            assert_eq!(found(&gallery, "people", &like(number, 0.1)), Some(subject.clone()));
            let templates = gallery.templates_of("people", &subject, &kind()).unwrap();
            assert!(
                templates.iter().any(|(face, own)| *face == 100 + number && *own.values == vector(number))
            );
        }
        let newer = gallery.search("people", &newer_kind(), &[&vector(33)], 5).unwrap();
        assert_eq!(newer[0].iter().map(|candidate| candidate.face).collect::<Vec<_>>(), [103]);
        // It can be used as one that was made today.
        enroll(&gallery, "people", "new", vector(50));
        gallery.delete_subjects("people", &["person 1"]).unwrap();
        gallery.check().unwrap();
    }
}

#[test]
fn what_is_written_today_has_the_newest_version_and_its_tables() {
    let (place, old) = (Place::new(), Place::new());
    place.open().close().unwrap();
    std::fs::write(old.file(), unpack(FILES.last().unwrap())).unwrap();
    let tables = |file: &Path| {
        let connection = connect::connect(file, &Options::default()).unwrap();
        assert_eq!(schema::version(&connection, 99).unwrap(), FILES.len());
        let mut statement =
            connection.prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name").unwrap();
        let tables: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        tables
    };
    assert_eq!(tables(&place.file()), tables(&old.file()), "a released version was changed");
}

#[test]
fn a_version_that_is_not_known_is_refused() {
    for version in [-1, 0, FILES.len() as i64 + 1, 1 << 20] {
        let place = Place::new();
        std::fs::write(place.file(), unpack(FILES.last().unwrap())).unwrap();
        let connection = connect::connect(&place.file(), &Options::default()).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
        drop(connection);
        for options in [Options::default(), Options { read_only: true, ..Options::default() }] {
            assert_eq!(kind_of(place.open_with(options)), Some(ErrorKind::StoreIncompatible));
        }
    }
}

#[ignore = "writes a file of this version, once"]
#[test]
fn write() {
    let place = Place::new();
    let gallery = place.open();
    fill(&gallery);
    gallery.close().unwrap();
    let name = format!("format-{}.txt", schema::STEPS.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gallery/embedded/tests").join(name);
    if path.metadata().is_ok_and(|file| file.len() > 0) {
        panic!("the file of this version is there, and is not changed any more");
    }
    std::fs::write(path, pack(&std::fs::read(place.file()).unwrap())).unwrap();
}
