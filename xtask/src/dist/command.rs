//! The `facebridge` command with everything it needs, as one archive to unpack anywhere.

use std::fs;
use std::path::Path;

use super::archive::{Entries, Entry, tar_gz};
use super::platform::Platform;
use super::{Artefact, documents, place_of};
use crate::assets;
use crate::failure::{Failure, Result};
use crate::files;

/// Lists the archive's own files with their hashes.
const SUMS: &str = "SHA256SUMS";

/// Packs the command that lies in `built`.
pub(super) fn artefact(root: &Path, built: &Path, platform: Platform) -> Result<Artefact> {
    let name = format!("facebridge-{}-{}", env!("CARGO_PKG_VERSION"), platform.name());
    let documents = documents(root, "facebridge-cli", &platform.name())?;
    let entries = gather(root, built, &platform.name(), documents)?;
    Ok(Artefact { file: format!("{name}.tar.gz"), bytes: tar_gz(&name, &entries)? })
}

fn gather(root: &Path, built: &Path, platform: &str, documents: Vec<(String, Vec<u8>)>) -> Result<Entries> {
    let program = read(&built.join("facebridge"))?;
    let mut entries = Entries::from([
        ("README.md".to_owned(), Entry::data(read(&root.join("README.md"))?)),
        ("bin/facebridge".to_owned(), Entry::File { bytes: program, executable: true }),
    ]);
    for (place, bytes) in documents {
        entries.insert(place, Entry::data(bytes));
    }
    for (path, bytes) in assets::shipped(root, platform)? {
        let place = place_of(&path).ok_or_else(|| {
            Failure::new(format!("assets/{path} has no place in the archive; give it one in FETCHED"))
        })?;
        entries.insert(place, Entry::data(bytes));
    }
    entries.insert(SUMS.to_owned(), Entry::data(sums(&entries).into_bytes()));
    Ok(entries)
}

fn sums(entries: &Entries) -> String {
    let line = |(place, entry): (&String, &Entry)| match entry {
        Entry::File { bytes, .. } => Some(format!("{}  {place}\n", files::sha256(bytes))),
        Entry::Link(_) => None,
    };
    entries.iter().filter_map(line).collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Failure::io("read", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            files::write_atomically(&folder.path().join(path), text.as_bytes()).unwrap();
        };
        write("README.md", "about");
        write("built/facebridge", "program");
        let mut lock = "version = 1\n".to_owned();
        for (group, to) in [
            ("models", "models/model.onnx"),
            ("models", "licences/yunet/LICENSE"),
            ("runtime", "runtime/libonnxruntime.so"),
            ("photos", "photos/faces/face.jpg"),
            ("photos", "licences/faces/LICENSE"),
        ] {
            write(&format!("assets/{to}"), to);
            let sha256 = files::sha256(to.as_bytes());
            lock += &format!(
                "[[package]]\nregistry = 'pypi'\nname = 'p'\nversion = '1'\nform = 'wheel'\ngroup = '{group}'\n\
                 archive = 'p'\nbytes = 1\nsha256 = '{sha256}'\n\
                 [[package.member]]\npath = 'm'\nto = '{to}'\nlicence = 'MIT'\nsha256 = '{sha256}'\n"
            );
        }
        write("assets/models/stray.onnx", "not pinned");
        write("assets.lock", &lock);
        folder
    }

    fn gathered(checkout: &tempfile::TempDir) -> Result<Entries> {
        let documents = vec![("share/doc/facebridge/models.md".to_owned(), b"models".to_vec())];
        gather(checkout.path(), &checkout.path().join("built"), &files::host(), documents)
    }

    #[test]
    fn the_archive_holds_what_a_machine_needs_and_no_photo() {
        let entries = gathered(&checkout()).unwrap();
        for place in [
            "bin/facebridge",
            "lib/libonnxruntime.so",
            "share/doc/facebridge/licences/yunet/LICENSE",
            "share/doc/facebridge/models.md",
            "share/facebridge/models/model.onnx",
        ] {
            assert!(entries.contains_key(place), "{place} of {:?}", entries.keys());
        }
        assert!(!entries.keys().any(|place| place.contains("faces") || place.contains("stray")));
        let Entry::File { bytes, .. } = &entries[SUMS] else { panic!("the list is a plain file") };
        let sums = String::from_utf8(bytes.clone()).unwrap();
        assert!(sums.contains(&format!("{}  bin/facebridge\n", files::sha256(b"program"))));
        assert_eq!(sums.lines().count(), entries.len() - 1);
    }

    #[test]
    fn an_altered_model_is_not_packed() {
        let checkout = checkout();
        files::write_atomically(&checkout.path().join("assets/models/model.onnx"), b"altered").unwrap();
        let message = gathered(&checkout).unwrap_err().to_string();
        assert!(message.contains("assets/models/model.onnx is not the pinned file"), "{message}");
    }
}
