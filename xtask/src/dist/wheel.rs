//! The wheel for Python: the package's folder, with what installers want to know about it.

use std::fs;
use std::path::Path;

use super::archive::TIME;
use super::platform::Platform;
use super::toolchain::{Toolchain, run_quietly};
use super::{Artefact, empty};
use crate::failure::{Failure, Result};
use crate::files;
use crate::package::Workshop;

/// The oldest Python that the module loads in; every later one has the same stable interface.
const PYTHON: &str = "cp311-abi3";

/// The wheel's name, by which installers choose it.
pub(super) fn file_name(platform: Platform) -> String {
    format!("facebridge-{}-{PYTHON}-{}.whl", env!("CARGO_PKG_VERSION"), platform.wheel_tag())
}

/// Packs the wheel from the package that the workshop made.
pub(super) fn artefact(workshop: &Workshop, toolchain: &Toolchain, platform: Platform) -> Result<Artefact> {
    let scratch = tempfile::tempdir()
        .map_err(|error| Failure::new(format!("no temporary folder can be made: {error}")))?;
    let information = workshop.folder.join(concat!("facebridge-", env!("CARGO_PKG_VERSION"), ".dist-info"));
    empty(&information)?;
    describe(workshop, toolchain, platform, scratch.path())?;
    promise(&information.join("WHEEL"), platform)?;

    let mut pack = toolchain.command("wheel")?;
    pack.arg("pack").arg("--dest-dir").arg(scratch.path()).arg(&workshop.folder);
    run_quietly(pack.env("SOURCE_DATE_EPOCH", TIME.to_string()))?;
    let file = file_name(platform);
    let path = scratch.path().join(&file);
    let bytes = fs::read(&path).map_err(|error| Failure::io("read", &path, &error))?;
    Ok(Artefact { file, bytes })
}

/// Has maturin write the wheel's metadata from the project file. Nothing is built.
fn describe(workshop: &Workshop, toolchain: &Toolchain, platform: Platform, scratch: &Path) -> Result<()> {
    let bindings = workshop.root.join("bindings-python");
    let project = read(&bindings.join("pyproject.toml"))?;
    let project = project_elsewhere(&project, &bindings.join("Cargo.toml"))?;
    // The project file names its neighbours; the licences lie elsewhere in the repository.
    files::write_atomically(&scratch.join("pyproject.toml"), project.as_bytes())?;
    files::write_atomically(&scratch.join("python/facebridge/__init__.py"), b"")?;
    for (from, to) in [
        (bindings.join("README.md"), "README.md"),
        (workshop.root.join("LICENSE-APACHE"), "LICENSE-APACHE"),
        (workshop.root.join("LICENSE-MIT"), "LICENSE-MIT"),
    ] {
        files::write_atomically(&scratch.join(to), read(&from)?.as_bytes())?;
    }
    let mut maturin = toolchain.command("maturin")?;
    maturin.args(["pep517", "write-dist-info", "--target", &platform.triple(), "--interpreter", "python3"]);
    maturin.arg("--metadata-directory").arg(&workshop.folder).current_dir(scratch);
    run_quietly(&mut maturin)
}

/// The project file with the crate where it is rather than beside it.
fn project_elsewhere(project: &str, manifest: &Path) -> Result<String> {
    let unusable = |reason: String| Failure::new(format!("bindings-python/pyproject.toml: {reason}"));
    let mut project: toml::Table = project.parse().map_err(|error| unusable(format!("{error}")))?;
    let maturin = project.get_mut("tool").and_then(|tool| tool.get_mut("maturin")?.as_table_mut());
    let maturin = maturin.ok_or_else(|| unusable("there is no [tool.maturin]".to_owned()))?;
    maturin.insert("manifest-path".to_owned(), manifest.display().to_string().into());
    toml::to_string(&project).map_err(|error| unusable(error.to_string()))
}

/// Puts the promised glibc in place of the "any Linux" that metadata written without a build has.
fn promise(path: &Path, platform: Platform) -> Result<()> {
    let text = read(path)?;
    let written = format!("Tag: {PYTHON}-linux_{}\n", platform.processor());
    if !text.contains(&written) {
        return Err(Failure::new(format!("{} does not say {}", path.display(), written.trim())));
    }
    let promised = format!("Tag: {PYTHON}-{}\n", platform.wheel_tag());
    files::write_atomically(path, text.replace(&written, &promised).as_bytes())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_file_finds_its_crate_from_elsewhere() {
        let project = read(&files::root().unwrap().join("bindings-python/pyproject.toml")).unwrap();
        let moved: toml::Table =
            project_elsewhere(&project, Path::new("/else/where/Cargo.toml")).unwrap().parse().unwrap();
        assert_eq!(moved["tool"]["maturin"]["manifest-path"].as_str(), Some("/else/where/Cargo.toml"));
        assert_eq!(moved["project"], project.parse::<toml::Table>().unwrap()["project"]);
        assert!(project_elsewhere("[project]\n", Path::new("Cargo.toml")).is_err());
    }

    #[test]
    fn the_name_says_where_the_wheel_can_be_installed() {
        let names: Vec<_> = super::super::platform::ALL.into_iter().map(file_name).collect();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            names,
            ["x86_64", "aarch64"].map(|processor| {
                format!("facebridge-{version}-cp311-abi3-manylinux_2_28_{processor}.whl")
            })
        );
    }

    #[test]
    fn a_tag_that_is_not_understood_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("WHEEL");
        let platform = super::super::platform::ALL[1];
        fs::write(&path, "Wheel-Version: 1.0\nTag: cp311-abi3-linux_aarch64\n").unwrap();
        promise(&path, platform).unwrap();
        assert_eq!(read(&path).unwrap(), "Wheel-Version: 1.0\nTag: cp311-abi3-manylinux_2_28_aarch64\n");
        assert!(promise(&path, platform).is_err());
    }
}
