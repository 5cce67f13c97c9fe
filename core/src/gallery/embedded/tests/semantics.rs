//! What the operations promise.

use super::*;
use crate::engine::cosine;
use crate::gallery::Residence;
use crate::gallery::model::{Count, Deleted};

fn new(outcome: crate::Result<Enrolled>) -> u64 {
    match outcome.unwrap() {
        Enrolled::New { face, .. } => face,
        other => panic!("{other:?}"),
    }
}

#[test]
fn tenants_are_made_once_listed_and_dropped() {
    let place = Place::new();
    let gallery = place.open();
    assert!(gallery.create_tenant("b").unwrap());
    assert!(gallery.create_tenant("张").unwrap());
    assert!(!gallery.create_tenant("b").unwrap());
    assert!(gallery.create_tenant("a").unwrap());
    assert_eq!(gallery.tenants().unwrap(), ["a", "b", "张"]);
    enroll(&gallery, "a", "1", vector(1));
    assert!(gallery.drop_tenant("a").unwrap());
    assert!(!gallery.drop_tenant("a").unwrap());
    assert_eq!(gallery.tenants().unwrap(), ["b", "张"]);
    for outcome in [gallery.count("a").map(|_| ()), gallery.search("a", &kind(), &[], 1).map(|_| ())] {
        assert_eq!(kind_of(outcome), Some(ErrorKind::GalleryNotFound));
    }
    // Made anew, it is empty.
    assert!(gallery.create_tenant("a").unwrap());
    assert_eq!(gallery.count("a").unwrap(), Count::default());
    assert_eq!(found(&gallery, "a", &vector(1)), None);
    gallery.check().unwrap();
}

#[test]
fn what_is_enrolled_is_found_listed_and_there_after_opening_again() {
    let place = Place::new();
    let mut faces = Vec::new();
    let check = |gallery: &EmbeddedGallery, faces: &[u64]| {
        let candidates = gallery.search("t", &kind(), &[&like(3, 0.2), &like(5, 0.2)], 3).unwrap();
        for (candidates, seed) in candidates.iter().zip([3, 5]) {
            assert_eq!(candidates.len(), 3);
            assert_eq!(candidates[0].subject, format!("person {seed}"));
            assert_eq!(candidates[0].face, faces[seed as usize]);
            assert_eq!(candidates[0].direction, Some(2));
            assert_eq!(*candidates[0].template.values, vector(seed));
            assert_eq!(candidates[0].score, cosine(&like(seed, 0.2), &vector(seed)));
            assert!(candidates.is_sorted_by(|a, b| a.score >= b.score));
        }
        let subject = gallery.subject("t", "person 3").unwrap().unwrap();
        assert_eq!(subject.attributes, attributes());
        assert!(gallery.subject("t", "person 30").unwrap().is_none());
        let listed = gallery.faces_of("t", "person 3").unwrap();
        assert_eq!(listed.iter().map(|face| face.id).collect::<Vec<_>>(), [faces[3]]);
        assert_eq!(kind_of(gallery.faces_of("t", "person 30")), Some(ErrorKind::SubjectNotFound));
        let templates = gallery.templates_of("t", "person 5", &kind()).unwrap();
        assert_eq!(*templates[0].1.values, vector(5));
        assert_eq!(gallery.count("t").unwrap(), Count { subjects: 8, faces: 8 });
    };
    {
        let gallery = place.open();
        gallery.create_tenant("t").unwrap();
        for seed in 0..8 {
            let mut face = face(&format!("person {seed}"), vector(seed));
            (face.direction, face.attributes) = (Some(2), Some(attributes()));
            faces.push(new(gallery.enroll("t", &face, Duplicates::Off)));
        }
        check(&gallery, &faces);
    }
    check(&place.open(), &faces);
    let lean = place.open_with(Options { residence: Residence::Lean, ..options() }).unwrap();
    check(&lean, &faces);
}

