//! What `cargo xtask report engine-quality` asks of the engine, one JSON request a line:
//!
//! - `{"do": "inspect", "image": PATH}`: the check code, direction and measures of the most prominent face;
//! - `{"do": "turn", "image": PATH, "quarter_turns": N}`: turns the pixels clockwise, embeds them, and says by how
//!   much the engine turned them back and how similar the face is to the upright one.

#![allow(clippy::print_stdout)] // Its answers are its output.

use facebridge::api::{
    CheckCode, Client, DetectOptions, EngineOptions, ImageLimits, PixelFormat, PixelView, QualityThresholds,
};
use facebridge::engine::image::Picture;
use image::RgbImage;
use image::imageops::{rotate90, rotate180, rotate270};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    if std::env::args().nth(1).as_deref() != Some("serve") {
        println!("engine_quality is run by `cargo xtask report engine-quality`");
        return Ok(());
    }
    let mut options = EngineOptions::default();
    options.concurrency = 1;
    // Most faces of the data set are smaller than enrolment accepts, which would hide every other verdict.
    options.quality.min_face_size = 0.0;
    let client = Client::local(options)?;
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let image = Path::new(request["image"].as_str().ok_or("a request names its image")?);
        let answer = match request["do"].as_str() {
            Some("inspect") => inspect(&client, image)?,
            Some("turn") => turn(&client, image, request["quarter_turns"].as_u64().unwrap_or(0))?,
            _ => return Err(format!("not understood: {request}").into()),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn inspect(client: &Client, image: &Path) -> Outcome<Value> {
    let found = client.detect(image, &DetectOptions::default())?;
    let Some(face) = found.faces.first() else {
        return Ok(json!({ "code": u32::from(CheckCode::NoFace) }));
    };
    let quality = &face.quality;
    Ok(json!({
        "code": u32::from(quality.check_code),
        "direction": face.direction as u32,
        "too_small": quality.face_size < QualityThresholds::default().min_face_size,
        "sharpness": quality.sharpness,
        "brightness": quality.brightness,
        "burnt": quality.burnt,
    }))
}

fn turn(client: &Client, image: &Path, quarter_turns: u64) -> Outcome<Value> {
    let bytes = std::fs::read(image)?;
    let upright = Picture::open(&bytes, &ImageLimits::default())?.decode(1)?.pixels;
    let turned = match quarter_turns {
        1 => rotate90(&upright),
        2 => rotate180(&upright),
        3 => rotate270(&upright),
        _ => upright.clone(),
    };
    let expected = client.embed(view(&upright))?;
    let found = client.embed(view(&turned))?;
    let pairs = expected.values.iter().zip(&found.values);
    Ok(json!({
        "rotation": found.source.rotation,
        "cosine": pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>(),
    }))
}

fn view(pixels: &RgbImage) -> PixelView<'_> {
    PixelView {
        data: pixels.as_raw(),
        width: pixels.width(),
        height: pixels.height(),
        stride: pixels.width() as usize * 3,
        format: PixelFormat::Rgb,
    }
}
