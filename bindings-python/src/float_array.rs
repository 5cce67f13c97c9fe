//! Vectors of numbers that numerical libraries read in place.

use crate::float_array_dlpack::{self as dlpack, Request};
use crate::value::Value;
use pyo3::exceptions::{PyBufferError, PyIndexError, PyOverflowError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PySlice, PySliceMethods, PyTuple};
use std::ffi::{c_int, c_void};
use std::ops::Deref;
use std::sync::Arc;

const ITEM: isize = size_of::<f32>() as isize;

/// Numbers of 32 bits, read-only. `numpy.asarray`, `numpy.from_dlpack`, `torch.from_dlpack` and `memoryview`
/// read them in place.
///
/// Args:
///     values: Any sequence of numbers; a buffer of 32-bit numbers is read at once.
#[pyclass(frozen, eq, sequence, module = "facebridge")]
pub(crate) struct FloatArray {
    values: Arc<[f32]>,
    // Buffers point at these two.
    shape: [isize; 1],
    strides: [isize; 1],
}

impl From<&[f32]> for FloatArray {
    fn from(values: &[f32]) -> Self {
        let length = values.len().cast_signed();
        Self { values: values.into(), shape: [length], strides: [ITEM] }
    }
}

impl PartialEq for FloatArray {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl Deref for FloatArray {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values
    }
}

#[pymethods]
impl FloatArray {
    #[new]
    #[pyo3(signature = (values, /))]
    fn new(values: &Bound<'_, PyAny>) -> PyResult<Self> {
        Vec::<f32>::read(values, "values").map(|values| Self::from(values.as_slice()))
    }

    fn __len__(&self) -> usize {
        self.values.len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(slice) = index.cast::<PySlice>() {
            let range = slice.indices(self.shape[0])?;
            let picked = (0..range.slicelength).map(|step| range.start + step.cast_signed() * range.step);
            let values: Vec<f32> = picked.map(|position| self.values[position.cast_unsigned()]).collect();
            return values.give(py);
        }
        let out_of_range = || PyIndexError::new_err("index out of range");
        let position: isize = index.extract().map_err(|error: PyErr| {
            if error.is_instance_of::<PyOverflowError>(py) { out_of_range() } else { error }
        })?;
        let position = if position < 0 { position + self.shape[0] } else { position };
        let value = usize::try_from(position).ok().and_then(|position| self.values.get(position));
        value.ok_or_else(out_of_range)?.give(py)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.tolist(py)?.try_iter()
    }

    /// The numbers as a list.
    fn tolist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.values.iter())
    }

    fn __repr__(&self) -> String {
        format!("<FloatArray of {} numbers>", self.values.len())
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, [self.tolist(py)?])
    }

    /// The numbers by the DLPack protocol.
    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        stream: Option<Bound<'py, PyAny>>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if stream.is_some() {
            return Err(PyBufferError::new_err("these numbers lie in ordinary memory, which has no streams"));
        }
        if dl_device.is_some_and(|device| device != dlpack::ORDINARY_MEMORY) {
            return Err(PyBufferError::new_err(
                "these numbers lie in ordinary memory; ask for no other device",
            ));
        }
        // Before version 1 nothing could say "read-only", so that such a reader gets numbers of its own.
        let versioned = max_version.is_some_and(|(major, _)| major >= 1);
        if !versioned && copy == Some(false) {
            return Err(PyBufferError::new_err("read-only numbers need DLPack 1.0 or a copy"));
        }
        let copied = copy == Some(true) || !versioned;
        dlpack::export(py, &self.values, Request { versioned, copied })
    }

    /// Where the numbers lie, as the DLPack protocol says it: ordinary memory.
    fn __dlpack_device__(&self) -> (i32, i32) {
        dlpack::ORDINARY_MEMORY
    }

    /// # Safety
    /// `view` is valid, as the buffer protocol promises.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if flags & ffi::PyBUF_WRITABLE == ffi::PyBUF_WRITABLE {
            return Err(PyBufferError::new_err("these numbers are read-only"));
        }
        let array = slf.get();
        let asked = |flag: c_int| flags & flag == flag;
        // The class is frozen, and the view holds a reference to it: what is pointed at stays as it is.
        // SAFETY: `view` is valid; every pointer below lives as long as the object that `obj` holds.
        unsafe {
            (*view).buf = array.values.as_ptr().cast_mut().cast::<c_void>();
            (*view).len = array.shape[0] * ITEM;
            (*view).readonly = 1;
            (*view).itemsize = ITEM;
            (*view).format =
                if asked(ffi::PyBUF_FORMAT) { c"f".as_ptr().cast_mut() } else { std::ptr::null_mut() };
            (*view).ndim = 1;
            (*view).shape =
                if asked(ffi::PyBUF_ND) { array.shape.as_ptr().cast_mut() } else { std::ptr::null_mut() };
            (*view).strides = if asked(ffi::PyBUF_STRIDES) {
                array.strides.as_ptr().cast_mut()
            } else {
                std::ptr::null_mut()
            };
            (*view).suboffsets = std::ptr::null_mut();
            (*view).internal = std::ptr::null_mut();
            (*view).obj = slf.into_ptr();
        }
        Ok(())
    }
}