#[test]
fn one_tenant_never_answers_for_another() {
    let place = Place::new();
    let gallery = place.open();
    for tenant in ["a", "b"] {
        gallery.create_tenant(tenant).unwrap();
    }
    let mut face = face("same id", vector(1));
    (face.face, face.attributes) = (Some(77), Some(attributes()));
    assert_eq!(new(gallery.enroll("a", &face, Duplicates::Refuse { min_score: 0.5 })), 77);
    assert_eq!(found(&gallery, "b", &vector(1)), None);
    assert!(gallery.subject("b", "same id").unwrap().is_none());
    assert!(!gallery.delete_face("b", 77).unwrap());
    // The same subject, face id and template once more: no clash and no duplicate.
    face.attributes = None;
    face.templates = vec![template(vector(2))];
    assert_eq!(new(gallery.enroll("b", &face, Duplicates::Refuse { min_score: 0.5 })), 77);
    assert_eq!(gallery.subject("b", "same id").unwrap().unwrap().attributes, Attributes::default());
    assert_eq!(gallery.search("b", &kind(), &[&vector(1)], 9).unwrap()[0].len(), 1);
    assert_eq!(gallery.delete_subjects("a", &["same id"]).unwrap(), Deleted { subjects: 1, faces: 1 });
    assert_eq!(found(&gallery, "b", &vector(2)).as_deref(), Some("same id"));
}

#[test]
fn the_same_template_is_already_there_for_its_subject_and_a_duplicate_for_others() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let first = enroll(&gallery, "t", "one", vector(1));
    let refuse = Duplicates::Refuse { min_score: 0.8 };
    for duplicates in [Duplicates::Off, refuse] {
        let again = gallery.enroll("t", &face("one", vector(1)), duplicates).unwrap();
        assert_eq!(again, Enrolled::AlreadyThere { face: first });
    }
    // Another picture of the same subject is no duplicate.
    let second = new(gallery.enroll("t", &face("one", like(1, 0.1)), refuse));
    let Enrolled::Duplicate(duplicate) = gallery.enroll("t", &face("two", vector(1)), refuse).unwrap() else {
        panic!("stored");
    };
    assert_eq!((duplicate.face, duplicate.subject.as_str()), (first, "one"));
    assert_eq!(duplicate.score, cosine(&vector(1), &vector(1)));
    assert!(gallery.subject("t", "two").unwrap().is_none());
    let report = Duplicates::Report { min_score: 0.8 };
    let Enrolled::New { duplicate: Some(duplicate), .. } =
        gallery.enroll("t", &face("two", like(1, 0.1)), report).unwrap()
    else {
        panic!("not reported");
    };
    assert_eq!(duplicate.face, second);
    let Enrolled::New { duplicate: None, .. } =
        gallery.enroll("t", &face("three", vector(3)), report).unwrap()
    else {
        panic!("reported");
    };
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 3, faces: 4 });
}

#[test]
fn a_chosen_face_id_makes_enrolment_repeatable() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let with_id = |subject, seed, id| NewFace { face: Some(id), ..face(subject, vector(seed)) };
    assert_eq!(new(gallery.enroll("t", &with_id("one", 1, 5), Duplicates::Off)), 5);
    let again = gallery.enroll("t", &with_id("one", 1, 5), Duplicates::Off).unwrap();
    assert_eq!(again, Enrolled::AlreadyThere { face: 5 });
    for taken in [with_id("two", 1, 5), with_id("two", 2, 5), with_id("one", 2, 5)] {
        assert_eq!(kind_of(gallery.enroll("t", &taken, Duplicates::Off)), Some(ErrorKind::AlreadyEnrolled));
    }
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 1, faces: 1 });
    // Free again after deletion, for whom you like.
    assert!(gallery.delete_face("t", 5).unwrap());
    assert_eq!(new(gallery.enroll("t", &with_id("two", 2, 5), Duplicates::Off)), 5);
    assert_eq!(found(&gallery, "t", &vector(2)).as_deref(), Some("two"));
}

