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

/// Waits in short steps, so that Ctrl-C ends the wait. `step` waits at most the seconds it is given and says
/// whether the end has come; it also judges `seconds`, the longest wait in all.
pub(crate) fn wait(
    py: Python<'_>,
    seconds: Option<f64>,
    step: impl Fn(Option<f64>) -> Result<bool> + Sync,
) -> PyResult<bool> {
    let begin = Instant::now();
    loop {
        let left = seconds.map(|seconds| seconds - begin.elapsed().as_secs_f64());
        let longest = BETWEEN_SIGNAL_CHECKS.as_secs_f64();
        let next = match left {
            None => longest,
            Some(left) if left <= 0.0 && seconds >= Some(0.0) => 0.0,
            // A negative time and one that is no number go to the core, which refuses them.
            Some(left) => {
                if left < longest || left.is_nan() {
                    left
                } else {
                    longest
                }
            }
        };
        if call(py, || step(Some(next)))? {
            return Ok(true);
        }
        if left.is_some_and(|left| left <= next) {
            return Ok(false);
        }
        py.check_signals()?;
    }
}
