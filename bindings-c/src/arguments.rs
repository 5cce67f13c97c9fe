//! What callers hand in, looked at before it is believed.
#![allow(dead_code, reason = "which of them are called depends on the API")]

use crate::wire;
use facebridge::{Error, ErrorKind, Result};
use std::ffi::{CStr, OsStr, c_char};
use std::fmt::{self, Display};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where a value stands among the arguments, as messages name it: `options.limits`, `data.cohorts[2].name`.
pub(crate) struct Place<'a> {
    within: Option<&'a Place<'a>>,
    part: Part<'a>,
}

enum Part<'a> {
    Named(&'a str),
    Item(usize),
}

impl<'a> Place<'a> {
    /// A parameter.
    pub(crate) fn of(parameter: &'a str) -> Self {
        Self { within: None, part: Part::Named(parameter) }
    }

    /// A field of the record here.
    pub(crate) fn field(&'a self, name: &'a str) -> Self {
        Self { within: Some(self), part: Part::Named(name) }
    }

    /// An item of the list here.
    pub(crate) fn item(&'a self, index: usize) -> Self {
        Self { within: Some(self), part: Part::Item(index) }
    }

    /// The error that refuses what stands here; `reason` goes on after the name, as in "is NULL".
    pub(crate) fn refuse(&self, reason: &str) -> Error {
        Error::new(ErrorKind::InvalidArgument, format!("`{self}` {reason}."))
    }
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.within {
            outer.fmt(f)?;
        }
        match (&self.part, self.within) {
            (Part::Named(name), None) => f.write_str(name),
            (Part::Named(name), Some(_)) => write!(f, ".{name}"),
            (Part::Item(index), _) => write!(f, "[{index}]"),
        }
    }
}

/// A C structure that callers fill.
pub(crate) trait Read {
    /// What it says.
    type Value;

    /// Reads it.
    ///
    /// # Safety
    /// Every pointer in it is NULL or points to what the header says.
    unsafe fn read(&self, place: &Place<'_>) -> Result<Self::Value>;
}

/// An enum that crosses as a number.
pub(crate) trait Numbered: Sized {
    /// What a number stands for.
    fn read(number: i32, place: &Place<'_>) -> Result<Self>;
}

/// What a pointer that may be NULL points to.
///
/// # Safety
/// `pointer` is NULL, misaligned, or points to a `T` that nobody changes meanwhile.
pub(crate) unsafe fn optional<'a, T>(pointer: *const T, place: &Place<'_>) -> Result<Option<&'a T>> {
    if !pointer.is_aligned() {
        return Err(place.refuse("is not aligned"));
    }
    // SAFETY: it is aligned; the rest is the caller's.
    Ok(unsafe { pointer.as_ref() })
}

/// What a pointer points to.
///
/// # Safety
/// As [`optional`].
pub(crate) unsafe fn required<'a, T>(pointer: *const T, place: &Place<'_>) -> Result<&'a T> {
    // SAFETY: as promised to this function.
    unsafe { optional(pointer, place) }?.ok_or_else(|| place.refuse("is NULL"))
}

/// Most bytes that are taken: no ONNX model has more.
const MOST_BYTES: usize = 1 << 31;
/// Most numbers of a vector. Embeddings have hundreds or thousands.
const MOST_FLOATS: usize = 1 << 16;
/// Most items of a list.
const MOST_ITEMS: usize = 1 << 24;

/// `count` bytes from `pointer` on.
///
/// # Safety
/// As [`list`].
pub(crate) unsafe fn bytes<'a>(pointer: *const u8, count: usize, place: &Place<'_>) -> Result<&'a [u8]> {
    // SAFETY: as promised to this function.
    unsafe { values(pointer, count, MOST_BYTES, place) }
}

/// A vector of `count` numbers from `pointer` on.
///
/// # Safety
/// As [`list`].
pub(crate) unsafe fn floats<'a>(pointer: *const f32, count: usize, place: &Place<'_>) -> Result<&'a [f32]> {
    // SAFETY: as promised to this function.
    unsafe { values(pointer, count, MOST_FLOATS, place) }
}

