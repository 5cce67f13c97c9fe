//! The gallery's side of `cargo xtask report gallery-identify`: enrols half of the people in a folder of photos and
//! searches for everybody, through the operations that users call.
//!
//! `gallery_identify FOLDER EXCLUSIONS` writes one line of JSON. Who is enrolled and who is searched for is as in
//! `facebridge evaluate`: every other person with the first photo, all other photos as probes.

#![allow(clippy::print_stdout)] // Its answers are its output.

use facebridge::Error;
use facebridge::api::{
    CandidateList, Client, Decision, DuplicatePolicy, Embedding, EngineOptions, EnrollOptions,
    EnrollmentStatus, GalleryOptions, IdentifyOptions, QualityThresholds,
};
use facebridge::evaluation::{Dataset, Exclusions};
use rayon::prelude::*;
use serde_json::json;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const GALLERY: &str = "people";
/// Searches at a time.
const BATCH: usize = 64;
/// Photos that are searched for by themselves too, to see that the answer is the same.
const ALONE: usize = 25;
/// Largest rate of false positives at which this release decides in a gallery of this size.
const MAX_FPIR: f64 = 0.05;
/// The rate at which detection and identification are reported.
const REPORTED_FPIR: f64 = 0.01;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [folder, exclusions] => identify(Path::new(folder), Path::new(exclusions)),
        _ => {
            println!("gallery_identify is measured by `cargo xtask report gallery-identify`");
            Ok(())
        }
    }
}

/// A photo, and who is on it.
struct Labelled<'a> {
    path: &'a Path,
    person: u32,
}

/// Who is enrolled with which photo, and who is searched for; `true` for those who are enrolled.
struct Roles<'a> {
    enrolled: Vec<Labelled<'a>>,
    probes: Vec<(Labelled<'a>, bool)>,
}

impl<'a> Roles<'a> {
    fn of(dataset: &'a Dataset, exclusions: &Exclusions) -> Self {
        let mut roles = Self { enrolled: Vec::new(), probes: Vec::new() };
        let mut seen = vec![false; dataset.people.len()];
        for (index, image) in dataset.images.iter().enumerate() {
            let Some(person) = image.person.filter(|_| !exclusions.images.contains(&index)) else { continue };
            let labelled = Labelled { path: &image.path, person };
            let first = !std::mem::replace(&mut seen[person as usize], true);
            if person % 2 == 0 && first {
                roles.enrolled.push(labelled);
            } else {
                roles.probes.push((labelled, person % 2 == 0));
            }
        }
        roles
    }
}

fn client(folder: &Path) -> Result<Client, Error> {
    let mut options = EngineOptions::default();
    // Labelled Faces in the Wild has faces of about 100 pixels, in any light.
    options.quality = QualityThresholds {
        min_face_size: 20.0,
        min_sharpness: 0.0,
        min_brightness: 0.0,
        max_brightness: 255.0,
        max_burnt: 1.0,
        ..QualityThresholds::default()
    };
    let mut gallery = GalleryOptions::default();
    gallery.store = folder.join("store");
    gallery.key = Some("0123456789abcdef".repeat(4).as_str().into());
    options.gallery = Some(gallery);
    Client::local(options)
}

/// How many were enrolled, how many of them only after a choice among several faces, and how many were not.
#[derive(Default)]
struct Enrolment {
    stored: usize,
    chosen: usize,
    failed: usize,
}

