//! The disk as SQLite sees it: its table of functions.

use super::disk::{Code, Disk, Open};
use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

/// Longest name of a file in bytes.
const MOST_NAME_BYTES: c_int = 1024;
/// What SQLite's own VFS says of a disk on Linux.
const SECTOR_BYTES: c_int = 4096;
const CHARACTERISTICS: c_int = ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE | ffi::SQLITE_IOCAP_SUBPAGE_READ;

/// A file as SQLite knows it: SQLite reserves the memory.
#[repr(C)]
struct File {
    base: sqlite3_file,
    disk: *const Disk,
    open: *mut Open,
}

/// What the table's own data is.
struct Data {
    disk: Arc<Disk>,
    /// SQLite's own VFS, for the time and random numbers.
    system: NonNull<sqlite3_vfs>,
}

/// A registered VFS; it can be opened by name until this is dropped.
pub(super) struct Registration {
    name: &'static CStr,
    vfs: NonNull<sqlite3_vfs>,
}

// SAFETY: the table is not changed after it was registered, and SQLite guards its list by a mutex.
unsafe impl Send for Registration {}
// SAFETY: as above.
unsafe impl Sync for Registration {}

impl Registration {
    /// Makes `disk` known to SQLite under `name`, which nobody else may have. A connection may outlive the
    /// registration, so the table, its name and the disk stay in memory until the process ends.
    ///
    /// # Panics
    /// Where SQLite has no VFS of its own or refuses this one.
    pub(super) fn new(name: &str, disk: Arc<Disk>) -> Self {
        let name: &'static CStr =
            Box::leak(CString::new(name).expect("a name holds no zero byte").into_boxed_c_str());
        // SAFETY: a null name asks for the default VFS; SQLite initialises itself first.
        let system = NonNull::new(unsafe { ffi::sqlite3_vfs_find(ptr::null()) }).expect("SQLite has a VFS");
        let data: &'static mut Data = Box::leak(Box::new(Data { disk, system }));
        let table = sqlite3_vfs {
            iVersion: 2,
            szOsFile: size_of::<File>() as c_int,
            mxPathname: MOST_NAME_BYTES,
            pNext: ptr::null_mut(),
            zName: name.as_ptr(),
            pAppData: ptr::from_mut(data).cast(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_path_name),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(last_error),
            xCurrentTimeInt64: Some(current_time_in_milliseconds),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        };
        let vfs = NonNull::from(Box::leak(Box::new(table)));
        // SAFETY: the table and all it points to live until the process ends.
        let code = unsafe { ffi::sqlite3_vfs_register(vfs.as_ptr(), 0) };
        assert_eq!(code, ffi::SQLITE_OK, "SQLite takes the VFS");
        Self { name, vfs }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name.to_str().expect("it was made from a str")
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: it was registered by `new`, and connections that are still open keep their own pointer.
        unsafe { ffi::sqlite3_vfs_unregister(self.vfs.as_ptr()) };
    }
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

fn code(result: Result<(), Code>) -> c_int {
    result.err().unwrap_or(ffi::SQLITE_OK)
}

/// # Safety
/// `vfs` is a table that [`Registration::new`] made.
unsafe fn data<'a>(vfs: *mut sqlite3_vfs) -> &'a Data {
    // SAFETY: that puts a `Data` there which lives until the process ends.
    unsafe { &*(*vfs).pAppData.cast::<Data>() }
}

/// # Safety
/// `file` was opened by [`open`] and not closed, and no other reference of this kind is in use: SQLite uses a
/// file from one thread at a time.
unsafe fn parts<'a>(file: *mut sqlite3_file) -> (&'a Disk, &'a mut Open) {
    // SAFETY: `open` puts both there; the disk lives until the process ends, the handle until `close`.
    unsafe {
        let file = file.cast::<File>();
        (&*(*file).disk, &mut *(*file).open)
    }
}

