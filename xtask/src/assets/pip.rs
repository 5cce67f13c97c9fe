//! Downloads one archive through pip, so that the user's own mirror, proxy and certificate settings hold.

use std::ffi::OsString;
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::assets::lock::{Form, Package};
use crate::failure::{Failure, Result};

const INSTALL: &str = "sudo apt-get install -y python3 python3-pip python3-venv";

/// Fetches the package's archive into `folder`. pip compares its hash before it opens it.
pub(crate) fn download(package: &Package, folder: &Path, target: &Path) -> Result<()> {
    let python = python_with_pip(target)?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, requirement(package))
        .map_err(|error| Failure::io("write", &requirements, &error))?;
    eprintln!(
        "fetching {} ({:.1} MB) from {}",
        package.archive,
        package.bytes as f64 / 1e6,
        package.registry()
    );
    let show = std::io::stderr().is_terminal();
    let output = Command::new(&python)
        .args(["-m", "pip"])
        .args(arguments(package, &requirements, folder))
        .stdin(Stdio::null())
        // pip's progress bar goes to its standard output; ours stays free for results.
        .stdout(if show { Stdio::from(std::io::stderr()) } else { Stdio::null() })
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| Failure::io("start", &python, &error))?;
    if output.status.success() { Ok(()) } else { Err(explain(package, &output)) }
}

/// The line that pins the package for pip.
fn requirement(package: &Package) -> String {
    format!("{}=={} --hash=sha256:{}\n", package.name, package.version, package.sha256)
}

fn arguments(package: &Package, requirements: &Path, folder: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["download", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes"]
            .map(OsString::from)
            .into();
    match package.form {
        Form::Wheel => {
            // The library in the wheel is the same file whatever the Python it is packed for: one version for all.
            arguments.extend(
                "--only-binary=:all: --implementation cp --python-version 311 --abi cp311 --abi none"
                    .split(' ')
                    .map(OsString::from),
            );
            for platform in package.platforms.iter().map(String::as_str).chain(["any"]) {
                arguments.extend(["--platform".into(), platform.into()]);
            }
        }
        // Only this package: pip would otherwise build the package's own build tools from source as well.
        Form::Sdist => arguments.push(format!("--no-binary={}", package.name).into()),
    }
    arguments.extend(["-r".into(), requirements.into(), "-d".into(), folder.into()]);
    arguments
}

/// A Python that has pip: the system's, else a private environment under the target folder.
fn python_with_pip(target: &Path) -> Result<PathBuf> {
    let private = target.join("assets-venv/bin/python");
    for python in [PathBuf::from("python3"), private.clone()] {
        if has_pip(&python) {
            return Ok(python);
        }
    }
    let made =
        Command::new("python3").args(["-m", "venv", "--clear"]).arg(target.join("assets-venv")).output();
    if made.is_ok_and(|output| output.status.success()) && has_pip(&private) {
        return Ok(private);
    }
    Err(Failure::new(format!(
        "python3 with pip is needed to fetch packages and was not found; install it with: {INSTALL}"
    )))
}

fn has_pip(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Turns pip's pages into a sentence.
fn explain(package: &Package, output: &Output) -> Failure {
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("DO NOT MATCH THE HASHES") {
        let got =
            said.lines().find_map(|line| line.trim().strip_prefix("Got")).map_or("another one", str::trim);
        return Failure::new(format!(
            "{} has another hash than assets.lock pins, and was not used.\n  expected sha256 {}\n  got      sha256 {got}\n\
             The registry, a mirror or assets.lock was altered: do not go on before someone has looked into it.",
            package.archive, package.sha256
        ));
    }
    Failure::new(format!(
        "pip could not fetch {} {} from {}: {}\n\
         Check the network connection and pip's proxy, mirror and certificate settings (`pip config list`), then run \
         `cargo xtask assets` again; or put {} into assets/archives yourself.",
        package.name,
        package.version,
        package.registry(),
        reason(&said),
        package.archive
    ))
}

/// Why pip failed: its last error, but where it could not connect it only ends by saying that nothing was found.
fn reason(said: &str) -> String {
    const BROKEN: &str = "connection broken by '";
    if let Some((_, cause)) = said.split_once(BROKEN) {
        let cause: String = cause.chars().take_while(char::is_ascii_alphanumeric).collect();
        return format!("the registry could not be reached ({cause})");
    }
    let mut lines = said.lines().rev().filter(|line| !line.trim().is_empty());
    let last = said.lines().rev().find(|line| line.starts_with("ERROR:")).or_else(|| lines.next());
    last.unwrap_or("pip gave no reason").trim_start_matches("ERROR:").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn package(form: &str) -> Package {
        toml::from_str(&format!(
            "registry = 'pypi'\nname = 'some_package'\nversion = '1.2'\nform = '{form}'\ngroup = 'models'\n\
             platforms = ['manylinux_2_28_x86_64']\narchive = 'some.whl'\nbytes = 1\nsha256 = 'abc'\nmember = []\n"
        ))
        .unwrap()
    }

    fn words(package: &Package) -> String {
        let words = arguments(package, Path::new("R"), Path::new("D"));
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    fn failed(stderr: &str) -> String {
        let status = std::process::ExitStatus::from_raw(256);
        explain(&package("wheel"), &Output { status, stdout: Vec::new(), stderr: stderr.into() }).to_string()
    }

    #[test]
    fn the_requirement_is_pinned_by_version_and_hash() {
        assert_eq!(requirement(&package("wheel")), "some_package==1.2 --hash=sha256:abc\n");
    }

    #[test]
    fn wheels_are_chosen_by_the_locks_tags_not_by_this_machine() {
        assert_eq!(
            words(&package("wheel")),
            "download --disable-pip-version-check --no-input --no-deps --require-hashes --only-binary=:all: \
             --implementation cp --python-version 311 --abi cp311 --abi none --platform manylinux_2_28_x86_64 \
             --platform any -r R -d D"
        );
    }

    #[test]
    fn source_archives_are_asked_for_by_name() {
        assert_eq!(
            words(&package("sdist")),
            "download --disable-pip-version-check --no-input --no-deps --require-hashes \
             --no-binary=some_package -r R -d D"
        );
    }

    #[test]
    fn a_wrong_hash_is_told_with_both_hashes() {
        let message = failed(
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated…\n    \
             some_package==1.2 from somewhere:\n        Expected sha256 abc\n             Got        def\n",
        );
        assert!(message.contains("some.whl has another hash"), "{message}");
        assert!(message.contains("expected sha256 abc"), "{message}");
        assert!(message.contains("got      sha256 def"), "{message}");
    }

    #[test]
    fn another_failure_gives_pips_reason_and_what_to_do() {
        let message =
            failed("WARNING: Retrying\nERROR: No matching distribution found for some_package==1.2\n\n");
        assert!(message.contains("pip could not fetch some_package 1.2 from PyPI: No matching"), "{message}");
        assert!(message.contains("assets/archives"), "{message}");
        assert!(failed("").contains("pip gave no reason"));
    }

    #[test]
    fn no_connection_is_not_told_as_no_package() {
        let message = failed(
            "WARNING: Retrying (Retry(total=4)) after connection broken by 'SSLError(CertificateError(1, 'x'))': /simple/\n\
             ERROR: No matching distribution found for some_package==1.2\n",
        );
        assert!(message.contains("from PyPI: the registry could not be reached (SSLError)"), "{message}");
    }
}
