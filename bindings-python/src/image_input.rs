//! The ways to hand over an image.

use crate::encoded::Encoded;
use crate::errors::{instead_of, invalid};
use crate::pixels::{PixelBuffer, Pixels};
use crate::value::Value;
use facebridge::api::{ImageInput, PixelFormat};
use pyo3::buffer::{PyBuffer, PyUntypedBuffer};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::path::PathBuf;

/// An image that a caller passed, held for a call.
pub(crate) enum Image {
    Encoded(Encoded),
    Path(PathBuf),
    Pixels(PixelBuffer),
}

impl Image {
    /// Reads the image that a caller passed as `name`.
    pub(crate) fn read(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let py = value.py();
        if value.is_instance_of::<PyBytes>() {
            return Encoded::read(value, name).map(Self::Encoded);
        }
        if value.is_instance_of::<PyString>() || value.hasattr("__fspath__")? {
            return PathBuf::read(value, name).map(Self::Path);
        }
        if let Ok(pixels) = value.cast::<Pixels>() {
            return pixels.get().open(py, name).map(Self::Pixels);
        }
        if is_pillow_image(value)? {
            return pillow(value, name);
        }
        if let Ok(buffer) = PyUntypedBuffer::get(value) {
            let eight_bits = buffer.into_typed::<u8>();
            let buffer = eight_bits.map_err(|_| invalid(py, name, "hold bytes (dtype uint8)"))?;
            return array(buffer, value, name);
        }
        if value.hasattr("read")? {
            let content = value.call_method0("read")?;
            let rule = "be a file opened in binary mode";
            let bytes = Encoded::read(&content, name)
                .map_err(|error| instead_of::<PyTypeError>(py, error, name, rule))?;
            return Ok(Self::Encoded(bytes));
        }
        Err(invalid(
            py,
            name,
            "be encoded bytes, a path, a binary file, a Pillow image, a numpy array or facebridge.Pixels",
        ))
    }

    /// The image as the core takes it.
    pub(crate) fn lend(&self) -> ImageInput<'_> {
        match self {
            Self::Encoded(bytes) => (**bytes).into(),
            Self::Path(path) => path.as_path().into(),
            Self::Pixels(pixels) => pixels.view().into(),
        }
    }
}

/// An array that states no order of its channels.
fn array(buffer: PyBuffer<u8>, value: &Bound<'_, PyAny>, name: &str) -> PyResult<Image> {
    match *buffer.shape() {
        [_] => Encoded::copy(&buffer, value).map(Image::Encoded),
        [_, _] | [_, _, 1] => PixelBuffer::shaped(buffer, value, name, PixelFormat::Grey).map(Image::Pixels),
        [_, _, 3] => Err(invalid(
            value.py(),
            name,
            "say the order of its channels: facebridge.Pixels(array, \"rgb\"), or \"bgr\" if OpenCV made it",
        )),
        _ => Err(invalid(
            value.py(),
            name,
            "be an array of height x width, or of height x width x 3 within facebridge.Pixels",
        )),
    }
}

/// Whether this is an image of Pillow, or of anything that behaves like it. Pillow itself is never imported.
fn is_pillow_image(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    for attribute in ["mode", "size", "convert", "tobytes"] {
        if !value.hasattr(attribute)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn pillow(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Image> {
    let mode: String = value.getattr("mode")?.extract()?;
    let (image, format) = match mode.as_str() {
        "L" => (value.clone(), PixelFormat::Grey),
        "RGB" => (value.clone(), PixelFormat::Rgb),
        _ => (value.call_method1("convert", ("RGB",))?, PixelFormat::Rgb),
    };
    let (width, height): (u32, u32) = image.getattr("size")?.extract()?;
    let bytes = Encoded::read(&image.call_method0("tobytes")?, name)?;
    Ok(Image::Pixels(PixelBuffer::gapless(bytes, format, width, height)))
}
