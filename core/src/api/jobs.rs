//! Long work: begun by the client, watched, waited for and cancelled here.

use super::evaluation::{CalibrationResult, Evaluation};
use super::gallery::{Enrollment, TransferReport};
use super::records::Embedding;
use crate::service::job::{Job, Standing};
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Whether a job still runs, and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It runs.
    Running,
    /// It has ended and has its answer.
    Finished,
    /// It was cancelled.
    Cancelled,
    /// It has ended with an error.
    Failed,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Steps done, such as photos embedded.
    pub done: u64,
    /// Steps in all, as far as is known by now.
    pub total: u64,
    /// Whether it still runs.
    pub state: JobState,
}

/// Why one item of a job failed: the same facts that an error carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What went wrong.
    pub kind: ErrorKind,
    /// One or two sentences: what happened and what to do next.
    pub message: String,
    /// The remote system's own code, where one answered.
    pub vendor_code: Option<String>,
    /// The image check code, where the image is the reason.
    pub check_code: Option<u32>,
    /// The identifier under which the remote system logged the call, where it gave one.
    pub trace_id: Option<String>,
    /// Whether the same call may succeed later without any change.
    pub retryable: bool,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            message: error.message().to_owned(),
            vendor_code: error.vendor_code().map(str::to_owned),
            check_code: error.check_code(),
            trace_id: error.trace_id().map(str::to_owned),
            retryable: error.retryable(),
        }
    }
}

/// What came of one photo: an embedding or a failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EmbeddingOutcome {
    /// The photo's position in the list that the job was given, from 0.
    pub index: u64,
    /// The embedding, where there is one.
    pub embedding: Option<Embedding>,
    /// Why there is none.
    pub failure: Option<Failure>,
}

/// What came of one photo that was to be enrolled: an answer or a failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnrollmentOutcome {
    /// The photo's position in its source, from 0: in the list, in the table, or in the folder by name.
    pub index: u64,
    /// What became of it, where it was looked at.
    pub enrollment: Option<Enrollment>,
    /// Why it could not be looked at or stored.
    pub failure: Option<Failure>,
}

/// Many photos being embedded. Closing it cancels what is left.
pub struct EmbeddingJob {
    pub(super) job: Job<()>,
    pub(super) outcomes: Arc<Mutex<VecDeque<EmbeddingOutcome>>>,
}

impl EmbeddingJob {
    /// How far the job is.
    pub fn progress(&self) -> Result<Progress> {
        Ok(self.job.standing()?.into())
    }

    /// Waits until the job has ended. `timeout_seconds` is the longest wait; without it there is no limit.
    /// True where the job has ended.
    ///
    /// # Errors
    /// `InvalidArgument` where the time is negative or not a number.
    pub fn wait(&self, timeout_seconds: Option<f64>) -> Result<bool> {
        self.job.wait(duration(timeout_seconds)?)
    }

    /// Asks the job to stop. Photos that are in work are finished; the others are left.
    pub fn cancel(&self) -> Result<()> {
        self.job.cancel()
    }

    /// Hands over at most `max_outcomes` of the outcomes that are there and were not handed over before, in
    /// the order in which they came. May be called while the job runs; an empty list means none for now.
    ///
    /// # Errors
    /// What stopped the job itself, such as `Internal`, once nothing is left to hand over. Being cancelled is
    /// none.
    pub fn take_outcomes(&self, max_outcomes: u32) -> Result<Vec<EmbeddingOutcome>> {
        take(&self.job, &self.outcomes, max_outcomes)
    }
}

/// Many photos being enrolled. Closing it cancels what is left.
pub struct EnrollmentJob {
    pub(super) job: Job<()>,
    pub(super) outcomes: Arc<Mutex<VecDeque<EnrollmentOutcome>>>,
}

impl EnrollmentJob {
    /// How far the job is, counted in photos. Those that were finished before count at once.
    pub fn progress(&self) -> Result<Progress> {
        Ok(self.job.standing()?.into())
    }

    /// Waits until the job has ended. `timeout_seconds` is the longest wait; without it there is no limit.
    /// True where the job has ended.
    ///
    /// # Errors
    /// `InvalidArgument` where the time is negative or not a number.
    pub fn wait(&self, timeout_seconds: Option<f64>) -> Result<bool> {
        self.job.wait(duration(timeout_seconds)?)
    }

    /// Asks the job to stop. Photos that are in work are finished; the others are left.
    pub fn cancel(&self) -> Result<()> {
        self.job.cancel()
    }

    /// Hands over at most `max_outcomes` of the outcomes that are there and were not handed over before, in
    /// the order in which they came. May be called while the job runs; an empty list means none for now.
    ///
    /// # Errors
    /// What stopped the job itself, such as `StoreFull`, once nothing is left to hand over. Being cancelled is
    /// none.
    pub fn take_outcomes(&self, max_outcomes: u32) -> Result<Vec<EnrollmentOutcome>> {
        take(&self.job, &self.outcomes, max_outcomes)
    }
}

/// An export or import of a gallery in work. Closing it cancels it.
pub struct TransferJob(pub(super) Job<TransferReport>);

impl TransferJob {
    /// How far the job is, counted in faces.
    pub fn progress(&self) -> Result<Progress> {
        Ok(self.0.standing()?.into())
    }

    /// Waits until the job has ended. `timeout_seconds` is the longest wait; without it there is no limit.
    /// True where the job has ended.
    ///
    /// # Errors
    /// `InvalidArgument` where the time is negative or not a number.
    pub fn wait(&self, timeout_seconds: Option<f64>) -> Result<bool> {
        self.0.wait(duration(timeout_seconds)?)
    }

