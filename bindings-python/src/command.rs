//! The `facebridge` command within the package.

use pyo3::prelude::*;
use std::ffi::OsString;

/// Runs the `facebridge` command; the first argument is the program's name. Returns the exit code.
#[pyfunction]
#[pyo3(signature = (arguments, /))]
pub(crate) fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> PyResult<u8> {
    crate::call::call(py, || Ok(facebridge_cli::run(arguments)))
}
