//! A slice of the hostile pictures: nothing aborts, nothing panics, every refusal is an error that says what.
//!
//! The whole of it, with the pictures that take long and with limits on time and memory, is the program
//! `hostile`.

use conformance::hostile::{Run, supervise};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn no_hostile_picture_breaks_the_engine() {
    let run = Run { count: 300, seed: 20, batch: 100, skip_heavy: true };
    let report = supervise(Path::new(env!("CARGO_BIN_EXE_hostile")), &run, |_| {}).unwrap();
    assert!(report.aborts.is_empty(), "{:#?}", report.aborts);
    assert!(report.escaped_panics.is_empty(), "{:#?}", report.escaped_panics);
    assert!(report.contained_panics.is_empty(), "{:#?}", report.contained_panics);
    assert!(report.untyped_outcomes.is_empty(), "{:#?}", report.untyped_outcomes);
    // The slice is what it claims to be: all inputs ran, and they met every kind of answer.
    assert_eq!(report.inputs, run.count);
    assert!(report.handmade >= 100 && report.handmade < run.count);
    for operation in ["detect", "detect_all", "embed"] {
        let outcomes = &report.outcomes[operation];
        assert_eq!(outcomes.values().sum::<u64>(), run.count);
        for kind in ["UnsupportedImage", "InvalidImage", "ImageTooLarge"] {
            assert!(outcomes.contains_key(kind), "{operation} never gave {kind}");
        }
    }
    assert!(report.outcomes["embed"].contains_key("embedding"));
    assert!(report.outcomes["embed"].contains_key("NoFace"));
}

/// The count itself is shown to notice a child that dies, and to go on behind it.
#[test]
fn a_child_that_dies_is_counted_and_the_count_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("dying");
    let script = "#!/bin/sh\n# $2 is the first input of this child\necho \"begin $2 a deadly picture\"\n\
                  if [ \"$2\" = 1 ]; then kill -ABRT $$; fi\n\
                  echo \"record {\\\"number\\\":$2,\\\"name\\\":\\\"n\\\",\\\"bytes\\\":1,\\\"calls\\\":[],\\\"panics\\\":[],\\\"peak_growth_bytes\\\":0}\"\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let run = Run { count: 4, seed: 1, batch: 1, skip_heavy: true };
    let report = supervise(&program, &run, |_| {}).unwrap();
    assert_eq!((report.inputs, report.processes), (3, 4));
    assert_eq!(report.aborts.len(), 1);
    assert_eq!(report.aborts[0].number, 1);
    assert_eq!(report.aborts[0].input, "a deadly picture");
}
