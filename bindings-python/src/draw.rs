//! Faces drawn on their picture.

use crate::call::call;
use crate::generated::{Detection, Face, SelectedFace};
use crate::image_input::Image;
use crate::value::{Value, items};
use facebridge::api::{self, ImageLimits};
use facebridge::engine::image::Picture as Decoder;
use facebridge::{Error, ErrorKind, Result};
use image::ImageFormat;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// A picture in PNG format. Jupyter shows it.
#[pyclass(frozen, module = "facebridge")]
pub(crate) struct Picture {
    png: Vec<u8>,
    width: u32,
    height: u32,
}

#[pymethods]
impl Picture {
    /// The bytes of the PNG file.
    #[getter]
    fn png<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.png)
    }

    /// Width in pixels.
    #[getter]
    fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[getter]
    fn height(&self) -> u32 {
        self.height
    }

    /// Writes the PNG file.
    ///
    /// Args:
    ///     path: Where to write it; an existing file is replaced.
    ///
    /// Raises:
    ///     IoError: The file cannot be written.
    fn save(&self, py: Python<'_>, path: &Bound<'_, PyAny>) -> PyResult<()> {
        let path = PathBuf::read(path, "path")?;
        call(py, || {
            std::fs::write(&path, &self.png).map_err(|error| {
                Error::new(ErrorKind::Io, format!("The picture cannot be written: {}.", error.kind()))
            })
        })
    }

    fn _repr_png_<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.png(py)
    }

    fn __repr__(&self) -> String {
        format!("<Picture {}x{}, PNG of {} bytes>", self.width, self.height, self.png.len())
    }
}

/// Draws faces on their picture: numbered boxes with probability and check code, and landmarks.
///
/// Args:
///     image: The picture in which the faces were found, in any of the ways in which `Client.detect` takes it.
///     faces: What was found: a `Detection`, a `SelectedFace`, a `Face` or a list of faces.
///     limits: Caps on what is decoded. Default: those of a client by the defaults.
///
/// Returns:
///     The picture with the faces.
///
/// Raises:
///     FaceError: The picture cannot be read, as for `Client.detect`.
#[pyfunction]
#[pyo3(signature = (image, faces, *, limits=None))]
pub(crate) fn draw(
    py: Python<'_>,
    image: &Bound<'_, PyAny>,
    faces: &Bound<'_, PyAny>,
    limits: Option<&Bound<'_, PyAny>>,
) -> PyResult<Picture> {
    let image = Image::read(image, "image")?;
    let faces = faces_of(faces)?;
    let limits = match limits {
        Some(limits) => ImageLimits::read(limits, "limits")?,
        None => ImageLimits::default(),
    };
    let content = match &image {
        Image::Encoded(bytes) => Content::Encoded(bytes),
        Image::Path(path) => Content::Path(path),
        Image::Pixels(pixels) => Content::Pixels(pixels.view()),
    };
    call(py, move || content.drawn(&faces, &limits))
}

fn faces_of(value: &Bound<'_, PyAny>) -> PyResult<Vec<api::Face>> {
    if value.is_instance_of::<Detection>() {
        return api::Detection::read(value, "faces").map(|detection| detection.faces);
    }
    if value.is_instance_of::<SelectedFace>() {
        return api::SelectedFace::read(value, "faces").map(|selected| vec![selected.face]);
    }
    if value.is_instance_of::<Face>() {
        return api::Face::read(value, "faces").map(|face| vec![face]);
    }
    let rule = "be a facebridge.Detection, SelectedFace, Face or a list of faces";
    let faces = items(value, "faces", rule)?.enumerate();
    faces.map(|(index, face)| api::Face::read(&face?, &format!("faces[{index}]"))).collect()
}

enum Content<'a> {
    Encoded(&'a [u8]),
    Path(&'a Path),
    Pixels(api::PixelView<'a>),
}

impl Content<'_> {
    fn drawn(&self, faces: &[api::Face], limits: &ImageLimits) -> Result<Picture> {
        let decoded = match self {
            Self::Encoded(bytes) => Decoder::open(bytes, limits)?.decode(1)?,
            Self::Path(path) => Decoder::open(&read(path, limits)?, limits)?.decode(1)?,
            Self::Pixels(view) => Decoder::from_pixels(*view, limits)?.decode(1)?,
        };
        let mut canvas = decoded.pixels;
        facebridge_cli::mark_faces(&mut canvas, faces);
        let mut png = Cursor::new(Vec::new());
        canvas.write_to(&mut png, ImageFormat::Png).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("The picture cannot be encoded: {error}."))
        })?;
        Ok(Picture { png: png.into_inner(), width: canvas.width(), height: canvas.height() })
    }
}

/// Reads at most one byte more than is allowed, so that a larger file is refused without being read.
///
/// The file is not named in an error: photos are often called after the person on them.
fn read(path: &Path, limits: &ImageLimits) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Io, format!("The file of the image cannot be read: {}.", error.kind()))
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limits.max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
