//! What a shipped library or program asks of the machine it runs on, whether every promised machine has that, and what
//! it shows to others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use super::platform::{ALL, OLDEST_GLIBC, Platform};
use crate::failure::{Failure, Result};

/// How a program or shared library begins, and how a static library.
const BEGINNINGS: [&[u8]; 2] = [b"\x7fELF", b"!<arch>\n"];

/// The newest versions of symbols that may be asked for, by what their names begin with. A machine of the oldest
/// promised kind has GCC 8 beside its glibc; these are GCC 7's.
const NEWEST: [(&str, &[u32]); 4] = [
    ("GLIBC", &[OLDEST_GLIBC.0, OLDEST_GLIBC.1]),
    ("GLIBCXX", &[3, 4, 24]),
    ("CXXABI", &[1, 3, 11]),
    ("GCC", &[7, 0, 0]),
];

/// Libraries that every promised machine has: parts of glibc, the dynamic linker, and GCC's two.
const PRESENT: [&str; 9] = [
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
    "libstdc++.so.6",
];

/// A version of symbols, such as 2.28; ordered as people order versions.
type Version = Vec<u32>;

/// What one file asks for, and what it shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    machine: String,
    /// What programs that are linked to it ask for.
    soname: Option<String>,
    /// The names that programs can use.
    shown: BTreeSet<String>,
    libraries: BTreeSet<String>,
    /// The newest of each family, such as `GLIBC` 2.17.
    versions: BTreeMap<String, Version>,
    /// Versions that have no number: private parts of a library, or abilities of the dynamic linker.
    unnumbered: BTreeSet<String>,
}

/// Whether a file is a library or program of Linux.
pub(super) fn is_native(bytes: &[u8]) -> bool {
    BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning))
}

/// Reads what a file asks for.
pub(super) fn needs(bytes: &[u8]) -> Result<Needs> {
    let file = tempfile::NamedTempFile::new()
        .and_then(|file| fs::write(file.path(), bytes).map(|()| file))
        .map_err(|error| Failure::new(format!("no temporary file can be written: {error}")))?;
    Ok(parse(&readelf(file.path())?))
}

