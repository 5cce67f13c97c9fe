//! The memory behind a result: all of it is released with the structure that the caller was given.

use crate::wire;
use facebridge::Result;
use facebridge::api::Sensitive;
use std::any::Any;
use std::ffi::{CString, OsString, c_char};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::ptr;

/// What the pointers of one result point to.
#[derive(Default)]
pub(crate) struct Arena(Vec<Box<dyn Any>>);

/// What can be handed out.
pub(crate) trait Give {
    /// How C sees it.
    type C;

    /// Turns it into that; what it points to is kept in `arena`.
    fn give(self, arena: &mut Arena) -> Result<Self::C>;
}

impl Arena {
    /// Keeps values that C sees as they are. NULL where there are none.
    pub(crate) fn keep<T: 'static>(&mut self, values: Vec<T>) -> (*const T, usize) {
        if values.is_empty() {
            return (ptr::null(), 0);
        }
        let found = (values.as_ptr(), values.len());
        self.0.push(Box::new(values));
        found
    }

    /// Keeps a list. NULL where it is empty.
    pub(crate) fn list<T: Give<C: 'static>>(&mut self, values: Vec<T>) -> Result<(*const T::C, usize)> {
        let given = values.into_iter().map(|value| value.give(self)).collect::<Result<Vec<_>>>()?;
        Ok(self.keep(given))
    }

    /// Keeps a record that may be absent: then NULL.
    pub(crate) fn record<T: Give<C: 'static>>(&mut self, value: Option<T>) -> Result<*const T::C> {
        let Some(value) = value else { return Ok(ptr::null()) };
        let given = value.give(self)?;
        Ok(self.keep(vec![given]).0)
    }

    /// A text or path that may be absent: then NULL.
    pub(crate) fn text(&mut self, value: Option<impl Give<C = *const c_char>>) -> Result<*const c_char> {
        value.map_or(Ok(ptr::null()), |value| value.give(self))
    }

    /// A number that may be absent: then zero.
    pub(crate) fn number<T: Give<C: Default>>(&mut self, value: Option<T>) -> Result<T::C> {
        value.map_or_else(|| Ok(T::C::default()), |value| value.give(self))
    }
}

/// A text as C keeps it. A NUL within it becomes the replacement character.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).expect("it holds no NUL any more")
}

impl Give for String {
    type C = *const c_char;

    fn give(self, arena: &mut Arena) -> Result<Self::C> {
        Ok(arena.keep(c_text(&self).into_bytes_with_nul()).0.cast())
    }
}

impl Give for Sensitive {
    type C = *const c_char;

    /// Kept as what it is, so that it is wiped when the result is released.
    fn give(self, arena: &mut Arena) -> Result<Self::C> {
        let text = self.expose();
        // Of its final size from the start: a text that grows leaves copies behind.
        let mut given = String::with_capacity(text.len() + 2 * text.matches('\0').count() + 1);
        given.extend(text.chars().map(|sign| if sign == '\0' { '\u{fffd}' } else { sign }));
        given.push('\0');
        let given = Self::from(given);
        let characters = given.expose().as_ptr().cast();
        arena.0.push(Box::new(given));
        Ok(characters)
    }
}

impl Give for PathBuf {
    type C = *const c_char;

    fn give(self, arena: &mut Arena) -> Result<Self::C> {
        let mut bytes = OsString::from(self).into_vec();
        // No path of the system holds a NUL.
        bytes.retain(|&byte| byte != 0);
        bytes.push(0);
        Ok(arena.keep(bytes).0.cast())
    }
}

impl Give for bool {
    type C = wire::bool;

    fn give(self, _arena: &mut Arena) -> Result<Self::C> {
        Ok(self.into())
    }
}

macro_rules! as_it_is {
    ($($number:ty)*) => {$(
        impl Give for $number {
            type C = $number;

            fn give(self, _arena: &mut Arena) -> Result<Self::C> {
                Ok(self)
            }
        }
    )*};
}

as_it_is!(u32 u64 f32 f64);

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn a_hidden_text_is_kept_with_its_end() {
        for (text, given) in [("", ""), ("Zoë", "Zoë"), ("a\0b\0", "a\u{fffd}b\u{fffd}")] {
            let mut arena = Arena::default();
            let characters = Sensitive::from(text).give(&mut arena).unwrap();
            // SAFETY: the arena keeps the characters with the NUL that ends them.
            assert_eq!(unsafe { CStr::from_ptr(characters) }.to_str().unwrap(), given);
        }
    }

    /// What stands at an address that an arena gave.
    fn read(text: *const c_char) -> String {
        // SAFETY: the arena of each test lives on, and ends each text with NUL.
        unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn texts_stay_where_they_are_while_others_come() {
        let mut memory = Arena::default();
        let first = String::from("first").give(&mut memory).unwrap();
        let many: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let (items, count) = memory.list(many).unwrap();
        assert_eq!(read(first), "first");
        // SAFETY: so many items stand there.
        let items = unsafe { std::slice::from_raw_parts(items, count) };
        assert_eq!(items.iter().map(|&item| read(item)).collect::<Vec<_>>().join(","), {
            (0..100).map(|number| number.to_string()).collect::<Vec<_>>().join(",")
        });
    }

    #[test]
    fn a_nul_within_cuts_nothing_off() {
        let mut memory = Arena::default();
        assert_eq!(read(String::from("a\0b").give(&mut memory).unwrap()), "a\u{fffd}b");
        assert_eq!(read(PathBuf::from("a\0b").give(&mut memory).unwrap()), "ab");
        assert_eq!(read(String::new().give(&mut memory).unwrap()), "");
    }

    #[test]
    fn nothing_is_null_and_zero() {
        let mut memory = Arena::default();
        assert_eq!(memory.keep(Vec::<u8>::new()), (ptr::null(), 0));
        assert_eq!(memory.list(Vec::<String>::new()).unwrap(), (ptr::null(), 0));
        assert!(memory.record(None::<u32>).unwrap().is_null());
        assert!(memory.text(None::<String>).unwrap().is_null());
        assert_eq!(memory.number(None::<f64>).unwrap().to_bits(), 0);
        // SAFETY: a record that is there stands where it says.
        assert_eq!(unsafe { *memory.record(Some(7_u32)).unwrap() }, 7);
    }
}
