//! The ways to hand over an image.

use crate::arguments::{self, Numbered, Place};
use crate::versioned::{self, Versioned};
use crate::wire;
use facebridge::Result;
use facebridge::api::{ImageInput, PixelFormat, PixelView};
use std::ffi::c_char;
use std::ptr;

/// What an `fb_image` holds.
#[repr(i32)]
pub enum fb_image_kind {
    /// The bytes of a JPEG, PNG, BMP or WebP file.
    FB_IMAGE_ENCODED = 1,
    /// The path of such a file.
    FB_IMAGE_FILE = 2,
    /// Decoded, upright pixels, as a camera or a numerical library holds them.
    FB_IMAGE_PIXELS = 3,
}

/// An image: encoded bytes, a file, or raw pixels. Make one by fb_image_encoded(), fb_image_file() or
/// fb_image_pixels().
///
/// It borrows: what it points to must stay as it is until the call that it is passed to returns. Nothing is
/// copied on the way in.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fb_image {
    /// `sizeof(fb_image)`.
    pub size: usize,
    /// Which of the members below count: a number of `fb_image_kind`.
    pub kind: wire::fb_image_kind,
    /// Of pixels: a number of `fb_pixel_format`.
    pub format: wire::fb_pixel_format,
    /// Of encoded bytes and pixels: the first byte.
    pub data: *const u8,
    /// Of encoded bytes and pixels: how many bytes there are.
    pub length: usize,
    /// Of a file: its path, ended by NUL.
    pub path: *const c_char,
    /// Of pixels: width in pixels.
    pub width: u32,
    /// Of pixels: height in pixels.
    pub height: u32,
    /// Of pixels: bytes from the start of one row to the start of the next.
    pub stride: usize,
}

// SAFETY: it is laid out as in C, begins with its size, and holds numbers and pointers only.
unsafe impl Versioned for fb_image {
    fn blank() -> Result<Self> {
        Ok(Self {
            size: size_of::<Self>(),
            kind: 0,
            format: 0,
            data: ptr::null(),
            length: 0,
            path: ptr::null(),
            width: 0,
            height: 0,
            stride: 0,
        })
    }
}

/// Reads an image. It borrows what the caller's points to.
///
/// # Safety
/// `pointer` is NULL or points to an image, whose pointers are NULL or point to what it says, until the call ends.
pub(crate) unsafe fn read<'a>(pointer: *const fb_image, parameter: &str) -> Result<ImageInput<'a>> {
    const ENCODED: i32 = fb_image_kind::FB_IMAGE_ENCODED as i32;
    const FILE: i32 = fb_image_kind::FB_IMAGE_FILE as i32;
    const PIXELS: i32 = fb_image_kind::FB_IMAGE_PIXELS as i32;
    let place = Place::of(parameter);
    // SAFETY: as promised to this function.
    unsafe {
        let image = versioned::read(pointer, &place)?;
        let bytes = || arguments::image(image.data, image.length, &place.field("data"));
        match image.kind {
            ENCODED => Ok(bytes()?.into()),
            FILE => Ok(arguments::path(image.path, &place.field("path"))?.into()),
            PIXELS => Ok(ImageInput::Pixels(PixelView {
                data: bytes()?,
                width: image.width,
                height: image.height,
                stride: image.stride,
                format: PixelFormat::read(image.format, &place.field("format"))?,
            })),
            _ => Err(place.field("kind").refuse("is not a number of fb_image_kind")),
        }
    }
}
