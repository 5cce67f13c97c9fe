//! Shared by the tests in this crate: where the assets lie, one loaded client, and pictures in every variant.

pub mod assets;
pub mod pictures;
