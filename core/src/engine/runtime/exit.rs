//! Keeps a process from tearing the runtime down under a running inference.
//!
//! When a process ends, the C library runs the destructors of ONNX Runtime while other threads (daemon threads
//! of an interpreter or a virtual machine) may still be inside it, which crashes and spoils the exit code.

use crate::{Error, ErrorKind, Result};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The longest that ending the process waits for running inferences.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static ENDING: AtomicBool = AtomicBool::new(false);

/// Marks a stay inside the runtime.
pub(super) struct InFlight(());

impl InFlight {
    /// # Errors
    /// `ShuttingDown` once the process has begun to end.
    pub(super) fn enter() -> Result<Self> {
        // The count goes first: the waiting side sees either it or a thread that sees the flag.
        RUNNING.fetch_add(1, Ordering::SeqCst);
        let guard = Self(());
        if ENDING.load(Ordering::SeqCst) {
            return Err(Error::new(
                ErrorKind::ShuttingDown,
                "The process is ending. Finish calls before leaving the main program.",
            ));
        }
        Ok(guard)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Has the end of the process wait for running inferences. Called once the runtime is loaded: handlers run in
/// reverse order, so this one comes before the runtime's own destructors.
pub(super) fn wait_at_exit() {
    extern "C" fn wait() {
        ENDING.store(true, Ordering::SeqCst);
        let begin = Instant::now();
        while RUNNING.load(Ordering::SeqCst) > 0 && begin.elapsed() < LONGEST_WAIT {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    // The parent's inferences do not run in a forked child.
    extern "C" fn forget() {
        RUNNING.store(0, Ordering::SeqCst);
    }
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: the handlers take nothing, do not unwind, and live as long as this library.
        let refused = unsafe { libc::atexit(wait) | libc::pthread_atfork(None, None, Some(forget)) };
        debug_assert_eq!(refused, 0, "the C library takes at least 32 handlers");
    });
}
