//! A look into the finished artefacts: the libraries and programs in them, and whether those keep the promises.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use comfy_table::{Table, presets};
use flate2::read::GzDecoder;

use super::Artefact;
use super::elf::{self, Needs};
use super::sizes::Sizes;
use crate::failure::{Failure, Result};

/// How the file of the shared library for C and C++ begins.
const C_LIBRARY: &str = "libfacebridge.so";
/// What programs that are linked to it ask for, for as long as its interface stays.
const C_SONAME: &str = concat!("libfacebridge.so.", env!("CARGO_PKG_VERSION_MAJOR"));
/// How everything begins that it shows.
const C_NAMES: &str = "fb_";

/// A library or program that is shipped.
pub(super) struct Library {
    bytes: u64,
    needs: Needs,
}

/// The libraries and programs, by platform and file name, such as `linux-x86_64/libfacebridge.so.0.1.0`.
pub(super) type Libraries = BTreeMap<String, Library>;

/// Finds the libraries and programs in all artefacts. One that asks a machine for too much, that lies where another
/// platform's is promised, or that holds one of the given paths of this machine, is refused; so is a library for C that
/// shows more than its interface or calls itself something else.
pub(super) fn libraries(artefacts: &[Artefact], private_paths: &[(PathBuf, &str)]) -> Result<Libraries> {
    let mut libraries = Libraries::new();
    for artefact in artefacts {
        for (place, bytes) in content(artefact)? {
            if !elf::is_native(&bytes) {
                continue;
            }
            let where_it_lies = format!("{place} in {}", artefact.file);
            let needs = elf::needs(&bytes)?;
            let platform = promised_platform(&where_it_lies, &needs)?;
            refuse_too_much(&where_it_lies, &needs)?;
            refuse_strange_interface(&where_it_lies, &place, &needs)?;
            for (path, _) in private_paths {
                refuse_path(&where_it_lies, &bytes, path)?;
            }
            let file = place.rsplit('/').next().unwrap_or(&place);
            let library = Library { bytes: bytes.len() as u64, needs };
            libraries.insert(format!("{platform}/{file}"), library);
        }
    }
    Ok(libraries)
}

/// What each of them asks a machine for.
pub(super) fn table(libraries: &Libraries) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["library or program", "newest symbols that it needs"]);
    for (name, library) in libraries {
        table.add_row([name.clone(), library.needs.versions()]);
    }
    table
}

/// The sizes of artefacts, named without their version, and of the libraries and programs in them.
pub(super) fn sizes(artefacts: &[Artefact], libraries: &Libraries) -> Sizes {
    let version = concat!("-", env!("CARGO_PKG_VERSION"));
    let whole =
        artefacts.iter().map(|artefact| (artefact.file.replace(version, ""), artefact.bytes.len() as u64));
    let parts =
        libraries.iter().map(|(name, library)| (name.replace(&version.replace('-', "."), ""), library.bytes));
    whole.chain(parts).collect()
}

fn promised_platform(where_it_lies: &str, needs: &Needs) -> Result<String> {
    let platform = needs.platform().ok_or_else(|| {
        Failure::new(format!("{where_it_lies} is made for a processor that is not shipped for"))
    })?;
    // Wheels write `linux_…` or `manylinux_…_x86_64`, all else `linux-x86_64`.
    if where_it_lies.contains(platform.processor()) {
        return Ok(platform.name());
    }
    Err(Failure::new(format!(
        "{where_it_lies} is made for {}, which its place does not promise",
        platform.name()
    )))
}

fn refuse_too_much(where_it_lies: &str, needs: &Needs) -> Result<()> {
    let too_much = needs.too_much();
    if too_much.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{where_it_lies} needs what not every promised machine has: {}",
        too_much.join(", ")
    )))
}

fn refuse_strange_interface(where_it_lies: &str, place: &str, needs: &Needs) -> Result<()> {
    if !place.rsplit('/').next().unwrap_or(place).starts_with(C_LIBRARY) {
        return Ok(());
    }
    if needs.soname() != Some(C_SONAME) {
        let soname = needs.soname().unwrap_or("nothing");
        return Err(Failure::new(format!("{where_it_lies} calls itself {soname}, not {C_SONAME}")));
    }
    let (own, strange): (Vec<_>, Vec<_>) = needs.shown().partition(|name| name.starts_with(C_NAMES));
    if own.is_empty() {
        return Err(Failure::new(format!("{where_it_lies} shows no {C_NAMES}*")));
    }
    if strange.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("{where_it_lies} shows more than {C_NAMES}*: {}", strange.join(", "))))
}

fn refuse_path(where_it_lies: &str, bytes: &[u8], path: &Path) -> Result<()> {
    let text = path.as_os_str().as_encoded_bytes();
    if !bytes.windows(text.len()).any(|window| window == text) {
        return Ok(());
    }
    Err(Failure::new(format!("{where_it_lies} holds the path {} of this machine", path.display())))
}

/// The plain files of an artefact, by their place in it.
fn content(artefact: &Artefact) -> Result<Vec<(String, Vec<u8>)>> {
    let read = match artefact.file.rsplit('.').next() {
        Some("gz") => from_tar_gz(&artefact.bytes),
        Some("whl" | "jar") => from_zip(&artefact.bytes),
        // A text that no program reads as anything else.
        Some("pom") => return Ok(Vec::new()),
        _ => return Err(Failure::new(format!("nobody knows how to look into {}", artefact.file))),
    };
    read.map_err(|error| Failure::new(format!("{} cannot be read again: {error}", artefact.file)))
}

