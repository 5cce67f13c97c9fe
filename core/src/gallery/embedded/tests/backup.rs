//! Copies that open with the same key and hold the same.

use super::*;
use crate::gallery::model::Count;

#[test]
fn a_backup_made_beside_other_work_is_whole_and_restores() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    for seed in 0..50 {
        enroll(&gallery, "t", &format!("person {seed}"), vector(seed));
    }
    let copy = place.folder.path().join("copy");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for seed in 50..70 {
                enroll(&gallery, "t", &format!("person {seed}"), vector(seed));
            }
        });
        gallery.backup(&copy).unwrap();
    });
    assert_eq!(kind_of(gallery.backup(&copy)), Some(ErrorKind::InvalidArgument));
    gallery.drop_tenant("t").unwrap();
    let target = place.folder.path().join("restored");
    assert_eq!(kind_of(EmbeddedGallery::restore(&copy, &target, &key(2))), Some(ErrorKind::WrongKey));
    assert!(!target.exists());
    EmbeddedGallery::restore(&copy, &target, &key(1)).unwrap();
    let occupied = EmbeddedGallery::restore(&copy, &target, &key(1));
    assert_eq!(kind_of(occupied), Some(ErrorKind::InvalidArgument));
    let restored = EmbeddedGallery::open(&target, &key(1), Options::default()).unwrap();
    let count = restored.count("t").unwrap();
    assert!((50..=70).contains(&count.faces) && count.subjects == count.faces);
    assert_eq!(found(&restored, "t", &vector(7)).as_deref(), Some("person 7"));
    enroll(&restored, "t", "new", vector(500));
    restored.check().unwrap();
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    for seed in 0..50 {
        enroll(&gallery, "t", &format!("person {seed}"), vector(seed));
    }
    let (copy, target) = (place.folder.path().join("copy"), place.folder.path().join("restored"));
    gallery.backup(&copy).unwrap();
    let whole = std::fs::read(&copy).unwrap();
    let mut refused = 0;
    for page in 0..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096 + 3000] ^= 1;
        std::fs::write(&copy, &bytes).unwrap();
        match EmbeddedGallery::restore(&copy, &target, &key(1)) {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::StoreDamaged);
                assert!(!target.exists());
                refused += 1;
            }
            // A page that nothing uses.
            Ok(()) => std::fs::remove_file(&target).unwrap(),
        }
    }
    assert!(refused > whole.len() / 4096 / 2);
    assert_eq!(gallery.count("t").unwrap(), Count { subjects: 50, faces: 50 });
}