/// # Safety
/// `name` is null or a text that ends in a zero byte and lives as long as the answer is used.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands in our table, a name that is null for a temporary file, and `szOsFile` bytes of
    // memory for the file; without methods it does not call `close`.
    unsafe {
        (*file).pMethods = ptr::null();
        let disk = &*data(vfs).disk;
        match disk.open(text(name), flags) {
            Ok(open) => {
                let base = sqlite3_file { pMethods: &raw const METHODS };
                file.cast::<File>().write(File { base, disk, open: Box::into_raw(Box::new(open)) });
                if !flags_out.is_null() {
                    *flags_out = flags;
                }
                ffi::SQLITE_OK
            }
            Err(code) => code,
        }
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes an open file once.
    unsafe {
        let (disk, open) = parts(file);
        disk.close(open);
        drop(Box::from_raw((*file.cast::<File>()).open));
        (*file).pMethods = ptr::null();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(vfs: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite hands in our table and a name.
    let (disk, name) = unsafe { (&data(vfs).disk, text(name)) };
    code(name.ok_or(ffi::SQLITE_IOERR_DELETE).and_then(|name| disk.delete(name, sync_folder != 0)))
}

unsafe extern "C" fn access(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    there: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands in our table, a name and a place for the answer.
    unsafe {
        *there = c_int::from(text(name).is_some_and(|name| data(vfs).disk.access(name, flags)));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path_name(
    _vfs: *mut sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    full: *mut c_char,
) -> c_int {
    // SAFETY: SQLite hands in a name and `room` bytes for the answer.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes_with_nul();
        if bytes.len() > room as usize {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr().cast(), full, bytes.len());
    }
    ffi::SQLITE_OK
}

/// Hands a call of the table over to SQLite's own VFS.
macro_rules! system {
    ($function:ident, $field:ident($($argument:ident: $type:ty),*)) => {
        unsafe extern "C" fn $function(vfs: *mut sqlite3_vfs, $($argument: $type),*) -> c_int {
            // SAFETY: the arguments are SQLite's, for a function of the same meaning.
            unsafe {
                let system = data(vfs).system.as_ptr();
                (*system).$field.map_or(ffi::SQLITE_ERROR, |function| function(system, $($argument),*))
            }
        }
    };
}
system!(randomness, xRandomness(count: c_int, bytes: *mut c_char));
system!(sleep, xSleep(microseconds: c_int));
system!(current_time, xCurrentTime(days: *mut f64));
system!(current_time_in_milliseconds, xCurrentTimeInt64(milliseconds: *mut sqlite3_int64));
system!(last_error, xGetLastError(room: c_int, text: *mut c_char));

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    bytes: *mut c_void,
    count: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite hands in an open file and `count` bytes of memory.
    let ((disk, open), bytes) =
        unsafe { (parts(file), std::slice::from_raw_parts_mut(bytes.cast::<u8>(), count as usize)) };
    match disk.read(open, at as usize, bytes) {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(code) => code,
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite hands in an open file and `count` bytes.
    let ((disk, open), bytes) =
        unsafe { (parts(file), std::slice::from_raw_parts(bytes.cast::<u8>(), count as usize)) };
    code(disk.write(open, at as usize, bytes))
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, length: sqlite3_int64) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let (disk, open) = unsafe { parts(file) };
    code(disk.truncate(open, length as usize))
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let (disk, open) = unsafe { parts(file) };
    code(disk.sync(open))
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    // SAFETY: SQLite hands in an open file and a place for the answer.
    unsafe {
        let (disk, open) = parts(file);
        code(disk.size(open).map(|bytes| *size = bytes as sqlite3_int64))
    }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let (disk, open) = unsafe { parts(file) };
    code(disk.lock(open, level))
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let (disk, open) = unsafe { parts(file) };
    disk.unlock(open, level);
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, reserved: *mut c_int) -> c_int {
    // SAFETY: SQLite hands in an open file and a place for the answer.
    unsafe {
        let (disk, open) = parts(file);
        code(disk.is_reserved(open).map(|answer| *reserved = c_int::from(answer)))
    }
}

unsafe extern "C" fn file_control(
    _file: *mut sqlite3_file,
    _operation: c_int,
    _argument: *mut c_void,
) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_file: *mut sqlite3_file) -> c_int {
    SECTOR_BYTES
}

unsafe extern "C" fn device_characteristics(_file: *mut sqlite3_file) -> c_int {
    CHARACTERISTICS
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    number: c_int,
    bytes: c_int,
    make: c_int,
    memory: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite hands in an open file and a place for the answer. The memory lives until the file leaves
    // the index, which is as long as SQLite uses it.
    unsafe {
        let (disk, open) = parts(file);
        *memory = ptr::null_mut();
        match disk.map_index(open, number as usize, bytes as usize, make != 0) {
            Ok(region) => {
                if let Some(region) = region {
                    *memory = region.as_ptr().cast_mut().cast();
                }
                ffi::SQLITE_OK
            }
            Err(code) => code,
        }
    }
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, first: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let (disk, open) = unsafe { parts(file) };
    let (first, count, exclusive) = (first as usize, count as usize, flags & ffi::SQLITE_SHM_EXCLUSIVE != 0);
    if flags & ffi::SQLITE_SHM_LOCK != 0 {
        return code(disk.lock_index(open, first, count, exclusive));
    }
    disk.unlock_index(open, first, count, exclusive);
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_barrier(_file: *mut sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, _delete: c_int) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let (disk, open) = unsafe { parts(file) };
    disk.leave_index(open);
    ffi::SQLITE_OK
}
