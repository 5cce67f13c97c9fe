//! What it was measured on and with: no host name, no user, no path.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// The machine, as far as figures depend on it.
#[derive(Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    /// Cores this process may use.
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) system: String,
    /// Load averages over 1, 5 and 15 minutes at the end of the measurement.
    pub(crate) load: String,
}

impl Machine {
    pub(crate) fn here() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let kib = field(&read("/proc/meminfo"), "MemTotal:")
            .and_then(|value| value.split_whitespace().next()?.parse::<u64>().ok())
            .unwrap_or(0);
        let info = read("/proc/cpuinfo");
        let processor = ["model name\t:", "CPU part\t:"].iter().find_map(|name| field(&info, name));
        let system = field(&read("/etc/os-release"), "PRETTY_NAME=")
            .map_or_else(|| std::env::consts::OS.to_owned(), |name| name.trim_matches('"').to_owned());
        Self {
            processor: processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: kib.div_ceil(1 << 20),
            system,
            load: read("/proc/loadavg").split_whitespace().take(3).collect::<Vec<_>>().join(" "),
        }
    }
}

/// What follows `name` on the line that begins with it.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}

/// Our own version, the commit it was built from, and the compiler.
pub(crate) fn versions(root: &Path) -> Vec<(String, String)> {
    let said = |program: &str, words: &[&str]| {
        let output = Command::new(program).args(words).current_dir(root).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let mut versions = vec![("facebridge".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
    if let Some(commit) = said("git", &["describe", "--always", "--dirty", "--exclude=*"]) {
        versions.push(("commit".to_owned(), commit));
    }
    if let Some(rustc) = said("rustc", &["--version"]) {
        versions.push(("rustc".to_owned(), rustc.trim_start_matches("rustc ").to_owned()));
    }
    versions
}

/// Now, as `2026-11-21T22:16:58Z`.
pub(crate) fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    utc(seconds)
}

fn utc(seconds: u64) -> String {
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let months = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_the_date_command_writes_them() {
        // date -u -d @SECONDS +%FT%TZ
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_795_299_418, "2026-11-21T22:16:58Z"),
        ] {
            assert_eq!(utc(seconds), text);
        }
    }

    #[test]
    fn fields_are_found_by_their_names() {
        let info = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n";
        assert_eq!(field(info, "model name\t:").as_deref(), Some("Some CPU @ 2 GHz"));
        assert_eq!(field(info, "MemTotal:"), None);
    }
}