fn readelf(path: &Path) -> Result<String> {
    let output = Command::new("readelf")
        .args(["--wide", "--file-header", "--dynamic", "--dyn-syms", "--version-info"])
        .arg(path)
        .env("LC_ALL", "C")
        .output()
        .map_err(|error| {
            Failure::new(format!("readelf cannot be started: {error}; install binutils: scripts/setup does"))
        })?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !said.is_empty() {
        return Err(Failure::new(format!("readelf cannot read a library: {}", said.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn parse(listing: &str) -> Needs {
    let mut needs = Needs::default();
    let mut in_version_needs = false;
    for line in listing.lines() {
        if let Some(machine) = line.trim_start().strip_prefix("Machine:") {
            machine.trim().clone_into(&mut needs.machine);
        }
        if let Some(library) = bracketed(line, "(NEEDED)") {
            needs.libraries.insert(library.to_owned());
        }
        if let Some(soname) = bracketed(line, "(SONAME)") {
            needs.soname = Some(soname.to_owned());
        }
        needs.shown.extend(shown(line).map(str::to_owned));
        if line.starts_with("Version ") {
            in_version_needs = line.starts_with("Version needs ");
        }
        let name = line.split_once("Name: ").and_then(|(_, rest)| rest.split_whitespace().next());
        if let Some(name) = name.filter(|_| in_version_needs) {
            needs.add(name);
        }
    }
    needs
}

/// The value of an entry of the dynamic section.
fn bracketed<'a>(line: &'a str, entry: &str) -> Option<&'a str> {
    let (_, value) = line.split_once(entry)?.1.split_once('[')?;
    Some(value.trim_end_matches(']'))
}

/// The name in a line of the table of dynamic symbols, where the file itself defines it and others can use it:
/// `12: 0000000000001000 42 FUNC GLOBAL DEFAULT 13 fb_version`.
fn shown(line: &str) -> Option<&str> {
    let columns: Vec<_> = line.split_whitespace().collect();
    let [number, _value, _size, kind, binding, visibility, section, name, ..] = columns.as_slice() else {
        return None;
    };
    let is_symbol = number.strip_suffix(':').is_some_and(|number| number.parse::<u32>().is_ok());
    let is_shown = *binding != "LOCAL" && ["DEFAULT", "PROTECTED"].contains(visibility) && *section != "UND";
    // A version's own name is no symbol.
    let is_version = *kind == "OBJECT" && *section == "ABS";
    (is_symbol && is_shown && !is_version).then(|| name.split('@').next().unwrap_or(name))
}

impl Needs {
    /// What programs that are linked to it ask for.
    pub(super) fn soname(&self) -> Option<&str> {
        self.soname.as_deref()
    }

    /// The names that programs can use.
    pub(super) fn shown(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().map(String::as_str)
    }

    fn add(&mut self, name: &str) {
        let (family, number) = name.split_once('_').unwrap_or((name, ""));
        let version: Option<Version> = number.split('.').map(|part| part.parse().ok()).collect();
        match version {
            Some(version) => {
                let newest = self.versions.entry(family.to_owned()).or_default();
                *newest = version.max(std::mem::take(newest));
            }
            None => {
                self.unnumbered.insert(name.to_owned());
            }
        }
    }

    /// The platform it was built for, where that is one that is shipped for.
    pub(super) fn platform(&self) -> Option<Platform> {
        ALL.into_iter().find(|platform| platform.elf_machine() == self.machine)
    }

    /// The newest glibc, libstdc++ and libgcc symbols, such as `GLIBC 2.17`.
    pub(super) fn versions(&self) -> String {
        let text = |version: &Version| version.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        let one = |(family, version)| format!("{family} {}", text(version));
        self.versions.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// What a promised machine may not have.
    pub(super) fn too_much(&self) -> Vec<String> {
        let missing = self.libraries.iter().filter(|library| !PRESENT.contains(&library.as_str()));
        let mut problems: Vec<_> = missing.map(|library| format!("the library {library}")).collect();
        for (family, version) in &self.versions {
            let allowed = NEWEST.iter().find(|(known, _)| known == family).map(|(_, newest)| *newest);
            if allowed.is_none_or(|newest| version.as_slice() > newest) {
                let number: Vec<_> = version.iter().map(u32::to_string).collect();
                problems.push(format!("{family}_{}", number.join(".")));
            }
        }
        problems.extend(self.unnumbered.iter().cloned());
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "\
ELF Header:
  Machine:                           AArch64
Dynamic section at offset 0x85ca38 contains 28 entries:
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x000000000000000e (SONAME)             Library soname: [libown.so.1]
Symbol table '.dynsym' contains 7 entries:
   Num:    Value          Size Type    Bind   Vis      Ndx Name
     0: 0000000000000000     0 NOTYPE  LOCAL  DEFAULT  UND 
     1: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND malloc@GLIBC_2.28 (2)
     2: 0000000000001000    42 FUNC    GLOBAL DEFAULT   13 own_open@@OWN_1
     3: 0000000000002000     8 OBJECT  WEAK   PROTECTED 21 own_data
     4: 0000000000003000     8 FUNC    LOCAL  DEFAULT   13 within
     5: 0000000000004000     8 FUNC    GLOBAL HIDDEN    13 hidden
     6: 0000000000000000     0 OBJECT  GLOBAL DEFAULT  ABS OWN_1
Version definition section '.gnu.version_d' contains 1 entry:
  0x001c: Rev: 1  Flags: none   Index: 2  Cnt: 1  Name: GLIBC_9.9
Version needs section '.gnu.version_r' contains 1 entry:
  000000: Version: 1  File: libc.so.6  Cnt: 4
  0x0010:   Name: GLIBC_2.9  Flags: none  Version: 43
  0x0020:   Name: GLIBC_2.28  Flags: none  Version: 43
  0x0030:   Name: GCC_3.3.1  Flags: none  Version: 44
";

    #[test]
    fn a_listing_is_understood() {
        let needs = parse(LISTING);
        assert_eq!(needs.platform().unwrap().name(), "linux-aarch64");
        assert_eq!(needs.versions(), "GCC 3.3.1, GLIBC 2.28");
        assert_eq!(needs.too_much(), Vec::<String>::new());
        assert_eq!(needs.soname(), Some("libown.so.1"));
        assert_eq!(needs.shown().collect::<Vec<_>>(), ["own_data", "own_open"]);
    }

    #[test]
    fn what_goes_beyond_the_promise_is_named() {
        let more = "  0x0040:   Name: GLIBC_2.29  Flags: none\n  0x0050:   Name: GLIBC_ABI_DT_RELR  Flags: none\n  \
                    0x0060:   Name: OPENSSL_1.1  Flags: none\n 0x1 (NEEDED)  Shared library: [libssl.so.1.1]\n";
        let needs = parse(&format!("{LISTING}{more}"));
        assert_eq!(
            needs.too_much(),
            ["the library libssl.so.1.1", "GLIBC_2.29", "OPENSSL_1.1", "GLIBC_ABI_DT_RELR"]
        );
    }

    #[test]
    fn this_very_program_is_read() {
        let bytes = fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(is_native(&bytes));
        let needs = needs(&bytes).unwrap();
        assert_eq!(needs.platform(), Platform::host());
        assert!(needs.libraries.contains("libc.so.6") && needs.versions.contains_key("GLIBC"), "{needs:?}");
    }

    #[test]
    fn a_damaged_library_is_refused() {
        let message = needs(b"\x7fELFnothing more").unwrap_err().to_string();
        assert!(message.contains("cannot read"), "{message}");
    }
}
