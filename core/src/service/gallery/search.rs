//! Who is it (1:N), and is it this one (1:1).

use super::fitness::check_embedding;
use super::trail::Told;
use super::{Galleries, kind};
use crate::api::{
    Candidate, CandidateList, CompareOptions, Embedding, IdentifyOptions, ImageInput, SelectedFace,
    Verification,
};
use crate::decision::{Decision, Judgement, Policy, decide};
use crate::engine::cosine;
use crate::gallery::audit::{Operation, Outcome};
use crate::service::local::{self, LocalBackend};
use crate::{Error, ErrorKind, Result};

/// Most candidates that a search returns.
const MOST_CANDIDATES: u32 = 1000;

/// What is searched with.
pub(crate) enum Probes<'a> {
    Image(ImageInput<'a>),
    Embeddings(&'a [Embedding]),
}

impl Galleries {
    /// Searches a gallery with each probe. A picture that nobody can be searched for with is recorded too.
    pub(crate) fn identify(
        &self,
        backend: &LocalBackend,
        gallery: &str,
        probes: Probes<'_>,
        options: &IdentifyOptions,
    ) -> Result<Vec<CandidateList>> {
        if !(1..=MOST_CANDIDATES).contains(&options.max_candidates) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("`max_candidates` must lie in 1..={MOST_CANDIDATES}."),
            ));
        }
        // Refused before anything is searched.
        Policy::for_search(options.max_fpir, 1)?;
        let engine = backend.engine()?;
        if let Probes::Embeddings(probes) = probes {
            probes.iter().try_for_each(|probe| check_embedding(engine, probe))?;
        }
        let work = || {
            let faces = self.store.count(gallery)?.faces;
            let policy = Policy::for_search(options.max_fpir, faces)?;
            let embedded;
            let (probes, from_picture) = match probes {
                Probes::Embeddings(probes) => (probes, false),
                Probes::Image(image) => {
                    embedded = [local::embed(engine, image, "image")?];
                    (embedded.as_slice(), true)
                }
            };
            let Some(first) = probes.first() else { return Ok(Vec::new()) };
            let vectors: Vec<&[f32]> = probes.iter().map(|probe| probe.values.as_slice()).collect();
            // Two at least: the margin is to the runner-up.
            let wanted = options.max_candidates.max(2) as usize;
            let found = self.store.search(gallery, &kind(first), &vectors, wanted)?;
            let lists = probes.iter().zip(found).map(|(probe, found)| {
                let source = from_picture.then(|| probe.source.clone());
                list(backend, probe, found, &policy, options.max_candidates as usize, faces, source)
            });
            Ok(lists.collect::<Vec<_>>())
        };
        let model = Some(engine.embedder_id().to_owned());
        let tell = |lists: &Vec<CandidateList>| match lists.as_slice() {
            [one] => Told {
                subject: one
                    .candidates
                    .first()
                    .filter(|_| one.decision == Decision::Match)
                    .map(|candidate| candidate.subject.expose().to_owned()),
                score: one.candidates.first().map(|candidate| candidate.raw_score),
                model,
                outcome: outcome(one.decision),
            },
            _ => Told { model, ..Told::of(Outcome::Done) },
        };
        self.recorded(Operation::Identify, gallery, None, work, tell)
    }

    /// Compares a picture with the faces of one subject. One that shows no face is recorded too.
    pub(crate) fn verify(
        &self,
        backend: &LocalBackend,
        gallery: &str,
        subject: &str,
        image: ImageInput<'_>,
        options: &CompareOptions,
    ) -> Result<Verification> {
        let engine = backend.engine()?;
        let max_fmr = options.max_fmr.unwrap_or(Policy::default().max_fmr());
        Policy::new(max_fmr)?;
        let work = || {
            // Mistakes of the caller are told whatever the picture shows.
            self.store.faces_of(gallery, subject)?;
            let probe = local::embed(engine, image, "image")?;
            let templates = self.store.templates_of(gallery, subject, &kind(&probe))?;
            // The best of several comparisons is a small search.
            let policy = Policy::for_search(max_fmr, templates.len() as u64)?;
            let best = templates
                .iter()
                .map(|(face, template)| (*face, cosine(&probe.values, &template.values)))
                .max_by(|(a, a_score), (b, b_score)| a_score.total_cmp(b_score).then(b.cmp(a)));
            let Some((face_id, raw_score)) = best else {
                return Err(Error::new(
                    ErrorKind::ModelMismatch,
                    "The subject's faces were enrolled with another model or pipeline. Enrol a new photo.",
                ));
            };
            let (score, judged) = judge(backend, raw_score, &policy);
            Ok(Verification {
                decision: judged.decision,
                indeterminate_reason: judged.reason,
                face_id,
                score,
                scale: 100.0,
                raw_score,
                estimated_fmr: judged.estimated_fmr,
                threshold: judged.threshold,
                answered_by: local::NAME.to_owned(),
                model_id: probe.model_id,
                trace_id: None,
                probe: Some(probe.source),
            })
        };
        let tell = |answer: &Verification| Told {
            model: Some(answer.model_id.clone()),
            score: Some(answer.raw_score),
            ..Told::of(outcome(answer.decision))
        };
        self.recorded(Operation::Verify, gallery, Some(subject), work, tell)
    }
}

