//! What is deleted is not in the files.

use super::*;
use rusqlite::Connection;

/// The sealed bytes of every row, read past the gallery.
fn sealed_rows(place: &Place) -> Vec<Vec<u8>> {
    let connection = Connection::open(place.file()).unwrap();
    let mut rows = Vec::new();
    for table in ["subject", "face", "template"] {
        let mut statement = connection.prepare(&format!("SELECT sealed FROM {table}")).unwrap();
        rows.extend(statement.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap()));
    }
    rows
}

fn left(place: &Place, rows: &[Vec<u8>]) -> usize {
    let files = place.bytes();
    rows.iter()
        // The middle, because the beginning of a freed cell is overwritten in any case.
        .filter(|row| {
            let part = &row[row.len() / 2..row.len() / 2 + 12];
            files.iter().any(|bytes| memchr_find(bytes, part))
        })
        .count()
}

fn memchr_find(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn filled(place: &Place) -> EmbeddedGallery {
    let gallery = place.open_with(impatient()).unwrap();
    gallery.create_tenant("t").unwrap();
    let faces: Vec<NewFace> = (0..40)
        .map(|seed| NewFace {
            attributes: Some(attributes()),
            ..face(&format!("person {seed}"), vector(seed))
        })
        .collect();
    gallery.enroll_batch("t", &faces, Duplicates::Off).unwrap();
    gallery
}

#[test]
fn nothing_deleted_is_in_any_file_when_the_call_returns() {
    let place = Place::new();
    let gallery = filled(&place);
    let rows = sealed_rows(&place);
    assert_eq!((rows.len(), left(&place, &rows)), (120, 120));
    for seed in 0..10 {
        let faces = gallery.faces_of("t", &format!("person {seed}")).unwrap();
        assert!(gallery.delete_face("t", faces[0].id).unwrap());
        assert_eq!(left(&place, &rows), 120 - 3 * (seed + 1));
    }
    let others: Vec<String> = (10..30).map(|seed| format!("person {seed}")).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    gallery.delete_subjects("t", &others).unwrap();
    assert_eq!(left(&place, &rows), 30);
    let old = gallery.faces_of("t", "person 30").unwrap()[0].id;
    gallery.replace("t", old, &face("person 30", vector(99)), Duplicates::Off).unwrap();
    // Its subject's row stays.
    assert_eq!(left(&place, &rows), 28);
    gallery.set_attributes("t", "person 30", &Attributes::default()).unwrap();
    assert_eq!(left(&place, &rows), 27);
    gallery.drop_tenant("t").unwrap();
    assert_eq!(left(&place, &rows), 0);
}

#[test]
fn without_overwriting_the_same_search_finds_what_was_deleted() {
    let place = Place::new();
    let gallery = filled(&place);
    let rows = sealed_rows(&place);
    gallery.store.writer().unwrap().connection().pragma_update(None, "secure_delete", 0).unwrap();
    // Some between others: what empties a page is overwritten by our own layer.
    let some: Vec<String> = (0..40).step_by(4).map(|seed| format!("person {seed}")).collect();
    let some: Vec<&str> = some.iter().map(String::as_str).collect();
    gallery.delete_subjects("t", &some).unwrap();
    assert!(left(&place, &rows) > 90 + 15);
}

#[test]
fn a_reader_elsewhere_holds_erasure_back_but_not_deletion() {
    let place = Place::new();
    let gallery = filled(&place);
    let rows = sealed_rows(&place);
    let elsewhere = Connection::open(place.file()).unwrap();
    elsewhere.execute_batch("BEGIN; SELECT count(*) FROM face").unwrap();
    let outcome = gallery.delete_subjects("t", &["person 1"]);
    assert_eq!(kind_of(outcome), Some(ErrorKind::ErasurePending));
    assert!(gallery.subject("t", "person 1").unwrap().is_none());
    assert_ne!(found(&gallery, "t", &vector(1)).as_deref(), Some("person 1"));
    assert_eq!(left(&place, &rows), 120);
    assert_eq!(kind_of(gallery.erase()), Some(ErrorKind::ErasurePending));
    // Writers go on meanwhile.
    enroll(&gallery, "t", "person 50", vector(50));
    let again = gallery.delete_subjects("t", &["person 1"]);
    assert_eq!(kind_of(again), Some(ErrorKind::ErasurePending));
    drop(elsewhere);
    let again = gallery.delete_subjects("t", &["person 1"]).unwrap();
    assert_eq!(again.subjects, 0);
    assert_eq!(left(&place, &rows), 117);
}

#[test]
fn a_dropped_tenants_rows_are_deleted_at_the_next_opening() {
    let place = Place::new();
    let gallery = filled(&place);
    let rows = sealed_rows(&place);
    gallery.close().unwrap();
    // As a process leaves it that ends between the two.
    let connection = super::super::connect::connect(&place.file(), &options()).unwrap();
    connection
        .execute_batch(
            "BEGIN; INSERT INTO dropped SELECT id FROM tenant; DELETE FROM tenant_key; DELETE FROM tenant; COMMIT",
        )
        .unwrap();
    drop(connection);
    let gallery = place.open();
    assert_eq!(kind_of(gallery.count("t")), Some(ErrorKind::GalleryNotFound));
    gallery.erase().unwrap();
    assert_eq!(left(&place, &rows), 0);
    let gone: i64 = gallery
        .store
        .reader()
        .unwrap()
        .query_row("SELECT count(*) FROM dropped", [], |row| row.get(0))
        .unwrap();
    assert_eq!(gone, 0);
}

#[test]
fn a_dropped_tenant_is_gone_though_its_rows_cannot_be_deleted_yet() {
    let place = Place::new();
    let gallery = filled(&place);
    let rows = sealed_rows(&place);
    assert!(gallery.store.end_tenant("t").unwrap());
    let elsewhere = Connection::open(place.file()).unwrap();
    elsewhere.execute_batch("BEGIN IMMEDIATE").unwrap();
    let outcome = gallery.store.erase_dropped(true);
    assert_eq!(kind_of(outcome), Some(ErrorKind::ErasurePending));
    assert_eq!(kind_of(gallery.count("t")), Some(ErrorKind::GalleryNotFound));
    assert!(left(&place, &rows) > 0);
    drop(elsewhere);
    assert!(!gallery.drop_tenant("t").unwrap());
    assert_eq!(left(&place, &rows), 0);
}
