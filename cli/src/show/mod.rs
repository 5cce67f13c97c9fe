//! How answers look: tables, drawings, plots, progress.

pub(crate) mod draw;
mod font;
pub(crate) mod gallery;
pub(crate) mod plots;
pub(crate) mod progress;
pub(crate) mod tables;
