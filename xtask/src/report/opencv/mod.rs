//! OpenCV's side: a private Python environment, the same weights in a form it can read, and the test photos.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::program;
use crate::failure::{Failure, Result};
use crate::files;

const REQUIREMENTS: &str = include_str!("requirements.txt");
const PEER: &str = include_str!("peer.py");

/// What is needed to run the peer.
pub(super) struct OpenCv {
    python: PathBuf,
    script: PathBuf,
    models: PathBuf,
    pub(super) photos: PathBuf,
}

impl OpenCv {
    /// Installs OpenCV, has our own rewriter write the models, makes the photos; what is there already is kept.
    pub(super) fn prepare(ours: &Path, portraits: &Path, folder: &Path) -> Result<Self> {
        let opencv = Self {
            python: environment(&folder.join("opencv"), "OpenCV", REQUIREMENTS)?,
            script: folder.join("opencv_peer.py"),
            models: folder.join("models"),
            photos: folder.join("photos"),
        };
        files::write_atomically(&opencv.script, PEER.as_bytes())?;
        fresh(&opencv.models)?;
        quietly(program::command(ours).arg("export").arg(&opencv.models), "the models cannot be written")?;
        once(&opencv.photos, &files::sha256(PEER.as_bytes()), || {
            fresh(&opencv.photos)?;
            eprintln!("making the test photos");
            let mut command = opencv.command();
            command.arg("photos").arg(portraits).arg(&opencv.photos);
            quietly(&mut command, "the test photos cannot be made")
        })?;
        Ok(opencv)
    }

    /// The Python that has OpenCV and numpy.
    pub(super) fn python(&self) -> &Path {
        &self.python
    }

    /// One of the test photos by its file name.
    pub(super) fn photo(&self, name: &str) -> PathBuf {
        self.photos.join(name)
    }

    /// The peer, without its task.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.python);
        // It warns at every start that its new graph engine has no targets to choose from.
        command.env("OPENCV_LOG_LEVEL", "ERROR").arg(&self.script).arg(&self.models);
        command
    }
}

/// A Python with the pinned packages of `requirements`, among them `peer`.
pub(super) fn environment(folder: &Path, peer: &str, requirements: &str) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    once(folder, requirements, || {
        eprintln!("installing {peer} into a private Python environment");
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(folder);
        quietly(
            &mut make,
            "no private Python environment can be made (Debian: apt-get install python3-venv)",
        )?;
        let list = folder.join("requirements.txt");
        files::write_atomically(&list, requirements.as_bytes())?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
        install.args(["--only-binary=:all:", "--no-deps", "-r"]).arg(&list);
        quietly(&mut install, &format!("{peer} cannot be installed from PyPI"))
    })?;
    Ok(python)
}

/// Does `work` unless it was done before for the same `stamp`.
fn once(folder: &Path, stamp: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let path = folder.join("made-for");
    if fs::read_to_string(&path).is_ok_and(|there| there == stamp) {
        return Ok(());
    }
    work()?;
    files::write_atomically(&path, stamp.as_bytes())
}

fn fresh(folder: &Path) -> Result<()> {
    let made = match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    };
    made.map_err(|error| Failure::io("make", folder, &error))
}

fn quietly(command: &mut Command, otherwise: &str) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::new(format!("{otherwise}; the reason stands above"))),
        Err(error) => Err(Failure::new(format!("{otherwise}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_once_for_each_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let mut done = 0;
        for stamp in ["a", "a", "b"] {
            once(folder.path(), stamp, || {
                done += 1;
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(done, 2);
    }

    #[test]
    fn work_that_failed_is_done_again() {
        let folder = tempfile::tempdir().unwrap();
        assert!(once(folder.path(), "a", || Err(Failure::new("no"))).is_err());
        assert!(once(folder.path(), "a", || Ok(())).is_ok());
    }

    #[test]
    fn every_requirement_is_pinned() {
        assert!(REQUIREMENTS.lines().all(|line| line.contains("==")));
    }
}
