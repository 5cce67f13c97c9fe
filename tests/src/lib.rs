//! Shared by the tests in this crate: where the assets lie, one loaded client, pictures in every variant, and
//! the hostile pictures.

pub mod assets;
pub mod cases;
pub mod hostile;
pub mod languages;
pub mod pictures;
