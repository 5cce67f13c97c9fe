//! Shared by the tests in this crate: where the assets lie, one loaded client, pictures in every variant, and
//! the hostile pictures; power cuts, and what becomes of a store of faces by them.

pub mod assets;
pub mod cases;
pub mod durability;
pub mod hostile;
pub mod languages;
pub mod pictures;
pub mod power_cut;
mod random;
