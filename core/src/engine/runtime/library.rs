//! Loads the ONNX Runtime library, once per process, from an absolute path.

use super::exit::wait_at_exit;
use crate::{Error, ErrorKind, Result};
use ort::environment::Environment;
use ort::logging::LogLevel;
use std::ffi::{CStr, c_char, c_void};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// Releases of ONNX Runtime from this minor version on (1.29) send telemetry unless told otherwise.
pub const TELEMETRY_FREE_BELOW: u32 = 29;

/// The oldest minor version whose interface is used (1.17).
const OLDEST_MINOR: u32 = 17;

/// A loaded ONNX Runtime.
///
/// A process holds one: the library keeps global state, so a second path is refused.
#[derive(Clone)]
pub struct RuntimeLibrary {
    path: PathBuf,
    version: String,
    environment: Environment,
}

static LOADED: Mutex<Option<RuntimeLibrary>> = Mutex::new(None);

/// The process that was the first to load it; 0 before.
static FIRST_PROCESS: AtomicU32 = AtomicU32::new(0);

/// How long a forked child waits for a thread that may be one of the parent's, which does not exist in the child.
const LONGEST_WAIT_IN_CHILD: Duration = Duration::from_secs(10);

fn loaded() -> Result<MutexGuard<'static, Option<RuntimeLibrary>>> {
    let process = std::process::id();
    let first = match FIRST_PROCESS.compare_exchange(0, process, Ordering::SeqCst, Ordering::SeqCst) {
        Ok(_) => process,
        Err(first) => first,
    };
    if first == process {
        return Ok(LOADED.lock().unwrap_or_else(PoisonError::into_inner));
    }
    let begin = Instant::now();
    loop {
        match LOADED.try_lock() {
            Ok(guard) => return Ok(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if begin.elapsed() < LONGEST_WAIT_IN_CHILD => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(
                    ErrorKind::ForkedProcess,
                    "This process was forked while another thread was making a client, so it can make none. Fork before that, or start the process anew.",
                ));
            }
        }
    }
}

impl RuntimeLibrary {
    /// Loads the library at `path`, or returns the one already loaded from there.
    ///
    /// # Errors
    /// `RuntimeUnavailable` where the file cannot be loaded, is older than 1.17, would send telemetry
    /// (1.29 and later without `ORT_DISABLE_TELEMETRY=1` in the environment), or differs from the one loaded;
    /// `ForkedProcess` where the process was forked in the middle of loading it.
    pub fn load(path: &Path) -> Result<Self> {
        let path = path.canonicalize().map_err(|error| unavailable(path, &error.kind().to_string()))?;
        let mut loaded = loaded()?;
        if let Some(library) = &*loaded {
            if library.path == path {
                return Ok(library.clone());
            }
            return Err(Error::new(
                ErrorKind::RuntimeUnavailable,
                format!(
                    "This process already runs ONNX Runtime from {}; it cannot load a second one. Use one library per process.",
                    library.path.display()
                ),
            ));
        }
        // Held until the library is loaded for good: relocating its symbols a second time would cost as much again.
        let (version, _opened) = open(&path)?;
        check_version(&version, std::env::var_os("ORT_DISABLE_TELEMETRY").is_some_and(|value| value == "1"))?;
        let environment = ort::init_from(&path)
            .map_err(|error| unavailable(&path, &error.to_string()))?
            .with_name("facebridge")
            .with_telemetry(false)
            .build()
            .map_err(|error| unavailable(&path, &error.to_string()))?;
        // Failures come back as errors; a library writes nothing to the terminal.
        environment.set_log_level(LogLevel::Fatal);
        wait_at_exit();
        let library = Self { path, version, environment };
        *loaded = Some(library.clone());
        Ok(library)
    }

    /// The file that was loaded.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The library's own version, such as `1.28.0`.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }
}

fn unavailable(path: &Path, reason: &str) -> Error {
    Error::new(
        ErrorKind::RuntimeUnavailable,
        format!(
            "ONNX Runtime cannot be loaded from {}: {reason}. Install the package again (in a checkout: `cargo xtask assets`), or set FACEBRIDGE_ORT_LIBRARY to the full path of libonnxruntime 1.28.",
            path.display()
        ),
    )
}

fn check_version(version: &str, telemetry_disabled: bool) -> Result<()> {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if (major, minor) < (1, OLDEST_MINOR) {
        return Err(Error::new(
            ErrorKind::RuntimeUnavailable,
            format!(
                "ONNX Runtime {version} is too old: 1.{OLDEST_MINOR} or later is needed, 1.28 is the one tested."
            ),
        ));
    }
    if (major, minor) >= (1, TELEMETRY_FREE_BELOW) && !telemetry_disabled {
        return Err(Error::new(
            ErrorKind::RuntimeUnavailable,
            format!(
                "ONNX Runtime {version} sends telemetry by default. Use 1.28, or start the process with ORT_DISABLE_TELEMETRY=1."
            ),
        ));
    }
    Ok(())
}

/// The beginning of `OrtApiBase` in the library's C header: the same since its first release.
#[repr(C)]
struct ApiBase {
    get_api: unsafe extern "C" fn(u32) -> *const c_void,
    get_version_string: unsafe extern "C" fn() -> *const c_char,
}

/// Asks the library for its version without initialising it, since that is what would start telemetry.
fn open(path: &Path) -> Result<(String, libloading::Library)> {
    // SAFETY: loading runs the library's initialisers; the path is one the caller or our manifest trusts,
    // and the same file is loaded for good right after.
    let library =
        unsafe { libloading::Library::new(path) }.map_err(|error| unavailable(path, &error.to_string()))?;
    // SAFETY: every release of ONNX Runtime exports OrtGetApiBase with this signature.
    let api_base = unsafe { library.get::<unsafe extern "C" fn() -> *const ApiBase>(b"OrtGetApiBase\0") }
        .map_err(|_| unavailable(path, "it is not ONNX Runtime"))?;
    // SAFETY: the function takes nothing and returns a pointer to a static structure of that layout.
    let version = unsafe {
        let base = api_base();
        if base.is_null() {
            return Err(unavailable(path, "it offers no interface"));
        }
        CStr::from_ptr(((*base).get_version_string)()).to_string_lossy().into_owned()
    };
    Ok((version, library))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quiet_versions_are_accepted() {
        for version in ["1.17.0", "1.28.0"] {
            check_version(version, false).unwrap();
        }
        for version in ["1.29.0", "1.31.1", "2.0.0"] {
            assert!(check_version(version, false).unwrap_err().message().contains("telemetry"));
            check_version(version, true).unwrap();
        }
        for version in ["1.16.3", "0.5", "", "next"] {
            assert!(check_version(version, true).unwrap_err().message().contains("too old"));
        }
    }

    #[test]
    fn a_missing_library_is_an_error_that_says_what_to_do() {
        let error = RuntimeLibrary::load(Path::new("/nowhere/libonnxruntime.so")).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RuntimeUnavailable);
        assert!(error.message().contains("cargo xtask assets"));
    }
}
