//! Archives whose bytes depend on nothing but the files in them: sorted, with fixed times, owners and modes.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use crate::failure::{Failure, Result};
use crate::files;

/// Every file's time: 1980-01-01, the earliest that all archive formats can state.
pub(super) const TIME: u64 = 315_532_800;

/// What lies at one place of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A plain file.
    File { bytes: Vec<u8>, executable: bool },
    /// A symbolic link, and where it leads.
    Link(String),
}

impl Entry {
    /// A file that is not run.
    pub(super) fn data(bytes: Vec<u8>) -> Self {
        Self::File { bytes, executable: false }
    }
}

/// What is packed, by its place in the archive, in the order it is packed.
pub(super) type Entries = BTreeMap<String, Entry>;

/// Everything below a folder.
pub(super) fn of_folder(folder: &Path) -> Result<Entries> {
    let mut entries = Entries::new();
    collect(folder, "", &mut entries)?;
    Ok(entries)
}

fn collect(folder: &Path, prefix: &str, entries: &mut Entries) -> Result<()> {
    for path in files::listing(folder)? {
        let name = path.file_name().and_then(|name| name.to_str());
        let place = format!("{prefix}{}", name.ok_or_else(|| unreadable_name(&path))?);
        let problem = |error| Failure::io("read", &path, &error);
        let metadata = path.symlink_metadata().map_err(problem)?;
        if metadata.is_symlink() {
            let leads_to = fs::read_link(&path).map_err(problem)?;
            let leads_to = leads_to.to_str().ok_or_else(|| unreadable_name(&path))?.to_owned();
            entries.insert(place, Entry::Link(leads_to));
        } else if metadata.is_dir() {
            collect(&path, &format!("{place}/"), entries)?;
        } else {
            let executable = metadata.permissions().mode() & 0o111 != 0;
            entries.insert(place, Entry::File { bytes: fs::read(&path).map_err(problem)?, executable });
        }
    }
    Ok(())
}

fn unreadable_name(path: &Path) -> Failure {
    Failure::new(format!("{} has a name that is not UTF-8; rename it", path.display()))
}

/// Packs a gzipped tar archive with everything in one folder.
pub(super) fn tar_gz(folder: &str, entries: &Entries) -> Result<Vec<u8>> {
    let pack = || -> io::Result<Vec<u8>> {
        // No file name, no time: the gzip header is the same on every machine.
        let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
        let mut tar = tar::Builder::new(gzip);
        for (place, entry) in entries {
            let mut header = tar::Header::new_ustar();
            header.set_mtime(TIME);
            let path = format!("{folder}/{place}");
            match entry {
                Entry::File { bytes, executable } => {
                    header.set_size(bytes.len() as u64);
                    header.set_mode(if *executable { 0o755 } else { 0o644 });
                    tar.append_data(&mut header, path, bytes.as_slice())?;
                }
                Entry::Link(leads_to) => {
                    header.set_entry_type(tar::EntryType::Symlink);
                    header.set_size(0);
                    header.set_mode(0o777);
                    tar.append_link(&mut header, path, leads_to)?;
                }
            }
        }
        tar.into_inner()?.finish()
    };
    pack().map_err(|error| Failure::new(format!("the archive {folder} cannot be packed: {error}")))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let path = |place: &str| folder.path().join(place);
        files::write_atomically(&path("bin/program"), b"program").unwrap();
        fs::set_permissions(path("bin/program"), fs::Permissions::from_mode(0o700)).unwrap();
        files::write_atomically(&path("lib/library.so.0"), b"library").unwrap();
        std::os::unix::fs::symlink("library.so.0", path("lib/library.so")).unwrap();
        folder
    }

    #[test]
    fn a_folder_is_packed_whole() {
        let folder = folder();
        let entries = of_folder(folder.path()).unwrap();
        assert_eq!(
            entries.into_iter().collect::<Vec<_>>(),
            [
                ("bin/program".to_owned(), Entry::File { bytes: b"program".to_vec(), executable: true }),
                ("lib/library.so".to_owned(), Entry::Link("library.so.0".to_owned())),
                ("lib/library.so.0".to_owned(), Entry::data(b"library".to_vec())),
            ]
        );
    }

    #[test]
    fn the_same_files_give_the_same_bytes_and_the_program_can_run() {
        let entries = of_folder(folder().path()).unwrap();
        let archive = tar_gz("facebridge-0", &entries).unwrap();
        assert_eq!(archive, tar_gz("facebridge-0", &entries).unwrap());
        let mut unpacked = Entries::new();
        for entry in tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice())).entries().unwrap() {
            let mut entry = entry.unwrap();
            assert_eq!(entry.header().mtime().unwrap(), TIME);
            let place = entry.path().unwrap().to_str().unwrap().to_owned();
            let link = entry.link_name().unwrap().map(|to| Entry::Link(to.to_str().unwrap().to_owned()));
            let executable = entry.header().mode().unwrap() == 0o755;
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            let place = place.strip_prefix("facebridge-0/").unwrap().to_owned();
            unpacked.insert(place, link.unwrap_or(Entry::File { bytes, executable }));
        }
        assert_eq!(unpacked, entries);
    }
}
