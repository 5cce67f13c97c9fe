//! Decoded pixels, such as numpy arrays.

use crate::encoded::Encoded;
use crate::errors::{instead_of, invalid};
use crate::value::Value;
use facebridge::api::{PixelFormat, PixelView};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

/// Decoded, upright pixels of 8 bits per channel, first row at the top, with the order of their channels.
///
/// The pixels stay where they are; do not write to them while a call uses them.
///
/// Args:
///     data: An array of height x width x 3 or height x width, such as a numpy array; or, together with
///         `width` and `height`, any object that holds the bytes row by row.
///     format: The order of the channels: `rgb`, `bgr` (OpenCV's) or `grey`.
///     width: Width in pixels, for data without a shape.
///     height: Height in pixels, for data without a shape.
///     stride: Bytes from the start of one row to the start of the next, for data without a shape.
///         Default: the rows follow each other without a gap.
///
/// Raises:
///     InvalidArgumentError: The data do not have this layout.
#[pyclass(frozen, module = "facebridge")]
pub(crate) struct Pixels {
    data: Py<PyAny>,
    format: PixelFormat,
    /// For data without a shape.
    stated: Option<Layout>,
}

/// Where each row lies.
#[derive(Clone, Copy)]
struct Layout {
    width: u32,
    height: u32,
    stride: usize,
}

#[pymethods]
impl Pixels {
    #[new]
    #[pyo3(signature = (data, format, *, width=None, height=None, stride=None))]
    fn new(
        data: &Bound<'_, PyAny>,
        format: &Bound<'_, PyAny>,
        width: Option<&Bound<'_, PyAny>>,
        height: Option<&Bound<'_, PyAny>>,
        stride: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let format = PixelFormat::read(format, "format")?;
        let stated = match (width, height) {
            (Some(width), Some(height)) => Some(stated_layout(width, height, stride, format)?),
            (None, None) if stride.is_none() => None,
            _ => {
                return Err(invalid(
                    data.py(),
                    "width",
                    "be given together with `height`, and `stride` with both",
                ));
            }
        };
        let pixels = Self { data: data.clone().unbind(), format, stated };
        // What can be refused is refused where the mistake is.
        pixels.place(data, "data")?;
        Ok(pixels)
    }

    /// What holds the pixels.
    #[getter]
    fn data(&self, py: Python<'_>) -> Py<PyAny> {
        self.data.clone_ref(py)
    }

    /// The order of the channels.
    #[getter]
    fn format<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.format.give(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (_, Place { layout: Layout { width, height, .. }, .. }) =
            self.place(self.data.bind(py), "data")?;
        Ok(format!("Pixels({width}x{height}, {})", self.format.plain(py)?))
    }

    /// So that the garbage collector finds an array that holds its own `Pixels`.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.data)
    }
}

impl Pixels {
    /// The pixels, held for a call.
    pub(crate) fn open(&self, py: Python<'_>, name: &str) -> PyResult<PixelBuffer> {
        let data = self.data.bind(py);
        let (buffer, place) = self.place(data, name)?;
        PixelBuffer::take(buffer, place, data, self.format)
    }

    fn place(&self, data: &Bound<'_, PyAny>, name: &str) -> PyResult<(PyBuffer<u8>, Place)> {
        let rule = "hold pixels of 8 bits per channel, such as a numpy array of dtype uint8";
        let buffer = PyBuffer::<u8>::get(data)
            .map_err(|error| instead_of::<PyException>(data.py(), error, name, rule))?;
        let place = match self.stated {
            Some(layout) if buffer.is_c_contiguous() => Place { layout, in_place: true },
            Some(_) => {
                return Err(invalid(data.py(), name, "hold its bytes without gaps where a layout is stated"));
            }
            None => Place::of(&buffer, data.py(), name, self.format)?,
        };
        Ok((buffer, place))
    }
}

fn stated_layout(
    width: &Bound<'_, PyAny>,
    height: &Bound<'_, PyAny>,
    stride: Option<&Bound<'_, PyAny>>,
    format: PixelFormat,
) -> PyResult<Layout> {
    let (width, height) = (u32::read(width, "width")?, u32::read(height, "height")?);
    let stride = match stride {
        Some(stride) => {
            let bytes = u64::read(stride, "stride")?;
            usize::try_from(bytes).map_err(|_| invalid(stride.py(), "stride", "fit into memory"))?
        }
        None => width as usize * format.channels(),
    };
    Ok(Layout { width, height, stride })
}

