//! The README's example in Rust, as it stands there.
#![allow(missing_docs, clippy::print_stdout)]

include!(concat!(env!("OUT_DIR"), "/readme.rs"));
