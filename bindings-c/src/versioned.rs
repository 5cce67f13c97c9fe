//! Structures whose first member is their size: a program that was compiled against an older, shorter one goes
//! on working.

use crate::arena::{Arena, Give};
use crate::arguments::{self, Place};
use facebridge::Result;
use std::ptr;
use std::sync::OnceLock;

/// More than any of these structures will ever need; a larger size is a mistake, such as a size left unset.
const LARGEST: usize = 4096;

/// A structure that states its size.
///
/// # Safety
/// It is `repr(C)`, its first member is `size: usize`, and every pattern of bits is a value of it.
pub(crate) unsafe trait Versioned: Copy + 'static {
    /// What stands where the caller's structure ends.
    fn blank() -> Result<Self>;
}

/// Reads a structure of whatever age.
///
/// # Safety
/// `pointer` is NULL, misaligned, or points to a structure of as many bytes as its first member says.
pub(crate) unsafe fn read<T: Versioned>(pointer: *const T, place: &Place<'_>) -> Result<T> {
    // SAFETY: the size is the first member of each.
    let size = *unsafe { arguments::required(pointer.cast::<usize>(), place) }?;
    check(size, place)?;
    let known = size.min(size_of::<T>());
    // SAFETY: the caller's structure goes on up to `size`.
    let newer = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>().add(known), size - known) };
    if newer.iter().any(|&byte| byte != 0) {
        return Err(place.refuse("sets a member that this release of the library does not know"));
    }
    let mut value = T::blank()?;
    // SAFETY: both have `known` bytes, and every pattern of bits is a value.
    unsafe { ptr::copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut value).cast(), known) };
    Ok(value)
}

/// Reads a structure, or the defaults where there is none.
///
/// # Safety
/// As [`read`].
pub(crate) unsafe fn read_or_blank<T: Versioned>(pointer: *const T, place: &Place<'_>) -> Result<T> {
    if pointer.is_null() {
        return T::blank();
    }
    // SAFETY: as promised to this function.
    unsafe { read(pointer, place) }
}

/// Fills the caller's `size` bytes with the defaults.
///
/// # Safety
/// `pointer` is NULL or a place of `size` bytes to write to.
pub(crate) unsafe fn fill<T: Copy>(pointer: *mut T, size: usize, parameter: &str, defaults: T) -> Result<()> {
    let place = Place::of(parameter);
    if pointer.is_null() {
        return Err(place.refuse("is NULL"));
    }
    check(size, &place)?;
    // SAFETY: not more than `size` bytes are written.
    unsafe {
        ptr::write_bytes(pointer.cast::<u8>(), 0, size);
        ptr::copy_nonoverlapping(
            (&raw const defaults).cast::<u8>(),
            pointer.cast(),
            size.min(size_of::<T>()),
        );
    }
    Ok(())
}

/// Fills the caller's structure with the defaults, and its first member with its size.
///
/// # Safety
/// As [`fill`].
pub(crate) unsafe fn fill_versioned<T: Versioned>(
    pointer: *mut T,
    size: usize,
    parameter: &str,
) -> Result<()> {
    // SAFETY: as promised to this function.
    unsafe { fill(pointer, size, parameter, T::blank()?) }?;
    // SAFETY: at least the first member was just written.
    unsafe { pointer.cast::<usize>().write_unaligned(size) };
    Ok(())
}

/// A structure of defaults, with what it points to.
pub(crate) struct Defaults<C> {
    value: C,
    _memory: Arena,
}

// SAFETY: it is plain data that nobody changes.
unsafe impl<C> Send for Defaults<C> {}
// SAFETY: as above.
unsafe impl<C> Sync for Defaults<C> {}

/// The defaults of a record, made once.
pub(crate) fn defaults<T: Give<C: Copy>>(
    known: &'static OnceLock<Defaults<T::C>>,
    make: impl FnOnce() -> T,
) -> Result<T::C> {
    if let Some(known) = known.get() {
        return Ok(known.value);
    }
    let mut memory = Arena::default();
    let value = make().give(&mut memory)?;
    Ok(known.get_or_init(|| Defaults { value, _memory: memory }).value)
}

fn check(size: usize, place: &Place<'_>) -> Result<()> {
    if (size_of::<usize>()..=LARGEST).contains(&size) {
        return Ok(());
    }
    Err(place
        .field("size")
        .refuse("is not the size of this structure; fill it by its function ending in `_init`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A structure of three releases: it began with `size` and `first`, and `second` came later.
    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Options {
        size: usize,
        first: u64,
        second: u64,
    }

    const WHOLE: usize = size_of::<Options>();
    const OLDER: usize = WHOLE - size_of::<u64>();

    // SAFETY: it is laid out as in C, begins with its size, and holds numbers only.
    unsafe impl Versioned for Options {
        fn blank() -> Result<Self> {
            Ok(Self { size: WHOLE, first: 1, second: 2 })
        }
    }

    /// Reads what stands in exactly `words.len()` words, so that a checker of addresses sees what is beyond.
    fn read_words(words: &[u64]) -> Result<Options> {
        let words: Box<[u64]> = words.into();
        // SAFETY: each test hands over as many bytes as the first word says, or a size that is refused.
        unsafe { read(words.as_ptr().cast::<Options>(), &Place::of("options")) }
    }

    #[test]
    fn older_and_newer_structures_are_read() {
        let whole = WHOLE as u64;
        assert_eq!(read_words(&[8]).unwrap(), Options { size: 8, first: 1, second: 2 });
        assert_eq!(read_words(&[16, 7]).unwrap(), Options { size: OLDER, first: 7, second: 2 });
        assert_eq!(read_words(&[whole, 7, 8]).unwrap(), Options { size: WHOLE, first: 7, second: 8 });
        assert_eq!(read_words(&[whole + 8, 7, 8, 0]).unwrap().second, 8);
        let message = read_words(&[whole + 8, 7, 8, 9]).unwrap_err();
        assert!(message.message().contains("`options` sets a member"), "{message:?}");
    }

    #[test]
    fn a_size_that_none_has_is_refused() {
        for size in [0, 7, LARGEST as u64 + 1, u64::MAX] {
            let message = read_words(&[size]).unwrap_err();
            assert!(message.message().contains("`options.size`"), "{message:?}");
        }
    }

    #[test]
    fn no_more_is_filled_than_there_is() {
        let mut words = [9_u64; 5];
        let at = words.as_mut_ptr().cast::<Options>();
        // SAFETY: there are more bytes than are said to be.
        unsafe { fill_versioned(at, OLDER, "options") }.unwrap();
        assert_eq!(words, [OLDER as u64, 1, 9, 9, 9]);
        let at = words.as_mut_ptr().cast::<Options>();
        // SAFETY: as above.
        unsafe { fill_versioned(at, WHOLE + 8, "options") }.unwrap();
        assert_eq!(words, [WHOLE as u64 + 8, 1, 2, 0, 9]);
        // SAFETY: NULL is refused.
        let null = unsafe { fill_versioned(ptr::null_mut::<Options>(), WHOLE, "options") };
        assert!(null.unwrap_err().message().contains("`options` is NULL"));
    }
}