#[test]
fn a_batch_has_an_outcome_for_each_face() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let old = enroll(&gallery, "t", "old", vector(100));
    let bad = face("bad", vec![f32::NAN; DIMENSION]);
    let short = face("short", unit(vec![1.0; DIMENSION - 1]));
    let faces = [
        face("a", vector(1)),
        face("a", like(1, 0.1)),
        bad,
        face("b", vector(1)),
        face("a", vector(1)),
        face("c", vector(100)),
        short,
        face("d", vector(2)),
    ];
    let outcomes = gallery.enroll_batch("t", &faces, Duplicates::Refuse { min_score: 0.9 }).unwrap();
    let first = new(outcomes[0].clone());
    new(outcomes[1].clone());
    assert_eq!(kind_of(outcomes[2].clone()), Some(ErrorKind::InvalidArgument));
    let Ok(Enrolled::Duplicate(inside)) = &outcomes[3] else { panic!("stored") };
    assert_eq!(inside.face, first);
    assert_eq!(*outcomes[4].as_ref().unwrap(), Enrolled::AlreadyThere { face: first });
    let Ok(Enrolled::Duplicate(outside)) = &outcomes[5] else { panic!("stored") };
    assert_eq!((outside.face, outside.subject.as_str()), (old, "old"));
    assert_eq!(kind_of(outcomes[6].clone()), Some(ErrorKind::ModelMismatch));
    new(outcomes[7].clone());
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 3, faces: 4 });
    gallery.check().unwrap();
}

#[test]
fn a_face_is_replaced_in_one_step() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let old = enroll(&gallery, "t", "one", vector(1));
    enroll(&gallery, "t", "two", vector(2));
    let refuse = Duplicates::Refuse { min_score: 0.9 };
    let replaced = new(gallery.replace("t", old, &face("one", vector(3)), refuse));
    assert_ne!(replaced, old);
    assert_eq!(found(&gallery, "t", &vector(3)).as_deref(), Some("one"));
    let best = gallery.search("t", &kind(), &[&vector(1)], 1).unwrap();
    assert!(best[0][0].score < 0.99);
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 2, faces: 2 });
    // The old one is gone, a stranger's cannot be taken, and a duplicate changes nothing.
    assert_eq!(
        kind_of(gallery.replace("t", old, &face("one", vector(4)), refuse)),
        Some(ErrorKind::FaceNotFound)
    );
    let stranger = gallery.replace("t", replaced, &face("two", vector(4)), refuse);
    assert_eq!(kind_of(stranger), Some(ErrorKind::FaceNotFound));
    let duplicate = gallery.replace("t", replaced, &face("one", vector(2)), refuse).unwrap();
    assert!(matches!(duplicate, Enrolled::Duplicate(_)));
    let same = gallery.replace("t", replaced, &face("one", vector(3)), refuse).unwrap();
    assert_eq!(same, Enrolled::AlreadyThere { face: replaced });
    assert_eq!(found(&gallery, "t", &vector(3)).as_deref(), Some("one"));
}

#[test]
fn a_subject_goes_with_its_last_face() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let faces = [enroll(&gallery, "t", "one", vector(1)), enroll(&gallery, "t", "one", vector(2))];
    assert!(gallery.delete_face("t", faces[0]).unwrap());
    assert_eq!(gallery.faces_of("t", "one").unwrap().len(), 1);
    assert!(gallery.delete_face("t", faces[1]).unwrap());
    assert!(!gallery.delete_face("t", faces[1]).unwrap());
    assert!(gallery.subject("t", "one").unwrap().is_none());
    enroll(&gallery, "t", "two", vector(3));
    enroll(&gallery, "t", "two", vector(4));
    enroll(&gallery, "t", "three", vector(5));
    let deleted = gallery.delete_subjects("t", &["two", "nobody", "three", "two"]).unwrap();
    assert_eq!(deleted, Deleted { subjects: 2, faces: 3 });
    assert_eq!(gallery.search("t", &kind(), &[&vector(4)], 9).unwrap()[0].len(), 0);
    assert_eq!(gallery.count("t").unwrap(), Count::default());
    gallery.check().unwrap();
}

