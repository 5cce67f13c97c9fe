//! The packages of the other languages, as `make packages` leaves them, and how a program uses each.

use crate::assets::repository_file;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of a language's package.
///
/// # Panics
/// Where it is missing; the message names the command that makes it.
pub fn package(language: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository_file("target"), PathBuf::from);
    let folder = target.join("packages").join(language);
    assert!(folder.is_dir(), "{} is missing: run `make packages`", folder.display());
    folder.canonicalize().expect("it is there")
}

/// A Python that finds the package.
pub fn python() -> Command {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", package("python"));
    command
}

/// Compiles a program in C or C++ against the installed package: `cc` with `-std=c99`, for example.
///
/// # Panics
/// Where it does not compile without a warning.
pub fn compile(compiler: &str, standard: &str, source: &Path, program: &Path) -> Command {
    let package = package("c");
    let library = package.join("lib");
    let status = Command::new(compiler)
        .args([standard, "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o"])
        .arg(program)
        .arg(source)
        .arg(format!("-I{}", package.join("include").display()))
        .arg(format!("-L{}", library.display()))
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .args(["-lfacebridge", "-pthread"])
        .status()
        .unwrap_or_else(|error| panic!("{compiler} cannot be started: {error}"));
    assert!(status.success(), "{} cannot be compiled", source.display());
    Command::new(program)
}

/// Runs a Java source file with the jar on its class path.
///
/// # Panics
/// Where the package holds no jar.
pub fn java(source: &Path) -> Command {
    let jar = package("java").join(format!("facebridge-{}.jar", env!("CARGO_PKG_VERSION")));
    assert!(jar.is_file(), "{} is missing: run `make packages`", jar.display());
    let mut command = Command::new("java");
    command.arg("-cp").arg(jar).arg(source);
    command
}
