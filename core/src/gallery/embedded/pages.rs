//! A check value on every page of a store's file, so that a changed byte is an error and never an answer.
//!
//! Sealing guards what a row says, but not that a row is found: a changed byte in a page's own structure can hide
//! one. So the last bytes of each page hold a checksum over the page and its number. It is a thin layer over the
//! file functions that SQLite would use: everything but reading and writing pages goes straight there.
//!
//! The write-ahead log has checksums of its own, which SQLite looks at only when nobody has the store open. Here they
//! are looked at whenever a page is read from it, also on its way into the main file.

use crate::{Error, ErrorKind, Result};
use rusqlite::ffi;
use std::ffi::{CString, c_int, c_void};
use std::sync::{Mutex, PoisonError};

/// Bytes of a page.
pub(super) const PAGE_BYTES: usize = 4096;
/// Pages of a file, at most, which makes 128 GiB. See `clear_gap`.
pub(super) const MOST_PAGES: i64 = 0x01FF_FFFF;
/// Bytes at a page's end that hold its check value.
const CHECK_BYTES: usize = 4;
/// Where the first page says whose file it is.
const APPLICATION_AT: usize = 68;
/// Whose file it is: the letters FBGL.
pub(super) const APPLICATION: i32 = i32::from_be_bytes(*b"FBGL");
const SMALLEST_PAGE: c_int = 512;
/// Bytes in front of the log's frames.
const LOG_HEADER: usize = 32;
/// Bytes in front of a frame's page: its number, the size of the file, two salts of the log, two sums.
const FRAME_HEADER: usize = 24;
const FRAME: i64 = (FRAME_HEADER + PAGE_BYTES) as i64;

/// The file functions of one kind of file below, with ours in front.
#[repr(C)]
struct Methods {
    // First, because SQLite and the layer below hold a pointer to this field.
    ours: ffi::sqlite3_io_methods,
    below: *const ffi::sqlite3_io_methods,
    /// Whether they are those of a log.
    log: bool,
}

// SAFETY: written once, before the pointer is handed out; what it points at is never changed or freed.
unsafe impl Send for Methods {}
// SAFETY: as for Send.
unsafe impl Sync for Methods {}

static METHODS: Mutex<Vec<&'static Methods>> = Mutex::new(Vec::new());
static LAYERS: Mutex<Vec<Layer>> = Mutex::new(Vec::new());

struct Layer {
    below: Option<String>,
    name: CString,
}

/// The name of the layer above the file functions called `below`, or above the system's own.
///
/// # Errors
/// `InvalidArgument` where no such functions are registered.
pub(super) fn layer(below: Option<&str>) -> Result<CString> {
    let unknown = || Error::new(ErrorKind::InvalidArgument, "No file functions of this name are registered.");
    let mut layers = LAYERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(layer) = layers.iter().find(|layer| layer.below.as_deref() == below) {
        return Ok(layer.name.clone());
    }
    let name =
        CString::new(format!("facebridge-pages-{}", below.unwrap_or("system"))).map_err(|_| unknown())?;
    let below_name = below.map(CString::new).transpose().map_err(|_| unknown())?;
    // SAFETY: the name is a C string or null, which means the default.
    let found =
        unsafe { ffi::sqlite3_vfs_find(below_name.as_ref().map_or(std::ptr::null(), |name| name.as_ptr())) };
    // SAFETY: SQLite answers a registered table or null; tables stay as long as the process.
    let Some(table) = (unsafe { found.as_ref() }) else { return Err(unknown()) };
    let ours = Box::leak(Box::new(Below {
        table: ffi::sqlite3_vfs {
            zName: name.clone().into_raw(),
            pNext: std::ptr::null_mut(),
            xOpen: Some(open),
            ..*table
        },
        below: found,
    }));
    // SAFETY: the table and its name are leaked, so they outlive every connection.
    let code = unsafe { ffi::sqlite3_vfs_register(&raw mut ours.table, 0) };
    if code != ffi::SQLITE_OK {
        return Err(Error::new(
            ErrorKind::Internal,
            "The page checks could not be set up. Please report this.",
        ));
    }
    layers.push(Layer { below: below.map(str::to_owned), name: name.clone() });
    Ok(name)
}

