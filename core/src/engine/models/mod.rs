//! Models: where they come from and how they are made ready.
pub mod graph;
