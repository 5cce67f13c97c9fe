//! New keys, beside other work.

use super::*;
use crate::gallery::model::Count;
use rusqlite::Connection;
use std::sync::atomic::{AtomicBool, Ordering};

fn wrapped_keys(place: &Place) -> Vec<Vec<u8>> {
    let connection = Connection::open(place.file()).unwrap();
    let mut statement =
        connection.prepare("SELECT wrapped FROM tenant_key UNION ALL SELECT secret FROM meta").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap()).collect()
}

#[test]
fn a_new_master_key_opens_the_store_and_the_old_one_no_longer() {
    let place = Place::new();
    let (one, other) = (place.open(), place.open());
    for tenant in ["t", "u"] {
        one.create_tenant(tenant).unwrap();
    }
    enroll(&one, "t", "one", vector(1));
    assert_eq!(found(&other, "t", &vector(1)).as_deref(), Some("one"));
    let before = wrapped_keys(&place);
    one.rotate_master(&key(2)).unwrap();
    for wrapped in &before {
        assert!(!place.holds(&wrapped[..20]));
    }
    // Here everything goes on, new tenants and all.
    one.create_tenant("v").unwrap();
    enroll(&one, "v", "two", vector(2));
    assert_eq!(found(&one, "u", &vector(2)), None);
    // Who has it open goes on with the tenants that it uses, and is told about any other.
    enroll(&other, "t", "three", vector(3));
    assert_eq!(found(&one, "t", &vector(3)).as_deref(), Some("three"));
    for outcome in [
        other.count("v").map(|_| ()),
        other.count("u").map(|_| ()),
        other.create_tenant("w").map(|_| ()),
        other.rotate_master(&key(3)),
    ] {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongKey);
        assert!(error.message().contains("with the new key"));
    }
    one.rotate_master(&key(4)).unwrap();
    for (seed, outcome) in [(1, Some(ErrorKind::WrongKey)), (2, Some(ErrorKind::WrongKey)), (4, None)] {
        assert_eq!(kind_of(EmbeddedGallery::open(&place.file(), &key(seed), Options::default())), outcome);
    }
    let again = EmbeddedGallery::open(&place.file(), &key(4), Options::default()).unwrap();
    again.check().unwrap();
    assert_eq!(found(&again, "v", &vector(2)).as_deref(), Some("two"));
}

#[test]
fn a_tenants_key_is_replaced_while_others_read_and_write() {
    let place = Place::new();
    let (one, other) = (place.open(), place.open());
    one.create_tenant("t").unwrap();
    let faces: Vec<NewFace> = (0..1200).map(|seed| face(&format!("person {seed}"), vector(seed))).collect();
    one.enroll_batch("t", &faces, Duplicates::Off).unwrap();
    let before = wrapped_keys(&place);
    let done = AtomicBool::new(false);
    let enrolled = std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            let mut seed = 10_000;
            // At least one turn after the end too.
            loop {
                let last = done.load(Ordering::Acquire);
                enroll(&other, "t", &format!("person {seed}"), vector(seed));
                assert_eq!(found(&other, "t", &vector(seed)), Some(format!("person {seed}")));
                assert_eq!(found(&one, "t", &vector(7)).as_deref(), Some("person 7"));
                assert_eq!(other.faces_of("t", "person 11").unwrap().len(), 1);
                other.delete_subjects("t", &[&format!("person {}", seed - 9_900)]).unwrap();
                seed += 1;
                if last {
                    return seed - 10_000;
                }
            }
        });
        one.rotate_tenant("t").unwrap();
        done.store(true, Ordering::Release);
        working.join().unwrap()
    });
    assert!(enrolled > 0);
    for store in [&one, &other, &place.open()] {
        store.check().unwrap();
        assert_eq!(store.count("t").unwrap(), Count { subjects: 1200, faces: 1200 });
        assert_eq!(found(store, "t", &vector(9)).as_deref(), Some("person 9"));
        assert_eq!(store.faces_of("t", "person 11").unwrap().len(), 1);
    }
    let connection = Connection::open(place.file()).unwrap();
    for table in ["subject", "face", "template"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE key <> 2");
        assert_eq!(connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    }
    assert_eq!(wrapped_keys(&place).len(), 2);
    assert!(!place.holds(&before[0][..20]));
}

#[test]
fn an_interrupted_rotation_is_finished_by_the_next() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    for seed in 0..5 {
        enroll(&gallery, "t", &format!("person {seed}"), vector(seed));
    }
    gallery.store.write("t", |change| change.bring_new_key()).unwrap();
    enroll(&gallery, "t", "person 5", vector(5));
    gallery.close().unwrap();
    let gallery = place.open();
    // Both versions open meanwhile, and a subject is not made twice.
    gallery.check().unwrap();
    enroll(&gallery, "t", "person 0", vector(100));
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 6, faces: 7 });
    gallery.rotate_tenant("t").unwrap();
    gallery.check().unwrap();
    assert_eq!(wrapped_keys(&place).len(), 2);
    assert_eq!(gallery.faces_of("t", "person 0").unwrap().len(), 2);
}

#[test]
fn without_its_key_a_tenant_is_unreadable() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    enroll(&gallery, "t", "one", vector(1));
    gallery.close().unwrap();
    let connection = super::super::connect::connect(&place.file(), &options()).unwrap();
    connection.execute_batch("DELETE FROM tenant_key").unwrap();
    drop(connection);
    let gallery = place.open();
    assert_eq!(kind_of(gallery.scan("t", None, 10)), Some(ErrorKind::StoreDamaged));
}
