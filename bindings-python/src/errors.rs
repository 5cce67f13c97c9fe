//! Errors of the core as Python's exceptions.

use facebridge::{Error, ErrorKind};
use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// The exception for an error of the core. Its class is written in Python, where users can read and extend it.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || {
        let arguments = (
            error.kind() as i32,
            error.message(),
            error.vendor_code(),
            error.check_code(),
            error.trace_id(),
            error.retryable(),
        );
        MAKE.import(py, "facebridge._errors", "from_native")?.call1(arguments).map(PyErr::from_value)
    };
    make().unwrap_or_else(|failure| failure)
}

/// The exception for an argument: `rule` completes "`name` must …". What was passed is never quoted.
pub(crate) fn invalid(py: Python<'_>, name: &str, rule: &str) -> PyErr {
    exception(py, &Error::new(ErrorKind::InvalidArgument, format!("`{name}` must {rule}.")))
}

/// [`invalid`] in place of an `E`, by which Python says that a value is not what it is taken for. Anything else
/// is not about the type of the argument, and stays what it is: Ctrl-C, or what a caller's own iterator raised.
pub(crate) fn instead_of<E: PyTypeInfo>(py: Python<'_>, error: PyErr, name: &str, rule: &str) -> PyErr {
    if error.is_instance_of::<E>(py) { invalid(py, name, rule) } else { error }
}
