//! Arguments that may be left out.

use crate::value::Value;
use pyo3::prelude::*;
use pyo3::types::PyEllipsis;
use std::convert::Infallible;

/// What a caller passed for an argument that may be left out. `...` says the same as leaving it out: the
/// library's own default.
pub(crate) struct Argument<'py>(Option<Bound<'py, PyAny>>);

impl Argument<'_> {
    pub(crate) const ABSENT: Self = Self(None);

    /// Puts what was passed in the place of the default.
    pub(crate) fn replace<T: Value>(&self, default: &mut T, name: &str) -> PyResult<()> {
        if let Some(value) = &self.0 {
            *default = T::read(value, name)?;
        }
        Ok(())
    }

    /// What was passed, or the empty value.
    pub(crate) fn or_default<T: Value + Default>(&self, name: &str) -> PyResult<T> {
        let mut value = T::default();
        self.replace(&mut value, name)?;
        Ok(value)
    }
}

impl<'py> FromPyObject<'_, 'py> for Argument<'py> {
    type Error = Infallible;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(Self((!object.is_instance_of::<PyEllipsis>()).then(|| object.to_owned())))
    }
}
