//! Long work on threads of its own, watched from outside.

use super::local::forked;
use crate::{Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Work that was begun. Dropping it cancels the work.
pub(crate) struct Job<T> {
    shared: Arc<Shared<T>>,
    process: u32,
}

struct Shared<T> {
    steps: Steps,
    outcome: Mutex<Option<Result<T>>>,
    ended: Condvar,
}

/// How far the work is; the work itself reports to it and asks it whether to go on.
#[derive(Default)]
pub(crate) struct Steps {
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
}

impl Steps {
    /// Adds steps to those that are to be done.
    pub(crate) fn expect(&self, more: u64) {
        self.total.fetch_add(more, Ordering::Relaxed);
    }

    /// One step is done.
    pub(crate) fn advance(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Asks the work to stop.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// # Errors
    /// `Cancelled` where somebody has asked the work to stop.
    pub(crate) fn go_on(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Cancelled, "The job was cancelled before it had an answer."));
        }
        Ok(())
    }
}

/// Steps done, steps in all, and how the work ended: `None` while it runs.
pub(crate) struct Standing {
    pub(crate) done: u64,
    pub(crate) total: u64,
    pub(crate) ended: Option<Result<(), ErrorKind>>,
}

impl<T: Send + 'static> Job<T> {
    /// Begins `work` on a thread of its own; within it, parallel iterators use `threads` further ones.
    ///
    /// # Errors
    /// `Internal` where the system gives no thread.
    pub(crate) fn begin(
        threads: usize,
        work: impl FnOnce(&Steps) -> Result<T> + Send + 'static,
    ) -> Result<Self> {
        let shared =
            Arc::new(Shared { steps: Steps::default(), outcome: Mutex::new(None), ended: Condvar::new() });
        let job = Self { shared: Arc::clone(&shared), process: std::process::id() };
        std::thread::Builder::new()
            .name("facebridge-job".to_owned())
            .spawn(move || {
                let run = || {
                    // A pool of the job's own: the global one does not exist in a forked child.
                    let pool =
                        rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(no_thread)?;
                    pool.install(|| work(&shared.steps))
                };
                let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
                    Err(Error::new(
                        ErrorKind::Internal,
                        "A bug in facebridge stopped the job. Please report it.",
                    ))
                });
                *shared.lock() = Some(outcome);
                shared.ended.notify_all();
            })
            .map_err(no_thread)?;
        Ok(job)
    }

    pub(crate) fn standing(&self) -> Result<Standing> {
        let shared = self.shared()?;
        // The outcome first: when it is there, all steps have been counted.
        let ended = shared.lock().as_ref().map(|outcome| outcome.as_ref().map(|_| ()).map_err(Error::kind));
        Ok(Standing {
            done: shared.steps.done.load(Ordering::Relaxed),
            total: shared.steps.total.load(Ordering::Relaxed),
            ended,
        })
    }

    /// How the work ended; `None` while it runs.
    pub(crate) fn ended(&self) -> Result<Option<Result<()>>> {
        let shared = self.shared()?;
        let outcome = shared.lock();
        Ok(outcome.as_ref().map(|outcome| outcome.as_ref().map(|_| ()).map_err(Error::clone)))
    }

    /// Waits until the work has ended, or `timeout` is over; true where it has ended.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Result<bool> {
        let shared = self.shared()?;
        let begin = Instant::now();
        let mut outcome = shared.lock();
        while outcome.is_none() {
            outcome = match timeout {
                None => shared.ended.wait(outcome).unwrap_or_else(PoisonError::into_inner),
                Some(timeout) => match timeout.checked_sub(begin.elapsed()) {
                    None => return Ok(false),
                    Some(left) => {
                        shared.ended.wait_timeout(outcome, left).unwrap_or_else(PoisonError::into_inner).0
                    }
                },
            };
        }
        Ok(true)
    }

    pub(crate) fn cancel(&self) -> Result<()> {
        self.shared()?.steps.cancel();
        Ok(())
    }

    /// The outcome of work that has ended, through `read`.
    ///
    /// # Errors
    /// `StillRunning` before; otherwise the work's own.
    pub(crate) fn outcome<U>(&self, read: impl FnOnce(&T) -> U) -> Result<U> {
        match &*self.shared()?.lock() {
            Some(Ok(value)) => Ok(read(value)),
            Some(Err(error)) => Err(error.clone()),
            None => Err(Error::new(ErrorKind::StillRunning, "The job is still running. Call `wait` first.")),
        }
    }
}

impl<T> Job<T> {
    fn shared(&self) -> Result<&Shared<T>> {
        if std::process::id() == self.process { Ok(&self.shared) } else { Err(forked("job")) }
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Option<Result<T>>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.shared.steps.cancel();
    }
}

fn no_thread(error: impl std::error::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("No thread could be started for the job: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_watched_and_waited_for() {
        let (go, gate) = std::sync::mpsc::channel::<()>();
        let job = Job::begin(1, move |steps| {
            steps.expect(2);
            steps.advance();
            gate.recv().unwrap();
            steps.advance();
            Ok(7)
        })
        .unwrap();
        assert!(!job.wait(Some(Duration::from_millis(1))).unwrap());
        assert_eq!(job.outcome(|_| ()).unwrap_err().kind(), ErrorKind::StillRunning);
        assert!(job.standing().unwrap().ended.is_none());
        go.send(()).unwrap();
        assert!(job.wait(None).unwrap());
        let standing = job.standing().unwrap();
        assert_eq!((standing.done, standing.total, standing.ended), (2, 2, Some(Ok(()))));
        assert_eq!(job.outcome(|value| *value).unwrap(), 7);
    }

    #[test]
    fn a_cancelled_job_ends_at_its_next_step() {
        let (started, begun) = std::sync::mpsc::channel::<()>();
        let job = Job::<()>::begin(1, move |steps| {
            started.send(()).unwrap();
            loop {
                steps.go_on()?;
                std::thread::yield_now();
            }
        })
        .unwrap();
        begun.recv().unwrap();
        job.cancel().unwrap();
        assert!(job.wait(None).unwrap());
        assert_eq!(job.outcome(|()| ()).unwrap_err().kind(), ErrorKind::Cancelled);
    }

    #[test]
    fn a_bug_in_the_work_is_an_error() {
        let job = Job::<()>::begin(1, |_| panic!("deliberate")).unwrap();
        job.wait(None).unwrap();
        assert_eq!(job.outcome(|()| ()).unwrap_err().kind(), ErrorKind::Internal);
    }
}
