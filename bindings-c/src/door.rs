//! The door through which every call comes in and every answer goes out.

use crate::arena::{Arena, Give};
use crate::arguments::Place;
use crate::errors::fb_error;
use crate::generated::enums::fb_status;
use crate::{live, package, wire};
use facebridge::boundary::guard;
use facebridge::{ErrorKind, Result};
use std::ffi::{CStr, c_char};
use std::ptr::NonNull;

/// The status of a call that succeeded.
pub(crate) const OK: wire::fb_status = fb_status::FB_OK as i32;

/// The status of a call that failed. Kinds of error have their numbers from the core.
pub(crate) fn status(kind: ErrorKind) -> wire::fb_status {
    kind.give(&mut Arena::default()).unwrap_or(fb_status::FB_ERROR_INTERNAL as i32)
}

/// Runs a call and reports how it went. An error is handed out where the caller wants one.
///
/// # Safety
/// `error` is NULL or a place to write to.
pub(crate) unsafe fn call(error: *mut *mut fb_error, work: impl FnOnce() -> Result<()>) -> wire::fb_status {
    let wanted = NonNull::new(error).filter(|place| place.is_aligned());
    if let Some(place) = wanted {
        // SAFETY: it is not NULL; the rest is the caller's.
        unsafe { place.write(std::ptr::null_mut()) };
    }
    let outcome = guard(|| {
        package::announce();
        work()
    });
    let Err(failure) = outcome else { return OK };
    let status = status(failure.kind());
    if let Some(place) = wanted {
        let failure = live::publish(fb_error::new(&failure), Arena::default());
        // SAFETY: as above.
        unsafe { place.write(failure) };
    }
    status
}

/// Runs a call of which only the status is told.
pub(crate) fn brief(work: impl FnOnce() -> Result<()>) -> wire::fb_status {
    match guard(work) {
        Ok(()) => OK,
        Err(failure) => status(failure.kind()),
    }
}

/// A place for an answer.
pub(crate) struct Out<C>(NonNull<C>);

impl<C> Out<C> {
    /// Takes the place and writes `nothing` into it, so that no caller finds an older value there.
    ///
    /// # Safety
    /// `place` is NULL, misaligned, or a place to write to until the call ends.
    pub(crate) unsafe fn at(place: *mut C, nothing: C, parameter: &str) -> Result<Self> {
        let found = NonNull::new(place).ok_or_else(|| Place::of(parameter).refuse("is NULL"))?;
        if !found.is_aligned() {
            return Err(Place::of(parameter).refuse("is not aligned"));
        }
        // SAFETY: it is neither NULL nor misaligned; the rest is the caller's.
        unsafe { found.write(nothing) };
        Ok(Self(found))
    }

    /// Writes the answer.
    pub(crate) fn write(self, answer: C) {
        // SAFETY: whoever made this promised that the place lasts.
        unsafe { self.0.write(answer) };
    }
}

impl<C> Out<C> {
    /// Writes a number.
    pub(crate) fn number(self, answer: impl Give<C = C>) -> Result<()> {
        self.write(answer.give(&mut Arena::default())?);
        Ok(())
    }
}

// What has memory of its own, which the caller releases.
#[allow(dead_code, reason = "which of them are called depends on the API")]
impl<C: 'static> Out<*mut C> {
    /// Hands out a record.
    pub(crate) fn give(self, answer: impl Give<C = C>) -> Result<()> {
        let mut memory = Arena::default();
        let answer = answer.give(&mut memory)?;
        self.write(live::publish(answer, memory));
        Ok(())
    }

    /// Hands out a list, which `wrap` makes of its first item and its length.
    pub(crate) fn list<T: Give<C: 'static>>(
        self,
        answer: Vec<T>,
        wrap: impl FnOnce(*const T::C, usize) -> C,
    ) -> Result<()> {
        let mut memory = Arena::default();
        let (items, count) = memory.list(answer)?;
        self.write(live::publish(wrap(items, count), memory));
        Ok(())
    }

    /// Hands out values that C sees as they are, such as bytes.
    pub(crate) fn values<T: 'static>(
        self,
        answer: Vec<T>,
        wrap: impl FnOnce(*const T, usize) -> C,
    ) -> Result<()> {
        let mut memory = Arena::default();
        let (items, count) = memory.keep(answer);
        self.write(live::publish(wrap(items, count), memory));
        Ok(())
    }

    /// Hands out a text, which `wrap` makes of its first character and its length.
    pub(crate) fn text(
        self,
        answer: impl Give<C = *const c_char>,
        wrap: impl FnOnce(*const c_char, usize) -> C,
    ) -> Result<()> {
        let mut memory = Arena::default();
        let text = answer.give(&mut memory)?;
        // SAFETY: what is given as text ends with NUL, and `memory` keeps it.
        let length = unsafe { CStr::from_ptr(text) }.count_bytes();
        self.write(live::publish(wrap(text, length), memory));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::{fb_error_free, fb_error_message};
    use std::process::Command;
    use std::ptr;

    const INTERNAL: wire::fb_status = fb_status::FB_ERROR_INTERNAL as i32;

    #[test]
    #[ignore = "run by the next test in a process of its own, whose output is looked at"]
    fn a_panic_is_an_internal_error_without_its_words() {
        let mut old = 7_u64;
        let mut out: *mut u64 = &raw mut old;
        let mut error = ptr::null_mut();
        // SAFETY: `out` and `error` are places to write to.
        let status = unsafe {
            call(&raw mut error, || {
                let _out = Out::at(&raw mut out, ptr::null_mut(), "out")?;
                panic!("Jane Doe")
            })
        };
        assert_eq!(status, INTERNAL);
        assert_eq!(INTERNAL, 99);
        assert!(out.is_null());
        // SAFETY: the error was just handed out.
        let message = unsafe { CStr::from_ptr(fb_error_message(error)) }.to_str().unwrap();
        assert!(message.contains("bug in facebridge") && !message.contains("Jane"), "{message}");
        // SAFETY: as above.
        assert_eq!(unsafe { fb_error_free(error) }, OK);

        // SAFETY: no error is wanted.
        assert_eq!(unsafe { call(ptr::null_mut(), || panic!("Jane Doe")) }, INTERNAL);
        assert_eq!(brief(|| panic!("Jane Doe")), INTERNAL);
    }

    #[test]
    fn a_panic_stays_within_the_door_and_says_nothing() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "door::tests::a_panic_is_an_internal_error_without_its_words"])
            .args(["--ignored", "--nocapture"])
            // What a panic carries is left where it is, which a checker of addresses would call a leak.
            .env("ASAN_OPTIONS", "detect_leaks=0")
            .output()
            .unwrap();
        let (said, complained) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.contains("1 passed"), "{said}{complained}");
        assert_eq!(complained, "");
        assert!(!said.contains("Jane"), "{said}");
    }
}
