//! Face recognition: one API over a local engine and remote systems.

pub mod engine;
mod error;

pub use error::{Error, ErrorKind, Result};
