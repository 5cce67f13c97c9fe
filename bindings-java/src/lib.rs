//! What the Java classes of facebridge call. It takes no decision: arguments come in and answers go out as flat
//! documents, and everything between is the core's.

mod generated;
mod image;
#[cfg(debug_assertions)]
mod panic;
mod runtime;
mod wire;
