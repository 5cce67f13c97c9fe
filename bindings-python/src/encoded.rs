//! Bytes from anything that holds some.

use crate::errors::instead_of;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyAttributeError, PyException};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use std::ops::Deref;

/// Bytes that do not change while they are used: those of `bytes` where they lie, any others copied, because
/// another thread might write to them in the middle of a check.
pub(crate) enum Encoded {
    Borrowed(PyBackedBytes),
    Copied(Vec<u8>),
}

impl Encoded {
    /// Reads the bytes that a caller passed as `name`.
    pub(crate) fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        if let Ok(bytes) = value.cast::<PyBytes>() {
            return Ok(Self::Borrowed(bytes.clone().into()));
        }
        let rule = "be bytes, or an object that holds bytes";
        let buffer = PyBuffer::<u8>::get(value)
            .map_err(|error| instead_of::<PyException>(value.py(), error, name, rule))?;
        Self::copy(&buffer, value)
    }

    /// The bytes as the core takes them.
    pub(crate) fn lend(&self) -> &[u8] {
        self
    }

    /// Copies the bytes of a buffer, whatever the steps between them.
    pub(crate) fn copy(buffer: &PyBuffer<u8>, owner: &Bound<'_, PyAny>) -> PyResult<Self> {
        if buffer.is_c_contiguous() {
            return buffer.to_vec(owner.py()).map(Self::Copied);
        }
        // An array's own way is many times faster than the interpreter's.
        let bytes = match owner.call_method0("tobytes") {
            Ok(bytes) => bytes,
            Err(error) if error.is_instance_of::<PyAttributeError>(owner.py()) => {
                owner.py().import("builtins")?.getattr("bytes")?.call1((owner,))?
            }
            Err(error) => return Err(error),
        };
        Ok(Self::Borrowed(bytes.cast_into::<PyBytes>()?.into()))
    }
}

impl Deref for Encoded {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Copied(bytes) => bytes,
        }
    }
}
