//! What stands behind the API: one module per backend.

pub(crate) mod local;
