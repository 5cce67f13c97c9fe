//! Generated Rust in the house's format.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};
use crate::files;

/// Formats Rust text by the repository's rustfmt.toml.
pub(super) fn rustfmt(text: &str) -> Result<String> {
    let failed = |reason: String| Failure::new(format!("rustfmt cannot format generated Rust: {reason}"));
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(files::root()?.join("rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("{error}; `rustup component add rustfmt` installs it")))?;
    // It reads everything before it writes anything, so the pipes cannot block each other.
    let written = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(text.as_bytes()));
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    written.map_err(|error| failed(error.to_string()))?;
    String::from_utf8(output.stdout).map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_or_says_what_is_wrong() {
        assert_eq!(rustfmt("fn  a( ) { b ( ) }").unwrap(), "fn a() {\n    b()\n}\n");
        assert!(rustfmt("fn (").unwrap_err().to_string().contains("error"));
    }
}
