//! DLPack: how numerical libraries take over each other's arrays. Structures as in DLPack 1.0.

use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{CStr, c_void};
use std::sync::Arc;

/// The CPU, and its only one.
pub(crate) const ORDINARY_MEMORY: (i32, i32) = (1, 0);

const FLOAT: u8 = 2;
const READ_ONLY: u64 = 1;
const IS_COPIED: u64 = 1 << 1;

#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    dimensions: i32,
    type_code: u8,
    type_bits: u8,
    type_lanes: u16,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

/// Before version 1.
#[repr(C)]
struct Unversioned {
    tensor: Tensor,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Self)>,
}

/// Since version 1.
#[repr(C)]
struct Versioned {
    major: u32,
    minor: u32,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Self)>,
    flags: u64,
    tensor: Tensor,
}

/// What a reader asks for.
pub(crate) struct Request {
    /// Whether it knows DLPack 1.0.
    pub(crate) versioned: bool,
    /// Whether it wants numbers of its own, which it may change.
    pub(crate) copied: bool,
}

/// The numbers that a reader holds.
enum Numbers {
    Shared(Arc<[f32]>),
    Own(Vec<f32>),
}

/// All that a reader holds, in one allocation; `managed` is first, so that both have one address.
#[repr(C)]
struct Export<M> {
    managed: M,
    shape: [i64; 1],
    strides: [i64; 1],
    numbers: Numbers,
}

/// The capsule that `__dlpack__` returns.
pub(crate) fn export<'py>(
    py: Python<'py>,
    values: &Arc<[f32]>,
    request: Request,
) -> PyResult<Bound<'py, PyAny>> {
    let numbers =
        if request.copied { Numbers::Own(values.to_vec()) } else { Numbers::Shared(Arc::clone(values)) };
    let length = values.len() as i64;
    if request.versioned {
        let flags = if request.copied { IS_COPIED } else { READ_ONLY };
        let managed = |tensor| Versioned {
            major: 1,
            minor: 0,
            context: std::ptr::null_mut(),
            deleter: Some(delete::<Versioned>),
            flags,
            tensor,
        };
        let export = build(numbers, length, managed, |managed| &mut managed.tensor);
        capsule(py, export, c"dltensor_versioned", forget_versioned)
    } else {
        let managed = |tensor| Unversioned {
            tensor,
            context: std::ptr::null_mut(),
            deleter: Some(delete::<Unversioned>),
        };
        let export = build(numbers, length, managed, |managed| &mut managed.tensor);
        capsule(py, export, c"dltensor", forget_unversioned)
    }
}

fn build<M>(
    mut numbers: Numbers,
    length: i64,
    managed: impl FnOnce(Tensor) -> M,
    tensor: impl FnOnce(&mut M) -> &mut Tensor,
) -> *mut Export<M> {
    let data = match &mut numbers {
        // The flags tell the reader not to write here.
        Numbers::Shared(values) => values.as_ptr().cast_mut().cast(),
        Numbers::Own(values) => values.as_mut_ptr().cast(),
    };
    let (device_type, device_id) = ORDINARY_MEMORY;
    let bare = Tensor {
        data,
        device_type,
        device_id,
        dimensions: 1,
        type_code: FLOAT,
        type_bits: 32,
        type_lanes: 1,
        shape: std::ptr::null_mut(),
        strides: std::ptr::null_mut(),
        byte_offset: 0,
    };
    let mut export = Box::new(Export { managed: managed(bare), shape: [length], strides: [1], numbers });
    let (shape, strides) = (export.shape.as_mut_ptr(), export.strides.as_mut_ptr());
    let tensor = tensor(&mut export.managed);
    (tensor.shape, tensor.strides) = (shape, strides);
    Box::into_raw(export)
}

fn capsule<'py, M>(
    py: Python<'py>,
    export: *mut Export<M>,
    name: &'static CStr,
    forget: unsafe extern "C" fn(*mut ffi::PyObject),
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the pointer is not null, and the name is static.
    let capsule = unsafe { ffi::PyCapsule_New(export.cast(), name.as_ptr(), Some(forget)) };
    // SAFETY: the call above returned a new reference or null.
    unsafe { Bound::from_owned_ptr_or_opt(py, capsule) }.ok_or_else(|| {
        // SAFETY: nobody else has seen the pointer, which came from a box.
        drop(unsafe { Box::from_raw(export) });
        PyMemoryError::new_err(())
    })
}

/// Called by the reader, once, when it is done; perhaps on a thread without an interpreter.
unsafe extern "C" fn delete<M>(managed: *mut M) {
    if !managed.is_null() {
        // SAFETY: `managed` is the first field of an `Export<M>` that came from a box, so both have one
        // address; the reader calls this once.
        drop(unsafe { Box::from_raw(managed.cast::<Export<M>>()) });
    }
}

unsafe extern "C" fn forget_versioned(capsule: *mut ffi::PyObject) {
    // SAFETY: the interpreter passes the capsule that `capsule` made under this name.
    unsafe { forget::<Versioned>(capsule, c"dltensor_versioned") }
}

unsafe extern "C" fn forget_unversioned(capsule: *mut ffi::PyObject) {
    // SAFETY: as above.
    unsafe { forget::<Unversioned>(capsule, c"dltensor") }
}

/// Frees what no reader has taken over; one that has taken it over has renamed the capsule.
///
/// # Safety
/// The capsule is being destroyed; under `name` it holds an `Export<M>`.
unsafe fn forget<M>(capsule: *mut ffi::PyObject, name: &'static CStr) {
    // SAFETY: both calls take a capsule; the pointer under our own name is ours.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, name.as_ptr()) == 1 {
            delete::<M>(ffi::PyCapsule_GetPointer(capsule, name.as_ptr()).cast());
        }
    }
}
