//! Takes the Rust example out of the README, so that it is compiled and run as it stands there.

use std::path::Path;

fn main() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    println!("cargo::rerun-if-changed={}", readme.display());
    let text = std::fs::read_to_string(&readme).expect("the README can be read");
    let (_, rest) = text.split_once("```rust,no_run\n").expect("the README has an example in Rust");
    let (example, _) = rest.split_once("```").expect("the example ends");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    std::fs::write(Path::new(&out).join("readme.rs"), example).expect("the example can be written");
}
