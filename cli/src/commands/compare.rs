//! `facebridge compare`.

use crate::arguments::EngineArguments;
use crate::exit::{Failure, Outcome};
use crate::show::{draw, tables};
use facebridge::api::{CompareOptions, Comparison, Embedding};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Two photos, or more to compare each with each
    #[arg(required = true, num_args = 2..)]
    images: Vec<PathBuf>,
    /// Largest acceptable false match rate of one comparison [default: 0.0001, which is score 80]
    #[arg(long, value_name = "RATE")]
    max_fmr: Option<f64>,
    /// Print one JSON object for each pair
    #[arg(long)]
    json: bool,
    /// Draw the photos side by side with the faces that were compared, as a .png file
    #[arg(long, value_name = "FILE")]
    draw: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArguments,
}

#[derive(Serialize)]
struct Answer<'a> {
    image_a: &'a Path,
    image_b: &'a Path,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.engine.client()?;
    let options = CompareOptions { max_fmr: arguments.max_fmr };
    let embeddings = arguments
        .images
        .iter()
        .map(|image| client.embed(image.as_path()).map_err(Failure::about(image.display())))
        .collect::<Result<Vec<Embedding>, Failure>>()?;
    let mut rows = Vec::new();
    for (index, first) in embeddings.iter().enumerate() {
        for (other, second) in embeddings.iter().enumerate().skip(index + 1) {
            let comparison = client.compare_embeddings(first, second, &options)?;
            rows.push((arguments.images[index].as_path(), arguments.images[other].as_path(), comparison));
        }
    }
    if arguments.json {
        for (image_a, image_b, comparison) in &rows {
            let answer = Answer { image_a, image_b, comparison };
            println!(
                "{}",
                serde_json::to_string(&answer).map_err(|error| Failure::Output(error.to_string()))?
            );
        }
    } else {
        println!("{}", tables::comparisons(&rows));
    }
    if let Some(target) = &arguments.draw {
        let faces: Vec<_> = arguments
            .images
            .iter()
            .zip(&embeddings)
            .map(|(image, embedding)| (image.as_path(), &embedding.source))
            .collect();
        draw::side_by_side(&faces, &arguments.engine.limits(), target)?;
        if !arguments.json {
            println!("drawn: {}", target.display());
        }
    }
    Ok(match rows.as_slice() {
        [(_, _, comparison)] => comparison.decision.into(),
        _ => Outcome::Done,
    })
}