/// The bytes of an image. How many are too many is said by the client's limits, before one of them is read.
///
/// # Safety
/// As [`list`].
pub(crate) unsafe fn image<'a>(pointer: *const u8, length: usize, place: &Place<'_>) -> Result<&'a [u8]> {
    // SAFETY: as promised to this function.
    unsafe { values(pointer, length, usize::MAX, place) }
}

/// `count` values from `pointer` on.
///
/// # Safety
/// `pointer` is NULL, misaligned, or points to that many values that nobody changes meanwhile.
pub(crate) unsafe fn list<'a, T>(pointer: *const T, count: usize, place: &Place<'_>) -> Result<&'a [T]> {
    // SAFETY: as promised to this function.
    unsafe { values(pointer, count, MOST_ITEMS, place) }
}

/// At most `most` values. A count beyond that is a mistake, such as one left unset, and what it claims would be read
/// or copied.
///
/// # Safety
/// As [`list`].
unsafe fn values<'a, T>(pointer: *const T, count: usize, most: usize, place: &Place<'_>) -> Result<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if count > most {
        return Err(place.refuse(&format!("is longer than {most}, the most that is taken")));
    }
    if count.checked_mul(size_of::<T>()).is_none_or(|bytes| bytes > isize::MAX as usize) {
        return Err(place.refuse("is longer than memory can hold"));
    }
    // SAFETY: as promised to this function.
    let first = unsafe { required(pointer, place) }?;
    // SAFETY: it is neither NULL nor misaligned, and not longer than an object may be.
    Ok(unsafe { std::slice::from_raw_parts(first, count) })
}

/// What each of `count` values from `pointer` on says.
///
/// # Safety
/// As [`list`] and [`Read::read`].
pub(crate) unsafe fn read_list<T: Read>(
    pointer: *const T,
    count: usize,
    place: &Place<'_>,
) -> Result<Vec<T::Value>> {
    // SAFETY: as promised to this function.
    let items = unsafe { list(pointer, count, place) }?;
    // SAFETY: as promised to this function.
    items.iter().enumerate().map(|(index, item)| unsafe { item.read(&place.item(index)) }).collect()
}

/// What each of `count` numbers from `pointer` on stands for.
///
/// # Safety
/// As [`list`].
pub(crate) unsafe fn numbers<T: Numbered>(
    pointer: *const i32,
    count: usize,
    place: &Place<'_>,
) -> Result<Vec<T>> {
    // SAFETY: as promised to this function.
    let numbers = unsafe { list(pointer, count, place) }?;
    numbers.iter().enumerate().map(|(index, &number)| T::read(number, &place.item(index))).collect()
}

/// The characters up to the NUL that ends them.
///
/// # Safety
/// `pointer` is NULL or points to such characters, which nobody changes meanwhile.
pub(crate) unsafe fn characters<'a>(pointer: *const c_char, place: &Place<'_>) -> Result<&'a CStr> {
    if pointer.is_null() {
        return Err(place.refuse("is NULL"));
    }
    // SAFETY: it is not NULL; the rest is the caller's.
    Ok(unsafe { CStr::from_ptr(pointer) })
}

/// A text.
///
/// # Safety
/// As [`characters`].
pub(crate) unsafe fn text<'a>(pointer: *const c_char, place: &Place<'_>) -> Result<&'a str> {
    // SAFETY: as promised to this function.
    let characters = unsafe { characters(pointer, place) }?;
    characters.to_str().map_err(|_| place.refuse("is not UTF-8"))
}

/// A path, of whatever bytes.
///
/// # Safety
/// As [`characters`].
pub(crate) unsafe fn path<'a>(pointer: *const c_char, place: &Place<'_>) -> Result<&'a Path> {
    // SAFETY: as promised to this function.
    let characters = unsafe { characters(pointer, place) }?;
    Ok(Path::new(OsStr::from_bytes(characters.to_bytes())))
}

