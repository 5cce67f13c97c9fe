//! `facebridge detect`.

use crate::arguments::EngineArguments;
use crate::exit::{Failure, Outcome};
use crate::show::{draw, tables};
use facebridge::api::{DetectOptions, Detection};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The photos
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// Most faces in a photo, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 10)]
    max_faces: u32,
    /// Print one JSON object for each photo
    #[arg(long)]
    json: bool,
    /// Draw boxes, landmarks and scores: a .png file for one photo, a folder for several
    #[arg(long, value_name = "PATH")]
    draw: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArguments,
}

#[derive(Serialize)]
struct Answer<'a> {
    image: &'a Path,
    #[serde(flatten)]
    detection: Option<Detection>,
    error: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.engine.client()?;
    let options = DetectOptions { max_faces: arguments.max_faces };
    let drawings =
        arguments.draw.as_deref().map(|target| draw::targets(target, &arguments.images)).transpose()?;
    let mut outcome = Outcome::Done;
    for (index, image) in arguments.images.iter().enumerate() {
        let (detection, error) = match client.detect(image.as_path(), &options) {
            Ok(detection) => (Some(detection), None),
            // A wrong option is wrong for every photo.
            Err(error) if error.kind() == facebridge::ErrorKind::InvalidArgument => return Err(error.into()),
            Err(error) => (None, Some(error.to_string())),
        };
        if detection.as_ref().is_none_or(|detection| detection.faces.is_empty()) {
            outcome = Outcome::Photo;
        }
        if let (Some(drawings), Some(detection)) = (&drawings, &detection) {
            draw::faces(image, &arguments.engine.limits(), detection, &drawings[index])?;
        }
        if arguments.json {
            let answer = Answer { image, detection, error };
            println!(
                "{}",
                serde_json::to_string(&answer).map_err(|error| Failure::Output(error.to_string()))?
            );
            continue;
        }
        match (&detection, error) {
            (Some(detection), _) => println!("{}", tables::detection(image, detection)),
            (None, error) => eprintln!("facebridge: {}: {}", image.display(), error.unwrap_or_default()),
        }
        if let (Some(drawings), Some(_)) = (&drawings, &detection) {
            println!("drawn: {}\n", drawings[index].display());
        }
    }
    Ok(outcome)
}
