//! The licence texts of the crates that are linked into the packed command: most licences ask that they go along.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::failure::{Failure, Result};
use crate::files;

/// How a file with a licence text begins its name.
const NAMES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// What `cargo metadata` tells, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Crate>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Crate {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: PathBuf,
    /// Absent for the crates of this repository.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// Absent where the crate is linked in; else what it is for ("dev", "build").
    kind: Option<String>,
}

/// One page with every text, each once, under the crates it belongs to.
///
/// `platform` is as assets.lock names it, such as `linux-x86_64`.
pub(super) fn of_crates_linked_into(package: &str, platform: &str, root: &Path) -> Result<String> {
    let metadata = metadata(platform, root)?;
    let mut crates_by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for linked in linked(&metadata, package)? {
        let title = format!(
            "{} {} ({})",
            linked.name,
            linked.version,
            linked.license.as_deref().unwrap_or("see text")
        );
        let mut texts = texts_of(linked)?;
        if texts.is_empty() && linked.license.as_deref().is_some_and(may_be_taken_under_apache) {
            texts.push(read(&root.join("LICENSE-APACHE"))?);
        }
        if texts.is_empty() {
            return Err(Failure::new(format!(
                "the crate {title} has no licence text in {}; add where it lies to xtask/src/dist/notices.rs",
                linked.manifest_path.display()
            )));
        }
        for text in texts {
            crates_by_text.entry(text).or_default().push(title.clone());
        }
    }
    let mut sections: Vec<_> = crates_by_text.into_iter().map(|(text, titles)| (titles, text)).collect();
    sections.sort();
    let rule = "-".repeat(80);
    let section =
        |(titles, text): (Vec<String>, String)| format!("{rule}\n{}\n{rule}\n{text}\n\n", titles.join("\n"));
    Ok(sections.into_iter().map(section).collect())
}

fn metadata(platform: &str, root: &Path) -> Result<Metadata> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let triple = format!("{}-unknown-linux-gnu", platform.trim_start_matches("linux-"));
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &triple])
        .current_dir(root)
        .output()
        .map_err(|error| Failure::new(format!("cargo cannot be started: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("cargo metadata failed: {}", said.trim())));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::new(format!("cargo metadata gave something unexpected: {error}")))
}

/// The foreign crates that end up in the package's program, sorted by name and version.
fn linked<'metadata>(metadata: &'metadata Metadata, package: &str) -> Result<Vec<&'metadata Crate>> {
    let start = metadata.packages.iter().find(|one| one.name == package && one.source.is_none());
    let start =
        start.ok_or_else(|| Failure::new(format!("there is no package {package} in this workspace")))?;
    let mut seen = BTreeSet::new();
    let mut open = vec![start.id.as_str()];
    while let Some(id) = open.pop() {
        if seen.insert(id)
            && let Some(node) = metadata.resolve.nodes.iter().find(|node| node.id == id)
        {
            let is_linked = |one: &&Dependency| one.dep_kinds.iter().any(|kind| kind.kind.is_none());
            open.extend(node.deps.iter().filter(is_linked).map(|one| one.pkg.as_str()));
        }
    }
    let mut linked: Vec<_> = metadata
        .packages
        .iter()
        .filter(|one| one.source.is_some() && seen.contains(one.id.as_str()))
        .collect();
    linked.sort_by_key(|one| (&one.name, &one.version));
    Ok(linked)
}

/// The texts in a crate's folder and one folder below, where bundled C sources and fonts keep theirs.
fn texts_of(one: &Crate) -> Result<Vec<String>> {
    let folder = one.manifest_path.parent().unwrap_or(Path::new("."));
    let mut texts = Vec::new();
    for path in files::listing(folder)? {
        if path.is_dir() {
            let fonts = path.ends_with("fonts");
            for inner in files::listing(&path)? {
                let is_text = fonts && inner.extension().is_some_and(|end| end == "txt");
                if is_text || is_licence(&inner) {
                    texts.push(read(&inner)?);
                }
            }
        } else if is_licence(&path) {
            texts.push(read(&path)?);
        }
    }
    Ok(texts)
}

/// Whether a licence expression offers Apache-2.0, whose text is the same for everybody, by itself.
fn may_be_taken_under_apache(expression: &str) -> bool {
    !expression.contains("AND") && expression.split(" OR ").any(|licence| licence == "Apache-2.0")
}

fn is_licence(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    path.is_file() && NAMES.iter().any(|start| name.starts_with(start)) && !name.ends_with(".rs")
}

fn read(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(|error| Failure::io("read", path, &error))?;
    // Same text, other line ends: once is enough.
    Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_of_the_command_brings_a_text() {
        let root = files::root().unwrap();
        let notices = of_crates_linked_into("facebridge-cli", "linux-aarch64", &root).unwrap();
        assert!(notices.contains("clap 4"), "a direct dependency");
        assert!(notices.contains("SIL OPEN FONT LICENSE"), "a bundled font");
        assert!(notices.contains("libjpeg-turbo"), "bundled C sources");
        assert!(!notices.contains("zip 9"), "a crate of the chores only");
        assert!(!notices.contains(root.to_str().unwrap()), "a path of this machine");
    }

    #[test]
    fn a_crate_without_a_text_is_taken_under_apache_where_it_offers_that() {
        let notices =
            of_crates_linked_into("facebridge-java", "linux-x86_64", &files::root().unwrap()).unwrap();
        let (_, from_jni) = notices.split_once("\njni 0.").unwrap();
        assert!(from_jni.split_once("Apache License").unwrap().0.len() < 10_000, "its section has the text");
        assert!(may_be_taken_under_apache("MIT OR Apache-2.0"));
        for other in ["MIT", "(MIT OR Apache-2.0) AND OFL-1.1", "Apache-2.0 WITH LLVM-exception"] {
            assert!(!may_be_taken_under_apache(other), "{other}");
        }
    }

    #[test]
    fn an_unknown_package_is_named() {
        let message =
            of_crates_linked_into("absent", "linux-x86_64", &files::root().unwrap()).unwrap_err().to_string();
        assert!(message.contains("no package absent"), "{message}");
    }
}