fn from_tar_gz(bytes: &[u8]) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in tar::Archive::new(GzDecoder::new(bytes)).entries()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            let place = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            files.push((place, content));
        }
    }
    Ok(files)
}

fn from_zip(bytes: &[u8]) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index)?;
        if file.is_file() {
            let mut content = Vec::new();
            file.read_to_end(&mut content)?;
            files.push((file.name()?.into_owned(), content));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;

    use super::*;
    use crate::dist::platform::{ALL, Platform};
    use crate::files;

    const RUNTIME: &str = "lib/libonnxruntime.so.1.28.0";

    fn runtime() -> Vec<u8> {
        std::fs::read(files::root().unwrap().join("assets/runtime/libonnxruntime.so.1.28.0")).unwrap()
    }

    fn archive(platform: Platform) -> Artefact {
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), Compression::none()));
        for (place, content) in [(RUNTIME, runtime()), ("README.md", b"about".to_vec())] {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, place, content.as_slice()).unwrap();
        }
        let file = format!("facebridge-{}-{}.tar.gz", env!("CARGO_PKG_VERSION"), platform.name());
        Artefact { bytes: tar.into_inner().unwrap().finish().unwrap(), file }
    }

    fn wheel(platform: Platform) -> Artefact {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file(RUNTIME, stored).unwrap();
        zip.write_all(&runtime()).unwrap();
        let file = format!("facebridge-{}.whl", platform.wheel_tag());
        Artefact { bytes: zip.finish().unwrap().into_inner(), file }
    }

    #[test]
    fn libraries_are_found_in_every_kind_of_artefact() {
        let host = Platform::host().unwrap();
        for artefact in [archive(host), wheel(host)] {
            let libraries = libraries(&[artefact], &[]).unwrap();
            let expected = format!("{}/libonnxruntime.so.1.28.0", host.name());
            assert_eq!(libraries.keys().collect::<Vec<_>>(), [&expected]);
            assert!(table(&libraries).to_string().contains("GLIBC 2."), "{}", table(&libraries));
        }
    }

    #[test]
    fn every_artefact_is_looked_into_or_known_to_hold_no_program() {
        let of = |file: &str| Artefact { file: file.to_owned(), bytes: b"text".to_vec() };
        assert!(libraries(&[of("facebridge-1.0.0.pom")], &[]).unwrap().is_empty());
        for file in ["facebridge.tar.gz", "facebridge.whl", "facebridge.jar", "facebridge.deb"] {
            assert!(libraries(&[of(file)], &[]).is_err(), "{file}");
        }
    }

    #[test]
    fn a_library_of_another_platform_is_refused() {
        let other = ALL.into_iter().find(|platform| !platform.is_host()).unwrap();
        let message = libraries(&[archive(other)], &[]).err().unwrap().to_string();
        assert!(message.contains(RUNTIME) && message.contains("does not promise"), "{message}");
    }

    #[test]
    fn a_path_of_this_machine_is_refused() {
        // Any text that the library holds will do for a path.
        let path = Path::new("onnxruntime").to_owned();
        let host = Platform::host().unwrap();
        let message = libraries(&[wheel(host)], &[(path, "own")]).err().unwrap().to_string();
        assert!(message.contains("holds the path onnxruntime"), "{message}");
    }

    /// Looks at a library for C that is made of `source`.
    fn c_library(source: &str, soname: &str) -> Result<()> {
        let folder = tempfile::tempdir().unwrap();
        let (code, library) = (folder.path().join("code.c"), folder.path().join("library"));
        std::fs::write(&code, source).unwrap();
        let mut cc = std::process::Command::new("cc");
        cc.args(["-shared", "-nostdlib", &format!("-Wl,-soname,{soname}"), "-o"]).arg(&library).arg(&code);
        assert!(cc.status().unwrap().success());
        let needs = elf::needs(&std::fs::read(&library).unwrap()).unwrap();
        let place = format!("lib/{C_LIBRARY}.{}", env!("CARGO_PKG_VERSION"));
        refuse_strange_interface("the library", &place, &needs)
    }

    #[test]
    fn a_library_for_c_that_is_not_its_interface_is_refused() {
        let version = "int fb_version(void) { return 1; }";
        let more = format!("{version} int jpeg_read_header(void) {{ return 1; }}");
        let none = "__attribute__((visibility(\"hidden\"))) int fb_version(void) { return 1; }";
        assert!(c_library(version, C_SONAME).is_ok());
        for (source, soname, reason) in [
            (more.as_str(), C_SONAME, "shows more than fb_*: jpeg_read_header"),
            (version, "libfacebridge_c.so", "calls itself libfacebridge_c.so"),
            (none, C_SONAME, "shows no fb_*"),
        ] {
            let message = c_library(source, soname).unwrap_err().to_string();
            assert!(message.contains(reason), "{message}");
        }
    }

    #[test]
    fn sizes_keep_their_names_from_version_to_version() {
        let host = Platform::host().unwrap();
        let artefacts = [archive(host)];
        let sizes = sizes(&artefacts, &libraries(&artefacts, &[]).unwrap());
        let whole = format!("facebridge-{}.tar.gz", host.name());
        let part = format!("{}/libonnxruntime.so.1.28.0", host.name());
        assert_eq!(
            sizes,
            Sizes::from([(whole, artefacts[0].bytes.len() as u64), (part, runtime().len() as u64)])
        );
    }
}
