//! What the generated classes of records share.

use crate::errors::invalid;
use crate::fields::Fields;
use crate::value::Value;
use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// A record of the core, of which Python has a frozen class.
pub(crate) trait Record: Clone {
    type Class: PyClass<Frozen = pyo3::pyclass::boolean_struct::True> + Sync;

    /// The record within an object of the class.
    fn within(object: &Self::Class) -> &Self;

    /// Shows every field to `visitor`, in the order of the definition.
    fn visit(&self, visitor: &mut impl Visitor) -> PyResult<()>;

    /// Makes the record from the fields that a dictionary holds.
    fn of_fields(fields: &Fields<'_, '_>) -> PyResult<Self>;
}

/// Something that is done with every field of a record.
pub(crate) trait Visitor {
    fn field(&mut self, name: &str, value: &impl Value) -> PyResult<()>;
}

/// The fields by their names, as `to_dict` has them.
struct Plain<'py>(Bound<'py, PyDict>);

impl Visitor for Plain<'_> {
    fn field(&mut self, name: &str, value: &impl Value) -> PyResult<()> {
        self.0.set_item(name, value.plain(self.0.py())?)
    }
}

/// The fields by their names, as attributes have them.
struct Given<'py>(Bound<'py, PyDict>);

impl Visitor for Given<'_> {
    fn field(&mut self, name: &str, value: &impl Value) -> PyResult<()> {
        self.0.set_item(name, value.give(self.0.py())?)
    }
}

/// The fields as `repr` has them.
struct Shown<'a, 'py> {
    py: Python<'py>,
    text: &'a mut String,
    separator: &'static str,
}

impl Visitor for Shown<'_, '_> {
    fn field(&mut self, name: &str, value: &impl Value) -> PyResult<()> {
        self.text.push_str(self.separator);
        self.separator = ", ";
        self.text.push_str(name);
        self.text.push('=');
        value.show(self.py, self.text)
    }
}

/// What a caller passed as `name`, which must be of the record's class.
pub(crate) fn read<T: Record>(value: &Bound<'_, PyAny>, name: &str) -> PyResult<T> {
    match value.cast::<T::Class>() {
        Ok(object) => Ok(T::within(object.get()).clone()),
        Err(_) => Err(invalid(value.py(), name, &format!("be a facebridge.{}", T::Class::NAME))),
    }
}

pub(crate) fn plain<'py>(record: &impl Record, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
    let mut fields = Plain(PyDict::new(py));
    record.visit(&mut fields)?;
    Ok(fields.0.into_any())
}

pub(crate) fn show<T: Record>(record: &T, py: Python<'_>, text: &mut String) -> PyResult<()> {
    text.push_str(T::Class::NAME);
    text.push('(');
    record.visit(&mut Shown { py, text, separator: "" })?;
    text.push(')');
    Ok(())
}

/// The `repr` of a record.
pub(crate) fn shown(record: &impl Record, py: Python<'_>) -> PyResult<String> {
    let mut text = String::new();
    show(record, py, &mut text)?;
    Ok(text)
}

/// What copies and pickles make the same record from: no arguments by position, every field by name.
pub(crate) fn arguments<'py>(
    record: &impl Record,
    py: Python<'py>,
) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
    let mut fields = Given(PyDict::new(py));
    record.visit(&mut fields)?;
    Ok((PyTuple::empty(py), fields.0))
}

/// Makes a record of the core a value that crosses.
macro_rules! value {
    ($record:ty, $class:ident) => {
        impl From<$record> for $class {
            fn from(record: $record) -> Self {
                Self(record)
            }
        }

        impl $crate::value::Value for $record {
            fn read(value: &pyo3::Bound<'_, pyo3::PyAny>, name: &str) -> pyo3::PyResult<Self> {
                $crate::record::read(value, name)
            }

            fn give<'py>(&self, py: pyo3::Python<'py>) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                pyo3::Bound::new(py, $class(self.clone())).map(pyo3::Bound::into_any)
            }

            fn plain<'py>(&self, py: pyo3::Python<'py>) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                $crate::record::plain(self, py)
            }

            fn restore(value: &pyo3::Bound<'_, pyo3::PyAny>, name: &str) -> pyo3::PyResult<Self> {
                $crate::fields::record(value, name, &format!("{name}."))
            }

            fn show(&self, py: pyo3::Python<'_>, text: &mut String) -> pyo3::PyResult<()> {
                $crate::record::show(self, py, text)
            }
        }

        impl $crate::value::Item for $record {}
    };
}

pub(crate) use value;