/// Reserves the bytes for the check values in a file that is still empty.
pub(super) fn reserve(connection: &rusqlite::Connection) {
    let mut bytes = CHECK_BYTES as c_int;
    // SAFETY: the handle is open, and this operation takes a pointer to an int.
    unsafe {
        ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_RESERVE_BYTES,
            (&raw mut bytes).cast(),
        );
    }
}

/// Our table of file system functions, and the one it copies.
#[repr(C)]
struct Below {
    // First, because SQLite holds a pointer to this field.
    table: ffi::sqlite3_vfs,
    below: *mut ffi::sqlite3_vfs,
}

unsafe extern "C" fn open(
    table: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes the table that was registered, which is the first field of a `Below`; the file has
    // the size that the table below asked for, since the field was copied.
    unsafe {
        let below = (*table.cast::<Below>()).below;
        let Some(open_below) = (*below).xOpen else { return ffi::SQLITE_CANTOPEN };
        let code = open_below(below, name, file, flags, out_flags);
        let log = flags & ffi::SQLITE_OPEN_WAL != 0;
        if (log || flags & ffi::SQLITE_OPEN_MAIN_DB != 0) && !(*file).pMethods.is_null() {
            (*file).pMethods = &raw const methods((*file).pMethods, log).ours;
        }
        code
    }
}

