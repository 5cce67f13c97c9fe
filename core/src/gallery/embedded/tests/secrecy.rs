//! Nothing personal stands in the clear in any file.

use super::*;

#[test]
fn no_name_number_or_template_is_in_any_file() {
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("Recognisable Bank").unwrap();
    let values = vector(1);
    let face = NewFace {
        attributes: Some(attributes()),
        direction: Some(3),
        face: Some(0x0012_3456_789A_BCDE),
        ..face("subject-4711-recognisable", values.clone())
    };
    gallery.enroll("Recognisable Bank", &face, Duplicates::Off).unwrap();
    let template: Vec<u8> = values[..4].iter().flat_map(|value| value.to_le_bytes()).collect();
    let attributes = attributes();
    let secrets = [
        "subject-4711-recognisable".as_bytes(),
        "Recognisable Bank".as_bytes(),
        attributes.name.as_ref().unwrap().as_bytes(),
        attributes.id_number.as_ref().unwrap().as_bytes(),
        attributes.customer_id.as_ref().unwrap().as_bytes(),
        template.as_slice(),
    ];
    let check = || {
        for secret in secrets {
            assert!(!place.holds(secret));
        }
        // What is in the clear is found: the search looks at the right files.
        assert!(place.holds(b"pipeline-1"));
    };
    check();
    gallery.close().unwrap();
    check();
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let gallery = place.open();
    gallery.create_tenant("t").unwrap();
    enroll(&gallery, "t", "one", vector(1));
    let mut count = 0;
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        count += 1;
    }
    assert_eq!(count, 3);
}
