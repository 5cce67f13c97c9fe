//! `cargo xtask dist`: what is given to users of the command, Python, C, C++ and Java, complete and checked.
//!
//! Every artefact carries models and runtime and needs neither network nor compiler. The same sources give the same
//! bytes. Nothing is left in `target/dist/` with a list of hashes that has not passed every check.

mod archive;
mod clean_place;
mod command;
mod elf;
mod inspection;
mod jar;
mod notices;
mod platform;
mod sizes;
mod toolchain;
mod wheel;

use std::fs;
use std::io;
use std::path::Path;

use clap::Args;

use crate::failure::{Failure, Result};
use crate::files;
use crate::package::{Language, Workshop};
use platform::Platform;
use toolchain::Toolchain;

/// What `cargo xtask dist` is asked to do.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Take the sizes as they are now into the ledger, instead of refusing what has grown.
    #[arg(long)]
    accept_sizes: bool,
}

/// The list of artefacts with their hashes; written last.
const SUMS: &str = "SHA256SUMS";

/// Texts of this repository that go along with everything in native code.
const TEXTS: [(&str, &str); 4] = [
    ("CHANGELOG.md", "share/doc/facebridge/CHANGELOG.md"),
    ("LICENSE-APACHE", "share/doc/facebridge/licences/facebridge/LICENSE-APACHE"),
    ("LICENSE-MIT", "share/doc/facebridge/licences/facebridge/LICENSE-MIT"),
    ("docs/models.md", "share/doc/facebridge/models.md"),
];

/// Where the fetched files go, by the folder they lie in under `assets/`.
const FETCHED: [(&str, &str); 3] = [
    ("licences/", "share/doc/facebridge/licences/"),
    ("models/", "share/facebridge/models/"),
    ("runtime/", "lib/"),
];

/// One file that users get.
struct Artefact {
    file: String,
    bytes: Vec<u8>,
}

/// Makes and checks everything.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = files::root()?;
    let target = files::target(&root);
    let toolchain = Toolchain::ready(&root, &target)?;
    let folder = target.join("dist");
    empty(&folder)?;
    let artefacts = make(&root, &target, &toolchain)?;
    for artefact in &artefacts {
        files::write_atomically(&folder.join(&artefact.file), &artefact.bytes)?;
    }
    let libraries = inspection::libraries(&artefacts, &toolchain.private_paths()?)?;
    println!("{}", inspection::table(&libraries));
    let sizes = inspection::sizes(&artefacts, &libraries);
    if !options.accept_sizes {
        sizes::compare(&root, &sizes)?;
    }
    clean_place::check(&root, &target, &folder)?;
    if options.accept_sizes {
        sizes::accept(&root, &sizes)?;
    }
    write_sums(&folder, &artefacts)
}

fn make(root: &Path, target: &Path, toolchain: &Toolchain) -> Result<Vec<Artefact>> {
    let workshop = |language: Language, built: &Path, platform: Platform| Workshop {
        language,
        root: root.to_owned(),
        folder: target.join("dist-packages").join(platform.name()).join(language.name()),
        built: built.to_owned(),
        release: true,
        platform: platform.name(),
    };
    let mut artefacts = Vec::new();
    let mut java = Vec::new();
    for platform in platform::ALL {
        let built = toolchain.build(platform)?;
        artefacts.push(command::artefact(root, &built, platform)?);

        let c = workshop(Language::C, &built, platform);
        c.make()?;
        let name = format!("facebridge-c-{}-{}", env!("CARGO_PKG_VERSION"), platform.name());
        let bytes = archive::tar_gz(&name, &archive::of_folder(&c.folder)?)?;
        artefacts.push(Artefact { file: format!("{name}.tar.gz"), bytes });

        let python = workshop(Language::Python, &built, platform);
        python.make()?;
        artefacts.push(wheel::artefact(&python, toolchain, platform)?);

        java.push(workshop(Language::Java, &built, platform));
    }
    artefacts.extend(jar::artefacts(&java, &target.join("dist-packages/natives"))?);
    artefacts.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(artefacts)
}

fn write_sums(folder: &Path, artefacts: &[Artefact]) -> Result<()> {
    let mut sums = String::new();
    for artefact in artefacts {
        sums += &format!("{}  {}\n", files::sha256(&artefact.bytes), artefact.file);
    }
    files::write_atomically(&folder.join(SUMS), sums.as_bytes())?;
    println!("made and checked, in {}:\n{sums}", folder.display());
    Ok(())
}

fn empty(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::io("empty", folder, &error)),
        _ => Ok(()),
    }
}

/// Where a file of `assets/` goes, such as `lib/…` for `runtime/…`.
pub(crate) fn place_of(path: &str) -> Option<String> {
    FETCHED.iter().find_map(|(from, to)| Some(format!("{to}{}", path.strip_prefix(from)?)))
}

/// The texts that must go along with a crate of this repository in native code, by their places: licences, its own and
/// those of what is linked into it, and what there is to know about the models.
pub(crate) fn documents(root: &Path, crate_name: &str, platform: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let notices = notices::of_crates_linked_into(crate_name, platform, root)?;
    let mut documents =
        vec![("share/doc/facebridge/licences/THIRD-PARTY-CRATES.txt".to_owned(), notices.into_bytes())];
    for (from, to) in TEXTS {
        let path = root.join(from);
        let bytes = fs::read(&path).map_err(|error| Failure::io("read", &path, &error))?;
        documents.push((to.to_owned(), bytes));
    }
    Ok(documents)
}
