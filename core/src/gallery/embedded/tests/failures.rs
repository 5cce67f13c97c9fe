//! Every failure has its kind, and leaves what was there.

use super::super::{connect, schema};
use super::*;
use crate::gallery::model::Count;
use rusqlite::Connection;

#[test]
fn a_wrong_key_is_refused_before_anything_else() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    gallery.close().unwrap();
    let before = place.bytes();
    for wrong in [Options::default(), options(), Options { read_only: true, ..Options::default() }] {
        let outcome = EmbeddedGallery::open(&place.file(), &key(2), wrong);
        assert_eq!(kind_of(outcome), Some(ErrorKind::WrongKey));
    }
    assert_eq!(place.bytes()[0], before[0]);
    place.open();
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let place = Place::new();
    assert_eq!(kind_of(place.open_with(Options::default())), Some(ErrorKind::Io));
    let mut others: Vec<Vec<u8>> = vec![b"no store".to_vec(), vec![b'x'; 10_000]];
    let other = Place::new();
    for application in [0, 7] {
        for page in [1024, 4096] {
            let file = other.folder.path().join(format!("{application}-{page}"));
            let connection = Connection::open(&file).unwrap();
            connection.pragma_update(None, "page_size", page).unwrap();
            connection.pragma_update(None, "application_id", application).unwrap();
            connection.execute_batch("CREATE TABLE meta (id)").unwrap();
            drop(connection);
            others.push(std::fs::read(&file).unwrap());
        }
    }
    for (which, bytes) in others.into_iter().enumerate() {
        for options in [Options::default(), options()] {
            std::fs::write(place.file(), &bytes).unwrap();
            let outcome = kind_of(place.open_with(options));
            assert_eq!((which, outcome), (which, Some(ErrorKind::StoreIncompatible)));
            assert_eq!(std::fs::read(place.file()).unwrap(), bytes);
        }
    }
    std::fs::write(place.file(), b"").unwrap();
    assert_eq!(kind_of(place.open_with(Options::default())), Some(ErrorKind::StoreIncompatible));
    place.open().create_tenant("t").unwrap();
}

#[test]
fn an_older_store_is_brought_up_to_date_and_a_newer_one_refused() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    enroll(&gallery, "t", "one", vector(1));
    gallery.close().unwrap();
    let mut connection = connect::connect(&place.file(), &options()).unwrap();
    let version = |connection: &Connection| schema::version(connection, 9).unwrap();
    // A step that fails leaves the older version.
    let bad = [schema::STEPS, &["CREATE TABLE extra (id); CREATE TABLE extra (id)"]].concat();
    let outcome = schema::bring_up_to_date(&mut connection, &bad, |_| Ok(()));
    assert_eq!(kind_of(outcome), Some(ErrorKind::StoreDamaged));
    assert_eq!(version(&connection), schema::STEPS.len());
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'";
    assert_eq!(connection.query_row(tables, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    drop(connection);
    place.open();
    let good =
        [schema::STEPS, &["ALTER TABLE face ADD COLUMN note TEXT", "CREATE TABLE extra (id)"]].concat();
    let mut connection = connect::connect(&place.file(), &options()).unwrap();
    for _ in 0..2 {
        schema::bring_up_to_date(&mut connection, &good, |_| panic!("it is not empty")).unwrap();
        assert_eq!(version(&connection), good.len());
    }
    let faces: i64 = connection.query_row("SELECT count(*) FROM face", [], |row| row.get(0)).unwrap();
    assert_eq!(faces, 1);
    drop(connection);
    assert_eq!(kind_of(place.open_with(options())), Some(ErrorKind::StoreIncompatible));
}

#[test]
fn a_full_disk_changes_nothing() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    enroll(&gallery, "t", "one", vector(1));
    let limit = |pages: &str| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        gallery.store.writer().unwrap().connection().query_row(&sql, [], |_| Ok(())).unwrap();
    };
    limit("30");
    let many: Vec<NewFace> = (10..400).map(|seed| face(&format!("person {seed}"), vector(seed))).collect();
    let outcome = gallery.enroll_batch("t", &many, Duplicates::Off);
    assert_eq!(kind_of(outcome), Some(ErrorKind::StoreFull));
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 1, faces: 1 });
    assert_eq!(found(&gallery, "t", &vector(10)).as_deref(), Some("one"));
    gallery.check().unwrap();
    limit("100000");
    gallery.enroll_batch("t", &many, Duplicates::Off).unwrap();
    assert_eq!(found(&gallery, "t", &vector(10)).as_deref(), Some("person 10"));
}

