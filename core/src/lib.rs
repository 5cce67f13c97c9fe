//! Face recognition: one API over a local engine and remote systems.

pub mod api;
#[doc(hidden)]
pub mod boundary;
pub mod decision;
pub mod engine;
mod error;
pub mod evaluation;
#[doc(hidden)]
pub mod gallery;
mod service;

pub use error::{Error, ErrorKind, Result};

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
