//! The tools that make artefacts for other systems than this one: an older glibc, another processor.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::archive;
use super::platform::Platform;
use crate::failure::{Failure, Result};
use crate::package::run_command;

/// The exact tools, by version and hash.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// What is shipped in native code. One call of cargo builds all, so that what they share is compiled once.
const PACKAGES: [&str; 4] = ["facebridge-cli", "facebridge-c", "facebridge-java", "facebridge-python"];

const PYTHON: &str = "install Python with venv: scripts/setup does";
const RUSTUP: &str = "install Rust through rustup: scripts/setup does";

/// A private environment with the tools, below cargo's target folder.
pub(super) struct Toolchain {
    root: PathBuf,
    target: PathBuf,
    tools: PathBuf,
}

impl Toolchain {
    /// Installs the tools where they are missing or others than pinned.
    pub(super) fn ready(root: &Path, target: &Path) -> Result<Self> {
        let folder = target.join("dist-tools");
        let installed = folder.join("requirements.txt");
        if fs::read_to_string(&installed).ok().as_deref() != Some(REQUIREMENTS) {
            eprintln!("installing build tools into {}", folder.display());
            let mut venv = Command::new("python3");
            run_command(venv.args(["-m", "venv", "--clear"]).arg(&folder), PYTHON)?;
            let requested = folder.join("requested.txt");
            fs::write(&requested, REQUIREMENTS).map_err(|error| Failure::io("write", &requested, &error))?;
            let mut pip = Command::new(folder.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
            pip.args(["--require-hashes", "--only-binary=:all:", "-r"]).arg(&requested);
            run_command(&mut pip, PYTHON)?;
            fs::rename(&requested, &installed).map_err(|error| Failure::io("write", &installed, &error))?;
        }
        Ok(Self { root: root.to_owned(), target: target.to_owned(), tools: folder.join("bin") })
    }

    /// Builds everything in native code for a platform, and tells the folder where it lies.
    pub(super) fn build(&self, platform: Platform) -> Result<PathBuf> {
        self.install_standard_library(platform)?;
        eprintln!("building for {}", platform.name());
        let mut cargo = self.command("cargo-zigbuild")?;
        cargo.args(["zigbuild", "--release", "--locked", "--quiet", "--target"]);
        cargo.arg(platform.triple_with_glibc()).current_dir(&self.root);
        for package in PACKAGES {
            cargo.args(["--package", package]);
        }
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags()?);
        // Libraries in C write the day of their making into themselves.
        cargo.env("SOURCE_DATE_EPOCH", archive::TIME.to_string());
        // The stable ABI is the same everywhere: no interpreter of the platform has to be asked.
        cargo.env("PYO3_NO_PYTHON", "1");
        run_command(&mut cargo, PYTHON)?;
        Ok(self.target.join(platform.triple()).join("release"))
    }

    /// A call of one of the tools. They find each other, and their Python, through the search path.
    pub(super) fn command(&self, tool: &str) -> Result<Command> {
        let found = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.tools.clone()).chain(std::env::split_paths(&found));
        let path = std::env::join_paths(folders).map_err(|error| {
            Failure::new(format!("{} cannot stand in PATH: {error}", self.tools.display()))
        })?;
        let mut command = Command::new(self.tools.join(tool));
        command.env("PATH", path);
        Ok(command)
    }

    /// Flags that keep this machine's paths out of what is shipped: the same sources give the same bytes anywhere.
    fn flags(&self) -> Result<String> {
        let mut flags = vec!["-Cstrip=symbols".to_owned()];
        for (path, name) in self.private_paths()? {
            flags.push(format!("--remap-path-prefix={}={name}", path.display()));
        }
        Ok(flags.join("\x1f"))
    }

    /// Folders of this machine that sources lie in, and what they are called in what is shipped.
    pub(super) fn private_paths(&self) -> Result<Vec<(PathBuf, &'static str)>> {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let crates = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
        let sysroot = PathBuf::from(self.rustc(&["--print", "sysroot"])?);
        Ok(vec![(self.root.clone(), "facebridge"), (crates, "cargo"), (sysroot, "rust")])
    }

    fn install_standard_library(&self, platform: Platform) -> Result<()> {
        let triple = platform.triple();
        let folder = PathBuf::from(self.rustc(&["--print", "target-libdir", "--target", &triple])?);
        if folder.is_dir() {
            return Ok(());
        }
        let mut rustup = Command::new("rustup");
        run_command(rustup.args(["target", "add", &triple]).current_dir(&self.root), RUSTUP)
    }

    /// What the compiler answers to a question, in one line.
    fn rustc(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
            .args(arguments)
            .current_dir(&self.root)
            .output()
            .map_err(|error| Failure::new(format!("rustc cannot be started: {error}; {RUSTUP}")))?;
        let answer = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && !answer.is_empty() {
            return Ok(answer);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(format!("rustc {} failed: {}", arguments.join(" "), said.trim())))
    }
}

/// Runs a tool to its end, and shows what it says only where it fails.
pub(super) fn run_quietly(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output =
        command.output().map_err(|error| Failure::new(format!("{program} cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!("{program} failed ({}):\n{}", output.status, said.trim())))
}
