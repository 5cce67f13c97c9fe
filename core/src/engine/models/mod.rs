//! Models: where they come from and how they are made ready.

mod files;
pub mod graph;
mod manifest;

pub(crate) use files::{LibraryPlace, read_text, runtime_library, verify};
pub use files::{
    MODEL_DIR_VARIABLE, RUNTIME_LIBRARY_VARIABLE, model_folder, read_verified, set_package_folder, sha256,
};
pub use manifest::{ColourOrder, Manifest, ModelEntry, ModelKind, RuntimeEntry};
