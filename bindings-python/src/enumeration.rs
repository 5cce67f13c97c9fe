//! Enums of the core as the enums of `facebridge._enums`.

use crate::errors::{exception, invalid};
use crate::value::{Item, Value};
use facebridge::{Error, ErrorKind};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple};

/// An enum that Python knows under `NAME`.
pub(crate) trait Enumerated: Copy + PartialEq + 'static {
    const NAME: &'static str;
    /// Every variant with its text, in the order of Python's members.
    const ALL: &'static [(Self, &'static str)];

    /// Python's members, once they are known.
    fn members() -> &'static PyOnceLock<Py<PyTuple>>;
}

fn members<T: Enumerated>(py: Python<'_>) -> PyResult<&Bound<'_, PyTuple>> {
    let find = || {
        let class = py.import("facebridge._enums")?.getattr(T::NAME)?;
        let members = class.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        Ok(PyTuple::new(py, members)?.unbind())
    };
    T::members().get_or_try_init(py, find).map(|members| members.bind(py))
}

/// The position of a variant. A variant that this package does not know is a bug in it.
fn position<T: Enumerated>(py: Python<'_>, value: T) -> PyResult<usize> {
    T::ALL.iter().position(|(known, _)| *known == value).ok_or_else(|| {
        let message = format!("This package does not know a variant of {}. Please report it.", T::NAME);
        exception(py, &Error::new(ErrorKind::Internal, message))
    })
}

impl<T: Enumerated> Value for T {
    /// A text may be passed for any, and whatever compares equal to the member: a number, where it has one.
    fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let py = value.py();
        let text = value.cast::<PyString>().ok().and_then(|text| text.to_str().ok());
        for (member, (variant, known)) in members::<T>(py)?.iter().zip(T::ALL) {
            if text == Some(known) {
                return Ok(*variant);
            }
            match member.eq(value) {
                Ok(true) => return Ok(*variant),
                Ok(false) => {}
                // What cannot be compared, such as an array, is not equal. Ctrl-C is no such answer.
                Err(error) if error.is_instance_of::<PyException>(py) => {}
                Err(error) => return Err(error),
            }
        }
        let texts: Vec<_> = T::ALL.iter().map(|(_, text)| *text).collect();
        Err(invalid(py, name, &format!("be a facebridge.{}: {}", T::NAME, texts.join(", "))))
    }

    fn give<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        members::<T>(py)?.get_item(position(py, *self)?)
    }

    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyString::new(py, T::ALL[position(py, *self)?].1).into_any())
    }

    fn show(&self, py: Python<'_>, text: &mut String) -> PyResult<()> {
        let name = T::ALL[position(py, *self)?].1.to_uppercase();
        text.push_str(&format!("{}.{name}", T::NAME));
        Ok(())
    }
}

impl<T: Enumerated> Item for T {}