/// A text that may be absent.
///
/// # Safety
/// As [`characters`].
pub(crate) unsafe fn optional_text<'a>(pointer: *const c_char, place: &Place<'_>) -> Result<Option<&'a str>> {
    // SAFETY: as promised to this function.
    if pointer.is_null() { Ok(None) } else { unsafe { text(pointer, place) }.map(Some) }
}

/// A path that may be absent.
///
/// # Safety
/// As [`characters`].
pub(crate) unsafe fn optional_path<'a>(
    pointer: *const c_char,
    place: &Place<'_>,
) -> Result<Option<&'a Path>> {
    // SAFETY: as promised to this function.
    if pointer.is_null() { Ok(None) } else { unsafe { path(pointer, place) }.map(Some) }
}

/// `count` texts.
///
/// # Safety
/// As [`list`] and [`characters`].
pub(crate) unsafe fn texts(
    pointer: *const *const c_char,
    count: usize,
    place: &Place<'_>,
) -> Result<Vec<String>> {
    // SAFETY: as promised to this function.
    let items = unsafe { list(pointer, count, place) }?;
    let one = |(index, &item): (usize, &*const c_char)| {
        // SAFETY: as promised to this function.
        unsafe { text(item, &place.item(index)) }.map(ToOwned::to_owned)
    };
    items.iter().enumerate().map(one).collect()
}

/// `count` paths.
///
/// # Safety
/// As [`list`] and [`characters`].
pub(crate) unsafe fn paths(
    pointer: *const *const c_char,
    count: usize,
    place: &Place<'_>,
) -> Result<Vec<PathBuf>> {
    // SAFETY: as promised to this function.
    let items = unsafe { list(pointer, count, place) }?;
    let one = |(index, &item): (usize, &*const c_char)| {
        // SAFETY: as promised to this function.
        unsafe { path(item, &place.item(index)) }.map(ToOwned::to_owned)
    };
    items.iter().enumerate().map(one).collect()
}

/// The number that follows a flag, where the flag is set.
pub(crate) fn flagged<T>(flag: wire::bool, value: T) -> Option<T> {
    (flag != 0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_nobody_has_is_refused_before_anything_is_read() {
        const HUGE: usize = 1 << 40;
        let one = [0_u64];
        let at = one.as_ptr();
        let place = Place::of("data");
        // SAFETY: none of the values is read: their number is refused.
        let refused = unsafe {
            [
                bytes(at.cast(), HUGE, &place).err(),
                bytes(at.cast(), MOST_BYTES + 1, &place).err(),
                floats(at.cast(), HUGE, &place).err(),
                floats(at.cast(), MOST_FLOATS + 1, &place).err(),
                list(at, HUGE, &place).err(),
                list(at, MOST_ITEMS + 1, &place).err(),
                list(at, usize::MAX / 2, &place).err(),
                image(at.cast(), usize::MAX, &place).err(),
            ]
        };
        for error in refused.map(Option::unwrap) {
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains("`data` is longer than"), "{error:?}");
        }
    }

    #[test]
    fn what_is_there_is_taken() {
        let numbers = [1.0_f32, 2.0, 3.0];
        let place = Place::of("data");
        // SAFETY: it points to as many values as are asked for.
        let (whole, nothing) =
            unsafe { (floats(numbers.as_ptr(), 3, &place), list::<u64>(std::ptr::null(), 0, &place)) };
        assert_eq!(whole.unwrap(), numbers);
        assert!(nothing.unwrap().is_empty());
        // SAFETY: neither is followed.
        let (null, odd) = unsafe {
            let odd = numbers.as_ptr().cast::<u8>().wrapping_add(1).cast::<f32>();
            (floats(std::ptr::null(), 1, &place), floats(odd, 1, &place))
        };
        assert!(null.unwrap_err().message().contains("`data` is NULL"));
        assert!(odd.unwrap_err().message().contains("`data` is not aligned"));
    }
}
