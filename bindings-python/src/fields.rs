//! Records made again from the dictionaries that they gave.

use crate::errors::invalid;
use crate::record::Record;
use crate::value::Value;
use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::cell::Cell;

/// The fields of a record, by their names.
pub(crate) struct Fields<'a, 'py> {
    dictionary: &'a Bound<'py, PyDict>,
    /// What stands before their names in messages, such as `source.face.`.
    place: &'a str,
    found: Cell<usize>,
}

impl Fields<'_, '_> {
    /// Puts what is there in the place of the default.
    pub(crate) fn replace<T: Value>(&self, default: &mut T, name: &str) -> PyResult<()> {
        if let Some(value) = self.dictionary.get_item(name)? {
            self.found.set(self.found.get() + 1);
            *default = T::restore(&value, &format!("{}{name}", self.place))?;
        }
        Ok(())
    }

    /// What is there, or the empty value.
    pub(crate) fn or_default<T: Value + Default>(&self, name: &str) -> PyResult<T> {
        let mut value = T::default();
        self.replace(&mut value, name)?;
        Ok(value)
    }

    /// What must be there.
    pub(crate) fn required<T: Value>(&self, name: &str) -> PyResult<T> {
        let place = format!("{}{name}", self.place);
        let value = self.dictionary.get_item(name)?;
        let value = value.ok_or_else(|| invalid(self.dictionary.py(), &place, "be there"))?;
        self.found.set(self.found.get() + 1);
        T::restore(&value, &place)
    }
}

/// The record whose dictionary a caller passed as `name`; `place` stands before the names of its fields.
pub(crate) fn record<T: Record>(value: &Bound<'_, PyAny>, name: &str, place: &str) -> PyResult<T> {
    let py = value.py();
    let class = T::Class::NAME;
    let dictionary = value.cast::<PyDict>().map_err(|_| {
        invalid(py, name, &format!("be a dictionary, as facebridge.{class}.to_dict gives it"))
    })?;
    let fields = Fields { dictionary, place, found: Cell::new(0) };
    let record = T::of_fields(&fields)?;
    if fields.found.get() < dictionary.len() {
        return Err(invalid(py, name, &format!("have no names but those of facebridge.{class}")));
    }
    Ok(record)
}
