//! Finds faces: YuNet on prepared pixels, and the search that decides at which sizes to run it.

mod prepare;
mod search;
mod yunet;

pub(crate) use prepare::{Region, scaled};
pub(crate) use search::{Search, SearchPolicy};
pub(crate) use yunet::{FaceDetector, RawFace};
