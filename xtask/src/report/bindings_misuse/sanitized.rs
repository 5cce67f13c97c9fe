//! The C shell's own memory: its unit tests, compiled with AddressSanitizer.
//!
//! scripts/test-c compiles only the callers' side with it. Rust's sanitizers are not stable, so the compiler must be
//! told to allow them, and all that is linked in is compiled once more: not in every test run, but here.

use std::process::{Command, ExitStatus, Stdio};

use super::Place;
use crate::failure::{Failure, Result};

/// Compiles the tests, in a folder of their own, and runs them.
pub(super) fn unit_tests(place: &Place<'_>) -> Result<ExitStatus> {
    // Named, so that the programs which run while it is built are compiled without.
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--quiet", "--package", "facebridge-c", "--lib", "--target", &target])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Zsanitizer=address")
        .env("CARGO_TARGET_DIR", place.target.join("sanitized"))
        .current_dir(place.root)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| Failure::new(format!("cargo cannot be started: {error}")))
}
