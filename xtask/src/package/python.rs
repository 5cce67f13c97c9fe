//! The package for Python: a folder to put on PYTHONPATH. `cargo xtask dist` makes the wheel of it.

use super::Workshop;
use crate::failure::{Failure, Result};
use crate::files;
use std::fs;
use std::path::Path;

/// What is written by hand or generated; interpreters leave other files beside it.
const SOURCES: [&str; 3] = ["py", "pyi", "typed"];

/// Makes the package in the workshop's folder: `facebridge/` with the native module, models and runtime.
pub(crate) fn package(workshop: &Workshop) -> Result<()> {
    let package = workshop.folder.join("facebridge");
    copy_sources(&workshop.root, &package)?;
    copy(&workshop.built.join("lib_facebridge.so"), &package.join("_facebridge.abi3.so"))?;
    workshop.install_assets(&package.join("bundled"))
}

fn copy_sources(root: &Path, to: &Path) -> Result<()> {
    for path in files::listing(&root.join("bindings-python/python/facebridge"))? {
        let is_source =
            path.extension().is_some_and(|extension| SOURCES.iter().any(|source| extension == *source));
        if let (true, Some(name)) = (is_source, path.file_name()) {
            copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).map_err(|error| Failure::io("read", from, &error))?;
    files::write_atomically(to, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sources_are_copied() {
        let root = tempfile::tempdir().unwrap();
        let sources = root.path().join("bindings-python/python/facebridge");
        for name in ["__init__.py", "py.typed", "_facebridge.pyi", "_facebridge.abi3.so", "__pycache__/x.pyc"]
        {
            files::write_atomically(&sources.join(name), b"").unwrap();
        }
        let to = root.path().join("package");
        copy_sources(root.path(), &to).unwrap();
        let copied = files::listing(&to).unwrap();
        let names: Vec<_> = copied.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["__init__.py", "_facebridge.pyi", "py.typed"]);
    }
}
