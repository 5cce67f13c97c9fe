//! `cargo xtask package`: what the users of one language install, as a folder below target/packages/.

mod c;
pub(crate) mod java;
mod python;

use crate::failure::{Failure, Result};
use crate::{assets, dist, files};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// What to package.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// The language; all of them where none is named
    #[arg(value_enum)]
    language: Option<Language>,
    /// Optimised, as it is shipped; the default is the development build
    #[arg(long)]
    release: bool,
}

/// A language, or two that one package serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Python,
    C,
    Java,
}

impl Language {
    /// As folders and crates are named.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::C => "c",
            Self::Java => "java",
        }
    }
}

/// Where a package is made and what it is made of.
#[derive(Clone, Debug)]
pub(crate) struct Workshop {
    /// Whose package is made.
    pub(crate) language: Language,
    /// The repository.
    pub(crate) root: PathBuf,
    /// The folder of the language below target/packages/; emptied before.
    pub(crate) folder: PathBuf,
    /// Cargo's folder of built libraries, such as target/debug.
    pub(crate) built: PathBuf,
    /// Optimised, as it is shipped.
    pub(crate) release: bool,
    /// The kind of machine it is made for, as assets.lock names it, such as linux-x86_64.
    pub(crate) platform: String,
}

/// Makes the packages of all languages as they are shipped.
pub(crate) fn all_for_release() -> Result<()> {
    run(&Options { language: None, release: true })
}

/// Makes the packages of all languages as tests use them.
pub(crate) fn all_for_development() -> Result<()> {
    run(&Options { language: None, release: false })
}

/// Makes the packages of the chosen languages.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = files::root()?;
    let target = files::target(&root);
    let languages = match options.language {
        Some(language) => vec![language],
        None => vec![Language::C, Language::Python, Language::Java],
    };
    build(&root, options.release)?;
    for language in languages {
        let workshop = Workshop {
            language,
            folder: target.join("packages").join(language.name()),
            built: target.join(if options.release { "release" } else { "debug" }),
            release: options.release,
            platform: files::host(),
            root: root.clone(),
        };
        workshop.make()?;
        println!("made: {}", workshop.folder.display());
    }
    Ok(())
}

/// Builds the libraries of all languages at once.
///
/// Cargo compiles a crate anew for every set of features that the chosen packages ask of its dependencies. So the
/// development build chooses what `cargo test --workspace` will choose: the core, minutes of work, is compiled once.
fn build(root: &Path, release: bool) -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet"]).current_dir(root);
    if release {
        cargo.arg("--release");
        for language in [Language::C, Language::Python, Language::Java] {
            cargo.args(["--package", &format!("facebridge-{}", language.name())]);
        }
    } else {
        cargo.args(["--workspace", "--lib", "--bins", "--tests"]);
    }
    run_command(&mut cargo, "install a C compiler, cmake and nasm: scripts/setup does")
}

impl Workshop {
    /// Makes the package of what was built before.
    pub(crate) fn make(&self) -> Result<()> {
        self.empty_folder()?;
        match self.language {
            Language::Python => python::package(self),
            Language::C => c::package(self),
            Language::Java => java::package(self),
        }
    }

    /// The crate that holds the language's native part.
    fn crate_name(&self) -> String {
        format!("facebridge-{}", self.language.name())
    }

    /// Removes what was made there before.
    pub(crate) fn empty_folder(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::io("empty", &self.folder, &error));
            }
            _ => {}
        }
        fs::create_dir_all(&self.folder).map_err(|error| Failure::io("make", &self.folder, &error))
    }

    /// Puts models, runtime and licences, also those of what is linked in, into `folder`, as `lib/` and `share/`: the
    /// layout in which the library finds them.
    pub(crate) fn install_assets(&self, folder: &Path) -> Result<()> {
        for (place, bytes) in dist::documents(&self.root, &self.crate_name(), &self.platform)? {
            files::write_atomically(&folder.join(place), &bytes)?;
        }
        for (path, bytes) in assets::shipped(&self.root, &self.platform)? {
            let Some(place) = dist::place_of(&path) else { continue };
            files::write_atomically(&folder.join(place), &bytes)?;
        }
        Ok(())
    }
}

/// Runs a command to its end, its output shown; `hint` says what to do where it cannot be started.
pub(crate) fn run_command(command: &mut Command, hint: &str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| Failure::new(format!("{program} cannot be started: {error}; {hint}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{program} failed ({status}); see above")))
    }
}
