//! Evaluation and calibration of a backend on labelled photos, as steps of a job.

use super::job::Steps;
use super::local::{self, LocalBackend};
use crate::api::{CalibrationResult, Evaluation, ImageInput, LabelledPhotos};
use crate::evaluation::{
    Bootstrap, CalibrationRequest, Cohort, CohortScores, Dataset, Embeddings, Exclusions, RawRange, Scores,
    calibrate as place_anchors, evaluate_all, evaluate_pair_embeddings,
};
use crate::{Error, ErrorKind, Result};
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
struct Embedded(BTreeMap<PathBuf, Photo>);

/// Refuses what cannot be evaluated before any thread is begun.
pub(crate) fn check(data: &LabelledPhotos) -> Result<()> {
    let problem = match (&data.folder, &data.pairs, &data.csv) {
        (None, _, None) => "Name labelled photos: `folder`, `folder` with `pairs`, or `csv`.",
        (Some(_), _, Some(_)) => "`csv` stands instead of `folder`: give one of them.",
        (None, Some(_), _) => "The photos of `pairs` lie below `folder`: give both.",
        (None, ..) if data.exclusions.is_some() || !data.cohorts.is_empty() => {
            "`exclusions` and `cohorts` belong to a `folder` of people."
        }
        _ if data.folds == 0 => "`folds` must be at least 1.",
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::InvalidArgument, problem))
}

/// Error rates on `data`.
pub(crate) fn evaluate(backend: &LocalBackend, data: &LabelledPhotos, steps: &Steps) -> Result<Evaluation> {
    let (people, pairs) = (people(data)?, pairs(data)?);
    let calibration = backend.calibration.as_ref();
    let bootstrap = Bootstrap::default();
    let mut known = Embedded::default();
    let mut all_pairs = None;
    if let Some(people) = &people {
        known.embed(backend, people, steps)?;
        all_pairs = Some(evaluate_all(
            people,
            &known.of(people)?,
            &exclusions(data, people)?,
            &cohorts(data, people)?,
            calibration,
            &bootstrap,
        )?);
        steps.go_on()?;
    }
    let mut pair_report = None;
    if let Some(pairs) = &pairs {
        // Photos that are also in the folder are not embedded twice.
        known.embed(backend, pairs, steps)?;
        pair_report = Some(evaluate_pair_embeddings(pairs, &known.of(pairs)?, calibration, &bootstrap)?);
    }
    let engine = backend.facts();
    let count = |wanted: fn(&Photo) -> bool| known.0.values().filter(|photo| wanted(photo)).count() as u64;
    Ok(Evaluation {
        backend: local::NAME.to_owned(),
        model_id: engine.embedder_id().to_owned(),
        pipeline: engine.pipeline.clone(),
        face_selection: "most prominent: area less twice the squared distance from the middle".to_owned(),
        images: known.0.len() as u64,
        undetected: count(|photo| matches!(photo, Photo::Undetected)),
        unreadable: count(|photo| matches!(photo, Photo::Unreadable)),
        pairs: pair_report,
        all_pairs,
    })
}

/// A calibration from `data`; the one in force does not matter to it.
pub(crate) fn calibrate(
    backend: &LocalBackend,
    data: &LabelledPhotos,
    made: &str,
    steps: &Steps,
) -> Result<CalibrationResult> {
    let engine = backend.facts();
    let request = CalibrationRequest {
        model_id: engine.embedder_id().to_owned(),
        pipeline_id: engine.pipeline.clone(),
        backend: local::NAME.to_owned(),
        made: made.to_owned(),
        range: RawRange::Cosine,
        bootstrap: Bootstrap::default(),
        suspicious_from: None,
    };
    let mut known = Embedded::default();
    let (calibration, report) = match (people(data)?, pairs(data)?) {
        (Some(people), None) => {
            known.embed(backend, &people, steps)?;
            let embeddings = known.of(&people)?;
            let exclusions = exclusions(data, &people)?;
            let scores = Scores::all_pairs(&people, &embeddings, &exclusions, None)?;
            let cohorts = cohorts(data, &people)?
                .iter()
                .map(|cohort| CohortScores::new(&people, &embeddings, &exclusions, cohort))
                .collect::<Result<Vec<_>>>()?;
            steps.go_on()?;
            place_anchors(&request, &scores, &cohorts)?
        }
        (_, pairs) => {
            let pairs = pairs.unwrap_or_default();
            known.embed(backend, &pairs, steps)?;
            steps.go_on()?;
            place_anchors(&request, &Scores::from_pair_embeddings(&pairs, &known.of(&pairs)?)?, &[])?
        }
    };
    Ok(CalibrationResult { calibration: calibration.to_toml()?, report })
}

impl Embedded {
    /// Embeds those photos of `dataset` that are not known yet. A photo that is unreadable or shows no face is
    /// counted; any other failure ends the work.
    fn embed(&mut self, backend: &LocalBackend, dataset: &Dataset, steps: &Steps) -> Result<()> {
        let new: Vec<&PathBuf> = dataset
            .images
            .iter()
            .map(|image| &image.path)
            .filter(|path| !self.0.contains_key(*path))
            .collect();
        steps.expect(new.len() as u64);
        let photos = new
            .par_iter()
            .map(|path| {
                steps.go_on()?;
                let photo = embed(backend, path)?;
                steps.advance();
                Ok(((*path).clone(), photo))
            })
            .collect::<Result<Vec<_>>>()?;
        self.0.extend(photos);
        Ok(())
    }

    /// The embeddings of `dataset`'s images, in their order.
    fn of(&self, dataset: &Dataset) -> Result<Embeddings> {
        Embeddings::new(dataset.images.iter().map(|image| match self.0.get(&image.path) {
            Some(Photo::Embedded(values)) => Some(values.as_slice()),
            _ => None,
        }))
    }
}

fn embed(backend: &LocalBackend, path: &Path) -> Result<Photo> {
    match local::embed(backend.engine()?, ImageInput::Path(path), "photo") {
        Ok(embedding) => Ok(Photo::Embedded(embedding.values)),
        Err(error) => match error.kind() {
            ErrorKind::NoFace => Ok(Photo::Undetected),
            ErrorKind::UnsupportedImage
            | ErrorKind::InvalidImage
            | ErrorKind::ImageTooLarge
            | ErrorKind::Io => Ok(Photo::Unreadable),
            _ => Err(error),
        },
    }
}

fn people(data: &LabelledPhotos) -> Result<Option<Dataset>> {
    data.folder.as_deref().map(Dataset::from_folder).transpose()
}

fn pairs(data: &LabelledPhotos) -> Result<Option<Dataset>> {
    let mut pairs = match (&data.csv, &data.pairs, &data.folder) {
        (Some(csv), ..) => Dataset::from_csv(csv)?,
        (None, Some(pairs), Some(folder)) => Dataset::from_lfw_pairs(pairs, folder)?,
        _ => return Ok(None),
    };
    if pairs.folds < 2 {
        pairs.assign_folds(data.folds)?;
    }
    Ok(Some(pairs))
}

fn exclusions(data: &LabelledPhotos, people: &Dataset) -> Result<Exclusions> {
    match &data.exclusions {
        Some(file) => Exclusions::from_file(file, people),
        None => Ok(Exclusions::default()),
    }
}

fn cohorts(data: &LabelledPhotos, people: &Dataset) -> Result<Vec<Cohort>> {
    data.cohorts.iter().map(|cohort| Cohort::from_file(cohort.name.as_str(), &cohort.file, people)).collect()
}
