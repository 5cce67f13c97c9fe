//! Keeps a process from tearing the runtime down while somebody is inside it.
//!
//! When a process ends, the C library runs the destructors of ONNX Runtime while other threads (daemon threads
//! of an interpreter or a virtual machine) may still be inside it, which crashes and spoils the exit code.

use crate::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The longest that ending the process waits for running inferences.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Later clients run models that the runtime has run before.
const MOST_HANDLERS: usize = 16;

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static ENDING: AtomicBool = AtomicBool::new(false);

/// Marks a stay inside the runtime: loading it, making a session, running or releasing one.
pub(crate) struct InFlight(());

impl InFlight {
    /// # Errors
    /// `ShuttingDown` once the process has begun to end.
    pub(crate) fn enter() -> Result<Self> {
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

/// Has the end of the process wait for everybody who is inside the runtime.
///
/// Handlers run in reverse order, and the runtime adds destructors of its own when it is loaded and when it first
/// runs a model. So this is called after each: the wait then comes before all of them.
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
    static REGISTERED: AtomicUsize = AtomicUsize::new(0);
    let earlier = REGISTERED.fetch_add(1, Ordering::Relaxed);
    if earlier < MOST_HANDLERS {
        // SAFETY: the handler takes nothing, does not unwind, and lives as long as this library.
        let refused = unsafe { libc::atexit(wait) };
        debug_assert_eq!(refused, 0, "the C library takes at least 32 handlers");
    }
    if earlier == 0 {
        // SAFETY: as above.
        let refused = unsafe { libc::pthread_atfork(None, None, Some(forget)) };
        debug_assert_eq!(refused, 0, "memory for one handler is there");
    }
}
