//! The package for Java: one jar with classes, native libraries, models and licences, and a Maven repository in a
//! folder that holds it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Workshop, run_command};
use crate::failure::{Failure, Result};
use crate::files;

/// The files that every platform shares; all others lie in the platform's own folder.
const SHARED: &str = "share/facebridge/models/";

/// What only the development build holds, for the tests: see bindings-java/src/panic.rs.
const FOR_TESTS: &[u8] = b"Java_io_facebridge_Panic";

/// Makes the package in the workshop's folder.
pub(crate) fn package(workshop: &Workshop) -> Result<()> {
    let natives = files::target(&workshop.root).join("java/natives");
    empty(&natives)?;
    stage(workshop, &natives)?;
    assemble(workshop, &natives)
}

/// Puts the native library, the runtime and the models of one platform into a folder, which may hold those of others,
/// and the list by which the classes know what to unpack.
pub(crate) fn stage(workshop: &Workshop, natives: &Path) -> Result<()> {
    let installed =
        tempfile::tempdir().map_err(|error| Failure::io("make", Path::new("a folder"), &error))?;
    workshop.install_assets(installed.path())?;
    let library = format!("{}facebridge_jni{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let built = workshop.built.join(&library);
    if workshop.release {
        refuse_test_natives(&built)?;
    }
    copy(&built, &installed.path().join("lib").join(&library))?;

    let mut list = String::new();
    let mut places = Vec::new();
    find(installed.path(), "", &mut places)?;
    for place in places {
        let shared = place.starts_with(SHARED);
        let resource = if shared { place.clone() } else { format!("{}/{place}", workshop.platform) };
        let from = installed.path().join(&place);
        let bytes = fs::read(&from).map_err(|error| Failure::io("read", &from, &error))?;
        files::write_atomically(&natives.join(&resource), &bytes)?;
        if shared || place.starts_with("lib/") {
            list += &format!("{}  {resource}\n", files::sha256(&bytes));
        }
    }
    files::write_atomically(&natives.join(format!("{}.sha256", workshop.platform)), list.as_bytes())
}

/// Makes the jar of what was staged, with its sources and documentation, and the Maven repository; Maven works in the
/// folder `build` beside the staged one.
pub(crate) fn assemble(workshop: &Workshop, natives: &Path) -> Result<()> {
    let project = workshop.root.join("bindings-java/pom.xml");
    check_version(&project)?;
    let built = natives.with_file_name("build");
    // What was there before may belong to another definition.
    empty(&built)?;
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--quiet", "--no-transfer-progress", "--file"]).arg(&project);
    maven.arg(property("facebridge.natives", "", natives)).arg(property("facebridge.build", "", &built));
    maven.arg(property("altDeploymentRepository", "package::file:", &workshop.folder.join("repository")));
    let hint = "install Maven and a JDK of at least 17: scripts/setup does";
    run_command(maven.args(["package", "deploy:deploy"]), hint)?;
    for kind in ["", "-sources", "-javadoc"] {
        let jar = format!("facebridge-{}{kind}.jar", env!("CARGO_PKG_VERSION"));
        copy(&built.join(&jar), &workshop.folder.join(&jar))?;
    }
    Ok(())
}

/// What is shipped must not panic on request.
fn refuse_test_natives(library: &Path) -> Result<()> {
    let bytes = fs::read(library).map_err(|error| Failure::io("read", library, &error))?;
    if bytes.windows(FOR_TESTS.len()).any(|window| window == FOR_TESTS) {
        return Err(Failure::new(format!(
            "{} holds natives for tests, so it is no release",
            library.display()
        )));
    }
    Ok(())
}

/// Maven wants the version as a plain word, so it stands there a second time.
fn check_version(project: &Path) -> Result<()> {
    let text = fs::read_to_string(project).map_err(|error| Failure::io("read", project, &error))?;
    let expected = format!("<version>{}</version>", env!("CARGO_PKG_VERSION"));
    if text.lines().find(|line| line.contains("<version>")).is_some_and(|line| line.trim() == expected) {
        return Ok(());
    }
    Err(Failure::new(format!("{} must say {expected}, as the workspace does", project.display())))
}

fn property(name: &str, scheme: &str, path: &Path) -> OsString {
    let mut text = OsString::from(format!("-D{name}={scheme}"));
    text.push(path);
    text
}

fn empty(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::io("empty", folder, &error))
        }
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).map_err(|error| Failure::io("read", from, &error))?;
    files::write_atomically(to, &bytes)
}

/// Every file below a folder, by its place in it, sorted.
fn find(root: &Path, below: &str, places: &mut Vec<String>) -> Result<()> {
    for entry in files::listing(&root.join(below))? {
        let name = entry.file_name().map(PathBuf::from).unwrap_or_default();
        let place = Path::new(below).join(name).display().to_string();
        if entry.is_dir() {
            find(root, &place, places)?;
        } else {
            places.push(place);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_with_natives_for_tests_is_no_release() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("library");
        fs::write(&library, b"\0Java_io_facebridge_Native_clientEmbed\0").unwrap();
        refuse_test_natives(&library).unwrap();
        fs::write(&library, b"\0Java_io_facebridge_Panic_with\0").unwrap();
        assert!(refuse_test_natives(&library).unwrap_err().to_string().contains("no release"));
    }
}