    /// Asks the job to stop. Of an export nothing is left then; what an import has stored stays.
    pub fn cancel(&self) -> Result<()> {
        self.0.cancel()
    }

    /// What was exported or imported, once the job has ended.
    ///
    /// # Errors
    /// `StillRunning` before that; `Cancelled` where it was cancelled; `WrongKey`, `StoreIncompatible` or
    /// `InvalidArgument` where the file is no export that opens with the key; `StoreDamaged` where it does not hold
    /// what was written; and those of the store, such as `StoreFull`.
    pub fn result(&self) -> Result<TransferReport> {
        self.0.outcome(TransferReport::clone)
    }
}

/// An evaluation in work. Closing it cancels it.
pub struct EvaluationJob(pub(super) Job<Evaluation>);

impl EvaluationJob {
    /// How far the job is, counted in photos.
    pub fn progress(&self) -> Result<Progress> {
        Ok(self.0.standing()?.into())
    }

    /// Waits until the job has ended. `timeout_seconds` is the longest wait; without it there is no limit.
    /// True where the job has ended.
    ///
    /// # Errors
    /// `InvalidArgument` where the time is negative or not a number.
    pub fn wait(&self, timeout_seconds: Option<f64>) -> Result<bool> {
        self.0.wait(duration(timeout_seconds)?)
    }

    /// Asks the job to stop.
    pub fn cancel(&self) -> Result<()> {
        self.0.cancel()
    }

    /// The evaluation, once the job has ended.
    ///
    /// # Errors
    /// `StillRunning` before that; `Cancelled` where it was cancelled; `InsufficientData` where the photos
    /// do not support it.
    pub fn result(&self) -> Result<Evaluation> {
        self.0.outcome(Evaluation::clone)
    }
}

/// A calibration in work. Closing it cancels it.
pub struct CalibrationJob(pub(super) Job<CalibrationResult>);

impl CalibrationJob {
    /// How far the job is, counted in photos.
    pub fn progress(&self) -> Result<Progress> {
        Ok(self.0.standing()?.into())
    }

    /// Waits until the job has ended. `timeout_seconds` is the longest wait; without it there is no limit.
    /// True where the job has ended.
    ///
    /// # Errors
    /// `InvalidArgument` where the time is negative or not a number.
    pub fn wait(&self, timeout_seconds: Option<f64>) -> Result<bool> {
        self.0.wait(duration(timeout_seconds)?)
    }

    /// Asks the job to stop.
    pub fn cancel(&self) -> Result<()> {
        self.0.cancel()
    }

    /// The calibration and how it was made, once the job has ended.
    ///
    /// # Errors
    /// `StillRunning` before that; `Cancelled` where it was cancelled; `InsufficientData` where the photos
    /// do not support it.
    pub fn result(&self) -> Result<CalibrationResult> {
        self.0.outcome(CalibrationResult::clone)
    }
}

impl From<Standing> for Progress {
    fn from(standing: Standing) -> Self {
        Self {
            done: standing.done,
            total: standing.total,
            state: match standing.ended {
                None => JobState::Running,
                Some(Ok(())) => JobState::Finished,
                Some(Err(ErrorKind::Cancelled)) => JobState::Cancelled,
                Some(Err(_)) => JobState::Failed,
            },
        }
    }
}

fn take<T>(job: &Job<()>, outcomes: &Mutex<VecDeque<T>>, most: u32) -> Result<Vec<T>> {
    // Asked first: when the job has ended, all outcomes are there.
    let ended = job.ended()?;
    let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
    match ended {
        Some(Err(error)) if outcomes.is_empty() && error.kind() != ErrorKind::Cancelled => Err(error),
        _ => {
            let count = outcomes.len().min(most as usize);
            Ok(outcomes.drain(..count).collect())
        }
    }
}

fn duration(seconds: Option<f64>) -> Result<Option<Duration>> {
    match seconds {
        None => Ok(None),
        // More than a Duration holds is for ever.
        Some(seconds) if seconds >= 0.0 => Ok(Duration::try_from_secs_f64(seconds).ok()),
        Some(_) => {
            Err(Error::new(ErrorKind::InvalidArgument, "`timeout_seconds` must be a number of at least 0."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_failed_says_why_once_its_outcomes_are_taken() {
        let job = Job::begin(1, |_| Err(Error::new(ErrorKind::Io, "The disk is gone."))).unwrap();
        let failure = Failure::from(&Error::new(ErrorKind::NoFace, "None."));
        let outcome = |index| EmbeddingOutcome { index, embedding: None, failure: Some(failure.clone()) };
        let outcomes = Arc::new(Mutex::new((0..3).map(outcome).collect()));
        let job = EmbeddingJob { job, outcomes };
        assert!(job.wait(None).unwrap());
        assert_eq!(job.take_outcomes(2).unwrap(), [outcome(0), outcome(1)]);
        assert_eq!(job.take_outcomes(2).unwrap(), [outcome(2)]);
        assert_eq!(job.take_outcomes(2).unwrap_err().kind(), ErrorKind::Io);
    }

    #[test]
    fn a_cancelled_job_has_no_more_outcomes() {
        let job =
            Job::begin(1, |steps| steps.go_on().and_then(|()| Err(Error::new(ErrorKind::Cancelled, ""))))
                .unwrap();
        job.wait(None).unwrap();
        assert_eq!(EmbeddingJob { job, outcomes: Arc::default() }.take_outcomes(1).unwrap(), []);
    }

    #[test]
    fn timeouts_are_checked() {
        assert_eq!(duration(None).unwrap(), None);
        assert_eq!(duration(Some(0.5)).unwrap(), Some(Duration::from_millis(500)));
        assert_eq!(duration(Some(f64::INFINITY)).unwrap(), None);
        for wrong in [-1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(duration(Some(wrong)).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }
}
