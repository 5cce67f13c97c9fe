//! The engine on this machine: picture in, faces and embeddings out.

mod align;
mod analysis;
mod detect;
mod embed;
pub mod image;
mod loading;
pub mod models;
mod pose;
mod quality;
pub mod runtime;

pub(crate) use analysis::{Engine, FaceReport};
pub(crate) use embed::cosine;
