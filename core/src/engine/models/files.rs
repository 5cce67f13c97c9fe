//! Finds model and runtime files, and reads only the bytes their manifest promises.

use crate::{Error, ErrorKind, Result};
use aws_lc_rs::digest::{Context, Digest, SHA256, digest};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Environment variable: the folder of model files.
pub const MODEL_DIR_VARIABLE: &str = "FACEBRIDGE_MODEL_DIR";
/// Environment variable: the full path of the ONNX Runtime library.
pub const RUNTIME_LIBRARY_VARIABLE: &str = "FACEBRIDGE_ORT_LIBRARY";

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&digest(&SHA256, bytes))
}

fn hexadecimal(digest: &Digest) -> String {
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// Reads a file whose bytes must have the SHA-256 `expected`.
///
/// The bytes returned are those that were hashed, so that nothing can be exchanged in between.
///
/// # Errors
/// `AssetMissing` where there is no such file; `AssetTampered` where its bytes differ.
pub fn read_verified(path: &Path, expected: &str) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    promised(path, &sha256(&bytes), expected)?;
    Ok(bytes)
}

/// Checks a file that somebody else will read, without holding it in memory.
///
/// # Errors
/// As [`read_verified`].
pub(crate) fn verify(path: &Path, expected: &str) -> Result<()> {
    let mut context = Context::new(&SHA256);
    let mut part = vec![0; 1 << 16];
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    loop {
        match file.read(&mut part).map_err(|error| unreadable(path, &error))? {
            0 => return promised(path, &hexadecimal(&context.finish()), expected),
            length => context.update(&part[..length]),
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::AssetMissing,
        format!(
            "{} cannot be read ({}). Install the package again (in a checkout: `cargo xtask assets`), or set {MODEL_DIR_VARIABLE}.",
            path.display(),
            error.kind()
        ),
    )
}

fn promised(path: &Path, found: &str, expected: &str) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::AssetTampered,
        format!(
            "{} is not the file its manifest names (SHA-256 {found}, expected {expected}). Delete it and install the package again (in a checkout: `cargo xtask assets`); if it comes back, treat the machine as compromised.",
            path.display()
        ),
    ))
}

/// Reads a text file that the caller named.
///
/// # Errors
/// `Io` where it cannot be read.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        Error::new(ErrorKind::Io, format!("{} cannot be read: {}.", path.display(), error.kind()))
    })
}

/// The folder of model files: `chosen`, or the environment's, or the one installed with this program.
///
/// # Errors
/// `AssetMissing` where none of them exists.
pub fn model_folder(chosen: Option<&Path>) -> Result<PathBuf> {
    if let Some(folder) = chosen.map(Path::to_owned).or_else(|| from_environment(MODEL_DIR_VARIABLE)) {
        return Ok(folder);
    }
    installed(&["share/facebridge/models", "assets/models"]).ok_or_else(|| {
        Error::new(
            ErrorKind::AssetMissing,
            format!(
                "No folder of face models was found. Install the package again (in a checkout: `cargo xtask assets`), or set {MODEL_DIR_VARIABLE}."
            ),
        )
    })
}

/// Where the runtime library lies, and whether it is ours, so that its hash is known.
pub(crate) enum LibraryPlace {
    /// Named by the caller or the environment.
    Chosen(PathBuf),
    /// Installed with this program.
    Installed(PathBuf),
}

/// The ONNX Runtime library: `chosen`, or the environment's, or `file` as installed with this program.
///
/// # Errors
/// `AssetMissing` where none of them exists.
pub(crate) fn runtime_library(chosen: Option<&Path>, file: &str) -> Result<LibraryPlace> {
    if let Some(path) = chosen.map(Path::to_owned).or_else(|| from_environment(RUNTIME_LIBRARY_VARIABLE)) {
        return Ok(LibraryPlace::Chosen(path));
    }
    let places = [format!("lib/{file}"), format!("assets/runtime/{file}")];
    installed(&[&places[0], &places[1]]).map(LibraryPlace::Installed).ok_or_else(|| {
        Error::new(
            ErrorKind::AssetMissing,
            format!("{file} was not found. Install the package again (in a checkout: `cargo xtask assets`), or set {RUNTIME_LIBRARY_VARIABLE} to its full path."),
        )
    })
}

fn from_environment(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Where a language's package keeps its files, where this library is part of one.
static PACKAGE: OnceLock<PathBuf> = OnceLock::new();

/// Names the folder of the package that this library is part of: a Python package, an installed C library,
/// the place where a jar was unpacked. The first call counts.
pub fn set_package_folder(folder: PathBuf) {
    let _already_known = PACKAGE.set(folder);
}

/// The first of `places` that exists in this library's package, or in a folder above the program: an
/// installation's prefix, or a checkout.
///
/// The current folder is not searched: a file planted there must not be loaded.
fn installed(places: &[&str]) -> Option<PathBuf> {
    // Without /proc a program does not know where it lies; a package does.
    let program = std::env::current_exe().unwrap_or_default();
    PACKAGE
        .get()
        .map(PathBuf::as_path)
        .into_iter()
        .chain(program.ancestors().skip(1).filter(|folder| folder.is_absolute()))
        .flat_map(|folder| places.iter().map(|place| folder.join(place)))
        .find(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_promised_bytes_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        let missing = read_verified(&path, "").unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::AssetMissing);
        assert!(missing.message().contains("cargo xtask assets"));
        std::fs::write(&path, b"abc").unwrap();
        let promised = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(read_verified(&path, promised).unwrap(), b"abc");
        verify(&path, promised).unwrap();
        std::fs::write(&path, b"abd").unwrap();
        assert_eq!(read_verified(&path, promised).unwrap_err().kind(), ErrorKind::AssetTampered);
        assert_eq!(verify(&path, promised).unwrap_err().kind(), ErrorKind::AssetTampered);
    }
}
