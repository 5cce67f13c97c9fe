//! What stands behind the API: one module per backend, and what all of them need.

pub(crate) mod config;
pub(crate) mod gallery;
pub(crate) mod job;
pub(crate) mod labelled;
pub(crate) mod local;
