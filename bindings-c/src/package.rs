//! Tells the core where this library is installed: models and runtime lie beside it.

use facebridge::boundary::set_package_folder;
use std::ffi::{CStr, OsStr, c_void};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// Names the package's folder to the core, once.
pub(crate) fn announce() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        if let Some(prefix) = prefix() {
            set_package_folder(prefix);
        }
    });
}

/// The folder above the one that holds this library: `/usr/local` of `/usr/local/lib/libfacebridge.so.0`.
fn prefix() -> Option<PathBuf> {
    let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
    let own_address = announce as fn() as *const c_void;
    // SAFETY: the address is one of this library's, and `found` is a place for the answer.
    let known = unsafe { libc::dladdr(own_address, found.as_mut_ptr()) } != 0;
    // SAFETY: it was filled with zeros, which is a value of it, or by the call.
    let name = unsafe { found.assume_init() }.dli_fname;
    if !known || name.is_null() {
        return None;
    }
    // SAFETY: the dynamic linker keeps the name for as long as the library is loaded.
    let path = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()));
    // A path relative to some folder that was current once says nothing, and a planted file could answer to it.
    if !path.is_absolute() {
        return None;
    }
    Some(path.canonicalize().ok()?.parent()?.parent()?.to_owned())
}