/// Where the pixels of an array are read.
struct Place {
    /// As they are read.
    layout: Layout,
    /// They are read where they lie; otherwise they are copied together first.
    in_place: bool,
}

impl Place {
    /// By the shape that an array states.
    fn of(buffer: &PyBuffer<u8>, py: Python<'_>, name: &str, format: PixelFormat) -> PyResult<Self> {
        let channels = format.channels();
        let (height, width) = match (buffer.shape(), channels) {
            (&[height, width], 1) | (&[height, width, 1], 1) => (height, width),
            (&[height, width, 3], 3) => (height, width),
            (_, 1) => return Err(invalid(py, name, "be an array of height x width for grey pixels")),
            _ => return Err(invalid(py, name, "be an array of height x width x 3 for colour pixels")),
        };
        let side =
            |side| u32::try_from(side).map_err(|_| invalid(py, name, "have sides that fit into 32 bits"));
        let (width, height) = (side(width)?, side(height)?);
        let row = width as usize * channels;
        let step = rows_in_place(buffer, row);
        Ok(Self { layout: Layout { width, height, stride: step.unwrap_or(row) }, in_place: step.is_some() })
    }
}

/// Pixels held for a call.
pub(crate) struct PixelBuffer {
    bytes: Storage,
    layout: Layout,
    format: PixelFormat,
}

enum Storage {
    InPlace(PyBuffer<u8>),
    Copied(Encoded),
}

impl PixelBuffer {
    fn take(
        buffer: PyBuffer<u8>,
        Place { layout, in_place }: Place,
        data: &Bound<'_, PyAny>,
        format: PixelFormat,
    ) -> PyResult<Self> {
        let bytes =
            if in_place { Storage::InPlace(buffer) } else { Storage::Copied(Encoded::copy(&buffer, data)?) };
        Ok(Self { bytes, layout, format })
    }

    /// Pixels of an array that states its shape.
    pub(crate) fn shaped(
        buffer: PyBuffer<u8>,
        data: &Bound<'_, PyAny>,
        name: &str,
        format: PixelFormat,
    ) -> PyResult<Self> {
        let place = Place::of(&buffer, data.py(), name, format)?;
        Self::take(buffer, place, data, format)
    }

    /// Pixels in bytes that follow each other without a gap.
    pub(crate) fn gapless(bytes: Encoded, format: PixelFormat, width: u32, height: u32) -> Self {
        let layout = Layout { width, height, stride: width as usize * format.channels() };
        Self { bytes: Storage::Copied(bytes), layout, format }
    }

    /// The pixels as the core takes them.
    pub(crate) fn view(&self) -> PixelView<'_> {
        let data = match &self.bytes {
            Storage::Copied(bytes) => bytes,
            Storage::InPlace(buffer) => in_place(buffer),
        };
        let Layout { width, height, stride } = self.layout;
        PixelView { data, width, height, stride, format: self.format }
    }
}

/// The step from row to row, where the bytes of each row lie together and rows follow each other downwards.
fn rows_in_place(buffer: &PyBuffer<u8>, row: usize) -> Option<usize> {
    if buffer.suboffsets().is_some() {
        return None;
    }
    let mut together = 1;
    let axes = buffer.shape().iter().zip(buffer.strides());
    for (&length, &stride) in axes.skip(1).rev() {
        // The step along an axis of one is never taken, and may say anything.
        if length > 1 && stride != together {
            return None;
        }
        together *= isize::try_from(length).ok()?;
    }
    match (buffer.shape().first()?, usize::try_from(*buffer.strides().first()?)) {
        (0 | 1, _) => Some(row),
        (_, Ok(stride)) if stride >= row => Some(stride),
        _ => None,
    }
}

/// The bytes of a buffer from its first to its last, gaps between rows included.
fn in_place(buffer: &PyBuffer<u8>) -> &[u8] {
    let last = buffer.shape().iter().zip(buffer.strides()).try_fold(0_usize, |last, (&length, &stride)| {
        let steps = length.checked_sub(1)?;
        if steps == 0 {
            Some(last)
        } else {
            last.checked_add(steps.checked_mul(usize::try_from(stride).ok()?)?)
        }
    });
    match last {
        // SAFETY: shape and strides of the buffer, none of them negative, say that these bytes are part of it,
        // and it is held for as long as the slice. The exporter keeps them in place meanwhile. That nobody
        // writes to them is asked of the caller; the core copies each byte once and trusts none.
        Some(last) => unsafe { std::slice::from_raw_parts(buffer.buf_ptr().cast::<u8>(), last + 1) },
        None => &[],
    }
}
