//! Documentation: written once, in Rust, and read in every language.

mod markup;
mod parse;
mod resolve;
mod rust_isms;
mod translate;

pub(super) use parse::parse;
pub(super) use resolve::{Scope, questions};
pub(super) use rust_isms::rust_ism;
pub(super) use translate::{Names, translate, translate_text};