/// Our functions in front of those below, made once for each kind of file.
///
/// # Safety
/// `below` points at a table that is never changed or freed, as SQLite demands of every such table.
unsafe fn methods(below: *const ffi::sqlite3_io_methods, log: bool) -> &'static Methods {
    let mut known = METHODS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(methods) = known.iter().find(|methods| methods.below == below && methods.log == log) {
        return methods;
    }
    // SAFETY: the caller's promise.
    let table = unsafe { *below };
    let ours = ffi::sqlite3_io_methods {
        // The third version adds memory maps, which would go past the check.
        iVersion: table.iVersion.min(2),
        xRead: Some(if log { read_log } else { read }),
        xWrite: Some(if log { write_log } else { write }),
        xFetch: None,
        xUnfetch: None,
        ..table
    };
    let methods: &'static Methods = Box::leak(Box::new(Methods { ours, below, log }));
    known.push(methods);
    methods
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, bytes: c_int, at: i64) -> c_int {
    // SAFETY: `open` put the first field of a `Methods` here; SQLite passes a buffer of that many bytes.
    unsafe {
        let below = (*(*file).pMethods.cast::<Methods>()).below;
        let Some(read_below) = (*below).xRead else { return ffi::SQLITE_IOERR_READ };
        let code = read_below(file, to, bytes, at);
        if code != ffi::SQLITE_OK || bytes < SMALLEST_PAGE {
            return code;
        }
        let page = std::slice::from_raw_parts(to.cast::<u8>(), bytes as usize);
        if is_intact(page, at) { code } else { ffi::SQLITE_IOERR_DATA }
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: i64,
) -> c_int {
    // SAFETY: `open` put the first field of a `Methods` here; SQLite passes a buffer of that many bytes.
    unsafe {
        let below = (*(*file).pMethods.cast::<Methods>()).below;
        let Some(write_below) = (*below).xWrite else { return ffi::SQLITE_IOERR_WRITE };
        let given = std::slice::from_raw_parts(from.cast::<u8>(), bytes as usize);
        let Ok(mut page) = <[u8; PAGE_BYTES]>::try_from(given) else {
            return write_below(file, from, bytes, at);
        };
        clear_gap(&mut page, at);
        let value = check_value(&page, at).to_le_bytes();
        page[PAGE_BYTES - CHECK_BYTES..].copy_from_slice(&value);
        write_below(file, page.as_ptr().cast(), bytes, at)
    }
}

unsafe extern "C" fn read_log(file: *mut ffi::sqlite3_file, to: *mut c_void, bytes: c_int, at: i64) -> c_int {
    // SAFETY: `open` put the first field of a `Methods` here; SQLite passes a buffer of that many bytes.
    unsafe {
        let below = (*(*file).pMethods.cast::<Methods>()).below;
        let Some(read_below) = (*below).xRead else { return ffi::SQLITE_IOERR_READ };
        let code = read_below(file, to, bytes, at);
        if code != ffi::SQLITE_OK {
            return code;
        }
        let given = std::slice::from_raw_parts(to.cast::<u8>(), bytes as usize);
        // Whole frames are read where SQLite looks at the sums itself.
        let Ok(page) = <&[u8; PAGE_BYTES]>::try_from(given) else { return code };
        match Frame::read(file, at) {
            Err(code) => code,
            Ok(Some(frame)) if !frame.is_open() && !frame.is_of(page) => ffi::SQLITE_IOERR_DATA,
            Ok(_) => code,
        }
    }
}

unsafe extern "C" fn write_log(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: i64,
) -> c_int {
    // SAFETY: `open` put the first field of a `Methods` here; SQLite passes a buffer of that many bytes.
    unsafe {
        let below = (*(*file).pMethods.cast::<Methods>()).below;
        let Some(write_below) = (*below).xWrite else { return ffi::SQLITE_IOERR_WRITE };
        let given = std::slice::from_raw_parts(from.cast::<u8>(), bytes as usize);
        // A transaction that outgrows its memory may write a page of its own anew, in its place. SQLite corrects the
        // frame when the transaction ends; until then the frame says that its sums are not those of the page.
        if let Ok(page) = <&[u8; PAGE_BYTES]>::try_from(given)
            && let Ok(Some(frame)) = Frame::read(file, at)
            && !frame.is_of(page)
        {
            let no_salts = [0u8; 8];
            let salts_at = at - FRAME_HEADER as i64 + Frame::SALTS.start as i64;
            let code = write_below(file, no_salts.as_ptr().cast(), no_salts.len() as c_int, salts_at);
            if code != ffi::SQLITE_OK {
                return code;
            }
        }
        write_below(file, from, bytes, at)
    }
}

/// What the log says of a frame's page.
struct Frame {
    header: [u8; FRAME_HEADER],
    /// The sums of the frame before, or of the log's header.
    before: [u32; 2],
    /// How the sums take numbers from bytes.
    big_endian: bool,
}

impl Frame {
    const SALTS: std::ops::Range<usize> = 8..16;
    const SUMS: std::ops::Range<usize> = 16..24;

    /// The frame whose page stands at `at`; nothing where no page can stand there.
    ///
    /// # Errors
    /// SQLite's code.
    ///
    /// # Safety
    /// `file` is a log that `open` has opened.
    unsafe fn read(file: *mut ffi::sqlite3_file, at: i64) -> Result<Option<Self>, c_int> {
        let begin = at - FRAME_HEADER as i64;
        let frames = begin - LOG_HEADER as i64;
        if frames < 0 || frames % FRAME != 0 {
            return Ok(None);
        }
        let read_at = |to: &mut [u8], at: i64| {
            // SAFETY: the caller's promise; the buffer has that many bytes.
            let code = unsafe {
                let below = (*(*file).pMethods.cast::<Methods>()).below;
                let Some(read_below) = (*below).xRead else { return Err(ffi::SQLITE_IOERR_READ) };
                read_below(file, to.as_mut_ptr().cast(), to.len() as c_int, at)
            };
            if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
        };
        let (mut log, mut header, mut before) = ([0; LOG_HEADER], [0; FRAME_HEADER], [0; FRAME_HEADER]);
        read_at(&mut log, 0)?;
        read_at(&mut header, begin)?;
        let before = if frames == 0 {
            pair(&log[LOG_HEADER - 8..])
        } else {
            read_at(&mut before, begin - FRAME)?;
            pair(&before[Self::SUMS])
        };
        Ok(Some(Self { header, before, big_endian: log[3] & 1 == 1 }))
    }

    /// Whether its transaction has not ended, so that it has no sums yet.
    fn is_open(&self) -> bool {
        self.header[Self::SALTS].iter().all(|&byte| byte == 0)
    }

    fn is_of(&self, page: &[u8; PAGE_BYTES]) -> bool {
        let sums = self.add(self.before, &self.header[..8]);
        self.add(sums, page) == pair(&self.header[Self::SUMS])
    }

    fn add(&self, [mut one, mut other]: [u32; 2], bytes: &[u8]) -> [u32; 2] {
        for pair in bytes.as_chunks::<8>().0 {
            let (words, _) = pair.as_chunks::<4>();
            let [first, second] = [words[0], words[1]].map(|word| {
                if self.big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
            });
            one = one.wrapping_add(first).wrapping_add(other);
            other = other.wrapping_add(second).wrapping_add(one);
        }
        [one, other]
    }
}

/// Two numbers as the log's headers hold them.
fn pair(bytes: &[u8]) -> [u32; 2] {
    [0, 4].map(|at| u32::from_be_bytes(std::array::from_fn(|index| bytes[at + index])))
}

/// Overwrites the unused bytes between a page's list of cells and its cells. SQLite overwrites what it deletes, but not
/// what it leaves there when it spreads cells over pages anew: a copy of a row that may be deleted later.
fn clear_gap(page: &mut [u8; PAGE_BYTES], at: i64) {
    // The file's own header is in front of the first page's.
    let header = if at == 0 { 100 } else { 0 };
    let two = |from: usize| usize::from(u16::from_be_bytes([page[from], page[from + 1]]));
    let list = match page[header] {
        2 | 5 => header + 12,
        10 | 13 => header + 8,
        // Not a page of a table or index: pages of other sorts begin with the number of another page, whose first
        // byte is 0 or 1 (`MOST_PAGES`).
        _ => return,
    };
    let (begin, end) = (list + 2 * two(header + 3), two(header + 5));
    if begin < end && end <= PAGE_BYTES - CHECK_BYTES {
        page[begin..end].fill(0);
    }
}

fn is_intact(page: &[u8], at: i64) -> bool {
    // Another program's file is not ours to judge; it is refused by what its first page says.
    if at == 0 && page[APPLICATION_AT..APPLICATION_AT + 4] != APPLICATION.to_be_bytes() {
        return true;
    }
    match <&[u8; PAGE_BYTES]>::try_from(page) {
        Ok(page) => page[PAGE_BYTES - CHECK_BYTES..] == check_value(page, at).to_le_bytes(),
        Err(_) => false,
    }
}

fn check_value(page: &[u8; PAGE_BYTES], at: i64) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&at.to_le_bytes());
    hasher.update(&page[..PAGE_BYTES - CHECK_BYTES]);
    hasher.finalize()
}

