//! facebridge for C and C++.
//!
//! `generated` is written by `cargo xtask generate` from core/src/api; the header comes from it, from [`errors`]
//! and from [`image`]. The rest is the small runtime that generated code calls. Nothing is decided here.
//!
//! A name that begins with `fb_` is part of the C interface.
#![allow(non_camel_case_types, reason = "the names are C's")]
#![allow(clippy::missing_safety_doc, reason = "the header says once what every caller promises")]

mod arena;
mod arguments;
mod door;
pub mod errors;
pub mod generated;
pub mod image;
mod live;
mod objects;
mod package;
mod versioned;
mod wire;
