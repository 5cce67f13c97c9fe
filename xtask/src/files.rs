//! Small steps on files that several chores share.

use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::failure::{Failure, Result};

/// The checkout's root: the nearest folder upwards that holds `assets.lock`.
pub(crate) fn root() -> Result<PathBuf> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(format!("the current folder cannot be read: {error}")))?;
    here.ancestors().find(|folder| folder.join("assets.lock").is_file()).map(Path::to_path_buf).ok_or_else(
        || {
            Failure::new(
                "no assets.lock here or above; run this inside a checkout of the facebridge repository",
            )
        },
    )
}

/// Where cargo puts what it builds.
pub(crate) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// The kind of this machine as `assets.lock` and the archives name it, such as `linux-x86_64`.
pub(crate) fn host() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The sha256 of some bytes, in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The sha256 of a file, or nothing where there is no such file.
pub(crate) fn sha256_of(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(sha256(&bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("read", path, &error)),
    }
}

/// What lies in a folder, sorted by name.
pub(crate) fn listing(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    let mut paths = read().map_err(|error| Failure::io("read", folder, &error))?;
    paths.sort();
    Ok(paths)
}

/// Writes a file whole or not at all: a reader, or a second run beside this one, never sees half of it.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder =
        path.parent().ok_or_else(|| Failure::new(format!("{} is not a file's path", path.display())))?;
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        readable_by_all(file.as_file())?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|error| Failure::io("write", path, &error))
}

/// Temporary files are private to their maker; what they become is for every user of the checkout.
fn readable_by_all(file: &fs::File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Whether a path stays inside the folder it is joined to: no root, no drive, no `..`, no backslash.
pub(crate) fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\0'])
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_inside_are_inside() {
        for inside in ["a", "a/b.txt", "./a/b", "a..b/c"] {
            assert!(stays_inside(inside), "{inside}");
        }
        for outside in ["", "/etc/passwd", "../a", "a/../../b", "a\\..\\b", "C:\\a", "a\0b"] {
            assert!(!stays_inside(outside), "{outside}");
        }
    }

    #[test]
    fn hashes_as_published() {
        // The two examples everyone knows, from FIPS 180-4.
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn an_absent_file_has_no_hash() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(sha256_of(&folder.path().join("none")).unwrap(), None);
    }

    #[test]
    fn writing_replaces_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/file");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
