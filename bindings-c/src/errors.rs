//! Why a call failed.

use crate::arena::c_text;
use crate::door::{OK, brief, status};
use crate::{live, wire};
use facebridge::{Error, ErrorKind};
use std::ffi::{CString, c_char};
use std::ptr;

/// Why a call failed. Release it with fb_error_free().
pub struct fb_error {
    kind: wire::fb_status,
    message: CString,
    vendor_code: Option<CString>,
    check_code: Option<u32>,
    trace_id: Option<CString>,
    retryable: bool,
}

impl fb_error {
    pub(crate) fn new(error: &Error) -> Self {
        Self {
            kind: status(error.kind()),
            message: c_text(error.message()),
            vendor_code: error.vendor_code().map(c_text),
            check_code: error.check_code(),
            trace_id: error.trace_id().map(c_text),
            retryable: error.retryable(),
        }
    }
}

fn text(text: Option<&CString>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

/// What went wrong: the same number that the call returned. `FB_OK` where `error` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fb_error_kind(error: *const fb_error) -> wire::fb_status {
    match live::peek(error, |found| found.kind) {
        Some(kind) => kind,
        None if error.is_null() => OK,
        None => status(ErrorKind::Closed),
    }
}

/// One or two sentences: what happened and what to do next. Never NULL; it lives as long as `error`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fb_error_message(error: *const fb_error) -> *const c_char {
    live::peek(error, |found| found.message.as_ptr()).unwrap_or(c"".as_ptr())
}

/// The remote system's own code, or NULL where none answered. It lives as long as `error`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fb_error_vendor_code(error: *const fb_error) -> *const c_char {
    live::peek(error, |found| text(found.vendor_code.as_ref())).unwrap_or(ptr::null())
}

/// Writes the image check code (one of `fb_check_code`) into `check_code` and returns true, where the image is
/// the reason. Otherwise returns false and writes 0. `check_code` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fb_error_check_code(error: *const fb_error, check_code: *mut u32) -> wire::bool {
    let found = live::peek(error, |found| found.check_code).flatten();
    if !check_code.is_null() && check_code.is_aligned() {
        // SAFETY: it is neither NULL nor misaligned; the rest is the caller's.
        unsafe { check_code.write(found.unwrap_or(0)) };
    }
    found.is_some().into()
}

/// The identifier under which the remote system logged the call, or NULL. It lives as long as `error`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fb_error_trace_id(error: *const fb_error) -> *const c_char {
    live::peek(error, |found| text(found.trace_id.as_ref())).unwrap_or(ptr::null())
}

/// Whether the same call may succeed later without any change.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fb_error_retryable(error: *const fb_error) -> wire::bool {
    live::peek(error, |found| found.retryable).unwrap_or(false).into()
}

/// Releases an error. NULL is fine; `FB_ERROR_CLOSED` where it was released before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fb_error_free(error: *mut fb_error) -> wire::fb_status {
    brief(|| live::release(error))
}
