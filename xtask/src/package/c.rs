//! The package for C and C++: an installation prefix with headers, libraries, pkg-config file, CMake package,
//! examples, and the script that installs it elsewhere.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Workshop, run_command};
use crate::failure::{Failure, Result};
use crate::files;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const MAJOR: &str = env!("CARGO_PKG_VERSION_MAJOR");

/// Templates in bindings-c/, by their place in the package. `@VERSION@` and its like are filled in.
const TEMPLATES: [(&str, &str); 3] = [
    ("package/facebridge.pc.in", "lib/pkgconfig/facebridge.pc"),
    ("package/facebridge-config.cmake.in", "lib/cmake/facebridge/facebridge-config.cmake"),
    ("package/facebridge-config-version.cmake.in", "lib/cmake/facebridge/facebridge-config-version.cmake"),
];

/// Folders in bindings-c/, copied whole.
const FOLDERS: [(&str, &str); 2] =
    [("include/facebridge", "include/facebridge"), ("examples", "share/facebridge/examples")];

/// Makes the package in the workshop's folder.
pub(crate) fn package(workshop: &Workshop) -> Result<()> {
    let source = workshop.root.join("bindings-c");
    let folder = &workshop.folder;
    workshop.install_assets(folder)?;
    shared_library(workshop)?;
    static_library(workshop)?;
    for (from, to) in FOLDERS {
        for path in files::listing(&source.join(from))? {
            let name = path.file_name().map(PathBuf::from).unwrap_or_default();
            copy(&path, &folder.join(to).join(name))?;
        }
    }
    for (from, to) in TEMPLATES {
        let text = String::from_utf8_lossy(&read(&source.join(from))?)
            .replace("@VERSION@", VERSION)
            .replace("@MAJOR@", MAJOR);
        files::write_atomically(&folder.join(to), text.as_bytes())?;
    }
    copy(&workshop.root.join("docs/c.md"), &folder.join("share/doc/facebridge/c.md"))?;
    let installer = folder.join("install.sh");
    copy(&source.join("package/install.sh"), &installer)?;
    fs::set_permissions(&installer, fs::Permissions::from_mode(0o755))
        .map_err(|error| Failure::io("make executable", &installer, &error))
}

/// `libfacebridge.so` is for compilers, `libfacebridge.so.0` for programs; both lead to the one of this version.
fn shared_library(workshop: &Workshop) -> Result<()> {
    let folder = workshop.folder.join("lib");
    let file = format!("libfacebridge.so.{VERSION}");
    copy(&workshop.built.join("libfacebridge_c.so"), &folder.join(&file))?;
    for name in ["libfacebridge.so".to_owned(), format!("libfacebridge.so.{MAJOR}")] {
        let link = folder.join(name);
        symlink(&file, &link).map_err(|error| Failure::io("make", &link, &error))?;
    }
    Ok(())
}

/// Joins the static library into one object in which nothing but our interface is visible: it holds a Rust runtime and
/// a JPEG library, whose names must not meet those of the program that it is linked into.
fn static_library(workshop: &Workshop) -> Result<()> {
    let tools = rust_tools()?;
    let scratch = tempfile::tempdir().map_err(|error| Failure::io("make", Path::new("a folder"), &error))?;
    let object = scratch.path().join("facebridge.o");
    let hint = "install Rust through rustup: its linker comes along";
    let mut join = Command::new(tools.join("bin/rust-lld"));
    join.args(["-flavor", "gnu", "-r", "--whole-archive"]).arg(workshop.built.join("libfacebridge_c.a"));
    run_command(join.arg("-o").arg(&object), hint)?;

    let mut hide = Command::new(tools.join("bin/rust-objcopy"));
    // It is linked to the compiler's own libraries, which lie where rustup's programs look and it does not.
    hide.env("LD_LIBRARY_PATH", tools.join("../.."));
    hide.args(["--wildcard", "--keep-global-symbol=fb_*"]);
    // Leftovers of the compiler, which other archivers stumble over.
    hide.args(["--remove-section=.llvmbc", "--remove-section=.llvmcmd"]);
    if workshop.release {
        // More than half of it, and full of the building machine's paths.
        hide.arg("--strip-debug");
    }
    run_command(hide.arg(&object), hint)?;

    let mut archive = Command::new("ar");
    archive.arg("crsD").arg(workshop.folder.join("lib/libfacebridge.a")).arg(&object);
    run_command(&mut archive, "install binutils: scripts/setup does")
}

/// The folder of this machine's own tools in the Rust toolchain.
fn rust_tools() -> Result<PathBuf> {
    let failed = |reason: String| Failure::new(format!("rustc does not say where its tools are: {reason}"));
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "target-libdir"])
        .output()
        .map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8(output.stdout).map_err(|error| failed(error.to_string()))?;
    Path::new(text.trim())
        .parent()
        .map(Path::to_owned)
        .filter(|folder| folder.is_dir())
        .ok_or_else(|| failed("no such folder".to_owned()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Failure::io("read", path, &error))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    files::write_atomically(to, &read(from)?)
}
