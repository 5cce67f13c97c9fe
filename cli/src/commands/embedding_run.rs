//! Embeds many photos on all cores, with a progress bar.

use crate::exit::Failure;
use crate::show::progress;
use facebridge::ErrorKind;
use facebridge::api::Client;
use facebridge::evaluation::{Dataset, Embeddings};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What came of one photo.
enum Photo {
    Embedded(Vec<f32>),
    Undetected,
    Unreadable,
}

/// Photos that were embedded, by their path.
#[derive(Default)]
pub(crate) struct EmbeddedDataset(BTreeMap<PathBuf, Photo>);

impl EmbeddedDataset {
    /// The embeddings of `dataset`'s images, in their order.
    pub(crate) fn embeddings(&self, dataset: &Dataset) -> Result<Embeddings, Failure> {
        let of = |path: &PathBuf| match self.0.get(path) {
            Some(Photo::Embedded(values)) => Some(values.as_slice()),
            _ => None,
        };
        Ok(Embeddings::new(dataset.images.iter().map(|image| of(&image.path)))?)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn undetected(&self) -> usize {
        self.0.values().filter(|photo| matches!(photo, Photo::Undetected)).count()
    }

    pub(crate) fn unreadable(&self) -> usize {
        self.0.values().filter(|photo| matches!(photo, Photo::Unreadable)).count()
    }
}

/// Embeds those photos of `dataset` that `known` lacks.
///
/// A photo that is unreadable or shows no face is counted; any other failure ends the run.
pub(crate) fn embed_dataset(
    client: &Client,
    dataset: &Dataset,
    mut known: EmbeddedDataset,
) -> Result<EmbeddedDataset, Failure> {
    let new: Vec<&PathBuf> =
        dataset.images.iter().map(|image| &image.path).filter(|path| !known.0.contains_key(*path)).collect();
    let bar = progress::bar(new.len() as u64, "photos");
    let photos = new
        .par_iter()
        .map(|path| {
            let photo = embed(client, path);
            bar.inc(1);
            Ok(((*path).clone(), photo?))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    bar.finish_and_clear();
    known.0.extend(photos);
    Ok(known)
}

fn embed(client: &Client, path: &Path) -> Result<Photo, Failure> {
    match client.embed(path) {
        Ok(embedding) => Ok(Photo::Embedded(embedding.values)),
        Err(error) => match error.kind() {
            ErrorKind::NoFace => Ok(Photo::Undetected),
            ErrorKind::UnsupportedImage
            | ErrorKind::InvalidImage
            | ErrorKind::ImageTooLarge
            | ErrorKind::Io => Ok(Photo::Unreadable),
            _ => Err(error.into()),
        },
    }
}
