//! `cargo xtask dist`: one archive that runs on a machine without network or compiler.
//!
//! The same inputs give the same bytes: files are sorted, and times, owners and modes are fixed.

mod notices;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use crate::assets;
use crate::failure::{Failure, Result};
use crate::files;

/// Every file's time: 1980-01-01, the earliest that all archive formats can state.
const TIME: u64 = 315_532_800;

const SUMS: &str = "SHA256SUMS";

/// Repository files that go along, by their place in the archive.
const OWN: [(&str, &str); 5] = [
    ("CHANGELOG.md", "share/doc/facebridge/CHANGELOG.md"),
    ("LICENSE-APACHE", "share/doc/facebridge/licences/facebridge/LICENSE-APACHE"),
    ("LICENSE-MIT", "share/doc/facebridge/licences/facebridge/LICENSE-MIT"),
    ("README.md", "README.md"),
    ("docs/models.md", "share/doc/facebridge/models.md"),
];

/// Where the fetched files go, by the folder they lie in under `assets/`.
const FETCHED: [(&str, &str); 3] = [
    ("licences/", "share/doc/facebridge/licences/"),
    ("models/", "share/facebridge/models/"),
    ("runtime/", "lib/"),
];

/// Packs the release build and its assets into `target/dist/`.
pub(crate) fn run() -> Result<()> {
    let root = files::root()?;
    let target = files::target(&root);
    let name = format!("facebridge-{}-{}", env!("CARGO_PKG_VERSION"), files::host());
    let notices = notices::of_crates_linked_into("facebridge-cli", &root)?;
    let entries = gather(&root, &target, notices)?;
    let archive = pack(&name, &entries)
        .map_err(|error| Failure::new(format!("the archive cannot be packed: {error}")))?;

    let folder = target.join("dist");
    let file = format!("{name}.tar.gz");
    files::write_atomically(&folder.join(&file), &archive)?;
    let sum = files::sha256(&archive);
    files::write_atomically(&folder.join(SUMS), format!("{sum}  {file}\n").as_bytes())?;
    println!(
        "{} ({:.1} MB, {} files)",
        folder.join(&file).display(),
        archive.len() as f64 / 1e6,
        entries.len()
    );
    println!("sha256 {sum}");
    Ok(())
}

/// Where a file of `assets/` goes, such as `lib/…` for `runtime/…`.
pub(crate) fn place_of(path: &str) -> Option<String> {
    FETCHED.iter().find_map(|(from, to)| Some(format!("{to}{}", path.strip_prefix(from)?)))
}

/// Files by their place in the archive, in the order they are packed.
type Entries = BTreeMap<String, Vec<u8>>;

fn gather(root: &Path, target: &Path, notices: String) -> Result<Entries> {
    let mut entries = Entries::new();
    let binary = target.join("release/facebridge");
    entries.insert("bin/facebridge".to_owned(), read(&binary, "cargo build --release -p facebridge-cli")?);
    entries.insert("share/doc/facebridge/licences/THIRD-PARTY-CRATES.txt".to_owned(), notices.into_bytes());
    for (from, to) in OWN {
        entries.insert(to.to_owned(), read(&root.join(from), "git checkout .")?);
    }
    for (path, bytes) in assets::shipped(root)? {
        let place = place_of(&path).ok_or_else(|| {
            Failure::new(format!("assets/{path} has no place in the archive; give it one in FETCHED"))
        })?;
        entries.insert(place, bytes);
    }
    let sums: String =
        entries.iter().map(|(path, bytes)| format!("{}  {path}\n", files::sha256(bytes))).collect();
    entries.insert(SUMS.to_owned(), sums.into_bytes());
    Ok(entries)
}

fn read(path: &Path, remedy: &str) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| {
        let failure = Failure::io("read", path, &error);
        Failure::new(format!("{failure}; run `{remedy}` first"))
    })
}

fn pack(name: &str, entries: &Entries) -> io::Result<Vec<u8>> {
    // No file name, no time: the gzip header is the same on every machine.
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut tar = tar::Builder::new(gzip);
    for (path, bytes) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(if path.starts_with("bin/") { 0o755 } else { 0o644 });
        header.set_mtime(TIME);
        tar.append_data(&mut header, format!("{name}/{path}"), bytes.as_slice())?;
    }
    tar.into_inner()?.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn checkout() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            files::write_atomically(&folder.path().join(path), text.as_bytes()).unwrap();
        };
        for (path, _) in OWN {
            write(path, path);
        }
        write("target/release/facebridge", "program");
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

    #[test]
    fn the_archive_holds_what_a_machine_needs_and_no_photo() {
        let checkout = checkout();
        let entries = gather(checkout.path(), &checkout.path().join("target"), String::new()).unwrap();
        for path in [
            "SHA256SUMS",
            "bin/facebridge",
            "lib/libonnxruntime.so",
            "share/doc/facebridge/licences/yunet/LICENSE",
            "share/facebridge/models/model.onnx",
        ] {
            assert!(entries.contains_key(path), "{path} of {:?}", entries.keys());
        }
        assert!(!entries.keys().any(|path| path.contains("faces") || path.contains("stray")));
        let sums = String::from_utf8(entries[SUMS].clone()).unwrap();
        assert!(sums.contains(&format!("{}  bin/facebridge\n", files::sha256(b"program"))));
        assert_eq!(sums.lines().count(), entries.len() - 1);
    }

    #[test]
    fn the_same_files_give_the_same_bytes_and_the_program_can_run() {
        let checkout = checkout();
        let entries = gather(checkout.path(), &checkout.path().join("target"), String::new()).unwrap();
        let archive = pack("facebridge-0", &entries).unwrap();
        assert_eq!(archive, pack("facebridge-0", &entries).unwrap());
        let mut names = Vec::new();
        for entry in tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice())).entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            assert_eq!(content, entries[path.strip_prefix("facebridge-0/").unwrap()]);
            assert_eq!(entry.header().mtime().unwrap(), TIME);
            let expected = if path.ends_with("bin/facebridge") { 0o755 } else { 0o644 };
            assert_eq!(entry.header().mode().unwrap(), expected, "{path}");
            names.push(path);
        }
        assert!(names.is_sorted());
    }

    #[test]
    fn an_altered_model_is_not_packed() {
        let checkout = checkout();
        files::write_atomically(&checkout.path().join("assets/models/model.onnx"), b"altered").unwrap();
        let message =
            gather(checkout.path(), &checkout.path().join("target"), String::new()).unwrap_err().to_string();
        assert!(message.contains("assets/models/model.onnx is not the pinned file"), "{message}");
    }

    #[test]
    fn a_missing_build_says_how_to_make_it() {
        let checkout = checkout();
        let message = gather(checkout.path(), &checkout.path().join("elsewhere"), String::new())
            .unwrap_err()
            .to_string();
        assert!(message.contains("run `cargo build --release -p facebridge-cli` first"), "{message}");
    }
}
