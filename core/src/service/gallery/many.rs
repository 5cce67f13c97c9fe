//! Many photos enrolled at once: on all cores, each photo wholly or not at all, going on where it was interrupted.

mod csv;
mod folder;
mod resume;

use super::enrol::{Examined, Sample, check, enrollment, examined, new_face, told};
use super::of;
use crate::api::{EnrollItem, EnrollOptions, EnrollSource, Enrollment, Failure, PersonType};
use crate::gallery::audit::Operation;
use crate::service::job::Steps;
use crate::service::local::LocalBackend;
use crate::{Error, ErrorKind, Result};
use rayon::prelude::*;
use resume::Finished;

/// Photos that are stored in one step: the disk is waited for once.
const AT_ONCE: usize = 64;

/// What came of the photo at `index`.
pub(crate) struct Enrolment {
    pub(crate) index: u64,
    pub(crate) outcome: Result<Enrollment, Failure>,
}

/// The photos of a source, in a fixed order.
pub(crate) struct Source {
    items: Vec<EnrollItem>,
    finished: Finished,
}

impl Source {
    /// Finds the photos that are to be enrolled.
    ///
    /// # Errors
    /// `InvalidArgument` where the source names none, or contradicts itself; `Io` where it cannot be read.
    pub(crate) fn open(backend: &LocalBackend, gallery: &str, source: &EnrollSource) -> Result<Self> {
        let items = match (&source.folder, &source.csv, source.items.is_empty()) {
            (Some(folder), None, true) => folder::items(folder)?,
            (None, Some(file), true) => csv::items(file)?,
            (None, None, false) => source.items.clone(),
            (None, None, true) => {
                return Err(invalid("Name photos to enrol: `folder`, `csv` or `items`."));
            }
            _ => return Err(invalid("Name the photos once: by `folder`, by `csv` or by `items`.")),
        };
        if items.is_empty() {
            return Err(invalid("The source names no photos. See what `folder` and `csv` must hold."));
        }
        let finished = match &source.resume_file {
            None => Finished::none(),
            Some(path) => Finished::open(path, &of(backend)?.key, gallery)?,
        };
        Ok(Self { items, finished })
    }

    /// Enrols what is not finished yet; each outcome is handed to `take` when it is durable.
    ///
    /// # Errors
    /// What stops all: `Cancelled`, and those of the store.
    pub(crate) fn enroll(
        mut self,
        backend: &LocalBackend,
        gallery: &str,
        options: &EnrollOptions,
        steps: &Steps,
        take: &(dyn Fn(Enrolment) + Sync),
    ) -> Result<()> {
        steps.expect(self.items.len() as u64);
        let items = std::mem::take(&mut self.items);
        for (part, items) in items.chunks(AT_ONCE).enumerate() {
            steps.go_on()?;
            let looked_at: Vec<_> = items
                .par_iter()
                .map(|item| {
                    if self.finished.has(item) || steps.go_on().is_err() {
                        return None;
                    }
                    let looked_at = look(backend, item, options);
                    Some(looked_at)
                })
                .collect();
            // What was looked at is stored also where the job was cancelled meanwhile.
            self.store(backend, gallery, items, part * AT_ONCE, looked_at, options, take)?;
            steps.go_on()?;
            items.iter().for_each(|_| steps.advance());
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one step of one loop, which has all of it at hand")]
    fn store(
        &mut self,
        backend: &LocalBackend,
        gallery: &str,
        items: &[EnrollItem],
        first: usize,
        looked_at: Vec<Option<Result<Examined>>>,
        options: &EnrollOptions,
        take: &(dyn Fn(Enrolment) + Sync),
    ) -> Result<()> {
        let galleries = of(backend)?;
        let calibration = backend.calibration.as_ref();
        let mut faces = Vec::new();
        let mut waiting = Vec::new();
        let mut done: Vec<(usize, Result<Enrollment>)> = Vec::new();
        for (position, looked_at) in looked_at.into_iter().enumerate() {
            match looked_at {
                None => {}
                Some(Err(error)) => done.push((position, Err(error))),
                Some(Ok(Examined::Refused(enrollment))) => done.push((position, Ok(enrollment))),
                Some(Ok(Examined::Fit(embedding, source))) => {
                    let item = &items[position];
                    match new_face(item.subject.expose(), &embedding, &of_item(item, options)) {
                        Err(error) => done.push((position, Err(error))),
                        Ok(face) => {
                            faces.push(face);
                            waiting.push((position, source));
                        }
                    }
                }
            }
        }
        let rule = galleries.rule(calibration, gallery, options)?;
        let stored = galleries.store.enroll_batch(gallery, &faces, rule)?;
        for ((position, source), stored) in waiting.into_iter().zip(stored) {
            done.push((position, stored.map(|stored| enrollment(stored, source, calibration))));
        }
        done.sort_by_key(|(position, _)| *position);
        let model = backend.engine()?.embedder_id();
        for (position, outcome) in done {
            let item = &items[position];
            let subject = item.subject.expose();
            let outcome = galleries.recorded(
                Operation::Enroll,
                gallery,
                Some(subject),
                || outcome,
                |answer| told(answer, model),
            );
            // A photo that cannot be read now may be readable next time.
            if outcome.is_ok() {
                self.finished.add(item);
            }
            let outcome = outcome.map_err(|error| Failure::from(&error));
            take(Enrolment { index: (first + position) as u64, outcome });
        }
        self.finished.save()
    }
}

fn look(backend: &LocalBackend, item: &EnrollItem, options: &EnrollOptions) -> Result<Examined> {
    check(item.subject.expose(), &of_item(item, options))?;
    examined(backend, Sample::Image(item.path.as_path().into()), &of_item(item, options))
}

/// The options of one photo: its own before those of all.
fn of_item(item: &EnrollItem, options: &EnrollOptions) -> EnrollOptions {
    EnrollOptions {
        attributes: item.attributes.clone().or_else(|| options.attributes.clone()),
        direction: item.direction.or(options.direction),
        face_id: None,
        ..options.clone()
    }
}

/// A kind of customer as the vendors write it.
fn person_type(text: &str) -> Option<PersonType> {
    match text {
        "normal" => Some(PersonType::Normal),
        "vip" => Some(PersonType::Vip),
        "inner" => Some(PersonType::Inner),
        _ => None,
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}