fn enrol(client: &Client, people: &[Labelled<'_>]) -> Result<Enrolment, Error> {
    // The data set has namesakes of one face; they are excluded from the count below, not from the gallery.
    let options = EnrollOptions { duplicates: Some(DuplicatePolicy::Off), ..EnrollOptions::default() };
    let outcomes: Vec<_> = people
        .par_iter()
        .map(|Labelled { path, person }| {
            let subject = person.to_string();
            let answer = client.enroll(GALLERY, &subject, *path, &options)?;
            if answer.status == EnrollmentStatus::Stored {
                return Ok((true, false));
            }
            // Several faces: the most prominent one is meant.
            let Ok(embedding) = client.embed(*path) else { return Ok((false, false)) };
            client.enroll_embedding(GALLERY, &subject, &embedding, &options).map(|_| (true, true))
        })
        .collect::<Result<_, Error>>()?;
    let mut enrolment = Enrolment::default();
    for (stored, chosen) in outcomes {
        enrolment.stored += usize::from(stored);
        enrolment.chosen += usize::from(chosen);
        enrolment.failed += usize::from(!stored);
    }
    Ok(enrolment)
}

fn identify(folder: &Path, exclusions: &Path) -> Outcome<()> {
    let dataset = Dataset::from_folder(folder)?;
    let exclusions = Exclusions::from_file(exclusions, &dataset)?;
    let roles = Roles::of(&dataset, &exclusions);
    let place = tempfile::tempdir()?;
    let client = client(place.path())?;
    client.create_gallery(GALLERY)?;
    let enrolment = enrol(&client, &roles.enrolled)?;

    let embedded: Vec<Option<Embedding>> =
        roles.probes.par_iter().map(|(probe, _)| client.embed(probe.path).ok()).collect();
    let searched: Vec<(&Labelled<'_>, bool, &Embedding)> = roles
        .probes
        .iter()
        .zip(&embedded)
        .filter_map(|((probe, mated), embedding)| Some((probe, *mated, embedding.as_ref()?)))
        .collect();
    // Two, so that a pair of people who cannot be told apart by their label can be passed over.
    let options = IdentifyOptions { max_candidates: 2, max_fpir: MAX_FPIR };
    let mut lists = Vec::with_capacity(searched.len());
    for batch in searched.chunks(BATCH) {
        let probes: Vec<Embedding> = batch.iter().map(|(.., embedding)| (*embedding).clone()).collect();
        lists.extend(client.identify_embeddings(GALLERY, &probes, &options)?);
    }

    let mut counts = Counts::default();
    for ((probe, mated, _), list) in searched.iter().zip(&lists) {
        counts.add(probe.person, *mated, list, &exclusions)?;
    }
    let mut unlike = 0;
    let step = (searched.len() / ALONE).max(1);
    for ((probe, ..), list) in searched.iter().zip(&lists).step_by(step) {
        let alone = client.identify(GALLERY, probe.path, &options)?;
        unlike += usize::from(alone.candidates != list.candidates || alone.decision != list.decision);
    }
    client.check_galleries()?;
    let (detected, fpir) = counts.at_fpir(REPORTED_FPIR);
    println!(
        "{}",
        json!({
            "enrolled": enrolment.stored,
            "enrolled_of_several_faces": enrolment.chosen,
            "failed_enrolments": enrolment.failed,
            "failed_probes": embedded.iter().filter(|embedding| embedding.is_none()).count(),
            "mated": counts.mated,
            "non_mated": counts.strangers.len(),
            "rank_1": counts.right.len() as f64 / counts.mated as f64,
            "dir": detected,
            "fpir": fpir,
            "decided_fpir": counts.strangers_matched as f64 / counts.strangers.len() as f64,
            "decided_dir": counts.right_matched as f64 / counts.mated as f64,
            "undecided": counts.undecided,
            "unlike_alone": unlike,
        })
    );
    Ok(())
}

/// What the searches gave.
#[derive(Default)]
struct Counts {
    /// Searches for people who are enrolled.
    mated: usize,
    /// Scores of those whose first candidate is right.
    right: Vec<f64>,
    /// Of those, how many were decided to be a match.
    right_matched: usize,
    /// Highest scores of searches for people who are not enrolled.
    strangers: Vec<f64>,
    /// Of those, how many were decided to be a match.
    strangers_matched: usize,
    /// Searches without a decision.
    undecided: usize,
}

impl Counts {
    fn add(
        &mut self,
        person: u32,
        mated: bool,
        list: &CandidateList,
        exclusions: &Exclusions,
    ) -> Outcome<()> {
        self.undecided += usize::from(list.decision == Decision::Indeterminate);
        self.mated += usize::from(mated);
        for candidate in &list.candidates {
            let found: u32 = candidate.subject.expose().parse()?;
            if found != person && exclusions.covers(found, person) {
                continue;
            }
            let matched = candidate.decision == Decision::Match;
            if !mated {
                self.strangers.push(candidate.raw_score);
                self.strangers_matched += usize::from(matched);
            } else if found == person {
                self.right.push(candidate.raw_score);
                self.right_matched += usize::from(matched);
            }
            break;
        }
        Ok(())
    }

    /// The share of searches for enrolled people that find them first, at the threshold that lets at most
    /// `max_fpir` of the others find anybody; and that share of the others.
    fn at_fpir(&mut self, max_fpir: f64) -> (f64, f64) {
        self.strangers.sort_by(|one, other| other.total_cmp(one));
        let allowed = (max_fpir * self.strangers.len() as f64).floor() as usize;
        let threshold = self.strangers.get(allowed).map_or(-1.0, |score| score.next_up());
        let share = |scores: &[f64], of: usize| {
            scores.iter().filter(|&&score| score >= threshold).count() as f64 / of as f64
        };
        (share(&self.right, self.mated), share(&self.strangers, self.strangers.len()))
    }
}