fn judge(backend: &LocalBackend, raw_score: f64, policy: &Policy) -> (Option<f64>, Judgement) {
    let calibration = backend.calibration.as_ref();
    let score = calibration.and_then(|calibration| calibration.score(raw_score));
    // Without a calibration there is no score on the scale, but the reason is that nothing was calibrated.
    let judged = match calibration {
        Some(_) => decide(score, policy, calibration),
        None => decide(Some(0.0), policy, None),
    };
    (score, judged)
}

fn list(
    backend: &LocalBackend,
    probe: &Embedding,
    found: Vec<crate::gallery::Candidate>,
    policy: &Policy,
    most: usize,
    faces: u64,
    source: Option<SelectedFace>,
) -> CandidateList {
    // Whichever engine searched, the score is computed here, from the template that it found.
    let mut scored: Vec<(f64, crate::gallery::Candidate)> = found
        .into_iter()
        .map(|candidate| (cosine(&probe.values, &candidate.template.values), candidate))
        .collect();
    scored.sort_by(|(a, a_found), (b, b_found)| b.total_cmp(a).then(a_found.face.cmp(&b_found.face)));
    let calibration = backend.calibration.as_ref();
    let on_scale = |raw: f64| calibration.and_then(|calibration| calibration.score(raw));
    let margin = match scored.as_slice() {
        [(first, _), (second, _), ..] => {
            on_scale(*first).zip(on_scale(*second)).map(|(first, second)| first - second)
        }
        _ => None,
    };
    let first = scored.first().map(|(raw, _)| judge(backend, *raw, policy).1);
    let threshold = calibration.and_then(|calibration| calibration.threshold_for(policy.max_fmr()));
    let candidates = scored
        .into_iter()
        .take(most)
        .map(|(raw_score, found)| {
            let (score, judged) = judge(backend, raw_score, policy);
            Candidate {
                subject: found.subject.into(),
                face_id: found.face,
                decision: judged.decision,
                score,
                raw_score,
                estimated_fmr: judged.estimated_fmr,
            }
        })
        .collect();
    CandidateList {
        // Nobody is enrolled, so nobody is found.
        decision: first.map_or(Decision::NoMatch, |judged| judged.decision),
        indeterminate_reason: first.and_then(|judged| judged.reason),
        candidates,
        margin,
        threshold,
        scale: 100.0,
        gallery_faces: faces,
        answered_by: local::NAME.to_owned(),
        model_id: probe.model_id.clone(),
        trace_id: None,
        probe: source,
    }
}

fn outcome(decision: Decision) -> Outcome {
    match decision {
        Decision::Match => Outcome::Match,
        Decision::NoMatch => Outcome::NoMatch,
        Decision::Indeterminate => Outcome::Indeterminate,
    }
}
