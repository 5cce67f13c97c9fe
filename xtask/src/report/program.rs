//! The programs that a report measures: built in release mode, installed as a user has them, asked line by line.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::Place;
use crate::assets;
use crate::dist;
use crate::failure::{Failure, Result};
use crate::files;

/// Variables that would make an installed program use something else than what was installed with it.
const OVERRIDES: [&str; 2] = ["FACEBRIDGE_MODEL_DIR", "FACEBRIDGE_ORT_LIBRARY"];

/// Builds a program of the workspace in release mode and installs it with its models and runtime, as
/// `make dist` packs them, so that it starts the way a user's does.
///
/// `which` are cargo's words for it, such as `["-p", "facebridge", "--bench", "engine_speed"]`.
pub(crate) fn installed(place: &Place<'_>, which: &[&str]) -> Result<PathBuf> {
    let built = build(place, which)?;
    let prefix = place.target.join("reports/prefix");
    for (path, bytes) in assets::shipped(place.root, &files::host())? {
        if let Some(inside) = dist::place_of(&path) {
            put(&prefix.join(inside), &bytes)?;
        }
    }
    let name = built.file_stem().and_then(|name| name.to_str()).unwrap_or("program");
    // Cargo gives benches a name with a hash, which changes with every version.
    let plain = name.rsplit_once('-').filter(|(_, hash)| hash.len() == 16).map_or(name, |(plain, _)| plain);
    let program = prefix.join("bin").join(plain).with_extension(std::env::consts::EXE_EXTENSION);
    let bytes = fs::read(&built).map_err(|error| Failure::io("read", &built, &error))?;
    put(&program, &bytes)?;
    let permissions =
        fs::metadata(&built).and_then(|built| fs::set_permissions(&program, built.permissions()));
    permissions.map_err(|error| Failure::io("make executable", &program, &error))?;
    Ok(program)
}

/// Writes a file unless it is there already.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        Ok(())
    } else {
        files::write_atomically(path, bytes)
    }
}

/// Builds a program of the workspace in release mode; for one that needs neither models nor runtime.
pub(crate) fn build(place: &Place<'_>, which: &[&str]) -> Result<PathBuf> {
    eprintln!("building: cargo build --release {}", which.join(" "));
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet", "--message-format=json-render-diagnostics"])
        .args(which)
        .current_dir(place.root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cargo cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new(format!("`cargo build --release {}` failed", which.join(" "))));
    }
    executable(&String::from_utf8_lossy(&output.stdout), which)
        .ok_or_else(|| Failure::new(format!("`cargo build --release {}` made no program", which.join(" "))))
}

/// The program that cargo was asked for by name, or else the one that it says it made last: with a test it makes all
/// programs of the package.
fn executable(messages: &str, which: &[&str]) -> Option<PathBuf> {
    let named = match which {
        [.., "--bench" | "--bin" | "--test", name] => Some(*name),
        _ => None,
    };
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| named.is_none_or(|name| message["target"]["name"] == name))
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
}

/// A command that runs an installed program with nothing but what was installed with it.
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for variable in OVERRIDES {
        command.env_remove(variable);
    }
    command
}

/// The JSON that a program writes which ends by itself; its other words are shown.
pub(crate) fn said(command: &mut Command) -> Result<Value> {
    let name =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("{name} cannot be started: {error}")))?;
    let said = serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success());
    said.ok_or_else(|| {
        Failure::new(format!(
            "{name} ended with {} and told no result; the reason stands above",
            output.status
        ))
    })
}

/// A program that answers one JSON request a line.
pub(crate) struct Asked {
    name: &'static str,
    child: Child,
    requests: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Asked {
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::new(format!("{name} cannot be started: {error}")))?;
        let requests = child.stdin.take();
        let output = child.stdout.take().expect("it was asked for above");
        Ok(Self { name, child, requests, answers: BufReader::new(output).lines() })
    }

    pub(crate) fn ask(&mut self, request: &Value) -> Result<Value> {
        let requests = self.requests.as_mut().expect("it is open until dropped");
        let written = writeln!(requests, "{request}").and_then(|()| requests.flush());
        let answer = written.ok().and_then(|()| self.answers.next()?.ok());
        answer.and_then(|line| serde_json::from_str(&line).ok()).ok_or_else(|| {
            Failure::new(format!("{} gave no answer to {request}; what it said stands above", self.name))
        })
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // It ends when nothing more can be asked.
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_asked_for_by_name_or_the_last_one_is_taken() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
                        {\"executable\":\"/t/build-script\"}\n{\"executable\":\"/t/engine_speed-0123\"}\nnoise\n\
                        {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(executable(messages, &["-p", "facebridge"]), Some(PathBuf::from("/t/engine_speed-0123")));
        assert_eq!(executable("", &[]), None);
        let named = "{\"target\":{\"name\":\"wanted\"},\"executable\":\"/t/wanted-0123\"}\n\
                     {\"target\":{\"name\":\"other\"},\"executable\":\"/t/other\"}\n";
        assert_eq!(executable(named, &["--test", "wanted"]), Some(PathBuf::from("/t/wanted-0123")));
        assert_eq!(executable(named, &["--test", "absent"]), None);
    }

    #[cfg(unix)]
    #[test]
    fn answers_follow_requests() {
        let mut cat = Asked::start("cat", &mut Command::new("cat")).unwrap();
        for request in [serde_json::json!({"do": "a"}), serde_json::json!([1, "ü"])] {
            assert_eq!(cat.ask(&request).unwrap(), request);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_result_counts_only_with_a_good_end() {
        let told = |script: &str| said(Command::new("sh").args(["-c", script]));
        assert_eq!(told("echo '[1]'").unwrap(), serde_json::json!([1]));
        for bad in ["echo '[1]'; exit 3", "echo none", "true"] {
            assert!(told(bad).unwrap_err().to_string().starts_with("sh ended with"), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_ends_is_an_error() {
        let mut gone = Asked::start("true", &mut Command::new("true")).unwrap();
        let failure = gone.ask(&serde_json::json!({"do": "a"})).unwrap_err().to_string();
        assert!(failure.contains("true gave no answer"), "{failure}");
    }
}