/// Makes the check value of the page around `at` fit again.
#[cfg(test)]
pub(super) fn mend(file: &mut [u8], at: usize) {
    let begin = at / PAGE_BYTES * PAGE_BYTES;
    let page: &mut [u8; PAGE_BYTES] = (&mut file[begin..begin + PAGE_BYTES]).try_into().expect("whole pages");
    let value = check_value(page, begin as i64).to_le_bytes();
    page[PAGE_BYTES - CHECK_BYTES..].copy_from_slice(&value);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page full of ones, with a header at `header` that says: two cells, beginning at 4000.
    fn page(header: usize, sort: u8) -> [u8; PAGE_BYTES] {
        let mut page = [1; PAGE_BYTES];
        page[header] = sort;
        page[header + 3..header + 5].copy_from_slice(&2u16.to_be_bytes());
        page[header + 5..header + 7].copy_from_slice(&4000u16.to_be_bytes());
        page
    }

    #[test]
    fn only_the_gap_of_a_table_or_index_is_cleared() {
        for (at, header) in [(0, 100), (4096, 0)] {
            for (sort, list) in [(2, 12), (5, 12), (10, 8), (13, 8)] {
                let (before, mut after) = (page(header, sort), page(header, sort));
                clear_gap(&mut after, at);
                let gap = header + list + 2 * 2..4000;
                assert!(after[gap.clone()].iter().all(|&byte| byte == 0));
                assert_eq!(after[..gap.start], before[..gap.start]);
                assert_eq!(after[gap.end..], before[gap.end..]);
            }
            let (before, mut after) = (page(header, 0), page(header, 0));
            clear_gap(&mut after, at);
            assert_eq!(after, before);
        }
    }

    #[test]
    fn a_header_that_makes_no_sense_clears_nothing() {
        let mut page = page(0, 13);
        page[3..7].fill(0xFF);
        let before = page;
        clear_gap(&mut page, 4096);
        assert_eq!(page, before);
    }
}
