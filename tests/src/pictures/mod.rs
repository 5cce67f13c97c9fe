//! Makes pictures in every format, layout and size from the pixels of a photo.
//!
//! PNG, BMP and the containers are written by hand, because no encoder writes every variant that is out there.

pub mod bmp;
pub mod exif;
pub mod jpeg;
pub mod pixels;
pub mod png;
pub mod webp;
