//! The one door through which every foreign call passes.

use crate::{Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// Runs `work`; a panic becomes an `Internal` error instead of reaching the foreign caller.
///
/// The payload is dropped unread and nothing is printed: it might quote what the caller handed in.
///
/// # Errors
/// Those of `work`, and `Internal` for a panic.
pub fn guard<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    static QUIET: Once = Once::new();
    // Each shell has a Rust runtime of its own, so this silences nobody else's panics.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        // Dropping a payload may itself panic.
        std::mem::forget(payload);
        Err(Error::new(ErrorKind::Internal, "A bug in facebridge stopped this call. Please report it."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_without_its_words() {
        let error = guard(|| -> Result<()> { panic!("the customer's name") }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(!error.message().contains("customer"));
        assert_eq!(guard(|| Ok(7)).unwrap(), 7);
    }
}
