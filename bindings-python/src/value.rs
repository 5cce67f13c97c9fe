//! Data that crosses between Rust and Python.

use crate::errors::{instead_of, invalid};
use crate::float_array::FloatArray;
use facebridge::api::Sensitive;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PyList, PyString, PyTuple};
use std::path::PathBuf;

/// Data that crosses between Rust and Python.
pub(crate) trait Value: Sized {
    /// Reads what a caller passed as `name`.
    fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self>;

    /// As a Python object.
    fn give<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;

    /// As `to_dict` has it: nothing but what JSON also knows (and bytes).
    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;

    /// Reads what `plain` gave, perhaps by way of JSON.
    fn restore(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        Self::read(value, name)
    }

    /// Appends it as `repr` has it.
    fn show(&self, py: Python<'_>, text: &mut String) -> PyResult<()> {
        text.push_str(self.plain(py)?.repr()?.to_str()?);
        Ok(())
    }
}

/// Values that pyo3 converts by itself: the type, and what it must be.
macro_rules! converted {
    ($($kind:ty: $rule:literal;)*) => {$(
        impl Value for $kind {
            fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
                value.extract().map_err(|error| instead_of::<PyException>(value.py(), error, name, $rule))
            }

            fn give<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                self.plain(py)
            }

            fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                self.into_pyobject(py).map(|object| object.to_owned().into_any()).map_err(Into::into)
            }
        }
    )*};
}

converted! {
    bool: "be True or False";
    u32: "be a whole number from 0 to 4294967295";
    u64: "be a whole number from 0 to 18446744073709551615";
    f64: "be a number";
    String: "be a text (str)";
}

impl Value for f32 {
    fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let wide = f64::read(value, name)?;
        let narrow = wide as Self;
        if wide.is_finite() && narrow.is_infinite() {
            return Err(invalid(value.py(), name, "lie in the range of a 32-bit number"));
        }
        Ok(narrow)
    }

    fn give<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        f64::from(*self).give(py)
    }

    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.give(py)
    }

    fn show(&self, py: Python<'_>, text: &mut String) -> PyResult<()> {
        if !self.is_finite() {
            return f64::from(*self).show(py, text);
        }
        // The fewest digits that mean this number: not those of the 64-bit number it becomes in Python.
        text.push_str(&format!("{self:?}"));
        Ok(())
    }
}

impl Value for PathBuf {
    fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let rule = "be a path (str or os.PathLike)";
        value.extract().map_err(|error| instead_of::<PyException>(value.py(), error, name, rule))
    }

    fn give<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.as_path().into_pyobject(py)?.into_any())
    }

    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.as_os_str().into_pyobject(py)?.into_any())
    }
}

impl Value for Sensitive {
    fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        String::read(value, name).map(Self::from)
    }

    fn give<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py)
    }

    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyString::new(py, self.expose()).into_any())
    }

    fn show(&self, _py: Python<'_>, text: &mut String) -> PyResult<()> {
        text.push_str("<hidden>");
        Ok(())
    }
}

impl<T: Value> Value for Option<T> {
    fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        if value.is_none() { Ok(None) } else { T::read(value, name).map(Some) }
    }

    fn give<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.as_ref().map_or_else(|| Ok(py.None().into_bound(py)), |value| value.give(py))
    }

    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.as_ref().map_or_else(|| Ok(py.None().into_bound(py)), |value| value.plain(py))
    }

    fn restore(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        if value.is_none() { Ok(None) } else { T::restore(value, name).map(Some) }
    }

    fn show(&self, py: Python<'_>, text: &mut String) -> PyResult<()> {
        match self {
            Some(value) => value.show(py, text),
            None => {
                text.push_str("None");
                Ok(())
            }
        }
    }
}

/// The items of what a caller passed as `name`.
pub(crate) fn items<'py>(
    value: &Bound<'py, PyAny>,
    name: &str,
    rule: &str,
) -> PyResult<Bound<'py, PyIterator>> {
    // A text is a sequence of texts, and bytes are one of numbers, which is hardly ever meant.
    if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() {
        return Err(invalid(value.py(), name, rule));
    }
    value.try_iter().map_err(|error| instead_of::<PyTypeError>(value.py(), error, name, rule))
}

/// What lists may hold. Lists of bytes and of 32-bit numbers are data of their own.
pub(crate) trait Item: Value {}

impl Item for bool {}
impl Item for u32 {}
impl Item for u64 {}
impl Item for f64 {}
impl Item for String {}
impl Item for PathBuf {}

impl<T: Item> Value for Vec<T> {
    fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let items = items(value, name, "be a list")?;
        items.enumerate().map(|(index, item)| T::read(&item?, &format!("{name}[{index}]"))).collect()
    }

    fn restore(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let items = items(value, name, "be a list")?;
        items.enumerate().map(|(index, item)| T::restore(&item?, &format!("{name}[{index}]"))).collect()
    }

    fn give<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let items = self.iter().map(|item| item.give(py)).collect::<PyResult<Vec<_>>>()?;
        Ok(PyTuple::new(py, items)?.into_any())
    }

    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let items = self.iter().map(|item| item.plain(py)).collect::<PyResult<Vec<_>>>()?;
        Ok(PyList::new(py, items)?.into_any())
    }

    fn show(&self, py: Python<'_>, text: &mut String) -> PyResult<()> {
        text.push('(');
        for (index, item) in self.iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            item.show(py, text)?;
        }
        text.push_str(if self.len() == 1 { ",)" } else { ")" });
        Ok(())
    }
}

impl Value for Vec<u8> {
    fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        crate::encoded::Encoded::read(value, name).map(|bytes| bytes.to_vec())
    }

    fn give<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py)
    }

    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyBytes::new(py, self).into_any())
    }

    fn show(&self, _py: Python<'_>, text: &mut String) -> PyResult<()> {
        text.push_str(&format!("<{} bytes>", self.len()));
        Ok(())
    }
}

impl Value for Vec<f32> {
    fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        if let Ok(array) = value.cast::<FloatArray>() {
            return Ok(array.get().to_vec());
        }
        let rule = "be a sequence of numbers; numpy.frombuffer(data, numpy.float32) reads stored bytes";
        if let Ok(buffer) = PyUntypedBuffer::get(value) {
            // Stored numbers would be taken for as many numbers from 0 to 255 as they have bytes.
            if buffer.item_size() == 1 {
                return Err(invalid(value.py(), name, rule));
            }
            if let Ok(buffer) = buffer.into_typed::<f32>()
                && buffer.dimensions() == 1
            {
                return buffer.to_vec(value.py());
            }
        }
        let items = items(value, name, rule)?;
        items.enumerate().map(|(index, item)| f32::read(&item?, &format!("{name}[{index}]"))).collect()
    }

    fn give<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(Bound::new(py, FloatArray::from(self.as_slice()))?.into_any())
    }

    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyList::new(py, self)?.into_any())
    }

    /// Vectors identify people, so no output shows them.
    fn show(&self, _py: Python<'_>, text: &mut String) -> PyResult<()> {
        text.push_str(&format!("<{} numbers>", self.len()));
        Ok(())
    }
}