#[test]
fn attributes_are_kept_replaced_and_set() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    enroll(&gallery, "t", "one", vector(1));
    let read = || gallery.subject("t", "one").unwrap().unwrap().attributes;
    assert_eq!(read(), Attributes::default());
    gallery.set_attributes("t", "one", &attributes()).unwrap();
    assert_eq!(read(), attributes());
    enroll(&gallery, "t", "one", vector(2));
    assert_eq!(read(), attributes());
    let other = Attributes { name: Some("Augusta".to_owned()), ..Attributes::default() };
    let face = NewFace { attributes: Some(other.clone()), ..face("one", vector(3)) };
    new(gallery.enroll("t", &face, Duplicates::Off));
    assert_eq!(read(), other);
    let missing = gallery.set_attributes("t", "nobody", &other);
    assert_eq!(kind_of(missing), Some(ErrorKind::SubjectNotFound));
    let long = Attributes { name: Some("x".repeat(129)), ..Attributes::default() };
    assert_eq!(kind_of(gallery.set_attributes("t", "one", &long)), Some(ErrorKind::InvalidArgument));
}

#[test]
fn listings_come_in_parts() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    gallery.create_tenant("other").unwrap();
    for seed in 0..7 {
        enroll(&gallery, "t", &format!("person {seed}"), vector(seed));
        enroll(&gallery, "other", &format!("stranger {seed}"), vector(seed));
    }
    let (mut subjects, mut after) = (Vec::new(), None);
    loop {
        let page = gallery.subjects("t", after, 3).unwrap();
        subjects.extend(page.items.into_iter().map(|subject| subject.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(subjects, (0..7).map(|seed| format!("person {seed}")).collect::<Vec<_>>());
    let (mut faces, mut after) = (Vec::new(), None);
    loop {
        let page = gallery.scan("t", after, 2).unwrap();
        faces.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(faces.len(), 7);
    for stored in &faces {
        let seed: u64 = stored.subject.id.strip_prefix("person ").unwrap().parse().unwrap();
        assert_eq!(stored.templates, [template(vector(seed))]);
    }
}

#[test]
fn a_face_has_templates_of_two_kinds_during_a_model_upgrade() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let newer = |seed| Template { kind: newer_kind(), values: Zeroizing::new(vector(seed)) };
    let one = enroll(&gallery, "t", "one", vector(1));
    enroll(&gallery, "t", "two", vector(2));
    assert_eq!(gallery.search("t", &newer_kind(), &[&vector(1)], 9).unwrap(), [vec![]]);
    assert!(gallery.add_template("t", one, &newer(11)).unwrap());
    assert!(!gallery.add_template("t", one, &newer(12)).unwrap());
    assert_eq!(kind_of(gallery.add_template("t", 1, &newer(12))), Some(ErrorKind::FaceNotFound));
    let both = NewFace { templates: vec![template(vector(3)), newer(13)], ..face("three", vec![]) };
    new(gallery.enroll("t", &both, Duplicates::Refuse { min_score: 0.9 }));
    let names = |kind: &TemplateKind, seed| -> Vec<String> {
        let mut names: Vec<String> = gallery.search("t", kind, &[&vector(seed)], 9).unwrap()[0]
            .iter()
            .map(|candidate| candidate.subject.clone())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&kind(), 1), ["one", "three", "two"]);
    assert_eq!(names(&newer_kind(), 11), ["one", "three"]);
    // Only who has a newer one loses the old one.
    assert_eq!(gallery.retire_kind("t", &kind()).unwrap(), 2);
    assert_eq!(names(&kind(), 1), ["two"]);
    assert_eq!(names(&newer_kind(), 11), ["one", "three"]);
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 3, faces: 3 });
    gallery.check().unwrap();
    gallery.delete_subjects("t", &["one", "two", "three"]).unwrap();
    gallery.check().unwrap();
}

