//! Calls into the core, without the interpreter's lock.

use crate::errors::exception;
use facebridge::Result;
use facebridge::boundary::guard;
use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// How long a waiting call may leave a signal such as Ctrl-C unanswered.
const BETWEEN_SIGNAL_CHECKS: Duration = Duration::from_millis(100);

/// Runs `work` while other Python threads go on; errors and bugs become exceptions.
pub(crate) fn call<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    py.detach(|| guard(work)).map_err(|error| exception(py, &error))
}

/// Panics within a call, to show what becomes of that; only development builds have it.
#[cfg(debug_assertions)]
#[pyfunction]
pub(crate) fn panic(py: Python<'_>, words: &str) -> PyResult<()> {
    call(py, || panic!("{words}"))
}

/// Waits in short steps, so that Ctrl-C ends the wait. `step` waits at most the seconds it is given and says
/// whether the end has come; it also judges `seconds`, the longest wait in all.
pub(crate) fn wait(
    py: Python<'_>,
    seconds: Option<f64>,
    step: impl Fn(Option<f64>) -> Result<bool> + Sync,
) -> PyResult<bool> {
    let begin = Instant::now();
    loop {
        let left = match seconds {
            None => f64::INFINITY,
            // What is no span of time is the core's to refuse.
            Some(seconds) if seconds.is_nan() || seconds < 0.0 => return call(py, || step(Some(seconds))),
            Some(seconds) => (seconds - begin.elapsed().as_secs_f64()).max(0.0),
        };
        let next = left.min(BETWEEN_SIGNAL_CHECKS.as_secs_f64());
        if call(py, || step(Some(next)))? {
            return Ok(true);
        }
        if left <= next {
            return Ok(false);
        }
        py.check_signals()?;
    }
}