#[test]
fn a_store_opened_for_reading_refuses_changes() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let one = enroll(&gallery, "t", "one", vector(1));
    let reader = place.open_with(Options { read_only: true, ..Options::default() }).unwrap();
    assert_eq!(found(&reader, "t", &vector(1)).as_deref(), Some("one"));
    let enrolled = reader.enroll("t", &face("two", vector(2)), Duplicates::Off);
    for outcome in [
        enrolled.map(|_| ()),
        reader.delete_face("t", one).map(|_| ()),
        reader.create_tenant("u").map(|_| ()),
        reader.drop_tenant("t").map(|_| ()),
        reader.rotate_master(&key(2)),
        reader.erase(),
    ] {
        assert_eq!(kind_of(outcome), Some(ErrorKind::StoreReadOnly));
    }
    // It follows who may write.
    enroll(&gallery, "t", "two", vector(2));
    assert_eq!(found(&reader, "t", &vector(2)).as_deref(), Some("two"));
}

#[test]
fn a_writer_elsewhere_is_waited_for_and_then_reported() {
    let place = Place::new();
    let gallery = place.open_with(impatient()).unwrap();
    gallery.create_tenant("t").unwrap();
    let elsewhere = Connection::open(place.file()).unwrap();
    elsewhere.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = gallery.enroll("t", &face("one", vector(1)), Duplicates::Off).unwrap_err();
    // The kind of the template is made known first, so that it is the busy store that answers.
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::StoreBusy, true));
    assert_eq!(gallery.count("t").unwrap(), Count::default());
    drop(elsewhere);
    enroll(&gallery, "t", "one", vector(1));
}

#[test]
fn after_close_or_fork_every_call_says_so() {
    let place = Place::new();
    let mut gallery = place.open();
    gallery.create_tenant("t").unwrap();
    gallery.process ^= 1;
    assert_eq!(kind_of(gallery.count("t")), Some(ErrorKind::ForkedProcess));
    assert_eq!(kind_of(gallery.close()), Some(ErrorKind::ForkedProcess));
    gallery.process ^= 1;
    gallery.close().unwrap();
    for outcome in [
        gallery.count("t").map(|_| ()),
        gallery.enroll("t", &face("one", vector(1)), Duplicates::Off).map(|_| ()),
        gallery.search("t", &kind(), &[&vector(1)], 1).map(|_| ()),
        gallery.close(),
    ] {
        assert_eq!(kind_of(outcome), Some(ErrorKind::Closed));
    }
}

/// The limit on a file's size stands in for a disk that fails: the write is refused, but not for want of space.
#[cfg(target_os = "linux")]
#[test]
fn after_a_failed_write_the_store_refuses_writes_until_opened_again() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    enroll(&gallery, "t", "one", vector(1));
    gallery.close().unwrap();
    let (_, module) = module_path!().split_once("::").unwrap();
    let name = format!("{}::processes::child", module.rsplit_once("::").unwrap().0);
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 400; exec \"$0\" --exact --nocapture \"$1\""])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(processes::TASK, "fail")
        .env(processes::FILE, place.file())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.contains("FAILED AS IT SHOULD"), "{output}");
    let gallery = place.open();
    gallery.check().unwrap();
    assert_eq!(found(&gallery, "t", &vector(1)).as_deref(), Some("one"));
    enroll(&gallery, "t", "two", vector(2));
}