#[test]
fn what_is_due_is_swept() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    gallery.create_tenant("u").unwrap();
    let until = |subject, seed, time| NewFace { expires_at: time, ..face(subject, vector(seed)) };
    for (tenant, subject, seed, time) in [
        ("t", "one", 1, Some(100)),
        ("t", "one", 2, Some(200)),
        ("t", "two", 3, None),
        ("u", "one", 4, Some(100)),
    ] {
        new(gallery.enroll(tenant, &until(subject, seed, time), Duplicates::Off));
    }
    let due = Attributes { expires_at: Some(150), ..Attributes::default() };
    let both = NewFace { attributes: Some(due), ..face("three", vector(5)) };
    new(gallery.enroll("t", &both, Duplicates::Off));
    assert_eq!(gallery.sweep(99).unwrap(), Deleted::default());
    assert_eq!(gallery.sweep(100).unwrap(), Deleted { subjects: 1, faces: 2 });
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 3, faces: 3 });
    assert_eq!(gallery.sweep(1000).unwrap(), Deleted { subjects: 2, faces: 2 });
    assert_eq!(found(&gallery, "t", &vector(3)).as_deref(), Some("two"));
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 1, faces: 1 });
    gallery.check().unwrap();
}

#[test]
fn what_is_out_of_range_is_refused_and_not_quoted() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let good = || face("secret-subject", vector(1));
    for bad in [
        NewFace { subject: String::new(), ..good() },
        NewFace { subject: "secret".repeat(30), ..good() },
        NewFace { face: Some(0), ..good() },
        NewFace { face: Some(1 << 53), ..good() },
        NewFace { direction: Some(5), ..good() },
        NewFace { templates: vec![], ..good() },
        NewFace { templates: vec![template(vector(1)), template(vector(2))], ..good() },
        NewFace { templates: vec![template(vec![0.0; DIMENSION])], ..good() },
        NewFace { templates: vec![template(vec![0.9; DIMENSION])], ..good() },
    ] {
        let error = gallery.enroll("t", &bad, Duplicates::Off).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(!error.message().contains("secret"));
        assert_eq!(format!("{bad:?}"), "NewFace");
    }
    let duplicates = Duplicates::Report { min_score: f64::NAN };
    assert_eq!(kind_of(gallery.enroll("t", &good(), duplicates)), Some(ErrorKind::InvalidArgument));
    assert_eq!(kind_of(gallery.create_tenant("")), Some(ErrorKind::InvalidArgument));
    let probe = gallery.search("t", &kind(), &[&[f32::INFINITY; DIMENSION]], 1);
    assert_eq!(kind_of(probe), Some(ErrorKind::InvalidArgument));
    enroll(&gallery, "t", "one", vector(1));
    let longer = gallery.search("t", &kind(), &[&unit(vec![1.0; DIMENSION + 1])], 1);
    assert_eq!(kind_of(longer), Some(ErrorKind::ModelMismatch));
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 1, faces: 1 });
}

#[test]
fn threads_of_a_pool_may_enrol_and_search() {
    use rayon::prelude::*;
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    pool.install(|| {
        (0..30u64).into_par_iter().for_each(|seed| {
            let id = format!("person {seed}");
            new(gallery.enroll("t", &face(&id, vector(seed)), Duplicates::Refuse { min_score: 0.95 }));
            assert_eq!(found(&gallery, "t", &vector(seed)), Some(id));
        });
    });
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 30, faces: 30 });
}
