//! A slice of every part, quick enough for every run of the tests.

use super::*;

#[test]
fn power_cuts_lose_nothing() {
    let survival = cuts(40, 1);
    assert_eq!((survival.events, survival.lost), (40, 0), "{:?}", survival.faults);
    assert!(survival.acknowledged > 100 && survival.under_way > 20, "{survival:?}");
}

#[test]
fn power_cuts_without_syncs_lose() {
    let survival = cuts_without_syncs(20, 1);
    assert!(survival.lost >= 19, "{survival:?}");
}

#[test]
fn failures_are_told_and_lose_nothing() {
    let survival = failures(30, 1);
    assert_eq!((survival.events, survival.lost), (30, 0), "{:?}", survival.faults);
}

#[test]
fn deleted_records_are_in_no_file() {
    let report = erasure(40, 1).unwrap();
    assert_eq!((report.deleted, report.found_while_open, report.found_when_closed), (40, 0, 0));
    assert_eq!(report.kept, report.kept_found);
    let report = erasure_without_overwriting(40, 1).unwrap();
    assert!(report.found_when_closed >= 38, "{report:?}");
}

#[test]
fn a_changed_bit_changes_no_answer() {
    let report = flips(60, 1).unwrap();
    assert_eq!((report.flips, report.changed_answers, report.untyped), (60, 0, 0), "{:?}", report.faults);
}

#[test]
fn a_changed_audit_log_is_found() {
    let report = tampering(100, 1).unwrap();
    assert_eq!((report.changed, report.found), (100, 100), "{:?}", report.faults);
}
