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
