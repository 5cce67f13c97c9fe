//! The programs that measure a crossing: one for each language, on its package as users install it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::Place;
use crate::failure::{Failure, Result};
use crate::files;
use crate::package::run_command;

const PYTHON: &str = include_str!("peer.py");
const C: &str = include_str!("peer.c");
const JAVA: &str = include_str!("Peer.java");

/// Everything ready to run.
pub(super) struct Languages {
    python: PathBuf,
    script: PathBuf,
    package: PathBuf,
    c: PathBuf,
    jar: PathBuf,
    classes: PathBuf,
}

impl Languages {
    /// Compiles what needs compiling, against the release packages. `python` has numpy.
    pub(super) fn prepare(place: &Place<'_>, python: &Path, folder: &Path) -> Result<Self> {
        let packages = place.target.join("packages");
        let jar = files::listing(&packages.join("java"))?
            .into_iter()
            .find(|path| path.file_name().is_some_and(|name| name == jar_name().as_str()))
            .ok_or_else(|| Failure::new("the Java package holds no jar"))?;
        let languages = Self {
            python: python.to_owned(),
            script: folder.join("peer.py"),
            package: packages.join("python"),
            c: folder.join("peer-c"),
            jar,
            classes: folder.join("classes"),
        };
        files::write_atomically(&languages.script, PYTHON.as_bytes())?;
        let prefix = packages.join("c");
        let source = folder.join("peer.c");
        files::write_atomically(&source, C.as_bytes())?;
        let mut cc = Command::new("cc");
        cc.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&languages.c).arg(&source);
        cc.arg(format!("-I{}", prefix.join("include").display()));
        cc.arg(format!("-L{}", prefix.join("lib").display()));
        cc.arg(format!("-Wl,-rpath,{}", prefix.join("lib").display()));
        run_command(cc.args(["-lfacebridge", "-pthread"]), "install build-essential")?;
        let source = folder.join("Peer.java");
        files::write_atomically(&source, JAVA.as_bytes())?;
        let mut javac = Command::new("javac");
        javac.arg("-cp").arg(&languages.jar).arg("-d").arg(&languages.classes).arg(&source);
        run_command(&mut javac, "install a JDK: scripts/setup does")?;
        Ok(languages)
    }

    /// What to start for each language, without its inputs.
    pub(super) fn commands(&self) -> Vec<(&'static str, Command)> {
        let mut java = Command::new("java");
        let path = std::env::join_paths([&self.jar, &self.classes]).unwrap_or_default();
        java.arg("-cp").arg(path).arg("Peer");
        vec![("Python", self.python("serve")), ("C", Command::new(&self.c)), ("Java", java)]
    }

    /// The Python program, told what to do.
    pub(super) fn python(&self, task: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.env("PYTHONPATH", &self.package).arg(&self.script).arg(task);
        command
    }

    pub(super) fn python_version(&self) -> Result<String> {
        let output = Command::new(&self.python)
            .arg("--version")
            .output()
            .map_err(|error| Failure::new(format!("Python cannot be started: {error}")))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().trim_start_matches("Python ").to_owned())
    }
}

fn jar_name() -> String {
    format!("facebridge-{}.jar", env!("CARGO_PKG_VERSION"))
}
