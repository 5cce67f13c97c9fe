//! Clients and jobs in the hands of callers. The value of such a pointer is a number in the core's list of
//! handles; it is never an address.

use crate::arguments::Place;
use facebridge::boundary::handles;
use facebridge::{Error, ErrorKind, Result};
use std::any::Any;
use std::ptr;
use std::sync::Arc;

/// Keeps an object and returns what callers hold.
pub(crate) fn publish<C>(object: impl Any + Send + Sync) -> Result<*mut C> {
    let number = usize::try_from(handles().insert(object)).map_err(|_| {
        Error::new(ErrorKind::Internal, "This process has made more objects than it can number.")
    })?;
    Ok(ptr::without_provenance_mut(number))
}

/// The object that a caller holds.
///
/// # Errors
/// `InvalidArgument` for NULL; `Closed` where it is closed, of another type, or never came from here.
pub(crate) fn find<T: Any + Send + Sync>(handle: *mut impl Sized, parameter: &str) -> Result<Arc<T>> {
    handles().get(number(handle, parameter)?)
}

/// Closes an object.
///
/// # Errors
/// As [`find`].
pub(crate) fn close<T: Any + Send + Sync>(handle: *mut impl Sized, parameter: &str) -> Result<()> {
    handles().close::<T>(number(handle, parameter)?)
}

fn number(handle: *mut impl Sized, parameter: &str) -> Result<u64> {
    if handle.is_null() { Err(Place::of(parameter).refuse("is NULL")) } else { Ok(handle.addr() as u64) }
}
